"""Reports of sources on their way into ``listens``, with the songs they name.

Whatever several files say of one report, track or artist is settled by a rule that knows no
first and last, so that the order in which files come in makes no difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, text

from runsous import frames
from runsous.store import copy, spans, totals
from runsous.store.database import raw
from runsous.store.spans import Span

_TEMPORARY = ("incoming", "reports", "touched")
_INCOMING = (
    *(name for name in frames.LISTENS if name != "tempo_bpm"),
    *("artist_key", "title_key", "album_key", "earliest_at", "latest_at"),
)

_TABLE = """CREATE TEMP TABLE incoming (
    source text, stamp timestamptz, stamp_kind text, precision_s float8, idle_s float8,
    played_s float8, duration_s float8, artist text, title text, album text, isrc text,
    mbid text, spotify_id text, is_skipped bool, is_offline bool,
    artist_key text, title_key text, album_key text,
    earliest_at timestamptz, latest_at timestamptz
) ON COMMIT DROP"""

_TOUCHED = """CREATE TEMP TABLE touched (
    source text, stamp timestamptz, earliest_at timestamptz, latest_at timestamptz,
    is_new bool) ON COMMIT DROP"""

# One spelling of several is shown: the shortest, then the first by code point.
_ARTISTS = """INSERT INTO artists AS a (user_id, key, name)
SELECT DISTINCT ON (artist_key) :user, artist_key, artist FROM incoming
WHERE title IS NOT NULL
ORDER BY artist_key, length(artist), artist COLLATE "C"
ON CONFLICT (user_id, key) DO UPDATE SET name = excluded.name
WHERE (length(excluded.name), excluded.name COLLATE "C") < (length(a.name), a.name COLLATE "C")"""

_ALBUMS = """INSERT INTO albums AS b (user_id, artist_id, key, name)
SELECT DISTINCT ON (a.id, i.album_key) :user, a.id, i.album_key, i.album
FROM (SELECT DISTINCT artist_key, album_key, album FROM incoming
    WHERE title IS NOT NULL AND album IS NOT NULL) i
JOIN artists a ON a.user_id = :user AND a.key = i.artist_key
ORDER BY a.id, i.album_key, length(i.album), i.album COLLATE "C"
ON CONFLICT (user_id, artist_id, key) DO UPDATE SET name = excluded.name
WHERE (length(excluded.name), excluded.name COLLATE "C") < (length(b.name), b.name COLLATE "C")"""

# Of the albums a song is on, the one with the least key is shown.
_TRACKS = """INSERT INTO tracks AS t
    (user_id, artist_id, title_key, title, album_id, isrc, mbid, spotify_id)
SELECT :user, i.artist_id, i.title_key, i.title, b.id, i.isrc, i.mbid, i.spotify_id
FROM (
    SELECT a.id AS artist_id, i.title_key,
        (array_agg(i.title ORDER BY length(i.title), i.title COLLATE "C"))[1] AS title,
        min(i.album_key COLLATE "C") FILTER (WHERE i.album IS NOT NULL) AS album_key,
        min(i.isrc COLLATE "C") AS isrc, min(i.mbid COLLATE "C") AS mbid,
        min(i.spotify_id COLLATE "C") AS spotify_id
    FROM incoming i JOIN artists a ON a.user_id = :user AND a.key = i.artist_key
    WHERE i.title IS NOT NULL
    GROUP BY a.id, i.title_key
) i
LEFT JOIN albums b ON b.user_id = :user AND b.artist_id = i.artist_id AND b.key = i.album_key
ON CONFLICT (user_id, artist_id, title_key) DO UPDATE SET
    title = CASE WHEN (length(excluded.title), excluded.title COLLATE "C")
        < (length(t.title), t.title COLLATE "C") THEN excluded.title ELSE t.title END,
    album_id = (SELECT b.id FROM albums b WHERE b.id IN (excluded.album_id, t.album_id)
        ORDER BY b.key COLLATE "C" LIMIT 1),
    isrc = least(excluded.isrc COLLATE "C", t.isrc),
    mbid = least(excluded.mbid COLLATE "C", t.mbid),
    spotify_id = least(excluded.spotify_id COLLATE "C", t.spotify_id)
RETURNING xmax = 0 AS is_new"""

_REPORTS = f"""CREATE TEMP TABLE reports ON COMMIT DROP AS
SELECT i.source, coalesce(t.id, {frames.NO_TRACK}) AS track_id, i.stamp,
    min(i.stamp_kind) AS stamp_kind,
    (array_agg(i.precision_s ORDER BY i.idle_s DESC NULLS LAST, i.precision_s))[1] AS precision_s,
    max(i.idle_s) AS idle_s, i.played_s, max(i.duration_s) AS duration_s,
    bool_or(i.is_skipped) AS is_skipped, bool_or(i.is_offline) AS is_offline,
    min(i.earliest_at) AS earliest_at, max(i.latest_at) AS latest_at
FROM incoming i
LEFT JOIN artists a ON a.user_id = :user AND a.key = i.artist_key AND i.title IS NOT NULL
LEFT JOIN tracks t ON t.user_id = :user AND t.artist_id = a.id AND t.title_key = i.title_key
GROUP BY i.source, t.id, i.stamp, i.played_s"""  # noqa: S608 - ours

# Of two files that hold the same report one may know more, above all whether it was paused.
_SETTLED = {
    "stamp_kind": "least(l.stamp_kind, excluded.stamp_kind)",
    "precision_s": "CASE WHEN l.idle_s IS NOT DISTINCT FROM excluded.idle_s"
    " THEN least(l.precision_s, excluded.precision_s)"
    " WHEN coalesce(l.idle_s, -1) > coalesce(excluded.idle_s, -1) THEN l.precision_s"
    " ELSE excluded.precision_s END",
    "idle_s": "greatest(l.idle_s, excluded.idle_s)",
    "duration_s": "greatest(l.duration_s, excluded.duration_s)",
    "is_skipped": "greatest(l.is_skipped, excluded.is_skipped)",
    "is_offline": "greatest(l.is_offline, excluded.is_offline)",
    "origins": "l.origins | excluded.origins",
}
_REACH = """earliest_at = least(l.earliest_at, excluded.earliest_at),
    latest_at = greatest(l.latest_at, excluded.latest_at)"""
_LISTENS = f"""WITH fresh AS (
    INSERT INTO listens AS l (user_id, source, track_id, stamp, stamp_kind, precision_s,
        idle_s, played_s, duration_s, is_skipped, is_offline, origins, earliest_at, latest_at)
    SELECT :user, source, track_id, stamp, stamp_kind, precision_s,
        idle_s, played_s, duration_s, is_skipped, is_offline, :origin, earliest_at, latest_at
    FROM reports
    ON CONFLICT (user_id, source, track_id, stamp, played_s) DO UPDATE SET
        {", ".join(f"{name} = {value}" for name, value in _SETTLED.items())}, {_REACH}
    WHERE ({", ".join(f"l.{name}" for name in _SETTLED)})
        IS DISTINCT FROM ({", ".join(_SETTLED.values())})
    RETURNING source, stamp, earliest_at, latest_at,
        xmax = 0 AND track_id <> {frames.NO_TRACK} AS is_new
) INSERT INTO touched SELECT source, stamp, earliest_at, latest_at, is_new FROM fresh"""  # noqa: S608 - ours

# What the service itself told before and does not any more was deleted there, or edited.
_WITHDRAWN = """WITH absent AS (
    SELECT l.id, l.stamp FROM listens l WHERE l.user_id = :user AND l.source = :source
        AND l.stamp >= :since AND l.stamp < :until AND l.origins & 2 <> 0
        AND NOT EXISTS (SELECT FROM reports r WHERE r.source = l.source
            AND r.track_id = l.track_id AND r.stamp = l.stamp
            AND r.played_s IS NOT DISTINCT FROM l.played_s)
), left_to_files AS (
    UPDATE listens l SET origins = 1 FROM absent a
    WHERE l.user_id = :user AND l.id = a.id AND l.stamp = a.stamp AND l.origins = 3
)
DELETE FROM listens l USING absent a
WHERE l.user_id = :user AND l.id = a.id AND l.stamp = a.stamp AND l.origins = 2
RETURNING l.track_id, l.earliest_at, l.latest_at"""

# A track's length is the median of what was ever reported of it.
_DURATIONS = """UPDATE tracks t SET duration_s = m.duration_s FROM (
    SELECT k.id, percentile_disc(0.5) WITHIN GROUP (ORDER BY l.duration_s)
        FILTER (WHERE l.duration_s > 0) AS duration_s
    FROM unnest(CAST(:tracks AS bigint[])) k (id)
    LEFT JOIN listens l ON l.user_id = :user AND l.track_id = k.id GROUP BY k.id
) m WHERE t.user_id = :user AND t.id = m.id AND t.duration_s IS DISTINCT FROM m.duration_s
RETURNING t.id"""

_AT = """(l.stamp + make_interval(secs => coalesce((SELECT o.offset_s FROM source_offsets o
    WHERE o.user_id = :user AND o.source = l.source), 0) - coalesce(l.idle_s, 0)))"""
_LENGTH = "make_interval(secs => t.duration_s)"
_EARLIEST = f"""CASE WHEN l.stamp_kind = 'start' OR l.played_s IS NOT NULL THEN l.earliest_at
    ELSE least(l.earliest_at, {_AT} - {_LENGTH}) END"""
_LATEST = f"""greatest(l.latest_at, CASE WHEN l.stamp_kind = 'unknown' THEN {_AT} + {_LENGTH}
    WHEN l.stamp_kind = 'start' OR l.played_s IS NOT NULL THEN l.earliest_at + {_LENGTH} END)"""
# As far as a report can reach when the track's length is known from elsewhere; never less
# than before, so that windows that hold the new reach hold the old one too.
_WIDENED = f"""UPDATE listens l SET earliest_at = {_EARLIEST}, latest_at = {_LATEST}
FROM unnest(CAST(:tracks AS bigint[])) k (id) JOIN tracks t ON t.id = k.id AND t.user_id = :user
WHERE l.user_id = :user AND l.track_id = k.id
    AND l.duration_s IS NULL AND t.duration_s IS NOT NULL
    AND ({_EARLIEST}, {_LATEST}) IS DISTINCT FROM (l.earliest_at, l.latest_at)"""  # noqa: S608


FILE, SERVICE = 1, 2
"""Who told a report: bits of ``origins``."""


@dataclass(frozen=True)
class Added:
    """How many reports of songs were new, how many are told no more, and when plays may have
    changed.
    """

    count: int
    touched: list[Span]
    withdrawn: int = 0


@dataclass(frozen=True)
class Whole:
    """All that a source tells from ``since`` to before ``until``."""

    source: str
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Told:
    """Who told reports, and of which time they are all there is to tell."""

    origin: int
    whole: Whole | None = None


BY_A_FILE = Told(FILE)


def save(conn: Connection, user_id: int, listens: pd.DataFrame, told: Told = BY_A_FILE) -> Added:
    """Stores reports that are not there yet, with their tracks, albums and artists.

    ``listens`` has :data:`frames.LISTENS`, ``artist_key, title_key, album_key`` and
    ``earliest_at, latest_at``. A report is the same when source, track, stamp and time played
    are. What a service told of a time and, telling all of it, tells no more goes, unless a file
    tells it too.
    """
    _drop(conn)
    conn.execute(text(_TABLE))
    conn.execute(text(_TOUCHED))
    copy.write_frame(raw(conn), "incoming", listens[list(_INCOMING)])
    user = {"user": user_id}
    # The planner knows nothing yet of tracks just added and would look each up by itself.
    conn.execute(text("SET LOCAL enable_nestloop = off"))
    conn.execute(text(_ARTISTS), user)
    conn.execute(text(_ALBUMS), user)
    new_tracks = sum(conn.execute(text(_TRACKS), user).scalars())
    conn.execute(text(_REPORTS), user)
    conn.execute(text(_LISTENS), {**user, "origin": told.origin})
    conn.execute(text("SET LOCAL enable_nestloop = on"))
    tracks = list(conn.execute(text("SELECT DISTINCT track_id FROM reports")).scalars())
    whole = told.whole
    gone = _withdraw(conn, user_id, whole) if whole else []
    count = conn.execute(text("SELECT count(*) FROM touched WHERE is_new")).scalar_one()
    totals.count(conn, user_id, tracks=new_tracks)
    totals.count_reports(conn, user_id, "SELECT source, stamp FROM touched WHERE is_new")
    if whole and gone:
        tracks = list({*tracks, *(row.track_id for row in gone)})
        totals.recount(conn, user_id, whole.source)
    measured = settle_durations(conn, user_id, tracks)
    found = spans.collapsed(conn, "SELECT earliest_at, latest_at FROM touched")
    left = [(row.earliest_at, row.latest_at) for row in gone]
    _drop(conn)
    return Added(count, found + left + measured, len(gone))


def _withdraw(conn: Connection, user_id: int, whole: Whole) -> Sequence[Row[Any]]:
    # Without figures each report would be compared with each one told before.
    conn.execute(text("ANALYZE reports"))
    return conn.execute(text(_WITHDRAWN), {"user": user_id, **vars(whole)}).all()


def settle_durations(conn: Connection, user_id: int, tracks: list[int]) -> list[Span]:
    """Measures these tracks by what is reported of them now; when plays may have changed."""
    values = {"user": user_id, "tracks": tracks}
    changed = list(conn.execute(text(_DURATIONS), values).scalars())
    conn.execute(text(_WIDENED), values)
    if not changed:
        return []
    return spans.collapsed(
        conn,
        "SELECT earliest_at, latest_at FROM unnest(CAST(:tracks AS bigint[])) k (id)"
        " JOIN listens l ON l.user_id = :user AND l.track_id = k.id AND l.duration_s IS NULL",
        user=user_id,
        tracks=changed,
    )


def _drop(conn: Connection) -> None:
    conn.execute(text(f"DROP TABLE IF EXISTS {', '.join(_TEMPORARY)}"))
