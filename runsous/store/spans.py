"""Stretches of time in which plays may have changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

Span = tuple[datetime, datetime]
"""From and until, both included."""

# Reports further apart than this never have to do with each other: those of one play lie
# within 60 s.
_STRETCHES = """SELECT min(earliest_at), max(latest_at) FROM (
    SELECT *, count(*) FILTER (WHERE earliest_at > reached + interval '61 s')
        OVER (ORDER BY earliest_at, latest_at ROWS UNBOUNDED PRECEDING) AS nth FROM (
        SELECT *, max(latest_at) OVER (ORDER BY earliest_at, latest_at
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached FROM reach) o) n
GROUP BY nth"""


def collapsed(conn: Connection, reach: str, **values: Any) -> list[Span]:
    """The unbroken stretches of a query that yields ``earliest_at`` and ``latest_at``."""
    found = conn.execute(text(f"WITH reach AS ({reach}) {_STRETCHES} ORDER BY 1"), values)
    return [(row[0], row[1]) for row in found]


def independent(conn: Connection, user_id: int, touched: Sequence[Span]) -> list[Span]:
    """The touched spans widened to the silences around them, in order and apart.

    Nothing that was reported reaches from one into another or out of it, so that each can
    be merged on its own.
    """
    first, last = min(since for since, _ in touched), max(until for _, until in touched)
    hours = 12
    while True:
        found = conn.execute(
            text(
                "WITH reach AS (SELECT earliest_at, latest_at, false AS is_touched"  # noqa: S608
                " FROM listens"
                " WHERE user_id = :user"
                # No report reaches further than two days; the bound lets the index serve.
                " AND earliest_at BETWEEN CAST(:since AS timestamptz) - interval '2 d'"
                "   - make_interval(hours => :hours)"
                "   AND CAST(:until AS timestamptz) + make_interval(hours => :hours)"
                " AND latest_at >= CAST(:since AS timestamptz) - make_interval(hours => :hours)"
                " UNION ALL SELECT t.since, t.until, true FROM unnest("
                "   CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[]))"
                f"   t (since, until)) {_STRETCHES} HAVING bool_or(is_touched) ORDER BY 1"
            ),
            {"user": user_id, "since": first, "until": last, "hours": hours, **columns(touched)},
        )
        windows = [(row[0], row[1]) for row in found]
        early, late = (first - windows[0][0]), (windows[-1][1] - last)
        if max(early, late).total_seconds() < hours * 3600:
            return windows
        hours *= 4


def lookup(table: str, moment: str) -> str:
    """The ``FROM`` of a query for the user's rows of a table whose moment lies in the spans.

    Wants the values ``user`` and :func:`columns`, and an alias behind it.
    """
    # Told to look up span by span (OFFSET 0): the planner takes one user's rows for few, and
    # would compare each with each span.
    return (
        "FROM unnest(CAST(:starts AS timestamptz[]), CAST(:ends AS timestamptz[])) w (since, until)"  # noqa: S608 - names of ours
        f" CROSS JOIN LATERAL (SELECT * FROM {table} WHERE user_id = :user"
        f" AND {moment} BETWEEN w.since AND w.until OFFSET 0)"
    )


def columns(spans: Sequence[Span]) -> dict[str, list[datetime]]:
    """The spans as two arrays of equal length, ``starts`` and ``ends``, for ``unnest``."""
    return {"starts": [since for since, _ in spans], "ends": [until for _, until in spans]}
