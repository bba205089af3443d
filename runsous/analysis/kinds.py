"""What kind of workout an activity was, by how its speed went."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from runsous.analysis import grade
from runsous.analysis.geo import Floats
from runsous.analysis.pauses import Pauses, moving_clock
from runsous.model import ON_FOOT

KINDS: Final = ("steady", "progression", "intervals", "long", "short")

_SHORT_S: Final = 600.0
_LONG_S: Final = 5_400.0
_STEP_S: Final = 30.0
_FAST: Final = 1.15
"""Faster than this share of the mean is another gear."""
_GEARS: Final = 3
_UNEVEN: Final = 0.15
_FASTER: Final = 1.05
"""A progression ends at least so much faster than it began…"""
_STEADILY: Final = 0.6
"""…and its speed goes with time at least so closely (Pearson's r)."""


def kind(samples: pd.DataFrame, pauses: Pauses, sport: str) -> str | None:
    """One of :data:`KINDS`, or ``None`` without distances: by speeds of half a minute.

    On foot speeds are what they would be on the flat (:mod:`runsous.analysis.grade`). In this
    order: less than ten minutes is ``short``; three stretches or more at 1.15 times the mean speed
    with a coefficient of variation over 15 % are ``intervals``, if measured speeds alone say so,
    too: neither an even effort nor an even pace over hills is a workout of intervals; a last third
    that is 5 % faster than the first, all the way up (r ≥ 0.6), is a ``progression``; an hour and
    a half is ``long``; everything else ``steady``.
    """
    speeds, flat = _speeds(samples, pauses, sport)
    if speeds is None or flat is None:
        return None
    length_s = speeds.size * _STEP_S
    if length_s < _SHORT_S:
        return "short"
    if _has_gears(speeds) and _has_gears(flat):
        return "intervals"
    third = flat.size // 3
    is_faster = flat[-third:].mean() >= _FASTER * flat[:third].mean()
    if is_faster and np.corrcoef(flat, np.arange(flat.size))[0, 1] >= _STEADILY:
        return "progression"
    return "long" if length_s >= _LONG_S else "steady"


def _has_gears(speeds: Floats) -> bool:
    mean = float(speeds.mean())
    fast = speeds >= _FAST * mean
    n_gears = int(np.count_nonzero(fast[1:] & ~fast[:-1])) + int(fast[0])
    return n_gears >= _GEARS and float(speeds.std()) > _UNEVEN * mean


def _speeds(
    samples: pd.DataFrame, pauses: Pauses, sport: str
) -> tuple[Floats, Floats] | tuple[None, None]:
    """Metres per second in each whole half minute of movement, and on the flat for as much effort;
    ``None`` if nothing was covered.
    """
    samples = samples[samples["distance_m"].notna()]
    way = samples["distance_m"].to_numpy()
    if way.size < 2 or way[-1] <= way[0]:
        return None, None
    clock = moving_clock(samples["time_s"].to_numpy(), pauses)
    at = np.arange(clock[0], clock[-1] + 1e-9, _STEP_S)
    speeds: Floats = np.diff(np.interp(at, clock, way)) / _STEP_S
    if sport not in ON_FOOT:
        return speeds, speeds
    cost = grade.factor(grade.grades(way, samples["altitude_m"].to_numpy()))
    flat = np.append(0.0, np.cumsum(np.diff(way) * (cost[1:] + cost[:-1]) / 2))
    return speeds, np.diff(np.interp(at, clock, flat)) / _STEP_S
