"""Tracks of a user: what they are called, what was decided of them, when they were heard."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from runsous.errors import NotFound

_FACTS = """SELECT t.id, t.title, a.name AS artist, b.name AS album, t.isrc, t.mbid, t.spotify_id,
    t.duration_s, t.song_id, t.tempo_bpm, t.tempo_source, t.tempo_confidence, t.tempo_note,
    t.is_tempo_disputed, t.energy, t.danceability, t.valence, t.key, t.mode
FROM tracks t JOIN artists a ON a.id = t.artist_id LEFT JOIN albums b ON b.id = t.album_id"""


def one(conn: Connection, user_id: int, track_id: int) -> dict[str, Any]:
    """``id, title, artist, album, isrc, mbid, spotify_id, duration_s, song_id`` and all of
    ``store.decisions``; :class:`NotFound` unless it is this user's.
    """
    row = conn.execute(
        text(f"{_FACTS} WHERE t.user_id = :user AND t.id = :id"),
        {"user": user_id, "id": track_id},
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such track.")
    return row._asdict()


def disputed(conn: Connection, user_id: int, limit: int = 100) -> list[dict[str, Any]]:
    """Tracks on whose tempo sources disagree, those run to most often first: as :func:`one`,
    and ``n_runs``.
    """
    rows = conn.execute(
        text(
            f"SELECT f.*, coalesce(r.n, 0) AS n_runs FROM ({_FACTS}"  # noqa: S608 - ours
            " WHERE t.user_id = :user AND t.is_tempo_disputed) f LEFT JOIN ("
            "   SELECT track_id, count(DISTINCT activity_id) AS n FROM segments"
            "   WHERE user_id = :user GROUP BY track_id) r ON r.track_id = f.id"
            " ORDER BY n_runs DESC, f.artist, f.title, f.id LIMIT :limit"
        ),
        {"user": user_id, "limit": limit},
    )
    return [row._asdict() for row in rows]


def count_disputed(conn: Connection, user_id: int) -> int:
    """On how many tracks' tempo sources disagree."""
    found = conn.execute(
        text("SELECT count(*) FROM tracks WHERE user_id = :user AND is_tempo_disputed"),
        {"user": user_id},
    )
    return int(found.scalar_one())


def heard_on(conn: Connection, user_id: int, track_id: int) -> list[dict[str, Any]]:
    """Every stretch of an activity with this track, the newest first: ``activity_id, name, sport,
    start_time, time_zone, utc_offset_s, start_s, end_s, cadence_unit`` and
    :data:`runsous.frames.METRICS`.
    """
    rows = conn.execute(
        text(
            "SELECT s.activity_id, a.name, a.sport, a.start_time, a.time_zone, a.utc_offset_s,"
            " a.cadence_unit, a.is_sample, s.start_s, s.end_s, s.elapsed_s, s.moving_s,"
            " s.distance_m, s.pace_s_per_km, s.gap_s_per_km, s.average_heartrate,"
            " s.max_heartrate, s.average_cadence, s.elevation_gain_m"
            " FROM segments s JOIN activities a ON (a.id, a.user_id) = (s.activity_id, s.user_id)"
            " WHERE s.user_id = :user AND s.track_id = :track"
            " ORDER BY a.start_time DESC, s.start_s DESC"
        ),
        {"user": user_id, "track": track_id},
    )
    return [row._asdict() for row in rows]


def heard(conn: Connection, user_id: int, track_id: int) -> dict[str, Any]:
    """How often a track was heard, and the first and last time: ``n_plays, first_at, last_at``."""
    row = conn.execute(
        text(
            "SELECT count(*) AS n_plays, min(started_at) AS first_at, max(started_at) AS last_at"
            " FROM plays WHERE user_id = :user AND track_id = :track"
        ),
        {"user": user_id, "track": track_id},
    ).one()
    return row._asdict()


def ids(conn: Connection, user_id: int, track_id: int) -> list[tuple[str, str]]:
    """By which ids, ``(kind, value)``, a track is known to services and to its user's own history.

    Those that lead to another song are left out, and what only others' histories tell.
    """
    rows = conn.execute(
        text(
            "SELECT DISTINCT k.kind, k.value FROM tracks t"
            " CROSS JOIN LATERAL (VALUES ('isrc', upper(replace(t.isrc, '-', ''))),"
            "   ('mbid', lower(t.mbid)), ('spotify', t.spotify_id)"
            "   UNION ALL SELECT i.kind, i.value FROM song_ids i"
            "   WHERE i.song_id = t.song_id AND i.told_by <> 'listens') k (kind, value)"
            " WHERE t.user_id = :user AND t.id = :track AND k.value IS NOT NULL"
            " AND NOT EXISTS (SELECT FROM song_ids n WHERE n.song_id = t.song_id"
            "   AND (n.kind, n.value) = (k.kind, k.value) AND n.match = 0)"
            " ORDER BY k.kind, k.value"
        ),
        {"user": user_id, "track": track_id},
    )
    return [(row.kind, row.value) for row in rows]
