"""Signed-in browsers. Only the hash of a session's secret is stored."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, and_, delete, func, not_, select, text

from runsous.store.schema import sessions, users

IDLE = timedelta(days=7)
"""A session not used for so long is over."""
LONGEST = timedelta(days=30)
"""And so is one of this age, used or not."""

_alive = and_(sessions.c.seen_at > func.now() - IDLE, sessions.c.created_at > func.now() - LONGEST)


def create(conn: Connection, user_id: int, digest: bytes) -> None:
    """Keeps a session."""
    conn.execute(
        text("INSERT INTO sessions (digest, user_id) VALUES (:digest, :user)"),
        {"digest": digest, "user": user_id},
    )


def user(conn: Connection, digest: bytes) -> int | None:
    """Whose session it is, if it lasts still and its user may come in; notes that it is used."""
    is_old_news = sessions.c.seen_at < func.now() - timedelta(minutes=1)
    row = conn.execute(
        select(sessions.c.user_id, is_old_news)
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.digest == digest, users.c.disabled_at.is_(None), _alive)
    ).first()
    if row is None:
        return None
    if row[1]:
        conn.execute(
            text("UPDATE sessions SET seen_at = now() WHERE digest = :digest"), {"digest": digest}
        )
    return int(row[0])


def end(conn: Connection, digest: bytes) -> None:
    """Ends one session."""
    conn.execute(text("DELETE FROM sessions WHERE digest = :digest"), {"digest": digest})


def end_all(conn: Connection, user_id: int, *, but: bytes = b"") -> int:
    """Ends all sessions of a user, except the one of that digest; how many there were."""
    return conn.execute(
        text("DELETE FROM sessions WHERE user_id = :user AND digest <> :but"),
        {"user": user_id, "but": but},
    ).rowcount


def hand_over(conn: Connection, user_id: int, digest: bytes) -> None:
    """Lets the browser that holds the secret of this hash become a session within a minute."""
    conn.execute(
        text(
            "INSERT INTO handovers (digest, user_id, expires_at)"
            " VALUES (:digest, :user, now() + interval '1 minute')"
            " ON CONFLICT (digest) DO UPDATE SET user_id = :user, expires_at = excluded.expires_at"
        ),
        {"digest": digest, "user": user_id},
    )


def take_over(conn: Connection, digest: bytes) -> int | None:
    """Whom :func:`hand_over` named, once."""
    taken = conn.execute(
        text(
            "DELETE FROM handovers h USING users u WHERE h.digest = :digest"
            " AND h.expires_at > now() AND u.id = h.user_id AND u.disabled_at IS NULL"
            " RETURNING h.user_id"
        ),
        {"digest": digest},
    )
    number = taken.scalar()
    return None if number is None else int(number)


def clear(conn: Connection) -> None:
    """Forgets sessions, handovers and invitations that are over."""
    conn.execute(delete(sessions).where(not_(_alive)))
    conn.execute(text("DELETE FROM handovers WHERE expires_at < now()"))
    conn.execute(text("DELETE FROM invitations WHERE expires_at < now()"))
