"""Users and their settings. In local mode there is one, made on first use."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import bindparam

from runsous.errors import NotFound

LOCAL = "local"


def local(conn: Connection) -> int:
    """The id of local mode's one user."""
    found = conn.execute(text("SELECT id FROM users WHERE name = :name"), {"name": LOCAL}).scalar()
    if found is None:
        conn.execute(
            text("INSERT INTO users (name) VALUES (:name) ON CONFLICT DO NOTHING"), {"name": LOCAL}
        )
        return local(conn)
    return int(found)


def exists(conn: Connection, user_id: int) -> bool:
    """Whether the user is (still) there."""
    found = conn.execute(text("SELECT 1 FROM users WHERE id = :id"), {"id": user_id})
    return found.first() is not None


def one(conn: Connection, user_id: int) -> dict[str, Any]:
    """``{"id", "name", "email", "settings", "data_version"}``."""
    row = conn.execute(
        text("SELECT id, name, email, settings, data_version FROM users WHERE id = :id"),
        {"id": user_id},
    )
    return row.one()._asdict()


def save_settings(conn: Connection, user_id: int, settings: dict[str, Any]) -> None:
    """Merges ``settings`` into the user's own; a ``None`` puts one back to its default."""
    conn.execute(
        text(
            "UPDATE users SET data_version = data_version + 1,"
            " settings = jsonb_strip_nulls(settings || :new) WHERE id = :id"
        ).bindparams(bindparam("new", type_=JSONB)),
        {"id": user_id, "new": settings},
    )


def lock(conn: Connection, user_id: int) -> None:
    """Until the transaction ends, no other writes this user's activities or timeline.

    Two processes that import the same run at once would otherwise both find it new. Raises
    :class:`NotFound` for a user who is gone: what has no key to tie it must not come back.
    """
    conn.execute(text("SELECT pg_advisory_xact_lock(7267, CAST(:id AS integer))"), {"id": user_id})
    kept = conn.execute(text("SELECT 1 FROM users WHERE id = :id FOR KEY SHARE"), {"id": user_id})
    if kept.first() is None:
        raise NotFound("This account is gone.")


def touch(conn: Connection, user_id: int) -> None:
    """Notes that something of this user's data changed, so that cached pages are drawn anew."""
    conn.execute(
        text("UPDATE users SET data_version = data_version + 1 WHERE id = :id"), {"id": user_id}
    )
