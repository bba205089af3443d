"""Metres climbed, from altitudes that flutter."""

from __future__ import annotations

import numpy as np
import pandas as pd

from runsous.analysis.geo import Floats

SMOOTHED_SAMPLES = 10
"""The median over so many samples removes single outliers without shaving off summits."""

FLUTTER_M = 3.0
"""A rise counts from here on: twice the noise of a barometer, and what is left of a GPS
receiver's after the median. Less would count flat runs as hills."""


def gain_m(altitude_m: Floats) -> float | None:
    """Metres climbed: the sum of all rises of at least 3 m after a median of 10 samples.

    A rise ends when the altitude falls 3 m below its top (hysteresis), so a hill counts
    from its very foot to its very top. ``None`` with fewer than two altitudes.
    """
    known = altitude_m[np.isfinite(altitude_m)]
    return float(climbed_m(known)[-1]) if known.size >= 2 else None


def climbed_m(altitude_m: Floats) -> Floats:
    """Metres climbed up to each sample, by the rule of :func:`gain_m`; the last is that gain.

    ``altitude_m`` has no NaN. A rise grows with every metre above its foot, also the first 3.
    """
    smooth = pd.Series(altitude_m).rolling(SMOOTHED_SAMPLES, center=True, min_periods=1).median()
    altitude = smooth.to_numpy()
    steps = np.zeros(altitude.size)
    for foot, stop in _rises(altitude.tolist()):
        highest = np.maximum.accumulate(altitude[foot:stop])
        steps[foot + 1 : stop] = np.diff(highest)
    climbed: Floats = np.cumsum(steps)
    return climbed


def _rises(altitude: list[float]) -> list[tuple[int, int]]:
    """From the foot of each rise to where it has fallen 3 m below its top, half open."""
    rises: list[tuple[int, int]] = []
    foot, top, is_climbing = 0, 0.0, False
    for i, height in enumerate(altitude):
        if is_climbing:
            top = max(top, height)
            if top - height >= FLUTTER_M:
                rises.append((foot, i))
                foot, is_climbing = i, False
        elif height < altitude[foot]:
            foot = i
        elif height - altitude[foot] >= FLUTTER_M:
            top, is_climbing = height, True
    return [*rises, (foot, len(altitude))] if is_climbing else rises
