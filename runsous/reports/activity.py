"""One activity: its facts, samples and songs, as the activity page and the API read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from runsous import frames
from runsous.analysis import attribution, offsets
from runsous.analysis import segments as measuring
from runsous.histories.plays import tidy
from runsous.store import activities, activity_files, plays, remote_activities, segments, streams


@dataclass(frozen=True)
class View:
    """All an activity page shows: facts, samples, segments, pauses and files."""

    facts: Mapping[str, Any]
    samples: pd.DataFrame
    segments: pd.DataFrame
    pauses: tuple[tuple[float, float], ...]
    files: list[activity_files.File]


FACTS = (
    "id",
    "source",
    "external_id",
    "name",
    "sport",
    "sub_sport",
    "start_time",
    "time_zone",
    "utc_offset_s",
    "elapsed_time_s",
    "moving_time_s",
    "distance_m",
    "elevation_gain_m",
    "average_heartrate",
    "max_heartrate",
    "average_cadence",
    "cadence_unit",
    "average_speed_mps",
    "has_gps",
    "channels",
    "n_points",
    "n_pauses",
    "n_songs",
    "device",
)
"""The facts of an activity that the API promises."""


def facts(conn: Connection, user_id: int, activity_id: int) -> dict[str, Any]:
    """The stored row plus ``n_pauses``; raises :class:`NotFound` unless it is this user's."""
    return activities.one(conn, user_id, activity_id)


def names(conn: Connection, user_id: int, activity_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """What services call activities, by service; none where no service told of one."""
    found = remote_activities.names(conn, user_id, "strava", activity_ids)
    # As its word is taken over where the activity was not renamed here.
    tidied = {number: tidy(name) for number, name in found.items()}
    return {number: {"strava": name} for number, name in tidied.items() if name}


def view(conn: Connection, user_id: int, activity_id: int) -> View:
    """Everything about one activity; raises :class:`NotFound` unless it is this user's."""
    row = activities.one(conn, user_id, activity_id)
    return View(
        row,
        streams.frame(conn, user_id, activity_id, row["channels"]),
        segments.frame(conn, user_id, activity_id),
        activities.pauses_of(conn, user_id, activity_id),
        activity_files.of_activity(conn, user_id, activity_id),
    )


def samples(
    conn: Connection,
    user_id: int,
    activity_id: int,
    channels: Sequence[str],
    max_points: int | None = None,
) -> pd.DataFrame:
    """``time_s`` and those of ``channels`` the activity has; evenly thinned to ``max_points``."""
    row = activities.one(conn, user_id, activity_id)
    wanted = [name for name in row["channels"] if name in channels]
    found = streams.frame(conn, user_id, activity_id, wanted)[["time_s", *wanted]]
    if max_points is None or len(found) <= max_points:
        return found
    picked = np.unique(np.linspace(0, len(found) - 1, max_points).round().astype(int))
    return found.iloc[picked].reset_index(drop=True)


def preview(conn: Connection, user_id: int, shown: View, offset_s: float) -> pd.DataFrame:
    """The segments as they would be with another offset: :data:`frames.SEGMENTS`."""
    around = plays.during(conn, user_id, shown.facts, offset_s)
    tiles = attribution.attribute(
        around, shown.facts["start_time"], shown.facts["elapsed_time_s"], offset_s
    )
    facts = shown.facts
    totals = measuring.Totals.of(facts)
    metrics = measuring.measure(tiles, shown.samples, shown.pauses, facts["sport"], totals)
    songs = plays.songs(conn, user_id, tiles["track_id"].dropna().unique().tolist())
    timing = around[["play_id", "source", "certainty", "plus_minus_s"]]
    named = tiles.merge(songs, on="track_id", how="left").merge(timing, on="play_id", how="left")
    whole = pd.concat([named, metrics], axis=1)
    return frames.of(frames.SEGMENTS, **{name: whole[name] for name in frames.SEGMENTS})


def suggestion(conn: Connection, user_id: int, shown: View) -> offsets.Suggestion | None:
    """A shift by which the songs around would fit this activity, where that is evident."""
    if shown.facts["is_start_hidden"] or shown.facts["n_songs"]:
        return None
    around = plays.during(conn, user_id, shown.facts, 0.0, margin_s=15 * 3600.0)
    return offsets.suggest(around, shown.facts["start_time"], shown.facts["elapsed_time_s"])
