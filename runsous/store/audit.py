"""What happened to an account, for its user to read."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Connection, text

Action = Literal[
    "account made",
    "signed in",
    "sign-in failed",
    "signed out",
    "signed out everywhere",
    "password changed",
    "token made",
    "token revoked",
    "export asked for",
    "export downloaded",
    "activity deleted",
    "retention changed",
    "connected",
    "disconnected",
]


def note(
    conn: Connection,
    user_id: int,
    action: Action,
    detail: str | None = None,
    address: str | None = None,
) -> None:
    """Adds a line: what, of what (a token's name), and the network address it came from."""
    conn.execute(
        text(
            "INSERT INTO audit_log (user_id, action, detail, address)"
            " VALUES (:user, :action, :detail, :address)"
        ),
        {"user": user_id, "action": action, "detail": detail, "address": address},
    )


def newest(conn: Connection, user_id: int, limit: int = 100) -> list[dict[str, Any]]:
    """``{"created_at", "action", "detail", "address"}``, the newest first."""
    found = conn.execute(
        text(
            "SELECT created_at, action, detail, address FROM audit_log WHERE user_id = :user"
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"user": user_id, "limit": limit},
    )
    return [row._asdict() for row in found]
