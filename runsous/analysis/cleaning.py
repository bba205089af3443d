"""What cannot be true in a recording becomes missing; every other value stays as it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from runsous.analysis.geo import Bools, Floats, haversine_m, positioned

RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "latitude": (-90, 90),
    "longitude": (-180, 180),
    "altitude_m": (-500, 10_000),
    "distance_m": (0, 1e8),
    "speed_mps": (0, 100),
    "heartrate": (25, 254),
    "cadence": (0, 255),
    "power_w": (0, 4_000),
    "temperature_c": (-60, 70),
}
"""The lowest and highest value a sensor can mean; beyond lie unset fields and bit errors.

A heart rate of 255 is FIT's "unset"; what was recorded below stands, likely or not.
"""

FASTEST_BPM: Final = 230.0
"""No heart beats faster under load: an optical sensor that says so has locked onto something
else, as one did for half an hour of weight lifting (240, seen)."""

DOUBTFUL: Final = 0.05
"""The share of such readings from which a recording is doubted, and its owner told."""

STRAY_M: Final = 500.0
STRAY_MPS: Final = 60.0


def clean(samples: pd.DataFrame) -> pd.DataFrame:
    """The same rows with impossible values missing (see :data:`RANGES`, :func:`is_stray`).

    A position needs both its numbers, and 0° N 0° E is what receivers say before their
    first fix (nobody trains in the Gulf of Guinea), so it counts as none.
    """
    columns = {name: samples[name].to_numpy(float, copy=True) for name in samples.columns}
    for name, (low, high) in RANGES.items():
        values = columns[name]
        values[~((values >= low) & (values <= high))] = np.nan
    lat, lon = columns["latitude"], columns["longitude"]
    _drop_positions(lat, lon, (np.abs(lat) < 1e-6) & (np.abs(lon) < 1e-6))
    _drop_positions(lat, lon, is_stray(columns["time_s"], lat, lon))
    return pd.DataFrame(columns)


def within(name: str, value: float | None) -> float | None:
    """A file's own figure for a channel, or ``None`` where it is absent or impossible."""
    if value is None:
        return None
    low, high = RANGES[name]
    return float(value) if low <= value <= high else None


def doubts(samples: pd.DataFrame) -> tuple[str, ...]:
    """Sentences for the user on values that stand though they can hardly be true."""
    beats = samples["heartrate"].dropna().to_numpy()
    share = float(np.mean(beats > FASTEST_BPM)) if beats.size else 0.0
    if share <= DOUBTFUL:
        return ()
    return (
        f"{share:.0%} of its heart rates lie above {FASTEST_BPM:.0f} bpm, where no heart beats: "
        "the sensor was probably wrong.",
    )


def is_stray(time_s: Floats, latitude: Floats, longitude: Floats) -> Bools:
    """Which fixes are single leaps: over 500 m off at over 60 m/s, there and back again.

    The neighbours must be reachable from each other at a lower speed, or a train ride with
    a fix every ten seconds would consist of leaps. The first and last fix are judged by
    their one neighbour and the one behind it: receivers like to begin where they last were.
    """
    stray = np.zeros(len(time_s), dtype=bool)
    rows = positioned(latitude, longitude)
    if rows.size < 3:
        return stray
    place = (time_s[rows], latitude[rows], longitude[rows])
    leap, over = _is_leap(*place, apart=1), _is_leap(*place, apart=2)
    stray[rows[1:-1]] = leap[:-1] & leap[1:] & ~over
    stray[rows[0]] = leap[0] & ~leap[1] & over[0]
    stray[rows[-1]] = leap[-1] & ~leap[-2] & over[-1]
    return stray


def _is_leap(time_s: Floats, latitude: Floats, longitude: Floats, *, apart: int) -> Bools:
    lat, lon = latitude, longitude
    way = haversine_m(lat[:-apart], lon[:-apart], lat[apart:], lon[apart:])
    leap: Bools = (way > STRAY_M) & (way > STRAY_MPS * (time_s[apart:] - time_s[:-apart]))
    return leap


def _drop_positions(latitude: Floats, longitude: Floats, where: Bools) -> None:
    gone = where | np.isnan(latitude) | np.isnan(longitude)
    latitude[gone] = np.nan
    longitude[gone] = np.nan
