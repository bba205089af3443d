"""Cadence in one unit per sport, whether a file counts both feet or one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from runsous.analysis.geo import Floats
from runsous.model import ON_FOOT

UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(ON_FOOT, "spm"),
    "elliptical": "spm",
    "ride": "rpm",
    "row": "strokes/min",
    "swim": "strokes/min",
}
"""What cadence counts, by sport. In other sports nobody can tell: the numbers stay raw."""

BOTH_FEET = 130.0
"""Nobody turns over one leg this often: a higher median counts steps, not strides."""

HIGHEST_SPM = 300.0


def in_unit(cadence: Floats, sport: str) -> Floats:
    """Cadence as the file counts it, in the sport's unit (:data:`UNITS`).

    On foot, and on the elliptical trainer whose files copy the habit, FIT, TCX and Strava
    count one leg: doubled, unless the median of positive values already exceeds 130.
    """
    if UNITS.get(sport) != "spm":
        return cadence
    positive = cadence[cadence > 0]
    if positive.size and np.median(positive) <= BOTH_FEET:
        cadence = cadence * 2
    return np.where(cadence <= HIGHEST_SPM, cadence, np.nan)


def mean_positive(cadence: Floats) -> float | None:
    """Mean of the values above 0 (who stands has no cadence), ``None`` without any."""
    positive = cadence[cadence > 0]
    return float(positive.mean()) if positive.size else None
