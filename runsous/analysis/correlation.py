"""How closely two columns go together within activities, with nothing but levels taken out."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from runsous.analysis.geo import Floats

_LEVEL: Final = 0.95


def repeated_measures(activity: Floats, x: Floats, y: Floats) -> tuple[float, float, float] | None:
    """Repeated-measures correlation r with its 95 % interval (Bakdash & Marusich 2017).

    r of x and y, each less its activity's mean; with n rows in k activities there are n - k - 1
    degrees of freedom, and the interval is Fisher's with n - k - 2 in the place of n - 3.
    ``None`` with fewer than three degrees of freedom or nothing that varies.
    """
    # Slow to load, so not with the module.
    from scipy import stats

    codes, _ = pd.factorize(activity)
    counts = np.bincount(codes)
    left = [v - (np.bincount(codes, v) / counts)[codes] for v in (x, y)]
    df = len(x) - len(counts) - 1
    spread = np.sqrt((left[0] @ left[0]) * (left[1] @ left[1]))
    if df < 3 or not spread > 0:
        return None
    r = float(np.clip(left[0] @ left[1] / spread, -1, 1))
    reach = stats.norm.ppf((1 + _LEVEL) / 2) / np.sqrt(df - 1)
    low, high = np.tanh(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)) + np.array([-reach, reach]))
    return r, float(low), float(high)
