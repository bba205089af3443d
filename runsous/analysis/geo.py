"""Geometry on the earth: distances, bounds and simplified routes, from arrays of degrees.

A row without a position is NaN in latitude or longitude. Routes may cross the antimeridian.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]

EARTH_M = 6_371_008.8
"""Mean radius of the earth (IUGG), metres."""

_PLAIN_ROUNDS = 32
"""Rounds of plain Douglas–Peucker before parts are halved as well.

A route of 100,000 points needs about 20. Only made-up shapes (a spiral) need one round per
point; halving bounds those to log₂(n) more rounds, at the price of a few points too many.
"""


def haversine_m(lat1: Floats, lon1: Floats, lat2: Floats, lon2: Floats) -> Floats:
    """Great-circle distances in metres between pairs of positions in degrees (NaN if unknown).

    Haversine formula on a sphere of radius :data:`EARTH_M` (Sinnott 1984).
    """
    north1, north2 = np.radians(lat1), np.radians(lat2)
    half_north = np.sin((north2 - north1) / 2)
    half_east = np.sin(np.radians(lon2 - lon1) / 2)
    chord = half_north**2 + np.cos(north1) * np.cos(north2) * half_east**2
    distances: Floats = 2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(chord, 1)))
    return distances


def positioned(latitude: Floats, longitude: Floats) -> Ints:
    """The indices of the rows that have a position."""
    rows: Ints = np.flatnonzero(np.isfinite(latitude) & np.isfinite(longitude))
    return rows


def unwrap(longitude: Floats) -> Floats:
    """Longitudes without NaN made continuous: beyond ±180 after crossing the antimeridian."""
    if longitude.size < 2 or np.abs(np.diff(longitude)).max() <= 180:
        return longitude  # exactly as given: unwrapping may cost the last bit
    continuous: Floats = np.unwrap(longitude, period=360)
    return continuous


def simplify(
    latitude: Floats, longitude: Floats, tolerance_m: float, keep: Ints | None = None
) -> Bools:
    """Which rows to draw so that no position lies further than ``tolerance_m`` from the line.

    Douglas–Peucker in local metres, all parts split at once, round by round. The first and
    last position and the rows in ``keep`` stay; rows without a position never do.
    """
    mask = np.zeros(len(latitude), dtype=bool)
    rows = positioned(latitude, longitude)
    if rows.size == 0:
        return mask
    if keep is not None:
        mask[keep] = True
    kept = mask[rows]
    kept[[0, -1]] = True
    _split(kept, *_plane(latitude[rows], longitude[rows]), max(tolerance_m, 0.0))
    mask[:] = False
    mask[rows[kept]] = True
    return mask


def encode_route(latitude: Floats, longitude: Floats, points: int = 60) -> list[list[float]]:
    """A small picture of the route: at most ``points`` (≥ 2) pairs ``[latitude, longitude]``.

    Rounded to 1e-5 degrees (about a metre); empty without any position.
    """
    rows = positioned(latitude, longitude)
    lat, lon = latitude[rows], longitude[rows]
    if rows.size > points:
        x, y = _plane(lat, lon)
        tolerance_m = float(np.hypot(np.ptp(x), np.ptp(y))) / 400
        while lat.size > max(points, 2):
            kept = simplify(lat, lon, tolerance_m)
            lat, lon = lat[kept], lon[kept]
            tolerance_m = tolerance_m * 1.5 + 1e-9
    pairs: list[list[float]] = np.column_stack((lat, lon)).round(5).tolist()
    return pairs


def _plane(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
    # Scaling by the cosine nearest the equator overstates distances elsewhere, never
    # understates them: a tolerance kept on this plane is kept on the ground.
    widest = np.cos(np.radians(np.abs(latitude).min()))
    x: Floats = np.radians(unwrap(longitude)) * widest * EARTH_M
    y: Floats = np.radians(latitude) * EARTH_M
    return x, y


def _split(kept: Bools, x: Floats, y: Floats, tolerance_m: float) -> None:
    """Set ``kept`` where parts between kept points stray further than the tolerance."""
    corners = np.flatnonzero(kept)
    starts, stops = corners[:-1], corners[1:]
    rounds = 0
    while starts.size:
        within = stops - starts > 1
        starts, stops = starts[within], stops[within]
        starts, stops, cuts = _strays(x, y, (starts, stops), tolerance_m)
        kept[cuts] = True
        starts, stops = np.concatenate((starts, cuts)), np.concatenate((cuts, stops))
        rounds += 1
        if rounds > _PLAIN_ROUNDS:
            middles = (starts + stops) // 2
            kept[middles] = True
            starts, stops = np.concatenate((starts, middles)), np.concatenate((middles, stops))


def _strays(
    x: Floats, y: Floats, parts: tuple[Ints, Ints], tolerance_m: float
) -> tuple[Ints, Ints, Ints]:
    """Those parts that stray too far from their chord, and each one's farthest point."""
    starts, stops = parts
    if starts.size == 0:
        return starts, stops, starts
    inner = stops - starts - 1
    firsts = np.cumsum(inner) - inner
    part = np.repeat(np.arange(starts.size), inner)
    point = np.arange(part.size) - firsts[part] + starts[part] + 1
    strayed = _squared_from_chord(x, y, point, (starts[part], stops[part]))
    peak = np.maximum.reduceat(strayed, firsts)
    farthest = np.flatnonzero(strayed == peak[part])
    _, first_of_part = np.unique(part[farthest], return_index=True)
    too_far = peak > tolerance_m**2
    return starts[too_far], stops[too_far], point[farthest[first_of_part]][too_far]


def _squared_from_chord(x: Floats, y: Floats, point: Ints, chord: tuple[Ints, Ints]) -> Floats:
    start, stop = chord
    along_x, along_y = x[stop] - x[start], y[stop] - y[start]
    from_x, from_y = x[point] - x[start], y[point] - y[start]
    length = along_x**2 + along_y**2
    share = (from_x * along_x + from_y * along_y) / np.where(length > 0, length, 1)
    share = np.clip(share, 0, 1)
    squared: Floats = (from_x - share * along_x) ** 2 + (from_y - share * along_y) ** 2
    return squared
