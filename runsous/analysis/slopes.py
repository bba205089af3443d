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
_ALL: Final = 1e-9


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
    freedom these have left. The variance is Va + (Vs - Vp) (n / df)², clustered both ways (Cameron,
    Gelbach & Miller 2011): each V is a jackknife's that leaves out one of G clusters at a time,
    activities, songs, and plays of one song on one activity: (G - 1) / G Σ (b - b without it)²
    (MacKinnon, Nielsen & Webb 2023). Student's t has as many degrees of freedom as there are
    activities or songs that count, whatever is fewer, less one: (Σ w)² / Σ w² with w a cluster's
    sum of squared doses (Carter, Schnepel & Steigerwald 2017). Few clusters tell little of it, so
    ordinary least squares holds unless there is more than that: where the clustered variance is so
    much larger as one of independent plays comes out once in five times.
    """
    # Slow to load, so not with the module.
    from scipy import stats

    square = float(dose @ dose)
    estimate = float(dose @ outcome) / square
    left = outcome - estimate * dose
    activities, songs, both = (
        _left_out(dose, left, cluster) for cluster in (activity, song, _pairs(activity, song))
    )
    # Level and course go with whole activities, but of what a song does they take the same share
    # as of everything.
    of_songs = max(songs.variance - both.variance, 0.0) * (len(dose) / df) ** 2
    clustered = activities.variance + of_songs
    plain = float(left @ left) / df / square
    usual = min(activities.n, songs.n) - 1
    if usual > 0 and clustered > plain * stats.chi2.ppf(_USUAL, usual) / usual:
        freedom = max(min(activities.n_counting, songs.n_counting) - 1, 1.0)
        return _told(estimate, clustered, freedom)
    return _told(estimate, plain, df)


def _told(estimate: float, variance: float, freedom: float) -> Slope:
    # Slow to load, so not with the module.
    from scipy import stats

    error = float(np.sqrt(variance))
    if not error > 0:
        return Slope(estimate, estimate, estimate, 0.0)
    reach = float(stats.t.ppf((1 + _LEVEL) / 2, freedom)) * error
    p = float(2 * stats.t.sf(abs(estimate) / error, freedom))
    return Slope(estimate, estimate - reach, estimate + reach, p)


@dataclass(frozen=True)
class _LeftOut:
    """What leaving out one of ``n`` clusters after the other tells: the ``variance`` of the slope,
    and how many equally large clusters would count as much.
    """

    variance: float
    n: int
    n_counting: float


def _left_out(dose: Floats, left: Floats, cluster: Floats | Ints) -> _LeftOut:
    codes, found = pd.factorize(cluster)
    n = len(found)
    weights = np.bincount(codes, dose**2)
    whole = weights.sum()
    # Without a cluster the slope is off by that; one that has all of the dose tells nothing.
    rest = whole - weights
    is_telling = rest > _ALL * whole
    off = np.bincount(codes, dose * left)[is_telling] / rest[is_telling]
    return _LeftOut((n - 1) / n * float(off @ off), n, float(whole**2 / (weights @ weights)))


def _pairs(one: Floats | Ints, other: Floats | Ints) -> Ints:
    """A number for each pair of values."""
    first, _ = pd.factorize(one)
    second, found = pd.factorize(other)
    pairs: Ints = first * len(found) + second
    return pairs
