"""Smooth curves and smooth chance, of which everything in the sample is drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def through(knots: Floats, values: Floats, at: Floats) -> Floats:
    """The smooth curve through ``values`` (n, or n × d) at rising ``knots``, read off ``at``.

    Cubic Hermite pieces with second-order tangents; beyond the ends it holds its last value.
    """
    tangents = np.gradient(values, knots, axis=0)
    inside = np.clip(at, knots[0], knots[-1])
    i = np.clip(np.searchsorted(knots, inside, side="right") - 1, 0, len(knots) - 2)
    span = knots[i + 1] - knots[i]
    u = (inside - knots[i]) / span
    weights = [
        2 * u**3 - 3 * u**2 + 1,
        span * (u**3 - 2 * u**2 + u),
        3 * u**2 - 2 * u**3,
        span * (u**3 - u**2),
    ]
    parts = [values[i], tangents[i], values[i + 1], tangents[i + 1]]
    curve: Floats = np.einsum("kn,kn...->n...", weights, parts)
    return curve


def wander(rng: np.random.Generator, at: Floats, every: float, sigma: float) -> Floats:
    """Smooth chance around zero: about one bend per ``every`` units of rising ``at``."""
    bends = int((at[-1] - at[0]) / every) + 4
    knots = at[0] + every * (np.arange(bends) - 1.0)
    return through(knots, rng.normal(0.0, sigma, bends), at)


def smoothed(values: Floats, width: int) -> Floats:
    """The mean over ``width`` (odd) neighbouring values, the ends held."""
    padded = np.pad(values, width // 2 + 1, mode="edge")
    sums = np.cumsum(padded)
    means: Floats = (sums[width:] - sums[:-width]) / width
    return means[: len(values)]
