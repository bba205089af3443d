"""Archives of all of a user's data: asked for, made in the background, kept for some days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from runsous.errors import NotFound

_FACTS = "id, status, done, total, size, created_at, finished_at"


def create(conn: Connection, user_id: int) -> UUID | None:
    """A new one, queued; ``None`` while another of this user's is not finished."""
    made = conn.execute(
        text(
            "INSERT INTO data_exports (user_id, status) VALUES (:user, 'queued')"
            " ON CONFLICT DO NOTHING RETURNING id"
        ),
        {"user": user_id},
    )
    found: UUID | None = made.scalar()
    return found


def one(conn: Connection, user_id: int, export_id: UUID) -> dict[str, Any]:
    """``{"id", "status", "done", "total", "size", "created_at", "finished_at"}``.

    ``status`` is queued, running, done or failed, ``size`` in bytes. :class:`NotFound` unless it
    is this user's.
    """
    row = conn.execute(
        text(f"SELECT {_FACTS} FROM data_exports WHERE id = :id AND user_id = :user"),  # noqa: S608
        {"id": export_id, "user": user_id},
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such export.")
    return row._asdict()


def of_user(conn: Connection, user_id: int) -> list[dict[str, Any]]:
    """All there are, as :func:`one` gives them, the newest first."""
    rows = conn.execute(
        text(
            f"SELECT {_FACTS} FROM data_exports WHERE user_id = :user"  # noqa: S608 - fixed names
            " ORDER BY created_at DESC, id"
        ),
        {"user": user_id},
    )
    return [row._asdict() for row in rows]


def begin(conn: Connection, user_id: int, export_id: UUID) -> int | None:
    """Marks it as running; how often that was done. ``None`` if it is finished or gone."""
    begun = conn.execute(
        text(
            "UPDATE data_exports SET status = 'running', done = 0, attempts = attempts + 1"
            " WHERE id = :id AND user_id = :user AND finished_at IS NULL RETURNING attempts"
        ),
        {"id": export_id, "user": user_id},
    )
    attempts = begun.scalar()
    return None if attempts is None else int(attempts)


def put_back(conn: Connection, user_id: int, export_id: UUID) -> None:
    """Queues it again, as if it had not been begun: whoever was at it was told to stop."""
    conn.execute(
        text(
            "UPDATE data_exports SET status = 'queued', attempts = attempts - 1"
            " WHERE id = :id AND user_id = :user AND finished_at IS NULL"
        ),
        {"id": export_id, "user": user_id},
    )


def set_progress(conn: Connection, user_id: int, export_id: UUID, done: int, total: int) -> bool:
    """Notes how much of it is written; whether it is wanted still."""
    found = conn.execute(
        text(
            "UPDATE data_exports SET done = :done, total = :total"
            " WHERE id = :id AND user_id = :user AND finished_at IS NULL"
        ),
        {"id": export_id, "user": user_id, "done": done, "total": total},
    )
    return found.rowcount == 1


def finish(conn: Connection, user_id: int, export_id: UUID, size: int | None) -> bool:
    """Ends it: done with so many bytes, or (``None``) failed. Whether it was wanted still."""
    found = conn.execute(
        text(
            "UPDATE data_exports SET finished_at = now(), size = :size,"
            " done = CASE WHEN CAST(:size AS bigint) IS NULL THEN done ELSE total END,"
            " status = CASE WHEN CAST(:size AS bigint) IS NULL THEN 'failed' ELSE 'done' END"
            " WHERE id = :id AND user_id = :user AND finished_at IS NULL"
        ),
        {"id": export_id, "user": user_id, "size": size},
    )
    return found.rowcount == 1


def unfinished(conn: Connection) -> list[tuple[int, UUID]]:
    """``(user_id, id)`` of all that are queued or running, the oldest first."""
    rows = conn.execute(
        text("SELECT user_id, id FROM data_exports WHERE finished_at IS NULL ORDER BY created_at")
    )
    return [(row.user_id, row.id) for row in rows]


def forget(conn: Connection, user_id: int) -> list[UUID]:
    """Deletes all of a user's, running ones too; which there were."""
    gone = conn.execute(
        text("DELETE FROM data_exports WHERE user_id = :user RETURNING id"), {"user": user_id}
    )
    return list(gone.scalars())


def expire(conn: Connection, kept: timedelta) -> None:
    """Deletes those finished longer ago."""
    conn.execute(
        text("DELETE FROM data_exports WHERE finished_at < now() - CAST(:kept AS interval)"),
        {"kept": kept},
    )


def everyones(conn: Connection) -> set[UUID]:
    """The ids of all there are."""
    return set(conn.execute(text("SELECT id FROM data_exports")).scalars())
