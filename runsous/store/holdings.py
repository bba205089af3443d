"""What a library holds, own and sample apart, and how many activities wait for songs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

Span = tuple[datetime, datetime]


def activities(conn: Connection, user_id: int, heard: Span | None) -> dict[bool, dict[str, Any]]:
    """One row for the user's own activities (``False``) and one for the sample's (``True``).

    ``activities``, ``with_songs``, ``distance_m``, ``moving_time_s``; of those that could have
    songs and have none, how many lie ``before``, ``during`` and ``after`` what was heard. One
    whose samples were removed gets no songs any more.
    """
    since, until = heard or (None, None)
    rows = conn.execute(
        text(
            "SELECT is_sample, count(*)::int AS activities,"
            " (count(*) FILTER (WHERE n_songs > 0))::int AS with_songs,"
            " coalesce(sum(distance_m), 0) AS distance_m,"
            " coalesce(sum(moving_time_s), 0) AS moving_time_s,"
            " (count(*) FILTER (WHERE waits AND start_time < h.since))::int AS before,"
            " (count(*) FILTER (WHERE waits AND start_time BETWEEN h.since AND h.until))::int"
            "   AS during,"
            " (count(*) FILTER (WHERE waits AND start_time > h.until))::int AS after"
            " FROM (SELECT *, n_songs = 0 AND NOT is_start_hidden AND NOT is_summary AS waits"
            "   FROM activities WHERE user_id = :user) a,"
            " (SELECT CAST(:since AS timestamptz) AS since, CAST(:until AS timestamptz) AS until) h"
            " GROUP BY is_sample"
        ),
        {"user": user_id, "since": since, "until": until},
    )
    return {row.is_sample: row._asdict() for row in rows}


def sports(conn: Connection, user_id: int) -> list[str]:
    """The sports there are, the most frequent first."""
    found = conn.execute(
        text(
            "SELECT sport FROM activities WHERE user_id = :user GROUP BY 1"
            " ORDER BY count(*) DESC, sport"
        ),
        {"user": user_id},
    )
    return list(found.scalars())


def music_of(conn: Connection, user_id: int, source: str, heard: Span) -> dict[str, int]:
    """``plays`` that one source alone told of, how many different ``tracks`` they are of, and
    how many of these are ``shared`` with what other sources told.

    ``heard`` are the first and the last stamp of the source.
    """
    row = conn.execute(
        text(
            "SELECT coalesce(sum(n), 0)::int AS plays, count(*)::int AS tracks,"
            " (count(*) FILTER (WHERE EXISTS (SELECT FROM plays p WHERE p.user_id = :user"
            "   AND p.track_id = t.track_id AND p.sources <> ARRAY[:source])))::int AS shared"
            " FROM (SELECT track_id, count(*) AS n FROM plays"
            "   WHERE user_id = :user AND sources = ARRAY[:source]"
            # A stamp may be the end of a play; the bounds let the index serve.
            "   AND started_at BETWEEN CAST(:since AS timestamptz) - interval '1 day' AND :until"
            "   GROUP BY track_id) t"
        ),
        {"user": user_id, "source": source, "since": heard[0], "until": heard[1]},
    )
    return dict(row.one()._asdict())
