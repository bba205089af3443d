"""A slope and how sure it is, where songs come again and activities differ.

Two plays of one song share what that song does besides its tempo, and a runner whom tempo drives on
one day may not be driven on another. Least squares would count all of these as news each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from runsous.analysis.geo import Floats, Ints

_LEVEL: Final = 0.95
_USUAL: Final = 0.8
"""So often the clustered variance of plays that have nothing in common is no larger."""


@dataclass(frozen=True)
class Slope:
    """Of an outcome on a dose, in the outcome's unit per unit of the dose."""

    estimate: float
    low: float
    high: float
    p: float


def slope(
    dose: Floats, outcome: Floats, df: int, activity: Floats | Ints, song: Floats | Ints
) -> Slope:
    """The slope with a 95 % interval that allows for what the plays of one activity, and those of
    one song, have in common.

    ``dose`` and ``outcome`` are without level, course and covariates, ``df`` the degrees of
    freedom these have left. The variance is clustered both ways (Cameron, Gelbach & Miller 2011),
    with Student's t of as many degrees of freedom as there are activities or songs, whatever is
    fewer, less one. Few clusters tell little of it, so ordinary least squares holds unless there is
    more than that: where the clustered variance is so much larger as one of independent plays comes
    out once in five times.
    """
    # Slow to load, so not with the module.
    from scipy import stats

    n = len(dose)
    square = float(dose @ dose)
    estimate = float(dose @ outcome) / square
    left = outcome - estimate * dose
    score = dose * left
    by_activity, n_activities = _squares(score, activity)
    by_song, n_songs = _squares(score, song)
    both, _ = _squares(score, _pairs(activity, song))
    # Level and course go with whole activities, but of what a song does they take the same share
    # as of everything.
    of_songs = (by_song - both) * (n / df) ** 2
    clustered = _corrected(by_activity, n_activities) + _corrected(of_songs, n_songs)
    plain = float(left @ left) / df * square
    freedom = min(n_activities, n_songs) - 1
    if freedom > 0 and clustered > plain * stats.chi2.ppf(_USUAL, freedom) / freedom:
        return _told(estimate, clustered, square, freedom)
    return _told(estimate, plain, square, df)


def _told(estimate: float, variance: float, square: float, freedom: int) -> Slope:
    # Slow to load, so not with the module.
    from scipy import stats

    error = float(np.sqrt(variance)) / square
    if not error > 0:
        return Slope(estimate, estimate, estimate, 0.0)
    reach = float(stats.t.ppf((1 + _LEVEL) / 2, freedom)) * error
    p = float(2 * stats.t.sf(abs(estimate) / error, freedom))
    return Slope(estimate, estimate - reach, estimate + reach, p)


def _squares(score: Floats, cluster: Floats | Ints) -> tuple[float, int]:
    """The sum of the squares of the sums by cluster, and how many clusters there are."""
    codes, found = pd.factorize(cluster)
    sums = np.bincount(codes, score)
    return float(sums @ sums), len(found)


def _pairs(one: Floats | Ints, other: Floats | Ints) -> Ints:
    """A number for each pair of values."""
    first, _ = pd.factorize(one)
    second, found = pd.factorize(other)
    pairs: Ints = first * len(found) + second
    return pairs


def _corrected(squares: float, n: int) -> float:
    return squares * n / max(n - 1, 1)
