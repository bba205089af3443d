"""Clears what is over: what nobody waits for, needs or keeps any longer."""

from __future__ import annotations

import contextlib
import ctypes
import threading

from sqlalchemy import Engine

from runsous.accounts import everything, retention
from runsous.store import farewell, limits, oauth_states, sessions
from runsous.store import songs as catalogue
from runsous.sync import songs, strava_retention


def tidy(engine: Engine, stopping: threading.Event | None = None) -> None:
    """Clears what is over: sessions, counters, exports, samples that users do not keep.

    Every worker does so when it starts and each hour: at home no program runs all night.
    """
    with engine.begin() as conn:
        sessions.clear(conn)
        limits.clear(conn)
        oauth_states.clear(conn)
        farewell.forget_jobs(conn)
        catalogue.sweep(conn)
    everything.sweep(engine)
    for user_id in retention.choosers(engine):
        songs.settle(engine, user_id, stopping)
        retention.apply(engine, user_id, stopping)
    for user_id in strava_retention.choosers(engine):
        strava_retention.apply(engine, user_id, stopping)


def share_memory() -> None:
    """Lets threads use the same memory: else each keeps as much as its largest job ever took."""
    with contextlib.suppress(AttributeError, OSError):
        # M_ARENA_MAX of glibc; other systems have no such thing.
        ctypes.CDLL(None).mallopt(-8, 2)
