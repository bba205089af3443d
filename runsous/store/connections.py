"""Connections to web services, their secrets sealed for the row they are in."""

from __future__ import annotations

from sqlalchemy import Connection, text

from runsous.keys import Keyring, Place


def save(conn: Connection, user_id: int, service: str, secret: str, keys: Keyring) -> None:
    """Makes or renews the user's connection to a service."""
    row = conn.execute(
        text(
            "INSERT INTO connections (user_id, service) VALUES (:user, :service)"
            " ON CONFLICT (user_id, service) DO UPDATE SET service = :service RETURNING id"
        ),
        {"user": user_id, "service": service},
    ).scalar_one()
    # Only now is it known for which row to seal.
    conn.execute(
        text("UPDATE connections SET secret = :secret WHERE id = :id AND user_id = :user"),
        {"id": row, "user": user_id, "secret": keys.seal(secret, _place(row))},
    )


def secret(conn: Connection, user_id: int, service: str, keys: Keyring) -> str | None:
    """The secret of the user's connection; ``None`` where there is none.

    :class:`~runsous.keys.CannotOpen` where it was sealed by a key that is gone, or elsewhere.
    """
    row = conn.execute(
        text(
            "SELECT id, secret FROM connections WHERE user_id = :user AND service = :service"
            " AND secret IS NOT NULL"
        ),
        {"user": user_id, "service": service},
    ).first()
    return None if row is None else keys.open(bytes(row.secret), _place(row.id))


def reseal(conn: Connection, keys: Keyring) -> int:
    """Seals anew, with the newest key, what older ones sealed; how many secrets that were."""
    rows = conn.execute(
        text("SELECT id, secret FROM connections WHERE secret IS NOT NULL ORDER BY id FOR UPDATE")
    ).all()
    old = [row for row in rows if not keys.is_current(bytes(row.secret))]
    for row in old:
        plain = keys.open(bytes(row.secret), _place(row.id))
        conn.execute(
            text("UPDATE connections SET secret = :secret WHERE id = :id"),
            {"id": row.id, "secret": keys.seal(plain, _place(row.id))},
        )
    return len(old)


def _place(row: int) -> Place:
    return Place("connections", "secret", row)
