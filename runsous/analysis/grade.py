"""Grade, and what running costs on it, so that hills compare with the flat."""

from __future__ import annotations

import numpy as np

from runsous.analysis.geo import Floats

WINDOW_M = 30.0
"""Altitudes are averaged over this much way, twice: enough for files with whole metres."""

STEEPEST = 0.45
"""Minetti et al. measured up to here, up and down."""

_COST = np.polynomial.Polynomial([3.6, 19.5, 46.3, -43.3, -30.4, 155.4])
_SHORTEST_M = 5.0


def cost(grade: Floats) -> Floats:
    """Energy to run a metre on a grade (rise over run), in J per kg and metre.

    C(i) = 155.4 i⁵ − 30.4 i⁴ − 43.3 i³ + 46.3 i² + 19.5 i + 3.6 (Minetti et al. 2002, Energy
    cost of walking and running at extreme uphill and downhill slopes), for −0.45 to 0.45;
    steeper counts as that.
    """
    energy: Floats = _COST(np.clip(grade, -STEEPEST, STEEPEST))
    return energy


def factor(grade: Floats) -> Floats:
    """How many metres on the flat cost as much as one metre on a grade; 1 where it is NaN."""
    return np.where(np.isnan(grade), 1.0, cost(grade) / cost(np.zeros(1)))


def grades(distance_m: Floats, altitude_m: Floats) -> Floats:
    """Grade at each sample, rise over run, from altitude over distance.

    The mean altitude of the 30 m ahead less that of the 30 m behind, over the way between
    the middles of both. NaN throughout without two altitudes and 5 m of way.
    """
    known = np.flatnonzero(np.isfinite(distance_m) & np.isfinite(altitude_m))
    grade = np.full(distance_m.shape, np.nan)
    # Altitudes at one spot (standing still) count once, by their mean.
    way, spot = np.unique(distance_m[known], return_inverse=True)
    if way.size < 2 or way[-1] - way[0] < _SHORTEST_M:
        return grade
    height = np.bincount(spot, altitude_m[known]) / np.bincount(spot)
    # At the first and last metres one side shrinks; it must not shrink to nothing.
    margin = min(WINDOW_M, float(way[-1] - way[0])) / 2
    at = np.clip(distance_m, way[0] + margin, way[-1] - margin)
    behind, ahead = np.maximum(at - WINDOW_M, way[0]), np.minimum(at + WINDOW_M, way[-1])
    area_behind, area_at, area_ahead = (_area(way, height, to) for to in (behind, at, ahead))
    rise = (area_ahead - area_at) / (ahead - at) - (area_at - area_behind) / (at - behind)
    steepness: Floats = rise / ((ahead - behind) / 2)
    return steepness


def _area(way: Floats, height: Floats, to: Floats) -> Floats:
    """The integral of height over way from the start, straight lines between the samples."""
    until = np.append(0.0, np.cumsum((height[1:] + height[:-1]) / 2 * np.diff(way)))
    last = np.clip(np.searchsorted(way, to, side="right") - 1, 0, None)
    area: Floats = until[last] + (height[last] + np.interp(to, way, height)) / 2 * (to - way[last])
    return area
