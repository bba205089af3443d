"""Every play of a user with what is known of its song, and the activity it sounded on, if any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
from sqlalchemy import Connection, text

from runsous import frames
from runsous.model import SAMPLE
from runsous.store import copy
from runsous.store.database import raw

_OF_PLAY: Final = {
    "track_id": "p.track_id",
    "activity_id": "w.activity_id",
    "started_s": "date_part('epoch', p.started_at)",
    "heard_s": "date_part('epoch', p.ended_at - p.started_at)",
    "on_s": "w.elapsed_s",
}
_OF_TRACK: Final = {
    "track_id": "t.id",
    "artist_id": "t.artist_id",
    "tempo_bpm": "t.tempo_bpm",
    "tempo_confidence": "t.tempo_confidence",
    "energy": "t.energy",
}
_NUMBERS: Final = ("track_id", "artist_id")

PLAYS: Final[Mapping[str, str]] = {
    name: "int64" if name in _NUMBERS else "float64" for name in {**_OF_PLAY, **_OF_TRACK}
}
"""One row per play that is no skip: when it began (seconds after 1970) and how long it sounded;
the activity on which it did longest and the seconds there, both missing elsewhere; its song.
"""


def plays(conn: Connection, user_id: int, *, of_sample: bool) -> pd.DataFrame:
    """All plays of the user's own, or all of the sample's: :data:`PLAYS`, in no order."""
    sign = "=" if of_sample else "<>"
    heard = _read(
        conn,
        _OF_PLAY,
        "plays p LEFT JOIN ("  # noqa: S608 - numbers
        "  SELECT DISTINCT ON (s.play_id) s.play_id, s.activity_id, s.elapsed_s"
        "  FROM activities a JOIN segments s ON s.activity_id = a.id AND s.user_id = a.user_id"
        f"  WHERE a.user_id = {int(user_id)} AND s.play_id IS NOT NULL"
        "  ORDER BY s.play_id, s.elapsed_s DESC, s.activity_id) w ON w.play_id = p.id"
        f" WHERE p.user_id = {int(user_id)} AND NOT p.is_skip AND p.source {sign} '{SAMPLE}'",
    )
    # Told once for each song: there are many times more plays.
    tracks = _read(conn, _OF_TRACK, f"tracks t WHERE t.user_id = {int(user_id)}")
    return frames.of(PLAYS, **heard.join(tracks.set_index("track_id"), on="track_id"))


def _read(conn: Connection, columns: Mapping[str, str], source: str) -> pd.DataFrame:
    names = [f'"{name}"' for name in columns]
    never_null = ", ".join(
        f"coalesce(({value})::float8, 'NaN') AS \"{name}\"" for name, value in columns.items()
    )
    found = copy.read_floats(raw(conn), f"SELECT {never_null} FROM {source}", names)  # noqa: S608
    return pd.DataFrame({name: found[f'"{name}"'] for name in columns})


def activities(conn: Connection, user_id: int) -> pd.DataFrame:
    """One row per activity with songs: ``activity_id, sport, utc_offset_s, latitude`` (of its
    route's first place), the last two missing where nobody knows.
    """
    rows = conn.execute(
        text(
            "SELECT id AS activity_id, sport, utc_offset_s::float8 AS utc_offset_s,"
            " (route -> 0 ->> 0)::float8 AS latitude"
            " FROM activities WHERE user_id = :user AND n_songs > 0 ORDER BY id"
        ),
        {"user": user_id},
    )
    found = pd.DataFrame(rows.fetchall(), columns=list(rows.keys()))
    return found.astype({"sport": "category", "utc_offset_s": "float64", "latitude": "float64"})


def artists(conn: Connection, user_id: int, artist_ids: list[int]) -> dict[int, str]:
    """What these artists are called."""
    rows = conn.execute(
        text("SELECT id, name FROM artists WHERE user_id = :user AND id = ANY(:ids)"),
        {"user": user_id, "ids": artist_ids},
    )
    return {row.id: row.name for row in rows}
