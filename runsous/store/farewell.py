"""Takes a user out of every table, for good."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, select, text

from runsous.store import schema, songs
from runsous.store.schema import activities, uploads, users


def stop_imports(conn: Connection, user_id: int) -> None:
    """Asks all imports under way to end after the file they are at."""
    conn.execute(
        text("UPDATE imports SET is_cancelled = true WHERE user_id = :user AND status <> 'done'"),
        {"user": user_id},
    )


def stored_uploads(conn: Connection, user_id: int) -> list[str]:
    """Where everything lies that this user handed in and that is kept still."""
    query = select(uploads.c.stored_at).where(uploads.c.user_id == user_id)
    return list(conn.execute(query.where(uploads.c.stored_at.is_not(None))).scalars())


def remove(conn: Connection, user_id: int) -> None:
    """Deletes the user and all rows that are theirs, whether or not a key ties them."""
    owned = [t for t in reversed(schema.metadata.sorted_tables) if "user_id" in t.c]
    # What hangs on activities is found by them, and so goes first.
    for table in sorted(owned, key=lambda table: "activity_id" not in table.c):
        conn.execute(delete(table).where(_of(table, user_id)))
    conn.execute(delete(users).where(users.c.id == user_id))
    # What they alone listened to is known to nobody any more.
    songs.sweep(conn)
    forget_jobs(conn)


def forget_jobs(conn: Connection) -> None:
    """Drops jobs of users who are gone, but for those being done: they find nobody and end."""
    conn.execute(
        text(
            "DELETE FROM procrastinate_jobs WHERE status <> 'doing' AND args ->> 'user_id' IS NOT"
            " NULL AND CAST(args ->> 'user_id' AS bigint) NOT IN (SELECT id FROM users)"
        )
    )


def _of(table: Table, user_id: int) -> ColumnElement[bool]:
    mine: Any = table.c.user_id == user_id
    if "activity_id" in table.c:
        # By their user alone samples would be looked for through all there are.
        own = select(activities.c.id).where(activities.c.user_id == user_id)
        mine = and_(mine, table.c.activity_id.in_(own))
    return and_(mine)
