"""What each source reported (``listens``); see :mod:`runsous.store.incoming` for the way in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from runsous import frames
from runsous.store import incoming, spans, totals
from runsous.store.spans import Span


def frame(conn: Connection, user_id: int, windows: Sequence[Span]) -> pd.DataFrame:
    """Reports that begin within the windows, as ``analysis.plays.place`` wants them:
    what it needs of :data:`frames.LISTENS`, and ``listen_id, track_id, track_duration_s``
    (:data:`frames.NO_TRACK` for what is no song).
    """
    columns = {
        "listen_id": "int64",
        "track_id": "int64",
        "source": "str",
        "stamp": frames.UTC_STAMP,
        "stamp_kind": "str",
        "precision_s": "float64",
        "idle_s": "float64",
        "played_s": "float64",
        "duration_s": "float64",
        "track_duration_s": "float64",
    }
    rows = conn.execute(
        text(
            "SELECT l.id, l.track_id, l.source, l.stamp, l.stamp_kind, l.precision_s, l.idle_s,"
            " l.played_s, l.duration_s, t.duration_s"
            f" {spans.lookup('listens', 'earliest_at')} l LEFT JOIN tracks t ON t.id = l.track_id"
        ),
        {"user": user_id, **spans.columns(windows)},
    )
    return _frame(rows.all(), columns)


def tracks_by_name(conn: Connection, user_id: int, tracks: list[int]) -> list[int]:
    """These tracks in an order that does not depend on their ids."""
    return list(
        conn.execute(
            text(
                "SELECT t.id FROM unnest(CAST(:tracks AS bigint[])) k (id)"
                " JOIN tracks t ON t.id = k.id AND t.user_id = :user"
                " JOIN artists a ON a.id = t.artist_id"
                ' ORDER BY a.key COLLATE "C", t.title_key COLLATE "C"'
            ),
            {"user": user_id, "tracks": tracks},
        ).scalars()
    )


def shift_source(conn: Connection, user_id: int, source: str, offset_s: float) -> list[Span]:
    """Sets a source's clock offset; when plays may have changed: where they were and are."""
    before = offsets(conn, user_id).get(source, 0.0)
    values = {"user": user_id, "source": source, "offset": offset_s, "by": offset_s - before}
    conn.execute(
        text(
            "INSERT INTO source_offsets (user_id, source, offset_s)"
            " VALUES (:user, :source, :offset)"
            " ON CONFLICT (user_id, source) DO UPDATE SET offset_s = excluded.offset_s"
        ),
        values,
    )
    left = _of_source(conn, user_id, source)
    conn.execute(
        text(
            "UPDATE listens SET earliest_at = earliest_at + make_interval(secs => :by),"
            " latest_at = latest_at + make_interval(secs => :by)"
            " WHERE user_id = :user AND source = :source"
        ),
        values,
    )
    return left + _of_source(conn, user_id, source)


def offsets(conn: Connection, user_id: int) -> dict[str, float]:
    """Seconds to add to the stamps of each source whose clock is known to be off."""
    rows = conn.execute(
        text("SELECT source, offset_s FROM source_offsets WHERE user_id = :user"),
        {"user": user_id},
    )
    return {row.source: row.offset_s for row in rows}


def delete_source(conn: Connection, user_id: int, source: str) -> list[Span]:
    """Deletes all reports of one source; when plays may have changed."""
    left = _of_source(conn, user_id, source)
    tracks = conn.execute(
        text(
            "WITH gone AS (DELETE FROM listens WHERE user_id = :user AND source = :source"
            " RETURNING track_id) SELECT DISTINCT track_id FROM gone"
        ),
        {"user": user_id, "source": source},
    )
    totals.forget_source(conn, user_id, source)
    return left + incoming.settle_durations(conn, user_id, list(tracks.scalars()))


def withdraw(conn: Connection, user_id: int, source: str) -> list[Span]:
    """Deletes the reports of a source that only the service told, not a file; when plays may
    have changed.
    """
    values = {"user": user_id, "source": source}
    gone = conn.execute(
        text(
            "DELETE FROM listens WHERE user_id = :user AND source = :source AND origins = 2"
            " RETURNING track_id, earliest_at, latest_at"
        ),
        values,
    ).all()
    make_own(conn, user_id, source)
    totals.recount(conn, user_id, source)
    left = [(row.earliest_at, row.latest_at) for row in gone]
    tracks = list({row.track_id for row in gone})
    return left + incoming.settle_durations(conn, user_id, tracks)


def make_own(conn: Connection, user_id: int, source: str) -> None:
    """Lets what a service told count as the user's own, as if a file had told it."""
    conn.execute(
        text(
            "UPDATE listens SET origins = 1"
            " WHERE user_id = :user AND source = :source AND origins <> 1"
        ),
        {"user": user_id, "source": source},
    )


def told_by_service(conn: Connection, user_id: int, source: str) -> int:
    """How many reports of songs a service told."""
    return int(
        conn.execute(
            text(
                "SELECT count(*) FROM listens WHERE user_id = :user AND source = :source"
                " AND origins & 2 <> 0 AND track_id <> :none"
            ),
            {"user": user_id, "source": source, "none": frames.NO_TRACK},
        ).scalar_one()
    )


def delete_unheard(conn: Connection, user_id: int) -> None:
    """Drops tracks and artists that no report mentions any more, and albums of no track."""
    user = {"user": user_id}
    gone = conn.execute(
        text(
            "DELETE FROM tracks t WHERE user_id = :user AND NOT EXISTS"
            " (SELECT FROM listens l WHERE l.user_id = :user AND l.track_id = t.id)"
        ),
        user,
    )
    totals.count(conn, user_id, tracks=-gone.rowcount)
    conn.execute(
        text(
            "DELETE FROM albums b WHERE user_id = :user AND NOT EXISTS"
            " (SELECT FROM tracks t WHERE t.album_id = b.id)"
        ),
        user,
    )
    conn.execute(
        text(
            "DELETE FROM artists a WHERE user_id = :user AND NOT EXISTS"
            " (SELECT FROM tracks t WHERE t.artist_id = a.id)"
        ),
        user,
    )


def _of_source(conn: Connection, user_id: int, source: str) -> list[Span]:
    """When something was reported by a source."""
    return spans.collapsed(
        conn,
        "SELECT earliest_at, latest_at FROM listens WHERE user_id = :user AND source = :source",
        user=user_id,
        source=source,
    )


def _frame(rows: Iterable[Any], columns: dict[str, str]) -> pd.DataFrame:
    values: list[Any] = list(zip(*rows, strict=True)) or [()] * len(columns)
    return frames.of(columns, **dict(zip(columns, map(list, values), strict=True)))
