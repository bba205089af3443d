"""The catalogue of songs: which there are, how often they were heard, by which ids histories know
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from runsous.model import SAMPLE, SongFacts
from runsous.store.song_facts import note_ids
from runsous.store.song_queue import Band, settle

_AT_ONCE = 2000
_APART_S = 2.0
"""Lengths that differ by less are the same."""
_FAR_APART_S = 10.0
"""Lengths that differ by more are of two recordings."""

# What only the sample plays is known by heart.
_UNTIED = """t.song_id IS NULL AND u.settings ->> 'tempo_lookups' IS DISTINCT FROM 'off'
    AND EXISTS (SELECT FROM plays p WHERE p.track_id = t.id AND p.user_id = t.user_id
        AND p.source <> :sample)"""
# Track by track until there are enough, not all plays at once.
_PICK = """SELECT t.id FROM tracks t JOIN users u ON u.id = t.user_id
CROSS JOIN LATERAL (SELECT FROM plays p WHERE p.track_id = t.id AND p.user_id = t.user_id
    AND p.source <> :sample LIMIT 1) heard
WHERE t.user_id = :user AND t.song_id IS NULL
    AND u.settings ->> 'tempo_lookups' IS DISTINCT FROM 'off' LIMIT :most"""
_ENROL = """INSERT INTO songs (artist_key, title_key, artist, title, album, duration_s, band)
SELECT DISTINCT ON (a.key, t.title_key) a.key, t.title_key, a.name, t.title, b.name,
    t.duration_s, :heard
FROM tracks t JOIN artists a ON a.id = t.artist_id LEFT JOIN albums b ON b.id = t.album_id
WHERE t.user_id = :user AND t.id = ANY(:tracks)
ON CONFLICT (artist_key, title_key) DO NOTHING"""
_TIE = """UPDATE tracks t SET song_id = s.id FROM artists a, songs s
WHERE t.user_id = :user AND t.id = ANY(:tracks) AND a.id = t.artist_id
    AND (s.artist_key, s.title_key) = (a.key, t.title_key)
RETURNING t.id, t.song_id"""
_IDS = """INSERT INTO song_ids (song_id, kind, value, told_by)
SELECT DISTINCT t.song_id, k.kind, k.value, 'listens' FROM tracks t
CROSS JOIN LATERAL (VALUES ('isrc', upper(replace(t.isrc, '-', '')), '[A-Z]{2}[A-Z0-9]{3}[0-9]{7}'),
    ('mbid', lower(t.mbid), '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'),
    ('spotify', t.spotify_id, '[0-9A-Za-z]{22}')) k (kind, value, form)
WHERE t.song_id IS NOT NULL AND k.value ~ ('^' || k.form || '$')
    AND (CAST(:tracks AS bigint[]) IS NULL OR t.id = ANY(CAST(:tracks AS bigint[])))
    AND NOT EXISTS (SELECT FROM song_ids i
        WHERE (i.song_id, i.kind, i.value) = (t.song_id, k.kind, k.value))
ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING RETURNING song_id"""
# By the word of most; who heard a song first had perhaps another version, or no length at all.
_FACTS = """WITH told AS (
    SELECT t.song_id AS id, percentile_cont(0.5) WITHIN GROUP (ORDER BY t.duration_s) AS duration_s,
        mode() WITHIN GROUP (ORDER BY b.name) AS album
    FROM tracks t LEFT JOIN albums b ON b.id = t.album_id
    WHERE t.song_id IS NOT NULL GROUP BY t.song_id
), held AS (
    SELECT s.id, coalesce(t.duration_s, s.duration_s) AS duration_s, coalesce(t.album, s.album) AS
        album FROM songs s JOIN told t ON t.id = s.id
    WHERE (s.duration_s IS NULL AND t.duration_s IS NOT NULL)
        OR abs(s.duration_s - t.duration_s) > :apart_s OR s.album IS DISTINCT FROM
        coalesce(t.album, s.album)
    ORDER BY s.id FOR NO KEY UPDATE OF s
) UPDATE songs s SET duration_s = h.duration_s, album = h.album FROM held h WHERE h.id = s.id
RETURNING s.id"""
# What was found stands unless it is of another length.
_ASK_AGAIN = """UPDATE song_lookups l SET due_at = :now, n_same = 0 FROM songs s
WHERE s.id = l.song_id AND l.song_id = ANY(:songs) AND l.due_at > :now AND (l.state = 'unknown'
    OR l.state = 'found' AND EXISTS (SELECT FROM song_facts f WHERE f.song_id = l.song_id
        AND f.source = l.source AND abs(f.duration_s - s.duration_s) > :far_s))"""
_RANK = """WITH heard AS (
    SELECT t.song_id, sum(h.n) AS n, bool_or(r.track_id IS NOT NULL) AS is_run FROM tracks t
    JOIN (SELECT track_id, count(*) AS n FROM plays GROUP BY track_id) h ON h.track_id = t.id
    LEFT JOIN (SELECT DISTINCT track_id FROM segments) r ON r.track_id = t.id
    WHERE t.song_id IS NOT NULL GROUP BY t.song_id
), ranked AS (
    SELECT s.id, coalesce(h.n, 0) AS n,
        CASE WHEN h.is_run THEN :runs WHEN h.n > 0 THEN :heard ELSE :discovery END AS band
    FROM songs s LEFT JOIN heard h ON h.song_id = s.id
), held AS (
    SELECT r.* FROM ranked r JOIN songs s ON s.id = r.id
    WHERE (s.n_plays, s.band) IS DISTINCT FROM (r.n, r.band) ORDER BY s.id FOR NO KEY UPDATE OF s
) UPDATE songs s SET n_plays = h.n, band = h.band FROM held h WHERE h.id = s.id"""


def untied_users(conn: Connection) -> list[int]:
    """The users who heard songs that are not in the catalogue yet."""
    rows = conn.execute(
        text(
            f"SELECT u.id FROM users u WHERE EXISTS (SELECT FROM tracks t"  # noqa: S608 - ours
            f" WHERE t.user_id = u.id AND {_UNTIED}) ORDER BY u.id"
        ),
        {"sample": SAMPLE},
    )
    return list(rows.scalars())


def enrol(conn: Connection, user_id: int, most: int = _AT_ONCE) -> dict[int, int]:
    """Takes up to so many of the songs that a user has heard into the catalogue, unless they do
    not want theirs looked up: the song of each track that has one from now on. Empty once there
    are no more.
    """
    picked = conn.execute(text(_PICK), {"user": user_id, "sample": SAMPLE, "most": most})
    values = {"user": user_id, "tracks": list(picked.scalars())}
    if not values["tracks"]:
        return {}
    conn.execute(text(_ENROL), {**values, "heard": Band.HEARD})
    tied = {row.id: row.song_id for row in conn.execute(text(_TIE), values)}
    conn.execute(text(_IDS), {"tracks": list(tied)})
    settle(conn, set(tied.values()))
    return tied


def learn_ids(conn: Connection) -> None:
    """Takes over the ids that users' own histories name."""
    told = conn.execute(text(_IDS), {"tracks": None})
    settle(conn, set(told.scalars()))


def learn_facts(conn: Connection, now: datetime) -> None:
    """Takes over lengths and albums as users' histories tell them by now; songs that were matched
    by others are to be asked for again.
    """
    changed = list(conn.execute(text(_FACTS), {"apart_s": _APART_S}).scalars())
    if changed:
        conn.execute(
            text(_ASK_AGAIN), {"songs": sorted(changed), "now": now, "far_s": _FAR_APART_S}
        )
        settle(conn, set(changed))


def rank(conn: Connection) -> None:
    """Notes how often each song was heard, and whether on an activity."""
    # One at a time: two would wait for each other's songs.
    conn.execute(text("SELECT pg_advisory_xact_lock(7268, 0)"))
    bands = {"runs": Band.RUNS, "heard": Band.HEARD, "discovery": Band.DISCOVERY}
    conn.execute(text(_RANK), bands)


def artists_to_follow(conn: Connection, now: datetime, limit: int) -> list[tuple[int, str]]:
    """Artists that users run to and of whom no further songs were looked for: the song they ran to
    most, and the artist's name.
    """
    rows = conn.execute(
        text(
            "SELECT id, artist FROM (SELECT DISTINCT ON (s.artist_key) s.id, s.artist, s.n_plays"
            " FROM songs s WHERE s.band = :runs AND NOT EXISTS (SELECT FROM song_lookups l"
            "   JOIN songs o ON o.id = l.song_id WHERE o.artist_key = s.artist_key"
            "   AND l.source = 'discovery' AND l.due_at > :now)"
            " AND EXISTS (SELECT FROM tracks t JOIN users u ON u.id = t.user_id"
            "   WHERE t.song_id = s.id AND u.settings ->> 'tempo_lookups' IS DISTINCT FROM 'off')"
            " ORDER BY s.artist_key, s.n_plays DESC, s.id) a ORDER BY n_plays DESC, id LIMIT :limit"
        ),
        {"runs": Band.RUNS, "now": now, "limit": limit},
    )
    return [(row.id, row.artist) for row in rows]


def discover(conn: Connection, found: Sequence[SongFacts], keys: Sequence[tuple[str, str]]) -> None:
    """Takes songs into the catalogue that nobody has heard yet; ``keys`` are those of artist and
    title.
    """
    # In the order in which all take songs in, so that nobody waits for each other.
    told = sorted(zip(keys, found, strict=True), key=lambda each: each[0])
    new: list[int] = []
    for (artist_key, title_key), facts in told:
        song_id = conn.execute(
            text(
                "INSERT INTO songs (artist_key, title_key, artist, title, album, duration_s, band)"
                " VALUES (:artist_key, :title_key, :artist, :title, :album, :duration_s, :band)"
                " ON CONFLICT (artist_key, title_key) DO NOTHING RETURNING id"
            ),
            {
                "artist_key": artist_key,
                "title_key": title_key,
                "artist": facts.artist,
                "title": facts.title,
                "album": facts.album,
                "duration_s": facts.duration_s,
                "band": Band.DISCOVERY,
            },
        ).scalar()
        if song_id is not None:
            note_ids(conn, song_id, facts.source, [(facts.source, facts.identifier, 1.0)])
            new.append(song_id)
    settle(conn, new)


@dataclass(frozen=True)
class Heard:
    """How many songs a user has heard, the sample's aside, of how many the tempo is known, and how
    many are not in the catalogue yet.
    """

    total: int
    with_tempo: int
    untied: int


def of_user(conn: Connection, user_id: int) -> Heard:
    """How many songs a user has."""
    row = conn.execute(
        text(
            "SELECT count(*), count(tempo_bpm), count(*) FILTER (WHERE song_id IS NULL)"
            " FROM tracks t WHERE user_id = :user AND (song_id IS NOT NULL OR EXISTS"
            " (SELECT FROM plays p WHERE p.track_id = t.id AND p.user_id = t.user_id"
            " AND p.source <> :sample))"
        ),
        {"user": user_id, "sample": SAMPLE},
    ).one()
    return Heard(*row)


def sweep(conn: Connection) -> None:
    """Forgets songs that nobody has any more."""
    conn.execute(
        text(
            "DELETE FROM songs s WHERE NOT EXISTS (SELECT FROM tracks t WHERE t.song_id = s.id)"
            " AND NOT (s.band = :discovery AND EXISTS"
            " (SELECT FROM artists a WHERE a.key = s.artist_key))"
        ),
        {"discovery": Band.DISCOVERY},
    )
