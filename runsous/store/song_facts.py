"""What sources tell of songs, by which ids, and when each is to be asked again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from runsous.model import SongFacts


@dataclass(frozen=True)
class Known:
    """Something that a source says of a song, and how well that goes with its name (0 to 1)."""

    facts: SongFacts
    match: float


@dataclass(frozen=True)
class Lookup:
    """What came of asking a source of a song: ``found``, ``unknown`` or ``failed``.

    ``asked_with`` are the ids (``kind:value``; ``search`` for its name), ``due_at`` when to ask
    again, ``n_same`` how often in a row the same came of it.
    """

    state: str
    asked_with: Sequence[str]
    due_at: datetime
    n_same: int = 0


def keep(
    conn: Connection, song_id: int, source: str, found: Sequence[Known], now: datetime
) -> bool:
    """Puts what a source tells in the place of what it told before; whether that differs."""
    before = {
        row.identifier: (row.bpm, row.energy)
        for row in conn.execute(
            text(
                "DELETE FROM song_facts WHERE song_id = :song AND source = :source"
                " RETURNING identifier, bpm, energy"
            ),
            {"song": song_id, "source": source},
        )
    }
    rows = [
        {
            **{name: getattr(known.facts, name) for name in _FACTS},
            "song": song_id,
            "match": known.match,
            "now": now,
        }
        for known in found
    ]
    if rows:
        conn.execute(text(_KEEP), rows)
    return before != {row["identifier"]: (row["bpm"], row["energy"]) for row in rows}


_FACTS = (
    *("source", "identifier", "asked", "artist", "title", "duration_s"),
    *("bpm", "energy", "danceability", "valence", "key", "mode"),
)
_KEEP = f"""INSERT INTO song_facts (song_id, match, fetched_at, {", ".join(_FACTS)})
VALUES (:song, :match, :now, {", ".join(f":{name}" for name in _FACTS)})
ON CONFLICT DO NOTHING"""  # noqa: S608 - fixed names


def note_ids(
    conn: Connection, song_id: int, told_by: str, ids: Iterable[tuple[str, str, float]]
) -> None:
    """Notes by which ids, ``(kind, value, match)``, a song is known; a match of 0 says that one
    leads to another song.
    """
    rows = [
        {"song": song_id, "kind": kind, "value": value, "told_by": told_by, "match": match}
        for kind, value, match in sorted(ids)
    ]
    if rows:
        conn.execute(
            text(
                "INSERT INTO song_ids AS i (song_id, kind, value, told_by, match)"
                " VALUES (:song, :kind, :value, :told_by, :match)"
                " ON CONFLICT (song_id, kind, value) DO UPDATE SET match = excluded.match"
                " WHERE i.match IS DISTINCT FROM excluded.match"
            ),
            rows,
        )


def note_lookup(conn: Connection, song_id: int, source: str, lookup: Lookup, now: datetime) -> None:
    """Notes what came of asking a source just now."""
    conn.execute(
        text(
            "INSERT INTO song_lookups AS l"
            " (song_id, source, state, asked_with, asked_at, due_at, n_same)"
            " VALUES (:song, :source, :state, :asked_with, :now, :due_at, :n_same)"
            " ON CONFLICT (song_id, source) DO UPDATE SET (state, asked_with, asked_at, due_at,"
            " n_same) = (excluded.state, excluded.asked_with, excluded.asked_at, excluded.due_at,"
            " excluded.n_same)"
        ),
        {
            "song": song_id,
            "source": source,
            "state": lookup.state,
            "asked_with": list(lookup.asked_with),
            "now": now,
            "due_at": lookup.due_at,
            "n_same": lookup.n_same,
        },
    )


def lookup(conn: Connection, song_id: int, source: str) -> Lookup | None:
    """What came of asking a source the last time."""
    row = conn.execute(
        text(
            "SELECT state, asked_with, due_at, n_same FROM song_lookups"
            " WHERE song_id = :song AND source = :source"
        ),
        {"song": song_id, "source": source},
    ).one_or_none()
    return None if row is None else Lookup(**row._asdict())


def known_of(conn: Connection, song_ids: Sequence[int]) -> set[int]:
    """Those of the songs that a source told anything of."""
    rows = conn.execute(
        text("SELECT DISTINCT song_id FROM song_facts WHERE song_id = ANY(:songs)"),
        {"songs": list(song_ids)},
    )
    return set(rows.scalars())
