"""Per-song segments of activities with what was measured during each."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from runsous import frames

_STORED = ("index", *tuple(frames.TILES)[1:], *frames.METRICS)
_SHOWN = ", ".join(f's."{name}"' for name in _STORED if name not in ("play_id", "track_id"))


def save(conn: Connection, user_id: int, activity_id: int, measured: pd.DataFrame) -> None:
    """Puts these segments (columns of TILES and METRICS) in the place of the activity's own.

    Nothing is written when they are the same. The activity's revision rises unless all that
    changed is by which numbers their plays are known.
    """
    owner = {"activity_id": activity_id, "user_id": user_id}
    names = ", ".join(f'"{name}"' for name in _STORED)
    rows = frames.records(measured[list(_STORED)])
    found = conn.execute(
        text(
            f"SELECT {names} FROM segments"  # noqa: S608 - fixed names
            " WHERE activity_id = :activity_id AND user_id = :user_id ORDER BY index"
        ),
        owner,
    )
    known = [row._asdict() for row in found]
    if known == rows:
        return
    conn.execute(
        text("DELETE FROM segments WHERE activity_id = :activity_id AND user_id = :user_id"), owner
    )
    marks = ", ".join(f":{name}" for name in _STORED)
    conn.execute(
        text(
            f"INSERT INTO segments (activity_id, user_id, {names})"  # noqa: S608 - fixed names
            f" VALUES (:activity_id, :user_id, {marks})"
        ),
        [{**row, **owner} for row in rows],
    )
    conn.execute(
        text(
            "UPDATE activities SET n_songs = (SELECT count(*) FROM segments"
            " WHERE activity_id = :activity_id AND track_id IS NOT NULL),"
            " revision = revision + :raised WHERE id = :activity_id AND user_id = :user_id"
        ),
        {**owner, "raised": int(_shown(known) != _shown(rows))},
    )


def _shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "play_id": row["play_id"] is not None} for row in rows]


def frame(conn: Connection, user_id: int, activity_id: int) -> pd.DataFrame:
    """The segments in order, with song and certainty: :data:`frames.SEGMENTS` and
    ``isrc``, ``mbid``, ``spotify_id``, ``started_at`` (the play's own start).
    """
    rows = conn.execute(
        text(
            # Between an import and the placing of songs anew, a play or song may be gone.
            f"SELECT {_SHOWN}, t.id AS track_id, t.title, b.name AS album, t.isrc, t.mbid,"  # noqa: S608
            " t.spotify_id, t.tempo_bpm, t.tempo_confidence, t.tempo_note, t.is_tempo_disputed,"
            " a.name AS artist, p.id AS play_id, p.source, p.certainty, p.plus_minus_s,"
            " p.started_at"
            " FROM segments s"
            " LEFT JOIN tracks t ON (t.id, t.user_id) = (s.track_id, s.user_id)"
            " LEFT JOIN artists a ON (a.id, a.user_id) = (t.artist_id, t.user_id)"
            " LEFT JOIN albums b ON (b.id, b.user_id) = (t.album_id, t.user_id)"
            " LEFT JOIN plays p ON (p.id, p.user_id) = (s.play_id, s.user_id)"
            " WHERE s.activity_id = :activity AND s.user_id = :user ORDER BY s.index"
        ),
        {"activity": activity_id, "user": user_id},
    )
    extra = {"isrc": "str", "mbid": "str", "spotify_id": "str", "started_at": frames.UTC_STAMP}
    columns = {**frames.SEGMENTS, **extra}
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    return frames.of(columns, **dict(zip(rows.keys(), map(list, values), strict=True)))


def songs_of(
    conn: Connection, user_id: int, activity_ids: list[int], limit: int
) -> dict[int, list[dict[str, Any]]]:
    """The first songs of each activity, ``{"title", "artist", "index"}`` in playing order."""
    rows = conn.execute(
        text(
            "SELECT * FROM (SELECT s.activity_id, s.index, t.title, a.name AS artist,"
            " row_number() OVER (PARTITION BY s.activity_id ORDER BY s.index) AS nth"
            " FROM segments s"
            " JOIN tracks t ON (t.id, t.user_id) = (s.track_id, s.user_id)"
            " JOIN artists a ON (a.id, a.user_id) = (t.artist_id, t.user_id)"
            " WHERE s.user_id = :user AND s.activity_id = ANY(:ids)) q WHERE nth <= :limit"
            " ORDER BY activity_id, index"
        ),
        {"user": user_id, "ids": activity_ids, "limit": limit},
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.activity_id, []).append(row._asdict())
    return found
