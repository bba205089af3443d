"""Calls made to services in each of their windows of time, counted for all processes together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

_CLOSED = "closed"
"""The window of a service that wants no calls at all."""


@dataclass(frozen=True)
class Window:
    """``allowed`` calls until ``resets_at``; ``used`` of them are made."""

    allowed: int
    used: int
    resets_at: datetime


def take(
    conn: Connection, service: str, fresh: Mapping[str, Window], now: datetime
) -> datetime | None:
    """Counts one call in every window and gives ``None``; where one is full, counts none and
    gives the time when there may be calls again.

    ``fresh`` are the windows as they begin now; what a service said it allows stays in force.
    """
    known = _locked(conn, service, fresh, now)
    full = [
        window.resets_at
        for name, window in known.items()
        if window.used >= window.allowed and name in (*fresh, _CLOSED)
    ]
    if full:
        return max(full)
    if not fresh:
        return None
    conn.execute(
        text(
            "UPDATE service_windows SET used = used + 1"
            " WHERE service = :service AND name = ANY (CAST(:names AS text[]))"
        ),
        {"service": service, "names": list(fresh)},
    )
    return None


def told(
    conn: Connection,
    service: str,
    fresh: Mapping[str, Window],
    said: Mapping[str, Window],
    now: datetime,
) -> None:
    """Takes over what the service says of its windows.

    Of calls under way at the same time it may know fewer than were counted here.
    """
    _locked(conn, service, fresh, now)
    for name, window in sorted(said.items()):
        conn.execute(
            text(
                "UPDATE service_windows SET allowed = :allowed, resets_at = :resets_at, used ="
                " CASE WHEN resets_at < :resets_at THEN :used ELSE greatest(used, :used) END"
                " WHERE service = :service AND name = :name"
            ),
            {"service": service, "name": name, **vars(window)},
        )


def close(conn: Connection, service: str, name: str, until: datetime) -> None:
    """Lets nobody call before ``until``: the service said so."""
    conn.execute(
        text(
            "INSERT INTO service_windows AS w (service, name, used, allowed, resets_at)"
            " VALUES (:service, :name, 1, 1, :until) ON CONFLICT (service, name) DO UPDATE SET"
            " used = greatest(w.used, w.allowed),"
            " resets_at = greatest(w.resets_at, excluded.resets_at)"
        ),
        {"service": service, "name": name, "until": until},
    )


def turn(conn: Connection, service: str, apart_s: float) -> float:
    """Reserves the next moment at which a call may go out, each so long after the one before;
    in how many seconds that is.
    """
    _hurry(conn)
    waited = conn.execute(
        text(
            "INSERT INTO service_windows AS w (service, name, used, allowed, resets_at)"
            " VALUES (:service, 'turn', 0, 1, clock_timestamp() + make_interval(secs => :apart))"
            " ON CONFLICT (service, name) DO UPDATE SET resets_at ="
            " greatest(w.resets_at, clock_timestamp()) + make_interval(secs => :apart)"
            " RETURNING extract(epoch FROM resets_at - clock_timestamp()) - :apart"
        ),
        {"service": service, "apart": apart_s},
    ).scalar_one()
    return max(0.0, float(waited))


def pause(conn: Connection, service: str, seconds: float) -> None:
    """Lets the next call that asks for its :func:`turn` go out so long after now at the soonest."""
    _hurry(conn)
    conn.execute(
        text(
            "UPDATE service_windows SET resets_at ="
            " greatest(resets_at, clock_timestamp() + make_interval(secs => :seconds))"
            " WHERE service = :service AND name = 'turn'"
        ),
        {"service": service, "seconds": seconds},
    )


def of_service(conn: Connection, service: str, now: datetime) -> dict[str, Window]:
    """The windows that are open, by name."""
    rows = conn.execute(
        text(
            "SELECT name, allowed, used, resets_at FROM service_windows"
            " WHERE service = :service AND resets_at > :now AND name <> 'turn'"
        ),
        {"service": service, "now": now},
    )
    return {row.name: Window(row.allowed, row.used, row.resets_at) for row in rows}


def _hurry(conn: Connection) -> None:
    """Lets the transaction end before it is on the disk: it comes with every single call, and is of
    no use any more when a database that crashed is up again.
    """
    conn.execute(text("SET LOCAL synchronous_commit = off"))


def _locked(
    conn: Connection, service: str, fresh: Mapping[str, Window], now: datetime
) -> dict[str, Window]:
    """The windows as they are now, held until the transaction ends; those over begin anew."""
    for name, window in sorted(fresh.items()):
        conn.execute(
            text(
                "INSERT INTO service_windows AS w (service, name, used, allowed, resets_at)"
                " VALUES (:service, :name, :used, :allowed, :resets_at)"
                " ON CONFLICT (service, name) DO UPDATE SET"
                " used = CASE WHEN w.resets_at <= :now THEN excluded.used ELSE w.used END,"
                " resets_at = CASE WHEN w.resets_at <= :now THEN excluded.resets_at"
                " ELSE w.resets_at END"
            ),
            {"service": service, "name": name, "now": now, **vars(window)},
        )
    return of_service(conn, service, now)
