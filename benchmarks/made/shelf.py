"""Whole libraries: activities with songs on them, and a listening history around."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from benchmarks.made import history, runs
from benchmarks.places import Library
from runsous.analysis import geo
from runsous.model import Activity
from runsous.store import activities, users
from runsous.sync import listening, songs

HOUR_S = 3600
_SHORT_S = 600
_THUMBNAIL_POINTS = 60


def add_hours(library: Library, count: int) -> list[int]:
    """Runs of an hour on days in a row, each with music from end to end (about 16 songs).

    Their ids. They lie before everything :func:`fill` adds.
    """
    first = datetime(2019, 5, 1, 6, tzinfo=UTC)
    return [_add_hour(library, first + timedelta(days=day), day) for day in range(count)]


def _add_hour(library: Library, start: datetime, seed: int) -> int:
    heard = history.plays(40, seed, start - timedelta(minutes=10))
    # No silences and no skips: the page has as much to draw as an hour can hold.
    length = heard.duration_s
    ended = heard.ended[0] + np.cumsum(length)
    music = history.listens(history.History(heard.song, ended, length, length))
    with library.engine.begin() as conn:
        listening.keep(conn, library.user_id, music, datetime.now(UTC))
        return _add(library, conn, runs.activity(start, HOUR_S, seed))


def fill(library: Library, n_activities: int, n_plays: int) -> None:
    """So many short runs, one a day, and so many plays over the same time."""
    heard = history.plays(n_plays, began=runs.morning(0) - timedelta(hours=1))
    with library.engine.begin() as conn:
        listening.keep(conn, library.user_id, history.listens(heard), datetime.now(UTC))
    for day in range(n_activities):
        with library.engine.begin() as conn:
            _add(library, conn, runs.activity(runs.morning(day), _SHORT_S, day))
    # The server does this by itself, in its own time.
    with library.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("VACUUM ANALYZE")


def _add(library: Library, conn: Connection, activity: Activity) -> int:
    recorded = activity.samples
    route = geo.encode_route(
        recorded["latitude"].to_numpy(), recorded["longitude"].to_numpy(), _THUMBNAIL_POINTS
    )
    activity_id = activities.save(conn, library.user_id, activity, route=route)
    songs.place(conn, library.user_id, activity_id, recorded)
    users.touch(conn, library.user_id)
    return activity_id
