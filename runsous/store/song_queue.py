"""Which songs of the catalogue are to be asked for at which source, the most wanted first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from sqlalchemy import Connection, text


class Band(IntEnum):
    """What is asked for first: songs of activities without a tempo, all others that were heard,
    those whose answers are old, and those nobody has heard yet.
    """

    RUNS = 1
    HEARD = 2
    STALE = 3
    DISCOVERY = 4


@dataclass(frozen=True)
class Wanted:
    """A song to be asked for; ``ids`` by kind, without those that lead somewhere else. ``tried``
    is by what it was asked for of late in vain.
    """

    id: int
    artist: str
    title: str
    album: str | None
    duration_s: float | None
    ids: Mapping[str, tuple[str, ...]]
    band: Band
    tried: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ways:
    """How a source can be asked of a song: by ids of these kinds, by its name if ``by_name``;
    that only when source ``after`` was asked, which may know an id. One that tells no names is
    asked by ``confirmed`` ids alone, which another has found to go with the song's names.
    """

    kinds: tuple[str, ...]
    by_name: bool = False
    after: str | None = None
    confirmed: bool = False


WAYS: Mapping[str, Ways] = {
    "deezer": Ways(("deezer", "isrc"), by_name=True),
    # Deezer may know the id by which it need not be looked for.
    "musicbrainz": Ways(("mbid", "isrc"), by_name=True, after="deezer"),
    "reccobeats": Ways(("spotify", "isrc")),
    "acousticbrainz": Ways(("mbid",), confirmed=True),
    "spotify": Ways(("spotify",), confirmed=True),
}
"""Every source there can be."""


@dataclass(frozen=True)
class Waiting:
    """How many songs are still to be asked for, by source and band (each, if only 0). ``n_of_user``
    different ones of them a certain user has, those at sources that refuse aside.
    """

    bands: Mapping[str, Counter[Band]]
    n_of_user: int


_LISTENS = """t.user_id <> ALL (
    ARRAY(SELECT id FROM users WHERE settings ->> 'tempo_lookups' = 'off'))"""
_ANYBODY = "EXISTS (SELECT FROM users WHERE settings ->> 'tempo_lookups' IS DISTINCT FROM 'off')"


def sources(conn: Connection) -> list[str]:
    """The sources there are here: Spotify only where somebody has connected it."""
    connected = conn.execute(
        text("SELECT 1 FROM connections WHERE service = 'spotify' AND trouble IS NULL LIMIT 1")
    ).first()
    return [source for source in WAYS if source != "spotify" or connected]


def wanted(conn: Connection, source: str, now: datetime, limit: int) -> list[Wanted]:
    """What to ask a source next, the most wanted first."""
    after, known = WAYS[source].after, _ids(source, "o.id")
    # Looked at one by one until there are enough; the ids only of those.
    is_turn = f"""CROSS JOIN LATERAL (SELECT FROM song_ids i WHERE {known} UNION ALL SELECT
        FROM song_lookups a WHERE a.song_id = o.id AND a.source = '{after}' LIMIT 1) turn"""  # noqa: S608 - ours
    rows = conn.execute(
        text(
            f"""SELECT s.id, s.artist, s.title, s.album, s.duration_s, o.band,
    CASE WHEN l.state = 'unknown' AND l.due_at > :now THEN l.asked_with ELSE '{{}}' END AS tried,
    ARRAY(SELECT i.kind || ':' || i.value FROM song_ids i WHERE {known}
        ORDER BY i.match DESC NULLS LAST, i.kind, i.value) AS ids
FROM (SELECT o.* FROM ({_opened(source)} ORDER BY band, n_plays DESC, id) o
    CROSS JOIN LATERAL (SELECT FROM tracks t WHERE t.song_id = o.id AND {_LISTENS}
        UNION ALL SELECT WHERE o.is_unheard AND {_ANYBODY} LIMIT 1) heard
    {is_turn if after else ""} ORDER BY o.band, o.n_plays DESC, o.id LIMIT :limit) o
JOIN songs s ON s.id = o.id
LEFT JOIN song_lookups l ON l.song_id = o.id AND l.source = '{source}'
ORDER BY o.band, o.n_plays DESC, o.id"""  # noqa: S608 - ours
        ),
        {"now": now, "limit": limit},
    )
    return [
        Wanted(
            *(row.id, row.artist, row.title, row.album, row.duration_s),
            _kinds([each for each in row.ids if each not in row.tried]),
            Band(row.band),
            frozenset(row.tried),
        )
        for row in rows
    ]


def waiting(
    conn: Connection, at: Sequence[str], now: datetime, user_id: int | None = None
) -> Waiting:
    """What is still to be asked for at some sources. Songs that wait for another source to be asked
    first come as well.
    """
    if not at:
        return Waiting({}, 0)
    each = (
        f"SELECT '{source}' AS source, id, band, is_unheard FROM ({_opened(source)}) o"  # noqa: S608 - ours
        for source in at
    )
    rows = conn.execute(
        text(
            f"""WITH heard AS (SELECT DISTINCT song_id AS id FROM tracks t WHERE {_LISTENS}),
opened AS MATERIALIZED (SELECT source, o.id, band
    FROM ({" UNION ALL ".join(each)}) o LEFT JOIN heard h ON h.id = o.id
    WHERE h.id IS NOT NULL OR is_unheard AND {_ANYBODY})
SELECT source, band, count(*) AS n FROM opened GROUP BY source, band
UNION ALL SELECT NULL, NULL, count(DISTINCT song_id) FROM tracks WHERE user_id = :user
    AND song_id IN (SELECT id FROM opened WHERE source NOT IN
        (SELECT source FROM song_sources WHERE is_refused))"""  # noqa: S608 - ours
        ),
        {"now": now, "user": user_id},
    ).all()
    bands: dict[str, Counter[Band]] = {source: Counter(dict.fromkeys(Band, 0)) for source in at}
    for row in rows:
        if row.source is not None:
            bands[row.source][Band(row.band)] = row.n
    return Waiting(bands, next(row.n for row in rows if row.source is None))


def _opened(source: str) -> str:
    """A query for the songs to be asked for at a source, whoever listens to them: never asked for
    or due again, or known by an id that was not there when it knew nothing.
    """
    known = f"WHERE EXISTS (SELECT FROM song_ids i WHERE {_ids(source, 'c.id')})"
    if WAYS[source].by_name:
        known = ""
    return f"""SELECT id, n_plays, c.band = 4 AS is_unheard, CASE WHEN is_old THEN 3
    WHEN c.band = 1 AND EXISTS (SELECT FROM song_facts f
        WHERE f.song_id = c.id AND f.bpm IS NOT NULL) THEN 2
    ELSE c.band END AS band
FROM (SELECT s.id, s.band, s.n_plays, l.state IN ('found', 'unknown') AS is_old
    FROM songs s LEFT JOIN song_lookups l ON l.song_id = s.id AND l.source = '{source}'
    WHERE l.song_id IS NULL OR l.due_at <= :now
    UNION ALL SELECT s.id, s.band, s.n_plays, false FROM song_lookups l
    JOIN songs s ON s.id = l.song_id
    WHERE l.source = '{source}' AND l.state = 'unknown' AND l.due_at > :now
        AND (SELECT true FROM song_ids i WHERE {_ids(source, "l.song_id")}
            AND i.kind || ':' || i.value <> ALL (l.asked_with) LIMIT 1)) c {known}"""  # noqa: S608 - ours


def _ids(source: str, song: str) -> str:
    """Which ``song_ids i`` of a song a source can be asked by."""
    kinds = ", ".join(f"'{kind}'" for kind in WAYS[source].kinds)
    unseen = 0 if WAYS[source].confirmed else 1
    return f"i.song_id = {song} AND i.kind IN ({kinds}) AND coalesce(i.match, {unseen}) > 0"


def _kinds(ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for each in ids:
        kind, _, value = each.partition(":")
        found[kind] = (*found.get(kind, ()), value)
    return found
