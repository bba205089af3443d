"""How far and how fast: distance and speed from whatever a recording has to tell them by."""

from __future__ import annotations

import numpy as np
import pandas as pd

from runsous.analysis.cleaning import RANGES
from runsous.analysis.geo import Floats, haversine_m, positioned
from runsous.analysis.pauses import Pauses, is_paused, moving_clock, swallowing
from runsous.model import PoolLength, Workout

SMALL_DROP_M = 50.0
"""Recorders correct themselves by metres; a distance that falls further is not believed."""

WINDOW_S = 5.0
"""Derived speed is the mean over this much moving time: GPS noise out, strides' changes in."""


def distances(workout: Workout, samples: pd.DataFrame, pauses: Pauses) -> Floats:
    """Metres since the start at each sample, never decreasing; NaN where nothing tells.

    Best first: the file's own, the lengths of a pool (exact, and indoors there is no GPS),
    the positions, the integrated speed. What the file has is never thrown away for nothing:
    a distance that is not believed is still repaired and used where nothing else tells.
    """
    time = samples["time_s"].to_numpy()
    own = samples["distance_m"].to_numpy()
    recorded = _recorded(own, time, workout.distance_m)
    if _is_believed(own):
        return recorded
    moving = moving_clock(time, pauses)
    derived = (
        _from_lengths(time, workout.lengths, workout.pool_length_m),
        _from_positions(samples, moving_clock(time, swallowing(workout, samples, pauses))),
        _from_speed(samples["speed_mps"].to_numpy(), moving),
    )
    return _rising(next((each for each in derived if each is not None), recorded))


def speeds(samples: pd.DataFrame, distance_m: Floats, pauses: Pauses) -> Floats:
    """Metres per second at each sample: the file's own, its holes filled from distance.

    Some writers fill the speed with zeros throughout; that is no speed when ground was
    covered. Derived speed is 0 inside pauses.
    """
    own = samples["speed_mps"].to_numpy()
    derived = _from_distance(samples["time_s"].to_numpy(), distance_m, pauses)
    if not np.any(own > 0) and np.any(derived > 0):
        return derived
    return np.where(np.isnan(own), derived, own)


def pool_distance_m(lengths: tuple[PoolLength, ...], pool_length_m: float | None) -> float | None:
    """Active lengths times the pool's length, or ``None`` without either."""
    active = sum(length.is_active for length in lengths)
    return active * pool_length_m if active and pool_length_m else None


def _is_believed(own: Floats) -> bool:
    """Whether the file's own distance leads somewhere and never falls far."""
    known = own[np.isfinite(own)]
    if known.size < 2 or known[-1] <= 0:
        return False
    return bool(np.max(np.maximum.accumulate(known) - known) <= SMALL_DROP_M)


def _rising(distance: Floats) -> Floats:
    """Without the last bit by which rounding may let a sum or an interpolation fall."""
    known = np.isfinite(distance)
    rising = distance.copy()
    rising[known] = np.maximum.accumulate(distance[known])
    return rising


def _recorded(distance: Floats, time: Floats, total: float | None) -> Floats:
    rows = np.flatnonzero(np.isfinite(distance))
    if rows.size == 0:
        return distance
    rising = np.maximum.accumulate(distance[rows])
    rising = rising - _carried_over(float(time[rows[0]]), rising, total)
    return _rising(np.interp(time, time[rows], rising, left=np.nan, right=np.nan))


def _carried_over(first_s: float, distance: Floats, total: float | None) -> float:
    """Metres at the first sample that belong to an earlier leg: a multisport watch counts on.

    More than could be covered since the start, at 40 m/s, was not covered in it.
    """
    first, last = float(distance[0]), float(distance[-1])
    if first <= 100 + 40 * first_s:
        return 0.0
    return min(first, last - total) if total and total < last else first


def _from_lengths(
    time: Floats, lengths: tuple[PoolLength, ...], pool_length_m: float | None
) -> Floats | None:
    if pool_distance_m(lengths, pool_length_m) is None:
        return None
    ordered = sorted(lengths, key=lambda length: length.start_s)
    edges = np.array([(each.start_s, each.start_s + each.elapsed_s) for each in ordered])
    swum = np.cumsum([each.is_active for each in ordered]) * float(pool_length_m or 0)
    before = np.concatenate(([0.0], swum[:-1]))
    ends = np.maximum.accumulate(edges.ravel())
    covered: Floats = np.interp(time, ends, np.column_stack((before, swum)).ravel())
    return covered


def _from_positions(samples: pd.DataFrame, moving: Floats) -> Floats | None:
    lat, lon = samples["latitude"].to_numpy(), samples["longitude"].to_numpy()
    rows = positioned(lat, lon)
    if rows.size < 2:
        return None
    steps = haversine_m(lat[rows[:-1]], lon[rows[:-1]], lat[rows[1:]], lon[rows[1:]])
    covered = _while_moving(steps, samples["time_s"].to_numpy()[rows], moving[rows])
    return np.interp(moving, moving[rows], covered, left=np.nan, right=np.nan)


def _from_speed(speed: Floats, moving: Floats) -> Floats | None:
    rows = np.flatnonzero(np.isfinite(speed))
    if rows.size < 2 or not np.any(speed[rows] > 0):
        return None
    clock, pace = moving[rows], speed[rows]
    steps = (pace[:-1] + pace[1:]) / 2 * np.diff(clock)
    covered = np.concatenate(([0.0], np.cumsum(steps)))
    return np.interp(moving, clock, covered, left=np.nan, right=np.nan)


def _from_distance(time: Floats, distance: Floats, pauses: Pauses) -> Floats:
    speed = np.full(time.size, np.nan)
    rows = np.flatnonzero(np.isfinite(distance))
    if rows.size < 2 or not distance[rows[-1]] > distance[rows[0]]:
        return speed
    clock = moving_clock(time, pauses)
    known = clock[rows]
    covered = _while_moving(np.diff(distance[rows]), time[rows], known)
    here = np.isfinite(distance)
    start = np.clip(clock[here] - WINDOW_S / 2, known[0], known[-1])
    end = np.clip(clock[here] + WINDOW_S / 2, known[0], known[-1])
    width = end - start
    way = np.interp(end, known, covered) - np.interp(start, known, covered)
    speed[here] = np.divide(way, width, out=np.zeros_like(way), where=width > 0)
    speed[here & is_paused(time, pauses)] = 0
    speed[speed > RANGES["speed_mps"][1]] = np.nan
    return speed


def _while_moving(steps: Floats, time: Floats, clock: Floats) -> Floats:
    """The sum of steps between known samples, without what a pause swallowed.

    The way across a pause was no part of the run, however straight: each step counts by
    the share of its time spent moving, which is nothing when it was all pause.
    """
    share = np.diff(clock) / np.diff(time)
    return np.concatenate(([0.0], np.cumsum(steps * share)))
