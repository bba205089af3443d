"""A user's songs in the catalogue, and what was asked of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from runsous.store import song_facts, song_queue, songs
from runsous.store.song_facts import Lookup
from tests.sync import make

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER, BEFORE = NOW + timedelta(days=1), NOW - timedelta(days=1)


def hearing(engine: Engine, folder: Path) -> Callable[..., dict[str, int]]:
    """What takes songs into the catalogue that the user heard so often: their ids by title."""
    user = make.user(engine)

    def hear(**times: int) -> dict[str, int]:
        plays = [title for title, n in times.items() for _ in range(n)]
        history = [(300 * at, f"Ana – {title}", 200.0) for at, title in enumerate(plays)]
        make.take(engine, make.written(folder, "heard.json", make.spotify(*history)))
        with engine.begin() as conn:
            songs.enrol(conn, user)
            songs.rank(conn)
            conn.execute(text("DELETE FROM song_ids"))
            ids = {row.title: row.id for row in conn.execute(text("SELECT title, id FROM songs"))}
            song_queue.settle(conn, ids.values())
            return ids

    return hear


def asked(
    conn: Connection, song: int, source: str, state: str, due_at: datetime, *asked_with: str
) -> None:
    """Lets a source have been asked of a song."""
    song_facts.note_lookup(conn, song, source, Lookup(state, asked_with, due_at), BEFORE)
    song_queue.settle(conn, [song])


def known_by(
    conn: Connection, song: int, kind: str, value: str, match: float | None = None
) -> None:
    """Lets a song be known by an id."""
    song_facts.note_ids(conn, song, "listens", [(kind, value, match)])
    song_queue.settle(conn, [song])


def titles(conn: Connection, source: str, limit: int = 10) -> list[str]:
    """What to ask a source next."""
    return [each.title for each in song_queue.wanted(conn, source, NOW, limit)]


def run_to(conn: Connection, song: int) -> None:
    """Lets a song have been run to."""
    conn.execute(text("UPDATE songs SET band = 1 WHERE id = :song"), {"song": song})


def tell_tempo(conn: Connection, song: int) -> None:
    """Lets a source have told a song's tempo."""
    conn.execute(
        text(
            "INSERT INTO song_facts (song_id, source, identifier, asked, match, bpm, fetched_at)"
            " VALUES (:song, 'deezer', '1', 'search', 1, 120, :now)"
        ),
        {"song": song, "now": NOW},
    )
