"""The songs of a hill: every time one passed a stretch of a route, and what played there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from runsous.analysis import stretches, ways
from runsous.errors import InputError
from runsous.store import activities
from runsous.store import ways as store

LEAST_M: Final = 100.0
"""On less than this, seconds are chance."""

LEAST_SHARE: Final = 0.2
"""What sounded for less of a pass was not its song."""

_SONG = ("track_id", "title", "artist", "tempo_bpm")
_DIFFERENCES = {"difference_s": "moving_s", "difference_bpm": "heartrate"}
_MEASURED = ("moving_s", "pace_s_per_km", "heartrate", *_DIFFERENCES)


@dataclass(frozen=True)
class Middle:
    """The middle (median) of some passes; ``None`` where nothing is known."""

    n_passes: int
    moving_s: float | None
    pace_s_per_km: float | None
    heartrate: float | None


@dataclass(frozen=True)
class Hill:
    """A stretch of the way of an activity (``facts``), metres from its start.

    ``passes`` has one row per pass, the oldest first: ``activity_id, name, sport, start_time,
    time_zone, utc_offset_s``, ``at`` (when it began), :data:`stretches.PASSES`, how much longer it
    took and how much faster the heart beat than in the middle of all (``difference_s``,
    ``difference_bpm``), and ``music``: ``song``, ``brief`` where songs sounded, but none for a
    fifth, ``unsure`` where it is not sure what did, ``none`` where nothing is known to.

    ``heard`` has one row per song and pass: ``part`` (the row of the pass), ``track_id, title,
    artist, tempo_bpm`` and the ``share`` of it that the song sounded, a fifth at least.

    ``songs`` has one row per song: the same names, ``n_passes``, the mean ``share`` and the median
    ``moving_s, pace_s_per_km, heartrate, difference_s, difference_bpm`` of its passes; those heard
    most often first.

    ``silent`` are the passes on which nothing is known to have played. ``missing`` says what is
    missing for a comparison.
    """

    facts: dict[str, Any]
    from_m: float
    to_m: float
    passes: pd.DataFrame
    heard: pd.DataFrame
    songs: pd.DataFrame
    middle: Middle
    silent: Middle
    missing: str | None


def hill(conn: Connection, user_id: int, activity_id: int, from_m: float, to_m: float) -> Hill:
    """All passes of a stretch of one activity's way by activities of its sport.

    Raises :class:`NotFound` unless it is this user's activity, and :class:`InputError` for less
    than 100 m of way.
    """
    facts = activities.one(conn, user_id, activity_id)
    stored = store.one(conn, user_id, activity_id)
    if stored is None:
        raise InputError("The way of this activity is not known, or was not measured yet.")
    stretch = stretches.cut(ways.unpacked(stored), from_m, to_m)
    from_m, to_m = float(stretch[0, 2]), float(stretch[-1, 2])
    if not to_m - from_m >= LEAST_M:
        raise InputError(f"A stretch has to be {LEAST_M:.0f} m of the activity's way at least.")
    ids, packed = store.reaching(conn, user_id, facts["sport"], stretches.box(stretch))
    found = stretches.passes(stretch, stretches.Ways.unpacked(packed))
    passes = _dated(conn, user_id, found, ids)
    heard = store.heard(conn, user_id, passes)
    passes, heard = _with_songs(passes, heard.assign(share=_shares(heard, passes)))
    names = store.songs(conn, user_id, heard["track_id"].unique().tolist())
    heard = heard.merge(names, on="track_id")
    return Hill(
        facts,
        from_m,
        to_m,
        passes,
        heard,
        _songs(heard, passes),
        _middle(passes),
        _middle(passes[passes["music"] == "none"]),
        _missing(passes),
    )


def _dated(
    conn: Connection, user_id: int, passes: pd.DataFrame, activity_ids: list[int]
) -> pd.DataFrame:
    """The passes with their activities, the oldest first."""
    ids = np.array(activity_ids, dtype="int64")[passes["place"]]
    facts = store.activities(conn, user_id, np.unique(ids).tolist())
    dated = passes.assign(activity_id=ids).merge(facts, on="activity_id")
    dated["at"] = dated["start_time"] + pd.to_timedelta(dated["since_s"], unit="s")
    for name, of in _DIFFERENCES.items():
        dated[name] = dated[of] - dated[of].median()
    return dated.sort_values(["at", "activity_id"], ignore_index=True)


def _shares(heard: pd.DataFrame, passes: pd.DataFrame) -> pd.Series:
    """The share of its pass, by time, in which each song sounded."""
    of = passes.loc[heard["part"], ["since_s", "until_s"]].set_axis(heard.index)
    since = heard["start_s"].clip(lower=of["since_s"])
    until = heard["end_s"].clip(upper=of["until_s"])
    return (until - since) / (of["until_s"] - of["since_s"])


def _with_songs(passes: pd.DataFrame, heard: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The passes with what is known of their music, and the songs that count."""
    sure = heard[heard["is_sure"]]
    # A song that begins anew is the same song.
    songs = sure.groupby(["part", "track_id"], sort=False, as_index=False)["share"].sum()
    songs = songs[songs["share"] >= LEAST_SHARE].reset_index(drop=True)
    music = pd.Series("none", passes.index)
    music[heard["part"].unique()] = "brief"
    music[heard.loc[~heard["is_sure"], "part"].unique()] = "unsure"
    music[songs["part"].unique()] = "song"
    return passes.assign(music=music), songs


def _songs(heard: pd.DataFrame, passes: pd.DataFrame) -> pd.DataFrame:
    both = heard.merge(passes[list(_MEASURED)], left_on="part", right_index=True)
    each = both.groupby(list(_SONG), sort=False, dropna=False)
    songs = each[list(_MEASURED)].median()
    songs.insert(0, "share", each["share"].mean())
    songs.insert(0, "n_passes", each.size())
    order = {"n_passes": False, "title": True, "track_id": True}
    return songs.reset_index().sort_values(
        list(order), ascending=list(order.values()), ignore_index=True
    )


def _middle(passes: pd.DataFrame) -> Middle:
    medians = [passes[name].median() for name in ("moving_s", "pace_s_per_km", "heartrate")]
    return Middle(len(passes), *(None if np.isnan(each) else float(each) for each in medians))


def _missing(passes: pd.DataFrame) -> str | None:
    if len(passes) < 2:
        return "You passed here once: there is nothing to compare with yet."
    known = set(passes["music"])
    if "song" in known:
        return None
    if "brief" in known:
        return "On no pass did a song fill a fifth of this stretch: choose a shorter one."
    if "unsure" in known:
        return "On no pass is it sure which songs played here."
    return "No song is known to have played here on any pass."
