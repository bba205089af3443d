"""What was decided of each track's tempo and character, for all who read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

_TYPES = {
    "tempo_bpm": "float8",
    "tempo_source": "text",
    "tempo_confidence": "float8",
    "tempo_note": "text",
    "is_tempo_disputed": "boolean",
    "energy": "float8",
    "danceability": "float8",
    "valence": "float8",
    "key": "smallint",
    "mode": "smallint",
}
DECIDED = tuple(_TYPES)


def save(conn: Connection, user_id: int, decided: Sequence[dict[str, Any]]) -> int:
    """Writes ``track_id`` and :data:`DECIDED` of tracks; of how many that is something new."""
    if not decided:
        return 0
    names = ", ".join(DECIDED)
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _TYPES.items())
    changed = conn.execute(
        text(
            f"UPDATE tracks t SET ({names}) ="  # noqa: S608 - fixed names
            f" ({', '.join(f'd.{name}' for name in DECIDED)})"
            f" FROM unnest(CAST(:track_id AS bigint[]), {arrays}) d (track_id, {names})"
            " WHERE t.user_id = :user AND t.id = d.track_id"
            f" AND ({', '.join(f't.{name}' for name in DECIDED)})"
            f" IS DISTINCT FROM ({', '.join(f'd.{name}' for name in DECIDED)})"
        ),
        {"user": user_id}
        | {name: [row[name] for row in decided] for name in ("track_id", *DECIDED)},
    )
    return changed.rowcount


def of_songs(conn: Connection, song_ids: Sequence[int]) -> dict[int, list[int]]:
    """The tracks that are these songs, by user."""
    rows = conn.execute(
        text(
            "SELECT user_id, array_agg(id ORDER BY id) AS tracks FROM tracks"
            " WHERE song_id = ANY(:songs) GROUP BY user_id ORDER BY user_id"
        ),
        {"songs": list(song_ids)},
    )
    return {row.user_id: row.tracks for row in rows}


def left(conn: Connection) -> dict[int, list[int]]:
    """Tracks without a tempo although a source tells one, by user."""
    rows = conn.execute(
        text(
            "SELECT user_id, array_agg(id ORDER BY id) AS tracks FROM tracks t"
            " WHERE tempo_bpm IS NULL AND tempo_note IS NULL AND EXISTS (SELECT FROM song_facts f"
            " WHERE f.song_id = t.song_id AND f.bpm IS NOT NULL) GROUP BY user_id ORDER BY user_id"
        )
    )
    return {row.user_id: row.tracks for row in rows}
