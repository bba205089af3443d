"""People who sign in: e-mail, password hash, identity at a provider, invitations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, select, text

from runsous.store.schema import users
from runsous.store.users import LOCAL


@dataclass(frozen=True)
class Account:
    """Someone who can sign in."""

    id: int
    email: str | None
    password_hash: str | None
    created_at: datetime
    disabled_at: datetime | None


_columns = (
    users.c.id,
    users.c.email,
    users.c.password_hash,
    users.c.created_at,
    users.c.disabled_at,
)


def create(
    conn: Connection, email: str, password_hash: str | None, oidc_identity: str | None = None
) -> int | None:
    """The new account's id; ``None`` where the e-mail or identity has one already."""
    made = conn.execute(
        text(
            "INSERT INTO users (name, email, password_hash, oidc_identity)"
            " VALUES (:email, :email, :hash, :identity) ON CONFLICT DO NOTHING RETURNING id"
        ),
        {"email": email, "hash": password_hash, "identity": oidc_identity},
    )
    number = made.scalar()
    return None if number is None else int(number)


def by_email(conn: Connection, email: str) -> Account | None:
    """The account of this e-mail."""
    return _one(conn, users.c.email == email)


def by_identity(conn: Connection, oidc_identity: str) -> Account | None:
    """The account of whom an identity provider knows by this name."""
    return _one(conn, users.c.oidc_identity == oidc_identity)


def one(conn: Connection, user_id: int) -> Account | None:
    """The account with this id."""
    return _one(conn, users.c.id == user_id)


def everyone(conn: Connection) -> list[Account]:
    """All who can sign in, the first to come first."""
    query = select(*_columns).where(users.c.email.is_not(None)).order_by(users.c.id)
    return [Account(**row._asdict()) for row in conn.execute(query)]


def adopt_local(conn: Connection, email: str, password_hash: str) -> int | None:
    """Makes local mode's user someone who signs in, with all their data.

    ``None`` where the e-mail has an account already or local mode was never used.
    """
    if by_email(conn, email) is not None:
        return None
    made = conn.execute(
        text(
            "UPDATE users SET name = :email, email = :email, password_hash = :hash"
            " WHERE name = :local RETURNING id"
        ),
        {"email": email, "hash": password_hash, "local": LOCAL},
    )
    number = made.scalar()
    return None if number is None else int(number)


def set_password(conn: Connection, user_id: int, password_hash: str) -> None:
    """Replaces the password."""
    conn.execute(
        text("UPDATE users SET password_hash = :hash WHERE id = :id"),
        {"id": user_id, "hash": password_hash},
    )


def set_disabled(conn: Connection, user_id: int, *, is_disabled: bool) -> None:
    """Lets someone in no more, or again."""
    conn.execute(
        text("UPDATE users SET disabled_at = CASE WHEN :off THEN now() END WHERE id = :id"),
        {"id": user_id, "off": is_disabled},
    )


def invite(conn: Connection, digest: bytes, valid_for: timedelta) -> None:
    """Keeps an invitation, by the hash of its code."""
    conn.execute(
        text("INSERT INTO invitations (digest, expires_at) VALUES (:digest, now() + :span)"),
        {"digest": digest, "span": valid_for},
    )


def take_invitation(conn: Connection, digest: bytes) -> bool:
    """Uses an invitation up; whether there was a valid one."""
    taken = conn.execute(
        text("DELETE FROM invitations WHERE digest = :digest AND expires_at > now()"),
        {"digest": digest},
    )
    return taken.rowcount > 0


def _one(conn: Connection, which: ColumnElement[bool]) -> Account | None:
    row = conn.execute(select(*_columns).where(which)).first()
    return None if row is None else Account(**row._asdict())
