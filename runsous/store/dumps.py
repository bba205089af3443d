"""All rows of one user, table by table, as they leave the database: CSV, in bounded memory.

Tables are found in the schema, so that none is forgotten. Secrets (hashes, digests, sealed
values) and places on the server's disk stay inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, LargeBinary, Table, Text, exists, select, text

from runsous import frames
from runsous.store import schema
from runsous.store.database import raw

_WITHHELD = frozenset({"password_hash", "stored_at"})
# The archive that is being made tells of those made before it, not of itself.
_OVER = {"data_exports": "finished_at IS NOT NULL"}
_FORMULA = "^[-=+@\\t\\r\\n＝＋－＠]"

_SONG = ("title", "artist", "album")
_SONGS = """FROM segments s JOIN activities a ON a.id = s.activity_id
LEFT JOIN tracks t ON t.id = s.track_id LEFT JOIN artists r ON r.id = t.artist_id
LEFT JOIN albums b ON b.id = t.album_id LEFT JOIN plays p ON p.id = s.play_id
WHERE s.user_id = {user} AND a.user_id = {user} ORDER BY a.start_time, a.id, s.index"""
_LISTENS = """FROM listens l LEFT JOIN tracks t ON t.id = l.track_id
LEFT JOIN artists r ON r.id = t.artist_id LEFT JOIN albums b ON b.id = t.album_id
WHERE l.user_id = {user} ORDER BY l.stamp, l.id"""


@dataclass(frozen=True)
class Original:
    """A file that was imported: the name it had, and the hash (SHA-256) it is kept under."""

    path: str
    kind: str
    sha256: str


@dataclass(frozen=True)
class Recording:
    """An activity that has samples."""

    id: int
    start_time: datetime


def tables(conn: Connection, user_id: int) -> list[str]:
    """The names of all tables in which this user has rows, but for samples and originals."""
    return [
        table.name
        for table in schema.metadata.sorted_tables
        if "user_id" in table.c
        and table not in (schema.activity_streams, schema.originals)
        and conn.execute(select(exists().where(table.c.user_id == user_id))).scalar()
    ]


def table_csv(conn: Connection, user_id: int, name: str) -> Iterator[bytes]:
    """The user's rows of one table, with a header, in the order of its key."""
    table = schema.metadata.tables[name]
    columns = ", ".join(f"{_cell(column)} AS {_quoted(column.name)}" for column in _open(table))
    order = ", ".join(_quoted(column.name) for column in table.primary_key.columns) or "1"
    which = f"user_id = {int(user_id)} AND {_OVER.get(name, 'true')}"
    query = f"SELECT {columns} FROM {_quoted(name)} WHERE {which} ORDER BY {order}"  # noqa: S608
    return _copied(conn, query)


def songs_csv(conn: Connection, user_id: int) -> Iterator[bytes]:
    """Every stretch of every activity with its song (none is silence) and what was measured."""
    measured = ", ".join(f's."{name}"' for name in frames.METRICS if name != "elapsed_s")
    query = (
        'SELECT s.activity_id, s."index", a.start_time + make_interval(secs => s.start_s)'
        f" AS start_time, s.start_s, s.end_s, s.elapsed_s, {_song_columns()},"
        f" p.source, p.certainty, p.plus_minus_s, {measured} "
    )
    return _copied(conn, query + _SONGS.format(user=int(user_id)))


def listens_csv(conn: Connection, user_id: int) -> Iterator[bytes]:
    """Every report of a play, with the names of the song and its source."""
    columns = ", ".join(
        f"l.{_quoted(column.name)}"
        for column in _open(schema.listens)
        if column.name not in ("user_id", "earliest_at", "latest_at")
    )
    query = f"SELECT {columns}, {_song_columns()} "
    return _copied(conn, query + _LISTENS.format(user=int(user_id)))


def activities(conn: Connection, user_id: int) -> Iterator[dict[str, Any]]:
    """The rows of all activities as JSON has them, the oldest first."""
    rows = conn.execution_options(yield_per=100).execute(
        text("SELECT to_jsonb(a) FROM activities a WHERE user_id = :user ORDER BY start_time, id"),
        {"user": user_id},
    )
    for (row,) in rows:
        yield row


def recordings(conn: Connection, user_id: int) -> list[Recording]:
    """All activities that have samples, the oldest first."""
    rows = conn.execute(
        text(
            "SELECT id, start_time FROM activities WHERE user_id = :user AND n_points > 0"
            " ORDER BY start_time, id"
        ),
        {"user": user_id},
    )
    return [Recording(**row._asdict()) for row in rows]


def originals(conn: Connection, user_id: int) -> list[Original]:
    """All files of workouts that are kept, each once."""
    rows = conn.execute(
        text(
            "SELECT coalesce(min(f.path), '') AS path, o.kind, o.sha256 FROM originals o"
            " LEFT JOIN activity_files f ON f.user_id = o.user_id AND f.sha256 = o.sha256"
            " WHERE o.user_id = :user GROUP BY o.sha256, o.kind ORDER BY 1, o.sha256"
        ),
        {"user": user_id},
    )
    return [Original(**row._asdict()) for row in rows]


def _open(table: Table) -> list[Column[Any]]:
    """The columns that may leave: bytes are hashes and sealed values."""
    return [
        column
        for column in table.c
        if column.name not in _WITHHELD and not isinstance(column.type, LargeBinary)
    ]


def _cell(column: Column[Any]) -> str:
    name = _quoted(column.name)
    return _harmless(name) if isinstance(column.type, Text) else name


def _song_columns() -> str:
    names = {"title": "t.title", "artist": "r.name", "album": "b.name"}
    return ", ".join(f"{_harmless(names[name])} AS {name}" for name in _SONG)


def _harmless(value: str) -> str:
    """A text that a spreadsheet cannot take for a formula, in SQL."""
    return f"CASE WHEN {value} ~ E'{_FORMULA}' THEN '''' || {value} ELSE {value} END"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _copied(conn: Connection, query: str) -> Iterator[bytes]:
    copied = f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)"
    with raw(conn).cursor() as cursor, cursor.copy(copied.encode()) as copy:
        yield from map(bytes, copy)
