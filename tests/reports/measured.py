"""Activities whose songs are measured, put into a library as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Engine, text

from runsous.store import efforts, users
from tests.analysis.make_efforts import make_efforts
from tests.sync import make

_ACTIVITY = """
INSERT INTO activities (user_id, source, name, sport, start_time, utc_offset_s, elapsed_time_s,
  moving_time_s, distance_m, has_gps, channels, n_points, n_songs, is_sample)
VALUES (:user, 'fit', :name, :sport, :start, :offset, 3600, 3600, 10000, false, '{}', 0, :songs,
  :sample) RETURNING id, revision
"""
_ARTIST = """
INSERT INTO artists (user_id, name, key) VALUES (:user, :artist, lower(:artist))
ON CONFLICT (user_id, key) DO UPDATE SET name = excluded.name RETURNING id
"""
_TRACK = """
INSERT INTO tracks (user_id, artist_id, title, title_key, tempo_bpm, tempo_confidence, energy)
VALUES (:user, :artist, :title, lower(:title), :bpm, :sure, :energy) RETURNING id
"""


def keep(
    engine: Engine,
    rows: pd.DataFrame,
    *,
    user: int | None = None,
    sport: str = "run",
    kind: str | None = "steady",
    start: datetime = make.START,
    utc_offset_s: int = 7200,
    titles: Mapping[int, str] | None = None,
    artist: str = "Artist",
    is_sample: bool = False,
    **facts: Any,
) -> dict[int, int]:
    """Keeps rows of ``make_efforts``: an activity a day from ``start`` on, tracks by their numbers
    ("Song 7" unless ``titles`` has it). Activities' ids by their numbers in ``rows``.

    ``facts`` are other columns of ``measured_activities``.
    """
    owner = user or make.user(engine)
    with engine.begin() as conn:
        artist_id = conn.execute(text(_ARTIST), {"user": owner, "artist": artist}).scalar_one()
        tracks = {}
        for track, row in rows.drop_duplicates("track_id").set_index("track_id").iterrows():
            values = {
                "user": owner,
                "artist": artist_id,
                "title": (titles or {}).get(int(track), f"Song {track} in {sport} of {kind}"),
                "bpm": _known(row["tempo_bpm"]),
                "sure": _known(row["tempo_confidence"]),
                "energy": _known(row["energy"]),
            }
            tracks[track] = conn.execute(text(_TRACK), values).scalar_one()
        ids = {}
        for nth, (number, part) in enumerate(rows.groupby("activity_id")):
            begun = {
                "user": owner,
                "name": f"Activity {number}",
                "sport": sport,
                "start": start + timedelta(days=nth),
                "offset": utc_offset_s,
                "songs": len(part),
                "sample": is_sample,
            }
            made = conn.execute(text(_ACTIVITY), begun).one()
            ids[int(number)] = made.id
            counts = {"n_short": 0, "n_unsure": 0, "n_still": 0, **facts}
            efforts.save(
                conn,
                owner,
                made.id,
                {"revision": made.revision, "kind": kind, **counts},
                part.assign(track_id=part["track_id"].map(tracks), locked_bpm=part["tempo_bpm"]),
            )
        users.touch(conn, owner)
    return ids


def going_along(
    n_songs: list[int] | tuple[int, ...], mps_per_10bpm: float = 0.05, **columns: Any
) -> pd.DataFrame:
    """Rows of ``make_efforts`` in which faster songs go with more speed."""
    rows = make_efforts(n_songs, **columns)
    return rows.assign(flat_mps=rows["flat_mps"] + mps_per_10bpm * (rows["tempo_bpm"] - 150) / 10)


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
