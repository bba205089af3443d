"""Which songs of the catalogue are to be asked for at which source, the most wanted first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
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
class Turn:
    """How many songs of a user wait to be asked for at a source, and how many of anybody's are
    asked for until the last of them is, itself counted.
    """

    n_waiting: int
    n_until: int


@dataclass(frozen=True)
class Turns:
    """Where a user's songs stand: by source, and how many different ones wait at any of them. Of
    the others ``n_failed`` could not be asked for the last time.
    """

    at: Mapping[str, Turn]
    n_waiting: int
    n_failed: int


_HAS_PAUSED = "settings ->> 'tempo_lookups' = 'off'"
_LISTENS = f"t.user_id <> ALL (ARRAY(SELECT id FROM users WHERE {_HAS_PAUSED}))"  # noqa: S608 - ours
_ANYBODY = "EXISTS (SELECT FROM users WHERE settings ->> 'tempo_lookups' IS DISTINCT FROM 'off')"

# Never hashed, as an EXISTS might be: of few songs it matters.
_PRESENT_BAND = """CASE WHEN s.band = 1 AND (SELECT true FROM song_facts f
    WHERE f.song_id = s.id AND f.bpm IS NOT NULL LIMIT 1) THEN 2 ELSE s.band END"""


def sources(conn: Connection) -> list[str]:
    """The sources there are here: Spotify only where somebody has connected it."""
    connected = conn.execute(
        text("SELECT 1 FROM connections WHERE service = 'spotify' AND trouble IS NULL LIMIT 1")
    ).first()
    return [source for source in WAYS if source != "spotify" or connected]


def settle(conn: Connection, song_ids: Collection[int]) -> set[str]:
    """Notes at which sources songs wait, now that more is known of them or one was asked; those at
    which any did not before.

    It holds them until the transaction ends, which must do nothing with other songs after that.
    """
    if not song_ids:
        return set()
    held = {"songs": sorted(song_ids)}
    # In one order everywhere. What others learned of them meanwhile only a new command sees.
    conn.execute(
        text("SELECT id FROM songs WHERE id = ANY(:songs) ORDER BY id FOR NO KEY UPDATE"),
        held,
    )
    changed = conn.execute(text(_SETTLE), held)
    return {source for row in changed for source in row.at if source not in row.before}


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


def bands(conn: Connection, at: Sequence[str], now: datetime) -> dict[str, Counter[Band]]:
    """How many songs are to be asked for, by source and band (each, if only 0). Songs that wait
    for another source to be asked first come as well.
    """
    found: dict[str, Counter[Band]] = {}
    for source in at:
        rows = conn.execute(
            text(
                f"""SELECT band, count(*) AS n FROM ({_opened(source)}) o
WHERE is_unheard AND {_ANYBODY} OR id IN (SELECT song_id FROM tracks t WHERE {_LISTENS})
GROUP BY band"""  # noqa: S608 - ours
            ),
            {"now": now},
        )
        found[source] = Counter(dict.fromkeys(Band, 0))
        found[source].update({Band(row.band): row.n for row in rows})
    return found


def turns(conn: Connection, at: Sequence[str], user_id: int) -> Turns:
    """Where a user's songs stand at some sources, even if the user does not want them looked up.
    What was told already and is asked for again when it is old waits for nothing.
    """
    if not at:
        return Turns({}, 0, 0)
    waits = ", ".join(f"'{source}' = ANY (s.waits_at) AS {source}" for source in at)
    last = ", ".join(
        f"count(*) FILTER (WHERE {source}) AS n_{source},"
        f" max(place) FILTER (WHERE {source}) AS last_{source}"
        for source in at
    )
    until = " UNION ALL ".join(
        f"SELECT '{source}', n_{source},"  # noqa: S608 - ours
        f" (SELECT count(*) FROM queue WHERE {source} AND place <= last_{source}) FROM last"
        for source in at
    )
    # By band, then by plays, then by id, as one number: it is compared a hundred thousand times.
    place = f"(CAST({_PRESENT_BAND} AS bigint) << 60) - (CAST(s.n_plays AS bigint) << 32) + s.id"
    found = conn.execute(
        text(
            f"""WITH mine AS MATERIALIZED (SELECT song_id AS id FROM tracks
    WHERE user_id = :user AND song_id IS NOT NULL),
queue AS MATERIALIZED (SELECT {waits}, {place} AS place, m.id IS NOT NULL AS is_mine
    FROM songs s LEFT JOIN mine m ON m.id = s.id
    WHERE s.waits_at && :at AND (m.id IS NOT NULL OR s.band <> 4
        AND (NOT EXISTS (SELECT FROM users WHERE {_HAS_PAUSED})
            OR s.id IN (SELECT song_id FROM tracks t WHERE {_LISTENS})))),
last AS MATERIALIZED (SELECT count(*) AS n, {last} FROM queue WHERE is_mine)
{until}
UNION ALL SELECT NULL, n, (SELECT count(*)
    FROM (SELECT DISTINCT song_id AS id FROM song_lookups
        WHERE source = ANY (:at) AND state = 'failed') f
    JOIN mine USING (id) JOIN songs s USING (id) WHERE NOT s.waits_at && :at) FROM last"""  # noqa: S608 - ours
        ),
        {"user": user_id, "at": list(at)},
    ).all()
    (_, n_waiting, n_failed), by_source = found[-1], found[:-1]
    return Turns({source: Turn(n, until) for source, n, until in by_source}, n_waiting, n_failed)


def _opened(source: str) -> str:
    """A query for the songs to be asked for at a source, whoever listens to them: those that wait
    there, and those due again.
    """
    known = f"AND EXISTS (SELECT FROM song_ids i WHERE {_ids(source, 's.id')})"
    if WAYS[source].by_name:
        known = ""
    return f"""SELECT s.id, s.n_plays, s.band = 4 AS is_unheard, {_PRESENT_BAND} AS band
FROM songs s WHERE '{source}' = ANY (s.waits_at)
UNION ALL SELECT s.id, s.n_plays, s.band = 4,
    CASE WHEN l.state <> 'failed' THEN 3 ELSE {_PRESENT_BAND} END
FROM song_lookups l JOIN songs s ON s.id = l.song_id
WHERE l.source = '{source}' AND l.due_at <= :now AND '{source}' <> ALL (s.waits_at) {known}"""  # noqa: S608 - ours


def _waits(source: str) -> str:
    """Whether ``songs s`` waits at a source."""
    asked = f"FROM song_lookups l WHERE l.song_id = s.id AND l.source = '{source}'"
    known = f"FROM song_ids i WHERE {_ids(source, 's.id')}"
    never = f"NOT EXISTS (SELECT {asked})"
    if not WAYS[source].by_name:
        never = f"{never} AND EXISTS (SELECT {known})"
    return f"""{never} OR EXISTS (SELECT {asked} AND l.state = 'unknown' AND EXISTS (
        SELECT {known} AND i.kind || ':' || i.value <> ALL (l.asked_with)))"""


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


_TURNS = ", ".join(f"CASE WHEN {_waits(source)} THEN '{source}' END" for source in WAYS)
_SETTLE = f"""UPDATE songs s SET waits_at = w.at
FROM (SELECT s.id, s.waits_at AS before, array_remove(ARRAY[{_TURNS}], NULL) AS at FROM songs s
    WHERE s.id = ANY(:songs)) w
WHERE w.id = s.id AND s.waits_at <> w.at RETURNING w.at, w.before"""  # noqa: S608 - ours
