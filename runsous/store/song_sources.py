"""How each source of songs is doing: when it is asked next, and what has come of it so far."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from runsous import settings


@dataclass
class Tally:
    """What came of asking: songs found, unknown and failed, calls, those that went wrong, and how
    many seconds all that took.
    """

    found: int = 0
    unknown: int = 0
    failed: int = 0
    calls: int = 0
    errors: int = 0
    busy_s: float = 0.0


def due(conn: Connection, sources: list[str], now: datetime) -> list[str]:
    """Those of ``sources`` that are not left alone now."""
    rows = conn.execute(
        text(
            "SELECT n.source FROM unnest(CAST(:sources AS text[])) WITH ORDINALITY n (source, nth)"
            " LEFT JOIN song_sources s ON s.source = n.source"
            " WHERE s.source IS NULL OR :application <> ALL (s.refuses) AND s.next_at <= :now"
            " ORDER BY nth"
        ),
        {"sources": sources, "now": now, "application": _application()},
    )
    return list(rows.scalars())


def rest(
    conn: Connection, source: str, until: datetime, message: str | None = None, failures: int = 0
) -> None:
    """Leaves a source alone until then; ``message`` says why, without one it has nothing to do.

    ``failures`` is how often in a row it could not be reached.
    """
    conn.execute(
        text(
            "INSERT INTO song_sources (source, next_at, message, failures)"
            " VALUES (:source, :until, :message, :failures) ON CONFLICT (source) DO UPDATE SET"
            " (next_at, message, failures)"
            " = (excluded.next_at, excluded.message, excluded.failures)"
        ),
        {"source": source, "until": until, "message": message, "failures": failures},
    )


def refuse(conn: Connection, source: str, message: str) -> None:
    """Leaves a source alone for good: it does not answer the application that we are there."""
    conn.execute(
        text(
            "INSERT INTO song_sources AS s (source, message, refuses)"
            " VALUES (:source, :message, ARRAY[:application])"
            " ON CONFLICT (source) DO UPDATE SET message = excluded.message,"
            " refuses = array_remove(s.refuses, :application) || excluded.refuses"
        ),
        {"source": source, "message": message, "application": _application()},
    )


def wake(conn: Connection, sources: Collection[str] | None = None) -> None:
    """Lets those go on (of ``sources`` where that is told) that had nothing to do. For a
    transaction of its own: it locks them all.
    """
    conn.execute(
        text(
            "UPDATE song_sources SET next_at = now() WHERE source IN (SELECT source"
            " FROM song_sources WHERE message IS NULL AND next_at > now()"
            " AND (CAST(:sources AS text[]) IS NULL OR source = ANY(CAST(:sources AS text[])))"
            " ORDER BY source FOR UPDATE)"
        ),
        {"sources": None if sources is None else list(sources)},
    )


def count(conn: Connection, source: str, tally: Tally) -> None:
    """Adds to what has come of it."""
    conn.execute(
        text(
            "INSERT INTO song_sources AS s"
            " (source, n_found, n_unknown, n_failed, n_calls, n_errors, busy_s)"
            " VALUES (:source, :found, :unknown, :failed, :calls, :errors, :busy_s)"
            " ON CONFLICT (source) DO UPDATE SET n_found = s.n_found + excluded.n_found,"
            " n_unknown = s.n_unknown + excluded.n_unknown,"
            " n_failed = s.n_failed + excluded.n_failed, n_calls = s.n_calls + excluded.n_calls,"
            " n_errors = s.n_errors + excluded.n_errors, busy_s = s.busy_s + excluded.busy_s"
        ),
        {"source": source, **vars(tally)},
    )


def every(conn: Connection) -> dict[str, dict[str, Any]]:
    """All that is noted of each source that was ever asked, by name; ``is_refused`` where it does
    not answer the application that we are there.
    """
    rows = conn.execute(
        text(
            "SELECT *, :application = ANY (refuses) AS is_refused FROM song_sources ORDER BY source"
        ),
        {"application": _application()},
    )
    return {row.source: row._asdict() for row in rows}


def failures(conn: Connection, source: str) -> int:
    """How often in a row it could not be reached."""
    found = conn.execute(
        text("SELECT failures FROM song_sources WHERE source = :source"), {"source": source}
    )
    return int(found.scalar() or 0)


def _application() -> str:
    """What this server is known as where only some applications are answered: at Spotify."""
    return settings.current().services.spotify_client_id or ""
