"""Songs on activities: cuts each activity at its plays and measures every stretch."""

from __future__ import annotations

import logging
import threading

import pandas as pd
from sqlalchemy import Connection, Engine

from runsous.analysis import attribution
from runsous.analysis import segments as measuring
from runsous.errors import InputError
from runsous.store import activities, plays, segments, streams, summaries, users

_log = logging.getLogger(__name__)
_DAY_S = 86_400.0


def place(
    conn: Connection, user_id: int, activity_id: int, samples: pd.DataFrame | None = None
) -> None:
    """Computes and stores the segments of one activity from the plays around it.

    ``samples`` are the activity's own, from who has them at hand; else they are read. One
    whose samples were removed keeps its cuts and figures.
    """
    activity = activities.one(conn, user_id, activity_id)
    if activity["is_summary"]:
        summaries.follow_plays(conn, user_id, activity_id)
        return
    if samples is None:
        samples = streams.frame(conn, user_id, activity_id, activity["channels"])
    tiles = attribution.attribute(
        plays.during(conn, user_id, activity, activity["music_offset_s"]),
        activity["start_time"],
        activity["elapsed_time_s"],
        activity["music_offset_s"],
    )
    pauses = activities.pauses_of(conn, user_id, activity_id)
    totals = measuring.Totals.of(activity)
    metrics = measuring.measure(tiles, samples, pauses, activity["sport"], totals)
    segments.save(conn, user_id, activity_id, pd.concat([tiles, metrics], axis=1))


def settle(engine: Engine, user_id: int, stopping: threading.Event | None = None) -> int:
    """Places songs anew on all activities marked stale, each in its own transaction.

    Can be stopped at any point (by ``stopping``, too) and taken up again; returns how many
    were done.
    """
    with engine.begin() as conn:
        stale = activities.stale(conn, user_id)
    done = 0
    for activity_id in stale:
        if stopping is not None and stopping.is_set():
            break
        try:
            done += _settle_one(engine, user_id, activity_id)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            # It stays stale and is tried again; the others must not wait for it.
            _log.exception("songs cannot be placed on activity %s", activity_id)
    if done:
        with engine.begin() as conn:
            users.touch(conn, user_id)
    return done


def _settle_one(engine: Engine, user_id: int, activity_id: int) -> bool:
    """Whether it was still to be done: another process may have been faster."""
    with engine.begin() as conn:
        users.lock(conn, user_id)
        is_stale = activities.take_stale(conn, user_id, activity_id)
        if is_stale:
            place(conn, user_id, activity_id)
        return is_stale


def shift(conn: Connection, user_id: int, activity_id: int, offset_s: float) -> None:
    """Sets the offset of one activity (seconds, positive = songs later) and places anew.

    Raises :class:`InputError` beyond a day or where no samples are left to measure by,
    :class:`NotFound` unless it is this user's.
    """
    check_offset(offset_s)
    users.lock(conn, user_id)
    if summaries.among(conn, user_id, [activity_id]):
        raise InputError("Its samples were removed, so songs cannot be placed on it anew.")
    activities.set_offset(conn, user_id, activity_id, offset_s)
    place(conn, user_id, activity_id)
    users.touch(conn, user_id)


def check_offset(offset_s: float) -> None:
    """Raises :class:`InputError` for an offset of more than a day."""
    if not abs(offset_s) <= _DAY_S:
        raise InputError("An offset is at most a day: give seconds between -86400 and 86400.")
