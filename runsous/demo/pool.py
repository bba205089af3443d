"""The sample runner in the pool: lengths, strokes and rests at the wall."""

from __future__ import annotations

from typing import Final

import numpy as np

from runsous import frames
from runsous.demo import motion, plan
from runsous.demo.curves import Floats, wander
from runsous.model import Lap, PoolLength, Workout

_POOL_M: Final = 25.0

_SETS: Final = (
    (8, 31.5, 35),
    (8, 28.5, 25),
    (8, 28.5, 25),
    (8, 28.0, 40),
    (4, 25.0, 45),
    (4, 25.0, 45),
    (8, 29.0, 30),
    (8, 32.0, 0),
)
"""Lengths, seconds for each, and seconds of rest at the wall afterwards."""


def swim(seed: int, outing: plan.Outing) -> Workout:
    """The sets of a pool session: no positions, but every length with its strokes."""
    rng = outing.rng(seed, 5)
    lengths, laps = _lengths(rng, outing.fitness)
    edges = np.cumsum([0.0, *(length.elapsed_s for length in lengths)])
    swum = np.cumsum([0.0, *(_POOL_M * length.is_active for length in lengths)])
    time = np.arange(np.floor(edges[-1]) + 1)
    current = np.minimum(np.searchsorted(edges, time, side="right") - 1, len(lengths) - 1)
    speed = (np.diff(swum) / np.diff(edges))[current]
    strokes = np.array([length.strokes or 0 for length in lengths]) / np.diff(edges) * 60
    # A front crawl of 1.1 m/s asks for about as much as an easy run does.
    effort = np.where(speed > 0, 0.62 * (speed / 0.88) ** 1.6, 0.25)
    return Workout(
        kind="fit",
        sport="swim",
        sub_sport="lap_swimming",
        samples=frames.samples(
            time_s=time,
            distance_m=np.interp(time, edges, swum).round(2),
            speed_mps=speed.round(3),
            heartrate=motion.heartrates(rng, effort).round(),
            cadence=strokes[current].round(),
        ),
        elapsed_time_s=float(edges[-1]),
        timer_time_s=float(edges[-1]),
        distance_m=float(swum[-1]),
        pauses=(),
        laps=laps,
        lengths=lengths,
        pool_length_m=_POOL_M,
        **outing.facts(),
    )


def _lengths(
    rng: np.random.Generator, fitness: float
) -> tuple[tuple[PoolLength, ...], tuple[Lap, ...]]:
    lengths: list[PoolLength] = []
    laps: list[Lap] = []
    start = 0.0
    for count, seconds, rest in _SETS:
        times = _times(rng, count, seconds / fitness)
        begun = start
        for took in times.tolist():
            strokes = round(19.5 + 0.5 * (28.0 - took) / 3 + float(rng.normal(0, 0.7)))
            lengths.append(PoolLength(start, took, True, strokes, "freestyle"))
            start += took
        laps.append(Lap(begun, start - begun, start - begun, count * _POOL_M))
        if rest:
            lengths.append(PoolLength(start, float(rest), False))
            start += rest
    return tuple(lengths), tuple(laps)


def _times(rng: np.random.Generator, count: int, seconds: float) -> Floats:
    """Each length's seconds, to the tenth: a quick first one off the wall, then even."""
    number = np.arange(count, dtype=float)
    times = seconds + wander(rng, number, 3, 0.35) + rng.normal(0, 0.25, count)
    times[0] -= 1.2
    return times.round(1)
