"""What waits in the queue of jobs, whose tables are procrastinate's."""

from __future__ import annotations

from sqlalchemy import Connection, text


def is_waiting(conn: Connection, name: str) -> bool:
    """Whether a job of this queueing lock waits there, now or for its time."""
    found = conn.execute(
        text("SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = :name AND status = 'todo'"),
        {"name": name},
    )
    return found.first() is not None
