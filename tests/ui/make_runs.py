"""Small runs made by hand: due east along 50° north at a steady speed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from runsous import frames

METRES_PER_DEGREE_EAST = np.pi / 180 * 6_371_008.8 * np.cos(np.radians(50))


SPEED_MPS = 3.0


def straight(seconds: int = 600, **channels: Any) -> pd.DataFrame:
    """One sample a second; ``channels`` replace or add to what a plain GPS watch records."""
    time_s = np.arange(seconds + 1.0)
    recorded = {
        "time_s": time_s,
        "latitude": np.full(time_s.size, 50.0),
        "longitude": 10 + time_s * SPEED_MPS / METRES_PER_DEGREE_EAST,
        "distance_m": time_s * SPEED_MPS,
        "speed_mps": np.full(time_s.size, SPEED_MPS),
    }
    return frames.samples(**(recorded | channels))


def winding(seconds: int = 3600) -> pd.DataFrame:
    """An hour along a river, every channel recorded, seeded noise of a few metres."""
    noise = np.random.default_rng(7)
    time_s = np.arange(seconds + 1.0)
    north_m = 400 * np.sin(time_s / 300) + noise.normal(0, 0.8, time_s.size)
    east_m = time_s * 2.5 + noise.normal(0, 0.8, time_s.size)
    return frames.samples(
        time_s=time_s,
        latitude=50 + north_m / 111_195,
        longitude=10 + east_m / METRES_PER_DEGREE_EAST,
        distance_m=time_s * 3,
        speed_mps=3 + 0.4 * np.sin(time_s / 60),
        heartrate=150 + 10 * np.sin(time_s / 200),
        cadence=170 + 4 * np.sin(time_s / 100),
        altitude_m=200 + 30 * np.sin(time_s / 500),
    )


def segments(
    edges_s: Sequence[float], tracks: Sequence[int | None], **columns: Any
) -> pd.DataFrame:
    """Tiles between ``edges_s``; a track ``None`` is silence, others are named after it."""
    named = {
        "title": [None if track is None else f"Song {track}" for track in tracks],
        "artist": [None if track is None else f"Band {track}" for track in tracks],
    }
    return frames.of(
        frames.SEGMENTS,
        index=list(range(len(tracks))),
        track_id=list(tracks),
        start_s=list(edges_s[:-1]),
        end_s=list(edges_s[1:]),
        **(named | columns),
    )
