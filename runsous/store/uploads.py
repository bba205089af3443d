"""What was handed in to an import, one row a file or folder: how far it got, where it waits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text


def of_import(conn: Connection, user_id: int, import_id: UUID) -> list[dict[str, Any]]:
    """``id, path, stored_at, size, status, done, total, deaths, failed, why`` in the order
    handed in.

    ``deaths`` counts by file the processes that died reading it, ``failed`` the files that
    could not be imported; ``why`` says it of the first of them.
    """
    rows = conn.execute(
        text(
            "SELECT u.id, u.path, stored_at, size, u.status, done, total, deaths, f.failed, f.why"
            " FROM uploads u CROSS JOIN LATERAL (SELECT count(*)::int AS failed,"
            "   (array_agg(message ORDER BY id))[1] AS why FROM import_files"
            "   WHERE upload_id = u.id AND status = 'failed') f"
            " WHERE u.import_id = :id AND u.user_id = :user ORDER BY u.id"
        ),
        {"id": import_id, "user": user_id},
    )
    return [row._asdict() for row in rows]


def set_progress(conn: Connection, user_id: int, upload_id: int, **values: Any) -> None:
    """Changes ``status``, ``done``, ``total``, ``reading`` or ``stored_at`` of one upload."""
    changes = ", ".join(f"{name} = :{name}" for name in values)
    conn.execute(
        text(f"UPDATE uploads SET {changes} WHERE id = :id AND user_id = :user"),  # noqa: S608 - names are ours
        {"id": upload_id, "user": user_id, **values},
    )


def finish(conn: Connection, user_id: int, upload_id: int) -> None:
    """Marks one upload as read. Its files are then those of which it was told what became of them:
    an archive holds others, that are nothing of ours.
    """
    conn.execute(
        text(
            "UPDATE uploads u SET status = 'done', reading = NULL, done = f.n, total = f.n"
            " FROM (SELECT count(*) AS n FROM import_files WHERE upload_id = :id) f"
            " WHERE u.id = :id AND u.user_id = :user"
        ),
        {"id": upload_id, "user": user_id},
    )


def count_deaths(conn: Connection, user_id: int, import_id: UUID) -> None:
    """Notes where the process before this one died, if it did."""
    conn.execute(
        text(
            "UPDATE uploads SET reading = NULL, deaths = deaths || jsonb_build_object("
            " reading, coalesce(CAST(deaths ->> reading AS integer), 0) + 1)"
            " WHERE import_id = :id AND user_id = :user AND reading IS NOT NULL"
        ),
        {"id": import_id, "user": user_id},
    )


def expire(conn: Connection, folder: str, days: int) -> list[str]:
    """Gives up what lies in ``folder`` for imports that ended more than ``days`` ago; where."""
    rows = conn.execute(
        text(
            "WITH expired AS (SELECT u.id, u.stored_at FROM uploads u JOIN imports i"
            " ON i.id = u.import_id WHERE starts_with(u.stored_at, :folder)"
            " AND i.status = 'done' AND i.finished_at < now() - make_interval(days => :days))"
            " UPDATE uploads SET stored_at = NULL FROM expired WHERE uploads.id = expired.id"
            " RETURNING expired.stored_at"
        ),
        {"folder": folder, "days": days},
    )
    return list(rows.scalars())


def stored(conn: Connection, folder: str) -> list[str]:
    """Where everything lies that waits in ``folder``."""
    rows = conn.execute(
        text("SELECT stored_at FROM uploads WHERE starts_with(stored_at, :folder)"),
        {"folder": folder},
    )
    return list(rows.scalars())
