"""What kind of workout an activity was, by how its speed went."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from runsous.analysis.geo import Floats
from runsous.analysis.pauses import Pauses, moving_clock

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


def kind(samples: pd.DataFrame, pauses: Pauses) -> str | None:
    """One of :data:`KINDS`, or ``None`` without distances: by speeds of half a minute.

    In this order: less than ten minutes is ``short``; three stretches or more at 1.15 times the
    mean speed with a coefficient of variation over 15 % are ``intervals``; a last third that is
    5 % faster than the first, all the way up (r ≥ 0.6), is a ``progression``; an hour and a half
    is ``long``; everything else ``steady``.
    """
    speeds = _speeds(samples, pauses)
    if speeds is None:
        return None
    length_s = speeds.size * _STEP_S
    if length_s < _SHORT_S:
        return "short"
    mean = float(speeds.mean())
    fast = speeds >= _FAST * mean
    n_gears = int(np.count_nonzero(fast[1:] & ~fast[:-1])) + int(fast[0])
    if n_gears >= _GEARS and float(speeds.std()) > _UNEVEN * mean:
        return "intervals"
    third = speeds.size // 3
    is_faster = speeds[-third:].mean() >= _FASTER * speeds[:third].mean()
    if is_faster and np.corrcoef(speeds, np.arange(speeds.size))[0, 1] >= _STEADILY:
        return "progression"
    return "long" if length_s >= _LONG_S else "steady"


def _speeds(samples: pd.DataFrame, pauses: Pauses) -> Floats | None:
    """Metres per second in each whole half minute of movement; ``None`` if nothing was covered."""
    known = samples["distance_m"].notna().to_numpy()
    if known.sum() < 2:
        return None
    way = samples["distance_m"].to_numpy()[known]
    clock = moving_clock(samples["time_s"].to_numpy()[known], pauses)
    if way[-1] <= way[0]:
        return None
    at = np.arange(clock[0], clock[-1] + 1e-9, _STEP_S)
    speeds: Floats = np.diff(np.interp(at, clock, way)) / _STEP_S
    return speeds
