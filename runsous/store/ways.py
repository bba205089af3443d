"""Ways of measured activities (see ``analysis.ways``, as it packs them), and their routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from runsous import frames
from runsous.store.database import raw

Box = tuple[float, float, float, float]
"""South, west, north and east, in degrees."""

_HEARD = {
    "part": "int64",
    "track_id": "int64",
    "start_s": "float64",
    "end_s": "float64",
    "is_sure": "bool",
}


def one(conn: Connection, user_id: int, activity_id: int) -> bytes | None:
    """The way of an activity; ``None`` where it has no positions or was not measured yet."""
    found = conn.execute(
        text("SELECT way FROM measured_activities WHERE activity_id = :id AND user_id = :user"),
        {"id": activity_id, "user": user_id},
    ).scalar()
    return None if found is None else bytes(found)


def reaching(conn: Connection, user_id: int, sport: str, box: Box) -> tuple[list[int], list[bytes]]:
    """Activities of a sport, and the ways of these, that reach all four sides of a box."""
    south, west, north, east = box
    query = (
        b"SELECT m.activity_id, m.way FROM measured_activities m"
        b" JOIN activities a ON a.id = m.activity_id"
        b" WHERE m.user_id = %(user)s AND a.user_id = %(user)s AND a.sport = %(sport)s"
        b" AND m.way IS NOT NULL AND m.south <= %(south)s AND m.north >= %(north)s"
        # Longitudes go on beyond 180 degrees where a way does.
        b" AND EXISTS (SELECT FROM unnest(ARRAY[-360, 0, 360]) turn"
        b" WHERE m.west + turn <= %(west)s AND m.east + turn >= %(east)s)"
        b" ORDER BY m.activity_id"
    )
    values = {"user": user_id, "sport": sport}
    values |= {"south": south, "west": west, "north": north, "east": east}
    # As text, ways would be twice as long.
    with raw(conn).cursor(binary=True) as cursor:
        rows = cursor.execute(query, values).fetchall()
    return [row[0] for row in rows], [row[1] for row in rows]


def heard(conn: Connection, user_id: int, passes: pd.DataFrame) -> pd.DataFrame:
    """The songs that sounded on parts of activities (``activity_id, since_s, until_s``).

    One row per song and part, in order: ``part`` (its row), ``track_id, start_s, end_s, is_sure``
    (whether it sounded there and not a minute before).
    """
    query = (
        b"SELECT p.part - 1, s.track_id, s.start_s, s.end_s,"
        b" l.certainty IS DISTINCT FROM 'uncertain'"
        b" FROM unnest(%(ids)s::bigint[], %(since)s::float8[], %(until)s::float8[])"
        b"   WITH ORDINALITY p (id, since_s, until_s, part)"
        b" JOIN segments s ON s.activity_id = p.id AND s.user_id = %(user)s"
        b"   AND s.start_s < p.until_s AND s.end_s > p.since_s"
        b" JOIN tracks t ON (t.id, t.user_id) = (s.track_id, s.user_id)"
        b" LEFT JOIN plays l ON (l.id, l.user_id) = (s.play_id, s.user_id)"
        b" ORDER BY p.part, s.index"
    )
    values = {
        "user": user_id,
        "ids": passes["activity_id"].tolist(),
        "since": passes["since_s"].tolist(),
        "until": passes["until_s"].tolist(),
    }
    with raw(conn).cursor(binary=True) as cursor:
        rows = cursor.execute(query, values).fetchall()
    return pd.DataFrame(rows, columns=list(_HEARD)).astype(_HEARD)


def songs(conn: Connection, user_id: int, track_ids: Sequence[int]) -> pd.DataFrame:
    """``track_id, title, artist, tempo_bpm`` of these tracks."""
    return _frame(
        conn,
        "SELECT t.id AS track_id, t.title, r.name AS artist, t.tempo_bpm FROM tracks t"
        " JOIN artists r ON (r.id, r.user_id) = (t.artist_id, t.user_id)"
        " WHERE t.user_id = :user AND t.id = ANY(:ids) ORDER BY t.id",
        user=user_id,
        ids=list(track_ids),
    ).astype({"title": "str", "artist": "str", "tempo_bpm": "float64"})


def activities(conn: Connection, user_id: int, ids: Sequence[int]) -> pd.DataFrame:
    """``activity_id, name, sport, start_time, time_zone, utc_offset_s`` of these activities."""
    return _frame(
        conn,
        "SELECT id AS activity_id, name, sport, start_time, time_zone, utc_offset_s"
        " FROM activities WHERE user_id = :user AND id = ANY(:ids) ORDER BY id",
        user=user_id,
        ids=list(ids),
    ).astype({"start_time": frames.UTC_STAMP})


def routes(conn: Connection, user_id: int) -> pd.DataFrame:
    """The routes of a user, those with most activities first, and of as many the last one run.

    ``route, n_activities, n_songs`` (on all of them), and of the latest: ``activity_id, name,
    sport, start_time, time_zone, utc_offset_s, distance_m``.
    """
    return _frame(
        conn,
        "SELECT * FROM (SELECT DISTINCT ON (m.route) m.route,"
        " count(*) OVER each AS n_activities, sum(a.n_songs) OVER each AS n_songs,"
        " a.id AS activity_id, a.name, a.sport, a.start_time, a.time_zone, a.utc_offset_s,"
        " a.distance_m FROM measured_activities m JOIN activities a ON a.id = m.activity_id"
        " WHERE m.user_id = :user AND a.user_id = :user AND m.route IS NOT NULL"
        " AND m.way IS NOT NULL WINDOW each AS (PARTITION BY m.route)"
        " ORDER BY m.route, a.start_time DESC, a.id DESC) q"
        " ORDER BY n_activities DESC, start_time DESC, route",
        user=user_id,
    ).astype({"start_time": frames.UTC_STAMP, "n_songs": "int64"})


def route_of(conn: Connection, user_id: int) -> dict[int, int]:
    """The number of the route that each activity follows, by activity."""
    rows = conn.execute(
        text(
            "SELECT activity_id, route FROM measured_activities"
            " WHERE user_id = :user AND route IS NOT NULL"
        ),
        {"user": user_id},
    )
    return {row.activity_id: row.route for row in rows}


def unplaced(conn: Connection, user_id: int) -> list[tuple[int, str, bytes]]:
    """``id, sport, way`` of the activities whose route was not looked for, the oldest first."""
    query = (
        b"SELECT a.id, a.sport, m.way FROM measured_activities m"
        b" JOIN activities a ON a.id = m.activity_id"
        b" WHERE m.user_id = %(user)s AND a.user_id = %(user)s AND m.way IS NOT NULL"
        b" AND m.route IS NULL ORDER BY a.start_time, a.id"
    )
    with raw(conn).cursor(binary=True) as cursor:
        return [(row[0], row[1], row[2]) for row in cursor.execute(query, {"user": user_id})]


def first_of_routes(conn: Connection, user_id: int) -> list[tuple[int, str, bytes]]:
    """``route, sport, way`` of the oldest activity on each route that still has its way."""
    query = (
        b"SELECT DISTINCT ON (m.route) m.route, a.sport, m.way FROM measured_activities m"
        b" JOIN activities a ON a.id = m.activity_id"
        b" WHERE m.user_id = %(user)s AND a.user_id = %(user)s AND m.way IS NOT NULL"
        b" AND m.route IS NOT NULL ORDER BY m.route, a.start_time, a.id"
    )
    with raw(conn).cursor(binary=True) as cursor:
        return [(row[0], row[1], row[2]) for row in cursor.execute(query, {"user": user_id})]


def place(conn: Connection, user_id: int, route_of: Mapping[int, int]) -> None:
    """Notes the route of each of these activities."""
    conn.execute(
        text(
            "UPDATE measured_activities m SET route = f.route"
            " FROM unnest(CAST(:ids AS bigint[]), CAST(:routes AS int[])) f (id, route)"
            " WHERE m.activity_id = f.id AND m.user_id = :user"
        ),
        {"user": user_id, "ids": list(route_of), "routes": list(route_of.values())},
    )


def highest(conn: Connection, user_id: int) -> int:
    """The highest number that a route has; 0 without any."""
    found = conn.execute(
        text("SELECT coalesce(max(route), 0) FROM measured_activities WHERE user_id = :user"),
        {"user": user_id},
    )
    return int(found.scalar_one())


def _frame(conn: Connection, query: str, **values: Any) -> pd.DataFrame:
    rows = conn.execute(text(query), values)
    # As they are, rows cost pandas more than the query the database.
    return pd.DataFrame([tuple(row) for row in rows], columns=list(rows.keys()))
