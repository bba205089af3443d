"""How much music a library holds, counted as it comes and goes.

Counting the rows takes the longer the more there are, and every page asks. Whoever writes plays,
tracks or reports counts them here in the same transaction, in which the user is locked.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from runsous import frames


def count(conn: Connection, user_id: int, *, plays: int = 0, tracks: int = 0) -> None:
    """Notes that there are so many more plays and tracks; fewer where negative."""
    if not (plays or tracks):
        return
    conn.execute(
        text(
            "INSERT INTO music_totals AS m (user_id, n_plays, n_tracks)"
            " VALUES (:user, :plays, :tracks) ON CONFLICT (user_id) DO UPDATE SET"
            " n_plays = m.n_plays + excluded.n_plays, n_tracks = m.n_tracks + excluded.n_tracks"
        ),
        {"user": user_id, "plays": plays, "tracks": tracks},
    )


def music(conn: Connection, user_id: int) -> dict[str, int]:
    """``n_plays`` and ``n_tracks``."""
    found = conn.execute(
        text("SELECT n_plays, n_tracks FROM music_totals WHERE user_id = :user"), {"user": user_id}
    ).one_or_none()
    return {"n_plays": 0, "n_tracks": 0} if found is None else found._asdict()


def count_reports(conn: Connection, user_id: int, reports: str, **values: Any) -> None:
    """Notes new reports of songs: what a query yields as ``source`` and ``stamp``."""
    conn.execute(
        text(
            "INSERT INTO source_totals AS s (user_id, source, n, first_at, last_at)"  # noqa: S608
            " SELECT :user, source, count(*), min(stamp), max(stamp)"
            f" FROM ({reports}) r GROUP BY source"
            " ON CONFLICT (user_id, source) DO UPDATE SET n = s.n + excluded.n,"
            " first_at = least(s.first_at, excluded.first_at),"
            " last_at = greatest(s.last_at, excluded.last_at)"
        ),
        {"user": user_id, **values},
    )


def recount(conn: Connection, user_id: int, source: str) -> None:
    """Counts the reports of one source anew: some went."""
    forget_source(conn, user_id, source)
    count_reports(
        conn,
        user_id,
        "SELECT source, stamp FROM listens WHERE user_id = :user AND source = :source"
        " AND track_id <> :none",
        source=source,
        none=frames.NO_TRACK,
    )


def sources(conn: Connection, user_id: int) -> dict[str, dict[str, Any]]:
    """Per source: ``n`` reports of songs, ``first`` and ``last`` stamp."""
    rows = conn.execute(
        text(
            "SELECT source, n, first_at AS first, last_at AS last FROM source_totals"
            " WHERE user_id = :user ORDER BY source"
        ),
        {"user": user_id},
    )
    return {row.source: row._asdict() for row in rows}


def forget_source(conn: Connection, user_id: int, source: str) -> None:
    """Notes that no report of this source is left."""
    conn.execute(
        text("DELETE FROM source_totals WHERE user_id = :user AND source = :source"),
        {"user": user_id, "source": source},
    )
