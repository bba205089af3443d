"""Activities whose raw samples were removed, and what follows from that."""

from __future__ import annotations

from sqlalchemy import Connection, text

from runsous.store import streams


def choosers(conn: Connection, setting: str) -> list[int]:
    """The users who have chosen something for this setting."""
    found = conn.execute(
        text("SELECT id FROM users WHERE settings ->> :setting IS NOT NULL ORDER BY id"),
        {"setting": setting},
    )
    return list(found.scalars())


def due(conn: Connection, user_id: int, days: int, activity_id: int | None = None) -> list[int]:
    """The activities (or this one, if it is such) that ended longer ago and have samples or
    originals still, the oldest first.
    """
    found = conn.execute(
        text(
            "SELECT id FROM activities a WHERE user_id = :user AND NOT is_summary AND NOT is_sample"
            " AND NOT is_stale AND id = coalesce(CAST(:id AS bigint), id) AND start_time"
            " + make_interval(secs => elapsed_time_s) < now() - make_interval(days => :days)"
            " AND (n_points > 0 OR EXISTS (SELECT FROM activity_files f JOIN originals o"
            "   ON o.user_id = f.user_id AND o.sha256 = f.sha256 WHERE f.activity_id = a.id))"
            " ORDER BY start_time"
        ),
        {"user": user_id, "days": days, "id": activity_id},
    )
    return list(found.scalars())


def make(conn: Connection, user_id: int, activity_id: int, note: str) -> None:
    """Removes an activity's samples, positions and originals; its summary stays, with a note."""
    streams.delete(conn, user_id, activity_id)
    conn.execute(
        text(
            "UPDATE activities SET is_summary = true, revision = revision + 1, route = NULL,"
            " has_gps = false, channels = '{}', n_points = 0, notes = notes || CAST(:note AS text)"
            " WHERE id = :id AND user_id = :user"
        ),
        {"user": user_id, "id": activity_id, "note": note},
    )
    drop_originals(conn, user_id, activity_id)


def drop_originals(conn: Connection, user_id: int, activity_id: int) -> None:
    """Deletes the files of a summary, but for those of which another activity has samples."""
    conn.execute(
        text(
            "DELETE FROM originals o USING activity_files f WHERE f.activity_id = :id"
            " AND f.user_id = :user AND o.user_id = :user AND o.sha256 = f.sha256"
            " AND NOT EXISTS (SELECT FROM activity_files g JOIN activities a ON a.id ="
            "   g.activity_id WHERE g.user_id = :user AND g.sha256 = o.sha256"
            "   AND NOT a.is_summary)"
        ),
        {"user": user_id, "id": activity_id},
    )


def among(conn: Connection, user_id: int, activity_ids: list[int]) -> set[int]:
    """Which of these activities are summaries."""
    found = conn.execute(
        text("SELECT id FROM activities WHERE user_id = :user AND id = ANY(:ids) AND is_summary"),
        {"user": user_id, "ids": activity_ids},
    )
    return set(found.scalars())


def follow_plays(conn: Connection, user_id: int, activity_id: int) -> None:
    """Brings the songs of a summary to what is known of them now; cuts and figures stay.

    A song nobody reports any more becomes silence; a play that was timed anew is found again.
    """
    values = {"user": user_id, "id": activity_id}
    changed = conn.execute(
        text(
            "WITH now AS (SELECT s.index, t.id AS track_id, (SELECT p.id FROM plays p"
            "   WHERE p.user_id = :user AND p.track_id = t.id AND p.started_at < a.start_time"
            "     + make_interval(secs => s.end_s - a.music_offset_s) AND p.ended_at >"
            "     a.start_time + make_interval(secs => s.start_s - a.music_offset_s)"
            "   ORDER BY p.started_at LIMIT 1) AS play_id"
            " FROM segments s JOIN activities a ON a.id = s.activity_id"
            " LEFT JOIN tracks t ON t.id = s.track_id AND t.user_id = :user"
            " WHERE s.activity_id = :id AND s.user_id = :user AND s.track_id IS NOT NULL)"
            " UPDATE segments s SET track_id = now.track_id, play_id = now.play_id FROM now"
            " WHERE s.activity_id = :id AND s.user_id = :user AND s.index = now.index"
            " AND (s.track_id, s.play_id) IS DISTINCT FROM (now.track_id, now.play_id)"
        ),
        values,
    )
    if not changed.rowcount:
        return
    conn.execute(
        text(
            "UPDATE activities SET revision = revision + 1, n_songs = (SELECT count(*)"
            " FROM segments WHERE activity_id = :id AND track_id IS NOT NULL)"
            " WHERE id = :id AND user_id = :user"
        ),
        values,
    )
