"""Personal API tokens, stored as hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text

from runsous.store.schema import api_tokens

_columns = (
    api_tokens.c.id,
    api_tokens.c.name,
    api_tokens.c.scopes,
    api_tokens.c.created_at,
    api_tokens.c.expires_at,
    api_tokens.c.last_used_at,
)


@dataclass(frozen=True)
class NewToken:
    """A token to be kept: its name, the hash of it, what it may do and until when."""

    name: str
    digest: bytes
    scopes: Sequence[str]
    expires_at: datetime | None


def create(conn: Connection, user_id: int, token: NewToken) -> dict[str, Any]:
    """The new token's row, as :func:`of_user` gives it."""
    values = {"user_id": user_id, **vars(token), "scopes": list(token.scopes)}
    return conn.execute(insert(api_tokens).values(values).returning(*_columns)).one()._asdict()


def of_user(conn: Connection, user_id: int) -> list[dict[str, Any]]:
    """``{"id", "name", "scopes", "created_at", "expires_at", "last_used_at"}``, newest first."""
    query = (
        select(*_columns).where(api_tokens.c.user_id == user_id).order_by(api_tokens.c.id.desc())
    )
    return [row._asdict() for row in conn.execute(query)]


def use(conn: Connection, digest: bytes) -> tuple[int, frozenset[str]] | None:
    """Whose token it is and what it may do, if it is valid; notes the use once a minute."""
    row = conn.execute(
        text(
            "SELECT t.id, t.user_id, t.scopes,"
            " coalesce(t.last_used_at < now() - interval '1 minute', true)"
            " FROM api_tokens t JOIN users u ON u.id = t.user_id AND u.disabled_at IS NULL"
            " WHERE t.digest = :digest AND (t.expires_at IS NULL OR t.expires_at > now())"
        ),
        {"digest": digest},
    ).first()
    if row is None:
        return None
    number, user_id, scopes, is_old_news = row
    if is_old_news:
        conn.execute(
            text("UPDATE api_tokens SET last_used_at = now() WHERE id = :id AND user_id = :user"),
            {"id": number, "user": user_id},
        )
    return int(user_id), frozenset(scopes)


def delete(conn: Connection, user_id: int, token_id: int) -> str | None:
    """Revokes a token; its name, ``None`` where the user has no such token."""
    gone = conn.execute(
        text("DELETE FROM api_tokens WHERE id = :id AND user_id = :user RETURNING name"),
        {"id": token_id, "user": user_id},
    )
    name = gone.scalar()
    return None if name is None else str(name)


def delete_all(conn: Connection, user_id: int) -> list[str]:
    """Revokes all tokens of a user; their names."""
    gone = conn.execute(
        text("DELETE FROM api_tokens WHERE user_id = :user RETURNING name"), {"user": user_id}
    )
    return list(gone.scalars())
