"""Runs that look like recorded ones: a wandering route, hills, a heart that follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from runsous import frames
from runsous.model import Activity
from tests.files.make_fit import FIT_EPOCH, FitWriter

_METRES_PER_DEGREE = 111_195.0
_RECORD = np.dtype(
    [
        ("header", "u1"),
        ("timestamp", "<u4"),
        ("position_lat", "<i4"),
        ("position_long", "<i4"),
        ("distance", "<u4"),
        ("enhanced_altitude", "<u4"),
        ("enhanced_speed", "<u4"),
        ("heart_rate", "u1"),
        ("cadence", "u1"),
    ]
)


def samples(seconds: int, seed: int) -> pd.DataFrame:
    """One sample a second (:data:`frames.SAMPLES`), cadence in steps per minute."""
    chance = np.random.default_rng(seed)
    time_s = np.arange(seconds, dtype=float)
    speed = 2.9 + 0.25 * _wander(chance, seconds, 120) + 0.05 * chance.standard_normal(seconds)
    heading = 2 * np.pi * time_s / seconds + _wander(chance, seconds, 90)
    north, east = np.cumsum(speed * np.cos(heading)), np.cumsum(speed * np.sin(heading))
    heartrate = 148 + 9 * _wander(chance, seconds, 200) - 25 * np.exp(-time_s / 150)
    return frames.samples(
        time_s=time_s,
        latitude=48.13 + north / _METRES_PER_DEGREE,
        longitude=11.58 + east / (_METRES_PER_DEGREE * np.cos(np.radians(48.13))),
        altitude_m=(515 + 18 * _wander(chance, seconds, 400)).round(1),
        distance_m=(np.cumsum(speed) - speed[0]).round(2),
        speed_mps=speed.round(3),
        heartrate=heartrate.round(),
        cadence=2 * (84 + 3 * _wander(chance, seconds, 60)).round(),
    )


def _wander(chance: np.random.Generator, size: int, width: int) -> np.ndarray:
    """Noise with a deviation of one that changes over about ``width`` samples."""
    rough = chance.standard_normal(size + 3 * width)
    smooth = np.convolve(rough, np.hanning(width), "valid")[:size]
    return np.asarray((smooth - smooth.mean()) / smooth.std())


def activity(start: datetime, seconds: int, seed: int) -> Activity:
    """A completed run, as the store takes it."""
    recorded = samples(seconds, seed)
    length = float(recorded["time_s"].iloc[-1])
    distance = float(recorded["distance_m"].iloc[-1])
    return Activity(
        kind="fit",
        start_time=start,
        sport="run",
        sub_sport=None,
        samples=recorded,
        elapsed_time_s=length,
        moving_time_s=length,
        distance_m=distance,
        elevation_gain_m=80.0,
        average_heartrate=float(recorded["heartrate"].mean()),
        max_heartrate=float(recorded["heartrate"].max()),
        average_cadence=float(recorded["cadence"].mean()),
        cadence_unit="spm",
        average_speed_mps=distance / length,
        pauses=(),
        laps=(),
        lengths=(),
        pool_length_m=None,
        time_zone="Europe/Berlin",
        utc_offset_s=3600,
        name=f"Run {seed}",
        description=None,
        device="made up",
        external_id=None,
        is_start_hidden=False,
    )


def fit_file(start: datetime, seconds: int, seed: int) -> bytes:
    """The run as a watch would write it, one record a second.

    The first record goes through the writer of the tests; the others, which have its shape,
    are appended as one array.
    """
    recorded = samples(seconds, seed)
    per_leg = (recorded["cadence"] / 2).to_numpy()
    fit = FitWriter(time_created=start)
    fit.timer(start, 0)
    fit.add("record", **_physical(recorded, per_leg, start))
    fit.body += _records(fit.body[-_RECORD.itemsize], recorded, per_leg, start)[1:].tobytes()
    end = start + timedelta(seconds=seconds)
    fit.timer(end, 4)
    summary: dict[str, Any] = {
        "timestamp": end,
        "start_time": start,
        "total_elapsed_time": seconds,
        "total_timer_time": seconds,
        "total_distance": float(recorded["distance_m"].iloc[-1]),
    }
    fit.add("lap", **summary)
    fit.add("session", **summary, sport=1, sub_sport=0)
    local = end + timedelta(hours=1)
    fit.add("activity", timestamp=end, total_timer_time=seconds, local_timestamp=local)
    return fit.content()


def _physical(recorded: pd.DataFrame, per_leg: np.ndarray, start: datetime) -> dict[str, Any]:
    first = recorded.iloc[0]
    return {
        "timestamp": start,
        "position_lat": first["latitude"],
        "position_long": first["longitude"],
        "distance": first["distance_m"],
        "enhanced_altitude": first["altitude_m"],
        "enhanced_speed": first["speed_mps"],
        "heart_rate": first["heartrate"],
        "cadence": per_leg[0],
    }


def _records(
    header: int, recorded: pd.DataFrame, per_leg: np.ndarray, start: datetime
) -> np.ndarray:
    rows = np.empty(len(recorded), _RECORD)
    rows["header"] = header
    began = int((start - FIT_EPOCH).total_seconds())
    scaled = {
        "timestamp": began + recorded["time_s"],
        "position_lat": recorded["latitude"] * (2**31 / 180),
        "position_long": recorded["longitude"] * (2**31 / 180),
        "distance": recorded["distance_m"] * 100,
        "enhanced_altitude": (recorded["altitude_m"] + 500) * 5,
        "enhanced_speed": recorded["speed_mps"] * 1000,
        "heart_rate": recorded["heartrate"],
        "cadence": pd.Series(per_leg),
    }
    for name, values in scaled.items():
        rows[name] = values.round().to_numpy().astype(_RECORD[name])
    return rows


def morning(day: int) -> datetime:
    """When the run of a day starts; day 0 is in the spring of 2020, each has its own minute."""
    first = datetime(2020, 3, 2, 5, 30, tzinfo=UTC)
    return first + timedelta(days=day, seconds=day * 37 % 3600)
