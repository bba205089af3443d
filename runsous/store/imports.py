"""Imports: what was handed in, how far it got, and what became of each file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, text

from runsous.errors import InputError, NotFound

_LONGEST_PATH = 600
"""Characters of a path that are kept, the last ones: an index cannot hold any length."""


_WORTH_RETRYING = (
    "u.stored_at IS NOT NULL AND (u.status <> 'done' OR EXISTS (SELECT FROM import_files f"
    " WHERE f.upload_id = u.id AND f.status = 'failed'))"
)


@dataclass(frozen=True)
class Upload:
    """One thing handed in: its name, where its bytes wait, and how many there are."""

    path: str
    stored_at: str
    size: int


@dataclass(frozen=True)
class FileResult:
    """What became of one file; ``path`` is ``archive.zip!member`` for members of archives."""

    path: str
    kind: str
    status: str
    activities: int = 0
    listens: int = 0
    duplicates: int = 0
    message: str | None = None


def create(
    conn: Connection,
    user_id: int,
    origin: str,
    uploads: Sequence[Upload],
    import_id: UUID | None = None,
) -> UUID:
    """A new import, queued, with its uploads; ``origin`` is browser, api, cli or sample."""
    import_id = import_id or uuid4()
    conn.execute(
        text(
            "INSERT INTO imports (id, user_id, origin, status)"
            " VALUES (:id, :user, :origin, 'queued')"
        ),
        {"id": import_id, "user": user_id, "origin": origin},
    )
    rows = [{**vars(u), "user": user_id, "import": import_id} for u in uploads]
    conn.execute(
        text(
            "INSERT INTO uploads (user_id, import_id, path, stored_at, size, status)"
            " VALUES (:user, :import, :path, :stored_at, :size, 'queued')"
        ),
        rows,
    )
    return import_id


def one(conn: Connection, user_id: int, import_id: UUID) -> dict[str, Any]:
    """``id, origin, status, is_cancelled, created_at, finished_at, done, total``."""
    row = conn.execute(
        text(
            "SELECT i.id, i.origin, i.status, i.is_cancelled, i.created_at, i.finished_at,"
            " coalesce(sum(u.done), 0)::int AS done, coalesce(sum(u.total), 0)::int AS total"
            " FROM imports i LEFT JOIN uploads u ON u.import_id = i.id"
            " WHERE i.id = :id AND i.user_id = :user GROUP BY i.id"
        ),
        {"id": import_id, "user": user_id},
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such import.")
    return row._asdict()


def newest(conn: Connection, user_id: int, limit: int) -> list[dict[str, Any]]:
    """The latest imports as :func:`one` yields them, with counts of their files by outcome.

    ``can_retry``: something failed or was not read, and its bytes are still there.
    """
    rows = conn.execute(
        text(
            "SELECT i.id, i.origin, i.status, i.is_cancelled,"  # noqa: S608 - words of ours
            " i.created_at, i.finished_at, u.done, u.total, u.names, f.*,"
            f" EXISTS (SELECT FROM uploads u WHERE u.import_id = i.id AND {_WORTH_RETRYING})"
            " AS can_retry FROM imports i"
            " CROSS JOIN LATERAL (SELECT coalesce(sum(done), 0)::int AS done,"
            "   coalesce(sum(total), 0)::int AS total, array_agg(path ORDER BY id) AS names"
            "   FROM uploads WHERE import_id = i.id) u"
            " CROSS JOIN LATERAL (SELECT count(*)::int AS files,"
            "   coalesce(sum(activities), 0)::int AS activities,"
            "   coalesce(sum(listens), 0)::int AS listens,"
            "   (count(*) FILTER (WHERE r.kind = 'tempo_csv' AND r.status = 'imported'))::int"
            "   AS lists, (count(*) FILTER (WHERE r.status = 'failed'))::int AS failed,"
            "   (count(*) FILTER (WHERE r.status = 'duplicate'))::int AS duplicates"
            "   FROM import_files r JOIN uploads p ON p.id = r.upload_id"
            "   WHERE p.import_id = i.id) f"
            " WHERE i.user_id = :user AND i.origin <> 'sample'"
            " ORDER BY i.created_at DESC LIMIT :limit"
        ),
        {"user": user_id, "limit": limit},
    )
    return [row._asdict() for row in rows]


def files(conn: Connection, user_id: int, import_id: UUID) -> list[FileResult]:
    """What became of each file so far, in the order handed in."""
    rows = conn.execute(
        text(
            "SELECT f.path, f.kind, f.status, f.activities, f.listens, f.duplicates, f.message"
            " FROM import_files f JOIN uploads u ON u.id = f.upload_id"
            " WHERE u.import_id = :id AND f.user_id = :user ORDER BY u.id, f.id"
        ),
        {"id": import_id, "user": user_id},
    )
    return [FileResult(**row._asdict()) for row in rows]


def unfinished(conn: Connection) -> list[tuple[int, UUID, bool]]:
    """``(user_id, import_id, is_held)`` of every import that is queued or running, oldest
    first; ``is_held`` while a living process is at it.
    """
    rows = conn.execute(
        text(
            "SELECT i.user_id, i.id, EXISTS (SELECT"  # noqa: S608 - words of ours
            " FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 1"
            " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            f" AND (l.classid::bigint << 32) | l.objid::bigint = {_key('i.id')}) AS is_held"
            " FROM imports i WHERE i.status <> 'done' ORDER BY i.created_at"
        )
    )
    return [(row.user_id, row.id, row.is_held) for row in rows]


@contextmanager
def held(engine: Engine, import_id: UUID) -> Iterator[bool]:
    """Keeps an import to this process while the context lasts; yields whether it could be had.

    It is let go of with the process, however that ends.
    """
    key = {"id": str(import_id)}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        is_ours = conn.execute(text(f"SELECT pg_try_advisory_lock({_key(':id')})"), key).scalar()
        try:
            yield bool(is_ours)
        finally:
            if is_ours:
                conn.execute(text(f"SELECT pg_advisory_unlock({_key(':id')})"), key)


def _key(import_id: str) -> str:
    """The number of an import's advisory lock, in SQL."""
    return f"hashtextextended(CAST({import_id} AS text), 0)"


def set_status(conn: Connection, user_id: int, import_id: UUID, status: str) -> None:
    """Moves an import on: ``queued``, ``running`` or ``done``."""
    conn.execute(
        text(
            "UPDATE imports SET status = :status,"
            " finished_at = CASE WHEN :status = 'done' THEN now() END"
            " WHERE id = :id AND user_id = :user"
        ),
        {"id": import_id, "user": user_id, "status": status},
    )


def cancel(conn: Connection, user_id: int, import_id: UUID) -> None:
    """Asks a running import to stop after the file it is at; what is in stays in."""
    found = conn.execute(
        text(
            "UPDATE imports SET is_cancelled = status <> 'done' WHERE id = :id AND user_id = :user"
        ),
        {"id": import_id, "user": user_id},
    )
    if found.rowcount == 0:
        raise NotFound("There is no such import.")


def is_cancelled(conn: Connection, user_id: int, import_id: UUID) -> bool:
    """Whether the user asked this import to stop."""
    found = conn.execute(
        text("SELECT is_cancelled FROM imports WHERE id = :id AND user_id = :user"),
        {"id": import_id, "user": user_id},
    )
    return bool(found.scalar())


def requeue(conn: Connection, user_id: int, import_id: UUID) -> None:
    """Sets the uploads that hold failures, or were not read, back to the start.

    An import that is under way is left alone.
    """
    values = {"id": import_id, "user": user_id}
    done = conn.execute(
        text(
            "UPDATE imports SET status = 'queued', is_cancelled = false, finished_at = NULL"
            " WHERE id = :id AND user_id = :user AND status = 'done'"
        ),
        values,
    )
    if not done.rowcount:
        return
    again = conn.execute(
        text(
            "UPDATE uploads u SET status = 'queued',"  # noqa: S608 - words of ours
            " done = 0, deaths = '{}' WHERE import_id = :id AND user_id = :user"
            f" AND {_WORTH_RETRYING} RETURNING id"
        ),
        values,
    ).scalars()
    conn.execute(
        text("DELETE FROM import_files WHERE upload_id = ANY(:ids) AND status <> 'imported'"),
        {"ids": list(again)},
    )


def save_file(
    conn: Connection, user_id: int, upload_id: int, result: FileResult, sha256: str | None
) -> None:
    """Notes what became of a file; a later try at the same path replaces the earlier one,
    unless that one was imported and this one finds it already there.
    """
    conn.execute(
        text(
            "INSERT INTO import_files AS f (user_id, upload_id, path, sha256, kind, status,"
            " message, activities, listens, duplicates) VALUES (:user, :upload, :path, :sha256,"
            " :kind, :status, :message, :activities, :listens, :duplicates)"
            " ON CONFLICT (upload_id, path) DO UPDATE SET sha256 = excluded.sha256,"
            " kind = excluded.kind, status = excluded.status, message = excluded.message,"
            " activities = excluded.activities, listens = excluded.listens,"
            " duplicates = excluded.duplicates"
            " WHERE NOT (f.status = 'imported' AND excluded.status = 'duplicate')"
        ),
        {
            **vars(result),
            "path": result.path[-_LONGEST_PATH:],
            "user": user_id,
            "upload": upload_id,
            "sha256": sha256,
        },
    )


def is_known_listening(conn: Connection, user_id: int, sha256: str) -> bool:
    """Whether a listening file with these very bytes was imported and not forgotten since."""
    found = conn.execute(
        text(
            "SELECT 1 FROM import_files WHERE user_id = :user AND sha256 = :sha256"
            " AND status = 'imported' AND listens > 0 LIMIT 1"
        ),
        {"user": user_id, "sha256": sha256},
    )
    return found.scalar() is not None


def forget_listening(conn: Connection, user_id: int, kind: str) -> None:
    """Lets listening files of this kind be news again."""
    conn.execute(
        text(
            "UPDATE import_files SET sha256 = NULL"
            " WHERE user_id = :user AND kind = :kind AND listens > 0"
        ),
        {"user": user_id, "kind": kind},
    )


def delete(conn: Connection, user_id: int, import_id: UUID) -> None:
    """Forgets a finished import's record; what it brought in stays.

    Raises :class:`InputError` for one under way, :class:`NotFound` for one that is not there.
    """
    done = conn.execute(
        text("DELETE FROM imports WHERE id = :id AND user_id = :user AND status = 'done'"),
        {"id": import_id, "user": user_id},
    )
    if not done.rowcount:
        one(conn, user_id, import_id)
        raise InputError("This import is under way; stop it first.")
