"""Ways as they are measured, made of straight lines between places in metres around Prague."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from runsous.analysis import ways
from runsous.analysis.geo import Floats
from runsous.analysis.pauses import Pauses
from tests.analysis.make import METRE_NORTH, PRAGUE, make_samples

METRE_EAST = METRE_NORTH / np.cos(np.radians(PRAGUE[0]))

Place = tuple[float, float]
"""Metres north and east of Prague."""


def make_way(
    corners: Sequence[Place],
    speed_mps: float = 3.0,
    *,
    noise_m: float = 0.0,
    pauses: Pauses = (),
    west: float = PRAGUE[1],
    **channels: Any,
) -> Floats:
    """From corner to corner at even speed, one sample a second; in pauses one stands still.

    ``noise_m`` is how far fixes scatter (seeded), ``channels`` are of all samples.
    """
    north, east = np.array(corners, dtype=float).T
    until = np.append(0, np.cumsum(np.hypot(np.diff(north), np.diff(east))))
    rest = sum(end - start for start, end in pauses)
    time = np.arange(np.floor(until[-1] / speed_mps) + rest + 1)
    gone = speed_mps * (time - sum(np.clip(time - a, 0, b - a) for a, b in pauses))
    scatter = np.random.default_rng(len(corners)).normal(0, 1, (2, time.size)) * noise_m
    longitude = west + (np.interp(gone, until, east) + scatter[1]) * METRE_EAST
    samples = make_samples(
        time,
        latitude=PRAGUE[0] + (np.interp(gone, until, north) + scatter[0]) * METRE_NORTH,
        longitude=(longitude + 180) % 360 - 180,
        distance_m=gone,
        **channels,
    )
    return ways.way(samples, pauses)
