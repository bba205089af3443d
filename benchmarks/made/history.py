"""A long listening history: sittings of some songs each, a few songs heard very often."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from runsous import frames

_SONGS, _ARTISTS = 6_000, 1_500
_BEGAN = datetime(2016, 1, 1, 6, tzinfo=UTC)
_A_FILE = 16_000


@dataclass(frozen=True)
class History:
    """One entry per play: which song, when it ended and how long it was heard."""

    song: np.ndarray
    ended: np.ndarray
    played_s: np.ndarray
    duration_s: np.ndarray


def plays(count: int, seed: int = 1, began: datetime = _BEGAN) -> History:
    """So many plays one after the other, in sittings of about a dozen, several a day."""
    chance = np.random.default_rng(seed)
    length = chance.integers(150, 300, _SONGS)
    # How often a song is heard falls with its rank, as in real histories.
    weight = 1 / np.arange(1, _SONGS + 1) ** 0.8
    song = chance.choice(_SONGS, count, p=weight / weight.sum())
    duration = length[song]
    is_skip = chance.random(count) < 0.12
    played = np.where(is_skip, chance.integers(3, 90, count), duration)
    silence = np.where(chance.random(count) < 1 / 12, chance.integers(900, 30_000, count), 1)
    ended = int(began.timestamp()) + np.cumsum(played + silence)
    return History(song, ended, played, duration)


def write(path: Path, count: int) -> None:
    """Writes Spotify's export of the extended history with so many plays."""
    entries = list(_entries(plays(count)))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for nth, first in enumerate(range(0, count, _A_FILE)):
            name = f"Spotify Extended Streaming History/Streaming_History_Audio_{nth}.json"
            out.writestr(name, json.dumps(entries[first : first + _A_FILE], indent=2))


def members(path: Path) -> list[bytes]:
    """The files of an export."""
    with zipfile.ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist()]


def listens(history: History) -> pd.DataFrame:
    """The same as :data:`frames.LISTENS`."""
    size = len(history.song)
    return frames.listens(
        source=["spotify_extended"] * size,
        stamp=pd.to_datetime(history.ended, unit="s", utc=True),
        stamp_kind=["end"] * size,
        precision_s=np.full(size, 2.0),
        played_s=history.played_s.astype(float),
        duration_s=history.duration_s.astype(float),
        artist=[f"Artist {song % _ARTISTS}" for song in history.song.tolist()],
        title=[f"Song {song}" for song in history.song.tolist()],
        album=[f"Album {song % (2 * _ARTISTS)}" for song in history.song.tolist()],
    )


def _entries(history: History) -> Iterator[dict[str, Any]]:
    columns = (history.song, history.ended, history.played_s, history.duration_s)
    for song, end, played, duration in zip(*(c.tolist() for c in columns), strict=True):
        moment = datetime.fromtimestamp(end, UTC)
        is_whole = played == duration
        yield {
            "ts": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "platform": "android",
            "ms_played": played * 1000,
            "conn_country": "DE",
            "ip_addr": "192.0.2.7",
            "master_metadata_track_name": f"Song {song}",
            "master_metadata_album_artist_name": f"Artist {song % _ARTISTS}",
            "master_metadata_album_album_name": f"Album {song % (2 * _ARTISTS)}",
            "spotify_track_uri": f"spotify:track:{song:022d}",
            "episode_name": None,
            "episode_show_name": None,
            "spotify_episode_uri": None,
            "reason_start": "trackdone",
            "reason_end": "trackdone" if is_whole else "fwdbtn",
            "shuffle": False,
            "skipped": not is_whole,
            "offline": False,
            "offline_timestamp": end - played,
            "incognito_mode": False,
        }
