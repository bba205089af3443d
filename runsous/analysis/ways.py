"""The way of an activity, thin enough to look for one stretch in thousands of them."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from runsous.analysis.geo import Floats, positioned, unwrap
from runsous.analysis.pauses import Pauses, moving_clock

STEP_M: Final = 25.0

COLUMNS: Final = ("time_s", "moving_s", "distance_m", "latitude", "longitude", "heartrate")
"""Seconds since the start with and without pauses, metres, degrees, beats per minute."""

STORED: Final = np.dtype("<f4")
"""Numbers of a stored way; degrees are right to two metres in them."""


def way(samples: pd.DataFrame, pauses: Pauses) -> Floats:
    """One row of :data:`COLUMNS` every 25 m of the way, in order, and none without positions.

    Heart rate is NaN where nothing tells it; longitudes are continuous.
    """
    lat, lon = samples["latitude"].to_numpy(), samples["longitude"].to_numpy()
    rows = positioned(lat, lon)
    distance = samples["distance_m"].to_numpy()
    rows = rows[np.isfinite(distance[rows])]
    if rows.size < 2:
        return np.empty((0, len(COLUMNS)))
    # Standing still, and a distance that once goes back, are no way.
    further = np.append(True, np.diff(np.maximum.accumulate(distance[rows])) > 0)
    rows = rows[further]
    at = np.arange(distance[rows[0]], distance[rows[-1]] + 1e-9, STEP_M)
    time = np.interp(at, distance[rows], samples["time_s"].to_numpy()[rows])
    return np.column_stack(
        [
            time,
            moving_clock(time, pauses),
            at,
            np.interp(at, distance[rows], lat[rows]),
            np.interp(at, distance[rows], unwrap(lon[rows])),
            _heartrate(samples, time),
        ]
    )


def packed(rows: Floats) -> bytes:
    """A way as it is stored."""
    return rows.astype(STORED).tobytes()


def unpacked(stored: bytes) -> Floats:
    """A way as it was."""
    return np.frombuffer(stored, STORED).reshape(-1, len(COLUMNS)).astype("float64")


def bounds(rows: Floats) -> tuple[float, float, float, float] | None:
    """South, west, north and east of a way; ``None`` without one."""
    if not len(rows):
        return None
    south, west = rows[:, 3:5].min(axis=0).tolist()
    north, east = rows[:, 3:5].max(axis=0).tolist()
    return south, west, north, east


def _heartrate(samples: pd.DataFrame, time: Floats) -> Floats:
    is_known = samples["heartrate"].notna().to_numpy()
    if not is_known.any():
        return np.full(time.size, np.nan)
    known = samples[is_known]
    beats: Floats = np.interp(time, known["time_s"].to_numpy(), known["heartrate"].to_numpy())
    return beats
