"""How far groups of plays are from each other, side by side and each with its interval."""

from __future__ import annotations

from typing import Final

import numpy as np

from runsous.analysis.geo import Bools, Floats, Ints
from runsous.analysis.slopes import Slope, slope

_SAME: Final = 1e-9
_TIED: Final = 1e-6


def contrasts(
    groups: Floats, outcome: Floats, weights: Floats, df: int, clusters: tuple[Ints, Ints]
) -> list[Slope]:
    """How far each group with a weight is from the weighted mean of these, in the outcome's unit.

    ``groups`` (plays × groups: 1 where a play belongs to it) and ``outcome`` are without level,
    course and covariates, ``df`` the degrees of freedom these have left. All groups are fitted at
    once by least squares, so what level and course take of them is made up for. Each contrast is
    the slope along the one direction that tells it, with its interval
    (:func:`runsous.analysis.slopes.slope`); ``clusters`` are each play's activity and song. None
    where fewer than two groups have a weight, or where no activities tie them all together.
    """
    square = groups.T @ groups
    inverse = np.linalg.pinv(square, rcond=_SAME, hermitian=True)
    has_weight: Bools = weights > 0
    wanted = (np.eye(len(weights)) - weights / max(weights.sum(), _SAME))[has_weight]
    tied = np.abs(wanted @ inverse @ square - wanted).max(initial=0) < _TIED
    if len(wanted) < 2 or not tied:
        return []
    left = outcome - groups @ (inverse @ (groups.T @ outcome))
    rank = round(float(np.trace(inverse @ square)))
    found = []
    for direction in (wanted @ inverse) @ groups.T:
        along = direction / (direction @ direction)
        told = left + (direction @ outcome) * along
        found.append(slope(along, told, df - rank, *clusters))
    return found
