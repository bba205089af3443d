"""Connections to web services, their secrets sealed for the row they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from runsous.errors import NotFound
from runsous.keys import Keyring, Place
from runsous.store.spans import Span

_FACTS = """id, service, account_id, account_name, scopes, authorized_at, trouble, is_scheduled,
interval_s, next_run_at, whole_at, created_at"""


@dataclass(frozen=True)
class Account:
    """Who the user is over there, and what they allowed."""

    id: str
    name: str | None = None
    scopes: Sequence[str] = ()


def connect(
    conn: Connection, user_id: int, service: str, account: Account, interval_s: int
) -> tuple[int, bool]:
    """Makes or renews the user's connection: its id, and whether it is to somebody else than
    before. What was read for another account is not covered for this one, whose secret is
    not that one's.
    """
    before = conn.execute(
        text("SELECT account_id FROM connections WHERE user_id = :user AND service = :service"),
        {"user": user_id, "service": service},
    ).scalar()
    row = conn.execute(
        text(
            "INSERT INTO connections AS c"
            " (user_id, service, account_id, account_name, scopes, interval_s)"
            " VALUES (:user, :service, :account, :name, :scopes, :interval)"
            " ON CONFLICT (user_id, service) DO UPDATE SET account_id = excluded.account_id,"
            " account_name = excluded.account_name, scopes = excluded.scopes,"
            " authorized_at = now(), trouble = NULL, next_run_at = now(),"
            " secret = CASE WHEN c.account_id = excluded.account_id THEN c.secret END,"
            " covered = CASE WHEN c.account_id = excluded.account_id THEN c.covered ELSE '{}' END,"
            " whole_at = CASE WHEN c.account_id = excluded.account_id THEN c.whole_at END"
            " RETURNING id"
        ),
        {
            "user": user_id,
            "service": service,
            "account": account.id,
            "name": account.name,
            "scopes": list(account.scopes),
            "interval": interval_s,
        },
    ).scalar_one()
    return int(row), before not in (None, account.id)


def one(conn: Connection, user_id: int, service: str) -> dict[str, Any]:
    """``id, service, account_id, account_name, scopes, authorized_at, trouble, is_scheduled,
    interval_s, next_run_at, whole_at, created_at``; :class:`NotFound` where there is none.
    """
    found = [each for each in of_user(conn, user_id) if each["service"] == service]
    if not found:
        raise NotFound("This service is not connected.")
    return found[0]


def of_user(conn: Connection, user_id: int) -> list[dict[str, Any]]:
    """All of a user's, as :func:`one` gives them, by service."""
    rows = conn.execute(
        text(f"SELECT {_FACTS} FROM connections WHERE user_id = :user ORDER BY service"),  # noqa: S608
        {"user": user_id},
    )
    return [row._asdict() for row in rows]


def of_account(conn: Connection, service: str, account_id: str) -> list[tuple[int, int]]:
    """``(user_id, id)`` of all connections to one account of a service."""
    rows = conn.execute(
        text("SELECT user_id, id FROM connections WHERE service = :s AND account_id = :a"),
        {"s": service, "a": account_id},
    )
    return [(row.user_id, row.id) for row in rows]


def is_still(conn: Connection, user_id: int, known: dict[str, Any]) -> bool:
    """Whether a connection is there and to the same account as when :func:`one` told of it."""
    found = conn.execute(
        text(
            "SELECT FROM connections WHERE id = :id AND user_id = :user AND account_id = :account"
        ),
        {"id": known["id"], "user": user_id, "account": known["account_id"]},
    )
    return found.first() is not None


def due(conn: Connection, now: datetime) -> list[tuple[int, str]]:
    """``(user_id, service)`` of those whose next run is due, and that can run."""
    rows = conn.execute(
        text(
            "SELECT user_id, service FROM connections WHERE is_scheduled AND trouble IS NULL"
            " AND next_run_at <= :now ORDER BY next_run_at"
        ),
        {"now": now},
    )
    return [(row.user_id, row.service) for row in rows]


def set_schedule(
    conn: Connection, user_id: int, service: str, *, is_scheduled: bool, interval_s: int
) -> None:
    """Whether and how often it runs by itself; the next run follows the last by the interval."""
    conn.execute(
        text(
            "UPDATE connections c SET is_scheduled = :on, interval_s = :interval, next_run_at ="
            " coalesce((SELECT max(finished_at) FROM sync_runs r WHERE r.connection_id = c.id),"
            " now()) + make_interval(secs => :interval)"
            " WHERE user_id = :user AND service = :service"
        ),
        {"on": is_scheduled, "interval": interval_s, "user": user_id, "service": service},
    )


def set_next_run(conn: Connection, user_id: int, service: str, at: datetime) -> None:
    """When it is to run by itself."""
    _update(conn, user_id, service, "next_run_at", at)


def set_trouble(conn: Connection, user_id: int, service: str, trouble: str | None) -> None:
    """What keeps it from working until the user does something, in a sentence."""
    _update(conn, user_id, service, "trouble", trouble)


def set_whole(conn: Connection, user_id: int, service: str, at: datetime | None) -> None:
    """Notes when all of it was read; ``None`` while that goes on."""
    _update(conn, user_id, service, "whole_at", at)


def _update(conn: Connection, user_id: int, service: str, column: str, value: Any) -> None:
    conn.execute(
        text(
            f"UPDATE connections SET {column} = :value"  # noqa: S608 - ours
            " WHERE user_id = :user AND service = :service"
        ),
        {"value": value, "user": user_id, "service": service},
    )


def last_seen(conn: Connection, user_id: int, service: str) -> datetime | None:
    """When the newest activity began, or the newest play was, that is known of a service."""
    found: datetime | None = conn.execute(
        text(
            "SELECT greatest((SELECT max(start_time) FROM remote_activities WHERE user_id = :user"
            " AND service = :service AND summary IS NOT NULL AND state <> 'gone'),"
            " (SELECT last_at FROM source_totals WHERE user_id = :user AND source = :service))"
        ),
        {"user": user_id, "service": service},
    ).scalar()
    return found


def delete(conn: Connection, user_id: int, service: str) -> None:
    """Drops the connection with its runs; what was read stays."""
    conn.execute(
        text("DELETE FROM connections WHERE user_id = :user AND service = :service"),
        {"user": user_id, "service": service},
    )


def cover(conn: Connection, user_id: int, service: str, since: datetime, until: datetime) -> None:
    """Notes that everything from ``since`` to before ``until`` was read."""
    _cover(conn, user_id, service, "+", (since, until))


def uncover(conn: Connection, user_id: int, service: str, since: datetime) -> None:
    """Notes that everything from ``since`` on is to be read again."""
    _cover(conn, user_id, service, "-", (since, None))


def _cover(
    conn: Connection,
    user_id: int,
    service: str,
    sign: str,
    span: tuple[datetime, datetime | None],
) -> None:
    conn.execute(
        text(
            f"UPDATE connections SET covered = covered {sign}"  # noqa: S608 - ours
            " tstzmultirange(tstzrange(:since, :until))"
            " WHERE user_id = :user AND service = :service"
        ),
        {"since": span[0], "until": span[1], "user": user_id, "service": service},
    )


def missing(
    conn: Connection, user_id: int, service: str, since: datetime, until: datetime
) -> list[Span]:
    """What of the time from ``since`` to before ``until`` was not read, the newest first."""
    rows = conn.execute(
        text(
            "SELECT lower(r), upper(r) FROM connections, unnest("
            " tstzmultirange(tstzrange(:since, :until)) - covered) r"
            " WHERE user_id = :user AND service = :service ORDER BY 1 DESC"
        ),
        {"since": since, "until": until, "user": user_id, "service": service},
    )
    return [(row[0], row[1]) for row in rows]


def save(conn: Connection, user_id: int, service: str, secret: str, keys: Keyring) -> None:
    """Keeps the secret of a connection that is there, sealed for its row."""
    row = conn.execute(
        text("SELECT id FROM connections WHERE user_id = :user AND service = :service"),
        {"user": user_id, "service": service},
    ).scalar_one()
    conn.execute(
        text("UPDATE connections SET secret = :secret WHERE id = :id AND user_id = :user"),
        {"id": row, "user": user_id, "secret": keys.seal(secret, _place(row))},
    )


def secret(
    conn: Connection, user_id: int, service: str, keys: Keyring, *, lock: bool = False
) -> str | None:
    """The secret of the user's connection; ``None`` where there is none.

    With ``lock`` nobody else gets it so until the transaction ends: who renews it is alone.
    :class:`~runsous.keys.CannotOpen` where it was sealed by a key that is gone, or elsewhere.
    """
    if lock:
        conn.execute(
            text(
                "SELECT FROM connections WHERE user_id = :user AND service = :service"
                " FOR NO KEY UPDATE"
            ),
            {"user": user_id, "service": service},
        )
    row = conn.execute(
        text(
            "SELECT id, secret FROM connections"
            " WHERE user_id = :user AND service = :service AND secret IS NOT NULL"
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


def anybody(conn: Connection, service: str) -> int | None:
    """A user whose connection to a service works; ``None`` where there is none."""
    found = conn.execute(
        text(
            "SELECT user_id FROM connections WHERE service = :service AND trouble IS NULL"
            " AND secret IS NOT NULL ORDER BY id LIMIT 1"
        ),
        {"service": service},
    )
    return found.scalar()
