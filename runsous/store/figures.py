"""Counts of the whole store, for monitors."""

from __future__ import annotations

from sqlalchemy import Connection, text


def row_counts(conn: Connection) -> dict[str, int]:
    """How many rows the tables that tell of use have, by name."""
    counts = conn.execute(
        text(
            "SELECT (SELECT count(*) FROM users) AS users,"
            " (SELECT count(*) FROM activities) AS activities,"
            " (SELECT count(*) FROM plays) AS plays,"
            " (SELECT count(*) FROM tracks) AS tracks"
        )
    )
    return counts.one()._asdict()


def imports_unfinished(conn: Connection) -> int:
    """How many imports are queued or running."""
    found = conn.execute(text("SELECT count(*) FROM imports WHERE status <> 'done'"))
    return int(found.scalar_one())
