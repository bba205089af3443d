"""Measures songs on activities for the statistics, only where something changed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine

from runsous import frames
from runsous.analysis import efforts as measuring
from runsous.analysis import in_step, kinds, ways
from runsous.analysis.segments import Totals
from runsous.errors import NotFound
from runsous.store import activities, efforts, segments, streams, users
from runsous.sync import routes

_log = logging.getLogger(__name__)

_CHANNELS = (
    "latitude",
    "longitude",
    "altitude_m",
    "distance_m",
    "speed_mps",
    "heartrate",
    "cadence",
)
_NOTHING = dict.fromkeys(
    ("kind", "way", "south", "west", "north", "east", "route", "lock_shifts")
) | dict.fromkeys(("n_short", "n_unsure", "n_still"), 0)


def refresh(
    engine: Engine,
    user_id: int,
    stopping: threading.Event | None = None,
    show: Callable[[int, int], None] | None = None,
) -> int:
    """Measures what changed, the newest activities first, each in its own transaction.

    Can be stopped at any point and taken up again; ``show`` hears how many are done of how many.
    Returns how many were done.
    """
    with engine.begin() as conn:
        stale = efforts.stale(conn, user_id)
    done = 0
    for activity_id in stale:
        if stopping is not None and stopping.is_set():
            break
        try:
            with engine.begin() as conn:
                users.lock(conn, user_id)
                measure(conn, user_id, activity_id)
            done += 1
        except NotFound:
            continue
        except (ArithmeticError, LookupError, TypeError, ValueError):
            _log.exception("songs of activity %s cannot be measured", activity_id)
            with engine.begin() as conn:
                # Until something changes there it says nothing.
                activity = activities.one(conn, user_id, activity_id)
                _keep(conn, user_id, activity, {}, frames.of(frames.EFFORTS))
        if show is not None:
            show(done, len(stale))
    if routes.follow(engine, user_id) or done:
        with engine.begin() as conn:
            users.touch(conn, user_id)
    return done


def measure(conn: Connection, user_id: int, activity_id: int) -> None:
    """Measures the songs of one activity, unless it is gone."""
    activity = activities.one(conn, user_id, activity_id)
    if activity["is_summary"]:
        efforts.follow(conn, user_id, activity_id, activity["revision"])
        return
    pauses = activities.pauses_of(conn, user_id, activity_id)
    samples = streams.frame(conn, user_id, activity_id, _CHANNELS)
    songs = segments.frame(conn, user_id, activity_id)
    found, left_out = measuring.measure(
        songs, samples, pauses, activity["sport"], Totals.of(activity)
    )
    way = ways.way(samples, pauses)
    facts: dict[str, Any] = {f"n_{reason}": number for reason, number in left_out.items()}
    facts["kind"] = kinds.kind(samples, pauses, activity["sport"])
    if (in_time := in_step.measure(found, samples, pauses)) is not None:
        facts["lock_shifts"] = in_time.tolist()
    if (bounds := ways.bounds(way)) is not None:
        facts |= dict(zip(("south", "west", "north", "east"), bounds, strict=True))
        facts["way"] = ways.packed(way)
    _keep(conn, user_id, activity, facts, found)


def _keep(
    conn: Connection,
    user_id: int,
    activity: Mapping[str, Any],
    facts: Mapping[str, Any],
    found: pd.DataFrame,
) -> None:
    whole = {**_NOTHING, **facts, "revision": activity["revision"]}
    efforts.save(conn, user_id, activity["id"], whole, found)
