"""Activities of services that are held no longer than their user wants."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text


def fetched_before(conn: Connection, user_id: int, service: str, before: datetime) -> list[int]:
    """Those whose word was last taken before a time and is still held."""
    return list(
        conn.execute(
            text(
                "SELECT remote_id FROM remote_activities WHERE user_id = :user"
                " AND service = :service AND fetched_at < :before"
                " AND state NOT IN ('gone', 'dismissed', 'expired')"
            ),
            {"user": user_id, "service": service, "before": before},
        ).scalars()
    )


def expire(conn: Connection, user_id: int, service: str, remote_id: int, before: datetime) -> bool:
    """Lets one go, with what the list said of it, whose word was last taken before a time; whether
    it still was such a one.
    """
    found = conn.execute(
        text(
            "UPDATE remote_activities SET state = 'expired', summary = NULL, fetched_at = NULL"
            " WHERE user_id = :user AND service = :service AND remote_id = :id"
            " AND fetched_at < :before AND state NOT IN ('gone', 'dismissed', 'expired')"
        ),
        {"user": user_id, "service": service, "id": remote_id, "before": before},
    )
    return found.rowcount == 1


def revive(conn: Connection, user_id: int, service: str) -> None:
    """Lets those that expired be fetched again."""
    conn.execute(
        text(
            "UPDATE remote_activities SET state = 'fetch', failures = 0"
            " WHERE user_id = :user AND service = :service AND state = 'expired'"
        ),
        {"user": user_id, "service": service},
    )
