"""What was measured while each song played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from runsous import frames
from runsous.analysis import elevation, grade
from runsous.analysis.geo import Bools, Floats, Ints, positioned, unwrap
from runsous.analysis.pauses import Pauses, is_paused, moving_clock
from runsous.model import ON_FOOT

STANDING = 0.1
"""Slower than this share of the activity's mean speed is a stop."""

LEAST_WAY_M = 10.0
"""A pace over less is noise."""

_TIEBREAK = 1e-6
"""Of the plain time in the moving clock, so that samples inside a pause keep their order."""


@dataclass(frozen=True)
class Totals:
    """What the whole activity comes to, by its file's word; ``None`` where only samples tell."""

    moving_time_s: float | None = None
    distance_m: float | None = None
    elevation_gain_m: float | None = None

    @classmethod
    def of(cls, activity: Mapping[str, Any]) -> Totals:
        """The totals in an activity's row."""
        return cls(**{field.name: activity[field.name] for field in fields(cls)})


def measure(
    tiles: pd.DataFrame,
    samples: pd.DataFrame,
    pauses: Pauses,
    sport: str,
    totals: Totals | None = None,
) -> pd.DataFrame:
    """:data:`frames.METRICS`, one row per tile (:data:`frames.TILES`) with the same index.

    ``samples`` (:data:`frames.SAMPLES`) are the full resolution. Boundaries between two of
    them are interpolated, so that nothing is lost: over all tiles, elapsed and moving time,
    distance and climb add up to the activity's. Its watch has its own word on the last three
    (``totals``): what the samples tell is stretched to that, and where they tell none of it
    the total is spread over the moving time. Pace is moving time over distance, as the whole
    activity's is; it needs 10 m that samples tell of. Cadence is of the moving samples alone:
    not paused, and at least a tenth of the mean speed. Heart rate is the mean of the samples
    in ``[start, end)``, the last tile's end included.
    ``gap_s_per_km`` is the pace on the flat that costs as much (see
    :mod:`runsous.analysis.grade`), on foot only.
    """
    totals = totals or Totals()
    bounds = np.append(tiles["start_s"].to_numpy(), tiles["end_s"].to_numpy()[-1:])
    clock = _told_clock(bounds, pauses, totals.moving_time_s)
    moving = np.diff(clock)
    nth = np.searchsorted(bounds[1:-1], samples["time_s"].to_numpy(), side="right")
    going = _going(bounds, samples, pauses, totals.distance_m)
    beats = samples["heartrate"].to_numpy()
    cadence = samples["cadence"].to_numpy()
    turning = (cadence > 0) & ~going.is_still
    n = len(tiles)
    return frames.of(
        frames.METRICS,
        elapsed_s=np.diff(bounds),
        moving_s=moving,
        distance_m=_added(going.nth, going.way_m, n),
        pace_s_per_km=_pace(going, going.way_m, moving),
        gap_s_per_km=_pace(going, _flat_way_m(going, samples, sport), moving),
        average_heartrate=_mean(nth, beats, np.isfinite(beats), n),
        max_heartrate=_highest(nth, beats, n),
        average_cadence=_mean(nth, cadence, turning, n),
        elevation_gain_m=np.diff(
            _stretched(_climbed_m(bounds, samples), totals.elevation_gain_m, clock)
        ),
    ).set_axis(tiles.index)


def summary(segments: pd.DataFrame) -> dict[str, float]:
    """How much music: numbers of tiles with and without a song, and their seconds."""
    is_song = segments["track_id"].notna().to_numpy()
    length = (segments["end_s"] - segments["start_s"]).to_numpy()
    return {
        "total_segments": len(segments),
        "segments_with_music": int(is_song.sum()),
        "segments_without_music": int((~is_song).sum()),
        "music_time_s": float(length[is_song].sum()),
        "silence_time_s": float(length[~is_song].sum()),
    }


def locate(samples: pd.DataFrame, times_s: Sequence[float] | Floats) -> pd.DataFrame:
    """``time_s, latitude, longitude`` at these seconds, between the positions around each.

    Before the first position it is that one, after the last that one; NaN without any.
    """
    at = np.asarray(times_s, dtype="float64")
    lat, lon = samples["latitude"].to_numpy(), samples["longitude"].to_numpy()
    rows = positioned(lat, lon)
    if rows.size == 0:
        return pd.DataFrame({"time_s": at, "latitude": np.nan, "longitude": np.nan})
    time = samples["time_s"].to_numpy()[rows]
    east = np.interp(at, time, unwrap(lon[rows]))
    east = np.where(np.abs(east) > 180, (east + 180) % 360 - 180, east)
    return pd.DataFrame(
        {"time_s": at, "latitude": np.interp(at, time, lat[rows]), "longitude": east}
    )


@dataclass(frozen=True)
class _Going:
    """Steps between samples and boundaries: where each begins, its tile and its metres.

    ``is_measured`` says whether samples tell them; ``is_still`` which samples do not count.
    """

    start_s: Floats
    nth: Ints
    way_m: Floats
    is_measured: bool
    is_still: Bools


def _told_clock(bounds: Floats, pauses: Pauses, moving_time_s: float | None) -> Floats:
    """Moving seconds before each boundary, which end at the activity's moving time.

    A timer that counted more than the pauses leave ran on in them (rests in a pool); one
    that counted less stood still somewhere between. So no tile moves longer than it lasts.
    """
    clock = moving_clock(bounds, pauses)
    paused: Floats = (bounds - bounds[0]) - clock
    if moving_time_s is None:
        return clock
    missing = moving_time_s - clock[-1]
    if missing <= 0:
        return _stretched(clock, moving_time_s, clock)
    share = min(missing / paused[-1], 1.0) if paused[-1] > 0 else 0.0
    told: Floats = clock + share * paused
    return told


def _stretched(measured: Floats, total: float | None, clock: Floats) -> Floats:
    """A growing sum from 0, stretched so that it ends at the total.

    One that never grew is spread along the clock; one that nothing tells of stays NaN.
    """
    if total is None or not np.isfinite(measured[-1]):
        return measured
    if measured[-1] > 0:
        growing = measured
    else:
        # Where all of it was one pause, the plain order has to do.
        growing = clock if clock[-1] > clock[0] else np.arange(clock.size, dtype=float)
    stretched: Floats = total * ((growing - growing[0]) / (growing[-1] - growing[0]))
    return stretched


def _going(
    bounds: Floats, samples: pd.DataFrame, pauses: Pauses, distance_m: float | None
) -> _Going:
    time, speed = samples["time_s"].to_numpy(), samples["speed_mps"].to_numpy()
    grid = np.union1d(bounds, time)
    way = _way_m(grid, samples, pauses)
    clock = moving_clock(grid, pauses)
    slowest = STANDING * (way[-1] - way[0]) / max(clock[-1] - clock[0], 1e-9)
    return _Going(
        start_s=grid[:-1],
        nth=np.searchsorted(bounds[1:-1], grid[:-1], side="right"),
        way_m=np.diff(_stretched(way, distance_m, clock)),
        # A distance that was merely spread says nothing of the pace.
        is_measured=bool(way[-1] > 0),
        is_still=(speed < slowest) | is_paused(time, pauses),
    )


def _way_m(grid: Floats, samples: pd.DataFrame, pauses: Pauses) -> Floats:
    """Metres covered up to each time: 0 at first, the channel's last value at last.

    Interpolated along the moving clock: while paused, one gets nowhere.
    """
    distance, time = samples["distance_m"].to_numpy(), samples["time_s"].to_numpy()
    rows = np.flatnonzero(np.isfinite(distance))
    if rows.size == 0:
        return np.full(grid.size, np.nan)
    knots, at = (moving_clock(t, pauses) + _TIEBREAK * t for t in (time[rows], grid))
    if knots[0] > at[0]:
        knots, distance = np.append(at[0], knots), np.append(0.0, distance[rows])
    else:
        distance = distance[rows]
    way: Floats = np.interp(at, knots, distance)
    way[0] = 0.0
    return way


def _flat_way_m(going: _Going, samples: pd.DataFrame, sport: str) -> Floats:
    """The metres on the flat that would have cost as much as each step; NaN if unknown."""
    steep = grade.grades(samples["distance_m"].to_numpy(), samples["altitude_m"].to_numpy())
    known = np.isfinite(steep)
    if sport not in ON_FOOT or not known.any():
        return np.full(going.way_m.size, np.nan)
    here = np.interp(going.start_s, samples["time_s"].to_numpy()[known], steep[known])
    return going.way_m * grade.factor(here)


def _pace(going: _Going, way_m: Floats, moving_s: Floats) -> Floats:
    way = _added(going.nth, way_m, moving_s.size)
    has_pace = (way >= LEAST_WAY_M) & (moving_s > 0) & going.is_measured
    return np.where(has_pace, moving_s / np.maximum(way, LEAST_WAY_M) * 1000, np.nan)


def _added(nth: Ints, values: Floats, n: int) -> Floats:
    # Without a single step bincount would answer in whole numbers.
    return np.bincount(nth, values, minlength=n).astype("float64")


def _mean(nth: Ints, values: Floats, counts: Bools, n: int) -> Floats:
    number = np.bincount(nth[counts], minlength=n)
    total = _added(nth[counts], values[counts], n)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _highest(nth: Ints, values: Floats, n: int) -> Floats:
    highest = np.full(n, np.nan)
    np.fmax.at(highest, nth, values)
    return highest


def _climbed_m(bounds: Floats, samples: pd.DataFrame) -> Floats:
    """Metres climbed up to each boundary; NaN with fewer than two altitudes."""
    altitude = samples["altitude_m"].to_numpy()
    known = np.isfinite(altitude)
    if known.sum() < 2:
        return np.full(bounds.size, np.nan)
    climbed = elevation.climbed_m(altitude[known])
    return np.interp(bounds, samples["time_s"].to_numpy()[known], climbed)
