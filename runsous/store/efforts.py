"""What statistics read: songs as they were measured on activities, and the ways of these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection, text

from runsous import frames
from runsous.store import copy
from runsous.store.database import raw

# Of those without songs the way is wanted, to compare with.
_STALE = """FROM activities a LEFT JOIN measured_activities m ON m.activity_id = a.id
WHERE NOT a.is_stale AND (
  (m.activity_id IS NULL AND (a.n_songs > 0 OR a.has_gps)) OR m.revision <> a.revision
  OR a.id IN (SELECT e.activity_id FROM song_efforts e JOIN tracks t ON t.id = e.track_id
    WHERE e.locked_bpm IS DISTINCT FROM t.tempo_bpm))"""

ROWS: Final[Mapping[str, str]] = {
    "activity_id": "int64",
    **frames.EFFORTS,
    "tempo_bpm": "float64",
    "tempo_confidence": "float64",
    "energy": "float64",
}
"""One row per song and activity: :data:`frames.EFFORTS`, and what is known of the song now."""

_NOW = ("tempo_bpm", "tempo_confidence", "energy")


def stale(conn: Connection, user_id: int) -> list[int]:
    """The activities that are to be measured (anew), the newest first: those that changed, or of
    whose songs the tempo did.
    """
    found = conn.execute(
        text(f"SELECT a.id {_STALE} AND a.user_id = :user ORDER BY a.start_time DESC"),
        {"user": user_id},
    )
    return list(found.scalars())


def n_stale(conn: Connection, user_id: int) -> int:
    """How many activities :func:`stale` names."""
    found = conn.execute(text(f"SELECT count(*) {_STALE} AND a.user_id = :user"), {"user": user_id})
    return int(found.scalar_one())


def stale_users(conn: Connection) -> list[int]:
    """The users of whose activities some are to be measured."""
    found = conn.execute(text(f"SELECT DISTINCT a.user_id {_STALE} ORDER BY 1"))
    return list(found.scalars())


def save(
    conn: Connection,
    user_id: int,
    activity_id: int,
    facts: Mapping[str, Any],
    efforts: pd.DataFrame,
) -> None:
    """Puts what was measured in the place of what was: :data:`frames.EFFORTS`, and as ``facts``
    the columns of ``measured_activities``.
    """
    owner = {"activity_id": activity_id, "user_id": user_id}
    names = ", ".join(facts)
    conn.execute(
        text(
            f"INSERT INTO measured_activities (activity_id, user_id, {names})"  # noqa: S608
            f" VALUES (:activity_id, :user_id, {', '.join(f':{name}' for name in facts)})"
            f" ON CONFLICT (activity_id) DO UPDATE SET ({names}) ="
            f" ROW ({', '.join(f'excluded.{name}' for name in facts)})"
        ),
        {**facts, **owner},
    )
    conn.execute(
        text("DELETE FROM song_efforts WHERE activity_id = :activity_id AND user_id = :user_id"),
        owner,
    )
    if len(efforts):
        columns = {name: np.full(len(efforts), number) for name, number in owner.items()}
        columns |= {name: efforts[name].to_numpy() for name in frames.EFFORTS}
        copy.write(raw(conn), "song_efforts", columns)


def follow(conn: Connection, user_id: int, activity_id: int, revision: int) -> None:
    """Keeps what was measured on an activity whose samples are gone, but for songs that are not
    on it any more. Share in time stays that with the tempo of then.
    """
    owner = {"activity": activity_id, "user": user_id, "revision": revision}
    conn.execute(
        text(
            "DELETE FROM song_efforts e WHERE activity_id = :activity AND user_id = :user"
            " AND NOT EXISTS (SELECT FROM segments s WHERE s.activity_id = e.activity_id"
            " AND s.index = e.index AND s.track_id = e.track_id)"
        ),
        owner,
    )
    conn.execute(
        text(
            "UPDATE song_efforts e SET locked_bpm = t.tempo_bpm, locked = CASE WHEN e.locked_bpm"
            " = t.tempo_bpm THEN e.locked END FROM tracks t WHERE t.id = e.track_id"
            " AND e.activity_id = :activity AND e.user_id = :user"
        ),
        owner,
    )
    conn.execute(
        text(
            "INSERT INTO measured_activities (activity_id, user_id, revision, n_short, n_unsure,"
            " n_still) VALUES (:activity, :user, :revision, 0, 0, 0)"
            " ON CONFLICT (activity_id) DO UPDATE SET revision = excluded.revision, way = NULL,"
            # Of other songs they would tell nothing.
            " lock_shifts = CASE WHEN cardinality(measured_activities.lock_shifts) ="
            " (SELECT count(*) FROM song_efforts e WHERE e.activity_id = :activity"
            " AND e.locked IS NOT NULL) THEN measured_activities.lock_shifts END"
        ),
        owner,
    )


def frame(conn: Connection, user_id: int) -> pd.DataFrame:
    """Every song that counts on every activity of a user: :data:`ROWS`, by activity and index."""
    own = ", ".join(
        f't.{name}::float8 AS "{name}"' if name in _NOW else f'e."{name}"::float8 AS "{name}"'
        for name in ROWS
    )
    never_null = ", ".join(f'coalesce("{name}", \'NaN\') AS "{name}"' for name in ROWS)
    query = (
        f"SELECT {never_null} FROM (SELECT {own} FROM song_efforts e"  # noqa: S608 - fixed names
        " JOIN tracks t ON t.id = e.track_id AND t.user_id = e.user_id"
        f" WHERE e.user_id = {int(user_id)}) q ORDER BY activity_id, index"
    )
    found = copy.read_floats(raw(conn), query, [f'"{name}"' for name in ROWS])
    return frames.of_columns(ROWS, [found[f'"{name}"'] for name in ROWS])


def activities(conn: Connection, user_id: int) -> pd.DataFrame:
    """One row per measured activity with songs: ``activity_id, name, sport, start_time,
    utc_offset_s, kind, route, is_sample, distance_m, n_short, n_unsure, n_still``, the oldest
    first.
    """
    rows = conn.execute(
        text(
            "SELECT a.id AS activity_id, a.name, a.sport, a.start_time, a.utc_offset_s, m.kind,"
            " m.route, a.is_sample, a.distance_m, m.n_short, m.n_unsure, m.n_still"
            " FROM measured_activities m JOIN activities a ON a.id = m.activity_id"
            " WHERE m.user_id = :user AND a.user_id = :user AND a.n_songs > 0"
            " ORDER BY a.start_time, a.id"
        ),
        {"user": user_id},
    )
    found = pd.DataFrame(rows.fetchall(), columns=list(rows.keys()))
    return found.astype({"start_time": frames.UTC_STAMP, "kind": "str", "name": "str"})


def lock_shifts(conn: Connection, user_id: int) -> dict[int, list[float]]:
    """By activity, the share in time for each shift of its songs (see ``analysis.in_step``)."""
    rows = conn.execute(
        text(
            "SELECT activity_id, lock_shifts FROM measured_activities"
            " WHERE user_id = :user AND lock_shifts IS NOT NULL ORDER BY activity_id"
        ),
        {"user": user_id},
    )
    return {row.activity_id: row.lock_shifts for row in rows}


def songs(conn: Connection, user_id: int, track_ids: list[int]) -> pd.DataFrame:
    """``track_id, title, artist`` of these tracks."""
    rows = conn.execute(
        text(
            "SELECT t.id AS track_id, t.title, a.name AS artist FROM tracks t"
            " JOIN artists a ON a.id = t.artist_id"
            " WHERE t.user_id = :user AND t.id = ANY(:ids) ORDER BY t.id"
        ),
        {"user": user_id, "ids": track_ids},
    )
    return pd.DataFrame(rows.fetchall(), columns=list(rows.keys()))
