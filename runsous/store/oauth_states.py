"""People sent to a service to allow us in, until they are back or ten minutes have passed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, text

from runsous.keys import Keyring, Place

LASTS = timedelta(minutes=10)


def save(
    conn: Connection, user_id: int, service: str, digest: bytes, secret: tuple[str | None, Keyring]
) -> None:
    """Remembers who was sent, by a hash of what they bring back; ``secret`` is what proves to
    the service that it was us, sealed for its row.
    """
    row = conn.execute(
        text(
            "INSERT INTO oauth_states (user_id, digest, service, expires_at)"
            " VALUES (:user, :digest, :service, now() + CAST(:lasts AS interval)) RETURNING id"
        ),
        {"user": user_id, "digest": digest, "service": service, "lasts": LASTS},
    ).scalar_one()
    verifier, keys = secret
    if verifier is not None:
        conn.execute(
            text("UPDATE oauth_states SET verifier = :sealed WHERE id = :id AND user_id = :user"),
            {"sealed": keys.seal(verifier, _place(row)), "id": row, "user": user_id},
        )


def take(
    conn: Connection, user_id: int, service: str, digest: bytes, keys: Keyring
) -> tuple[bool, str | None]:
    """Whether this user was sent to the service and is back in time, once; and the secret."""
    row = conn.execute(
        text(
            "DELETE FROM oauth_states WHERE user_id = :user AND service = :service"
            " AND digest = :digest RETURNING id, verifier, expires_at > now() AS is_fresh"
        ),
        {"user": user_id, "service": service, "digest": digest},
    ).one_or_none()
    if row is None or not row.is_fresh:
        return False, None
    return True, None if row.verifier is None else keys.open(bytes(row.verifier), _place(row.id))


def clear(conn: Connection) -> None:
    """Forgets those who did not come back in time."""
    conn.execute(text("DELETE FROM oauth_states WHERE expires_at < now()"))


def _place(row: int) -> Place:
    return Place("oauth_states", "verifier", row)
