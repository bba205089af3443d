"""Counters of who asked how often, shared by all processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, text


@dataclass(frozen=True)
class Hits:
    """How often something was done in the running window, and when the next one begins."""

    count: int
    resets_in_s: int


def hit(conn: Connection, digest: bytes, window: timedelta) -> Hits:
    """Counts one more, in a window that begins with the first."""
    # Nothing waits for the disk: a counter lost in a crash harms nobody.
    conn.execute(text("SET LOCAL synchronous_commit = off"))
    row = conn.execute(
        text(
            "INSERT INTO rate_limits AS l (digest, hits, resets_at)"
            " VALUES (:digest, 1, clock_timestamp() + :window) ON CONFLICT (digest) DO UPDATE SET"
            " hits = CASE WHEN l.resets_at <= clock_timestamp() THEN 1 ELSE l.hits + 1 END,"
            " resets_at = CASE WHEN l.resets_at <= clock_timestamp() THEN excluded.resets_at"
            "  ELSE l.resets_at END"
            " RETURNING hits, ceil(extract(epoch FROM resets_at - clock_timestamp()))"
        ),
        {"digest": digest, "window": window},
    ).one()
    return Hits(int(row[0]), max(1, int(row[1])))


def clear(conn: Connection) -> None:
    """Forgets windows that are over."""
    conn.execute(text("DELETE FROM rate_limits WHERE resets_at < now()"))
