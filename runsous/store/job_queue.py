"""What waits in the queue of jobs, whose tables are procrastinate's."""

from __future__ import annotations

from sqlalchemy import Connection, text


def take_turns(conn: Connection, name: str) -> None:
    """Lets nobody else look for jobs of this name, and put one in, until the transaction ends."""
    conn.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def is_waiting(conn: Connection, name: str) -> bool:
    """Whether a job of this queueing lock waits there, now or for its time."""
    found = conn.execute(
        text("SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = :name AND status = 'todo'"),
        {"name": name},
    )
    return found.first() is not None
