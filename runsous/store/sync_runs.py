"""Runs of the sync: what each connection brought in, how far it is, why it stopped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import bindparam

from runsous.errors import NotFound

COUNTS = (
    "activities_new",
    "activities_changed",
    "activities_removed",
    "listens_new",
    "listens_removed",
    "calls",
)
_FACTS = f"""id, service, reason, status, is_cancelled, created_at, started_at, finished_at,
resume_at, failures, phase, done, total, {", ".join(COUNTS)}, budget, message"""
_KEPT = 200
"""Runs of one connection that are remembered."""


def begin(conn: Connection, user_id: int, service: str, reason: str) -> int:
    """A new run of a connection, queued, or the one that is not finished yet; its id.

    ``reason`` is user, schedule or event; a user does not wait for the service's next window.
    :class:`NotFound` where the service is not connected, or no run is due by schedule.
    """
    values = {"user": user_id, "service": service, "reason": reason}
    made = conn.execute(
        text(
            "INSERT INTO sync_runs AS r (user_id, connection_id, service, reason)"
            " SELECT user_id, id, service, :reason FROM connections"
            " WHERE user_id = :user AND service = :service"
            # One that just ended has set the time of the next.
            " AND (:reason <> 'schedule' OR next_run_at <= now()) FOR KEY SHARE"
            " ON CONFLICT (connection_id) WHERE finished_at IS NULL"
            " DO UPDATE SET is_cancelled = r.is_cancelled AND excluded.reason <> 'user',"
            " resume_at = CASE WHEN excluded.reason <> 'user' THEN r.resume_at END RETURNING id"
        ),
        values,
    ).scalar()
    if made is None:
        raise NotFound("This service is not connected.")
    return int(made)


def one(conn: Connection, user_id: int, run_id: int) -> dict[str, Any]:
    """``id, service, reason, status, is_cancelled, created_at, started_at, finished_at, resume_at,
    failures, phase, done, total``, the :data:`COUNTS`, ``budget, message``; :class:`NotFound`
    unless it is this user's.
    """
    row = conn.execute(
        text(f"SELECT {_FACTS} FROM sync_runs WHERE id = :id AND user_id = :user"),  # noqa: S608
        {"id": run_id, "user": user_id},
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such run.")
    return row._asdict()


def of_user(
    conn: Connection, user_id: int, service: str | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """The newest runs of a user, of one service or of all."""
    rows = conn.execute(
        text(
            f"SELECT {_FACTS} FROM sync_runs WHERE user_id = :user"  # noqa: S608 - fixed names
            " AND (CAST(:service AS text) IS NULL OR service = :service)"
            " ORDER BY id DESC LIMIT :limit"
        ),
        {"user": user_id, "service": service, "limit": limit},
    )
    return [row._asdict() for row in rows]


def unfinished(conn: Connection, now: datetime) -> list[tuple[int, int, str]]:
    """``(user_id, id, service)`` of all that could go on now."""
    rows = conn.execute(
        text(
            "SELECT user_id, id, service FROM sync_runs WHERE finished_at IS NULL"
            " AND (is_cancelled OR coalesce(resume_at, :now) <= :now) ORDER BY id"
        ),
        {"now": now},
    )
    return [(row.user_id, row.id, row.service) for row in rows]


def start(conn: Connection, user_id: int, run_id: int) -> bool:
    """Marks it as running; whether it is wanted still."""
    found = conn.execute(
        text(
            "UPDATE sync_runs SET status = 'running', resume_at = NULL, message = NULL,"
            " started_at = coalesce(started_at, now())"
            " WHERE id = :id AND user_id = :user AND finished_at IS NULL AND NOT is_cancelled"
        ),
        {"id": run_id, "user": user_id},
    )
    return found.rowcount == 1


def current(conn: Connection, user_id: int, service: str) -> dict[str, Any] | None:
    """The run of a connection that is not finished, as :func:`one` gives it."""
    row = conn.execute(
        text(
            f"SELECT {_FACTS} FROM sync_runs"  # noqa: S608 - fixed names
            " WHERE user_id = :user AND service = :service AND finished_at IS NULL"
        ),
        {"user": user_id, "service": service},
    ).one_or_none()
    return None if row is None else row._asdict()


def note(conn: Connection, user_id: int, run_id: int, **facts: Any) -> bool:
    """Notes what it is at (``phase, done, total, budget, message``) and adds to its counts.
    Whether it is wanted still.
    """
    sets = ["is_cancelled = is_cancelled"] + [
        f"{name} = {name} + :{name}" if name in COUNTS else f"{name} = :{name}" for name in facts
    ]
    statement = text(
        f"UPDATE sync_runs SET {', '.join(sets)}"  # noqa: S608 - names of columns
        " WHERE id = :id AND user_id = :user AND finished_at IS NULL AND NOT is_cancelled"
    )
    if "budget" in facts:
        statement = statement.bindparams(bindparam("budget", type_=JSONB))
    return conn.execute(statement, {**facts, "id": run_id, "user": user_id}).rowcount == 1


def get_on(conn: Connection, user_id: int, run_id: int) -> None:
    """Forgets how often in a row the service could not be reached."""
    conn.execute(
        text("UPDATE sync_runs SET failures = 0 WHERE id = :id AND user_id = :user"),
        {"id": run_id, "user": user_id},
    )


def count(conn: Connection, user_id: int, run_id: int, **counts: int) -> None:
    """Adds to its :data:`COUNTS` or ``failures``, whether or not it is wanted still."""
    sets = ", ".join(f"{name} = {name} + :{name}" for name in counts)
    conn.execute(
        text(f"UPDATE sync_runs SET {sets} WHERE id = :id AND user_id = :user"),  # noqa: S608
        {**counts, "id": run_id, "user": user_id},
    )


def wait(conn: Connection, user_id: int, run_id: int, until: datetime, message: str) -> None:
    """Lets it go on at ``until``; ``message`` says what for."""
    conn.execute(
        text(
            "UPDATE sync_runs SET status = 'waiting', resume_at = :until, message = :message"
            " WHERE id = :id AND user_id = :user AND finished_at IS NULL"
        ),
        {"until": until, "message": message, "id": run_id, "user": user_id},
    )


def finish(
    conn: Connection, user_id: int, run_id: int, status: str, message: str | None = None
) -> None:
    """Ends it: ``done``, ``failed`` or ``cancelled``. The oldest ones are forgotten."""
    service = conn.execute(
        text(
            "UPDATE sync_runs SET status = :status, finished_at = now(), resume_at = NULL,"
            " message = coalesce(:message, message)"
            " WHERE id = :id AND user_id = :user AND finished_at IS NULL RETURNING connection_id"
        ),
        {"status": status, "message": message, "id": run_id, "user": user_id},
    ).scalar()
    conn.execute(
        text(
            "DELETE FROM sync_runs WHERE user_id = :user AND id IN (SELECT id FROM sync_runs"
            " WHERE connection_id = :connection ORDER BY id DESC OFFSET :kept)"
        ),
        {"user": user_id, "connection": service, "kept": _KEPT},
    )


def cancel(conn: Connection, user_id: int, service: str) -> None:
    """Asks the run under way, if any, to end where it is; what came in stays. One that waits
    need not wait any longer for that.
    """
    conn.execute(
        text(
            "UPDATE sync_runs SET is_cancelled = true, resume_at = NULL"
            " WHERE user_id = :user AND service = :service AND finished_at IS NULL"
        ),
        {"user": user_id, "service": service},
    )
