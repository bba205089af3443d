"""Which activities follow the same route, from their ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from runsous.analysis.geo import EARTH_M, Floats

START_M: Final = 100.0
"""Those of one route start no further apart,"""

LENGTH: Final = 0.1
"""differ in length by no more than this share of the longer one,"""

APART_M: Final = 50.0
"""and are less than this apart on average, at equal shares of the way."""

_POINTS, _BLOCKS = 64, 8


def follow(ways: Sequence[Floats], known: Sequence[Floats]) -> list[int]:
    """The route that each of ``ways`` (see :mod:`runsous.analysis.ways`) follows.

    A number below ``len(known)`` is the place of the route's first way in ``known``; new routes
    are numbered from there on, in the order of the ways that begin them. Of several the one
    nearest is followed. Either direction is another route.
    """
    place, lengths = _outlines([*known, *ways])
    blocks = place.reshape(-1, _BLOCKS, _POINTS // _BLOCKS, 2).mean(axis=2)
    firsts = np.arange(len(known) + len(ways))
    n_routes, found = len(known), []
    for i in range(len(known), len(firsts)):
        routes = firsts[:n_routes]
        like = routes[np.abs(lengths[routes] - lengths[i]) <= _slack(lengths[routes], lengths[i])]
        like = like[_apart_m(place[like, :1], place[i, :1])[:, 0] <= START_M]
        # Middles of parts are never further apart than the parts are on average.
        like = like[_apart_m(blocks[like], blocks[i]).mean(axis=1) < APART_M]
        apart = _apart_m(place[like], place[i]).mean(axis=1)
        if like.size and apart.min() < APART_M:
            found.append(int(np.searchsorted(routes, like[apart.argmin()])))
            continue
        found.append(n_routes)
        firsts[n_routes] = i
        n_routes += 1
    return found


def _slack(one: Floats, other: Floats) -> Floats:
    most: Floats = LENGTH * np.maximum(one, other)
    return most


def _outlines(ways: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Latitude and longitude at even steps of each way, and its metres."""
    place = np.empty((len(ways), _POINTS, 2))
    lengths = np.empty(len(ways))
    for i, way in enumerate(ways):
        distance = way[:, 2]
        at = np.linspace(distance[0], distance[-1], _POINTS)
        place[i, :, 0] = np.interp(at, distance, way[:, 3])
        place[i, :, 1] = np.interp(at, distance, way[:, 4])
        lengths[i] = distance[-1] - distance[0]
    return place, lengths


def _apart_m(some: Floats, one: Floats) -> Floats:
    """Metres between pairs of near-by places, on a plane."""
    north = some[..., 0] - one[..., 0]
    # One way may go on beyond ±180 where another one began there.
    east = (some[..., 1] - one[..., 1] + 180) % 360 - 180
    metres: Floats = np.radians(np.hypot(north, east * np.cos(np.radians(one[..., 0])))) * EARTH_M
    return metres
