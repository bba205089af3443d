"""How a body moves: speed over a profile, the heart behind it, the feet with the music."""

from __future__ import annotations

from typing import Final

import numpy as np

from runsous.analysis import grade as slopes
from runsous.demo.curves import Floats, smoothed, wander

RESTING_BPM: Final = 50.0
HIGHEST_BPM: Final = 189.0

FASTEST_MPS: Final = 4.45
"""Speed on the flat at the highest oxygen uptake when the season begins."""

_RISE_S: Final = 30.0
_FALL_S: Final = 50.0
"""How long a heart takes for 63 % of its way up and down."""

_REACH_SPM: Final = 10.0
"""Feet notice a beat this near to their own."""

Generator = np.random.Generator


def running_mps(rng: Generator, blocks: list[tuple[float, float]], grade: Floats) -> Floats:
    """Speed at each metre of a run of these blocks (metres, m/s on the flat).

    Uphill it falls with the cost, not quite as much as an even effort would demand, and
    downhill little is won back. The first kilometre is slower unless blocks say otherwise.
    """
    metres = np.arange(len(grade), dtype=float)
    ends = np.cumsum([length for length, _ in blocks])
    paces = np.array([mps for _, mps in blocks])
    flat = paces[np.minimum(np.searchsorted(ends, metres, side="right"), len(paces) - 1)]
    if len(blocks) == 1:
        flat = flat * (1 - 0.06 * np.exp(-metres / 500))
    sloped = flat * np.clip(slopes.factor(grade) ** -0.6, 0.5, 1.1)
    mood = 1 + wander(rng, metres, 90, 0.014) + wander(rng, metres, 600, 0.016)
    return smoothed(sloped * mood, 25)


def riding_mps(rng: Generator, blocks: list[tuple[float, float]], grade: Floats) -> Floats:
    """Speed at each metre of a ride: slow uphill, coasting downhill, and never quite even."""
    metres = np.arange(len(grade), dtype=float)
    mood = 1 + wander(rng, metres, 250, 0.06) + wander(rng, metres, 2000, 0.04)
    speed = blocks[0][1] * mood * np.exp(-11 * grade)
    return smoothed(np.clip(speed, 2.4, 13.5), 101)


def slowed_at(mps: Floats, stops_m: list[int]) -> Floats:
    """The same speeds, but coming to a walk at each stop and away from it again."""
    metres = np.arange(len(mps), dtype=float)
    for stop in stops_m:
        mps = mps * (1 - 0.7 * np.exp(-(((metres - stop) / 5) ** 2)))
    return mps


def heartrates(rng: Generator, effort: Floats) -> Floats:
    """Beats per minute at each second of these efforts (1 = highest oxygen uptake).

    First-order lag towards what the effort asks for, faster up than down, with a drift of
    some 4 % per hour of work and small fluctuations.
    """
    second = np.arange(len(effort), dtype=float)
    drift = 1 + 0.03 * (1 - np.exp(-second / 1500)) + 0.025 * second / 3600
    wanted = np.minimum(0.08 + 0.89 * effort * drift, 1.0)
    wanted = RESTING_BPM + (HIGHEST_BPM - RESTING_BPM) * wanted
    beats = np.empty(len(wanted))
    now = 82.0 + rng.normal(0, 5)
    for i, goal in enumerate(wanted.tolist()):
        now += (goal - now) / (_RISE_S if goal > now else _FALL_S)
        beats[i] = now
    return np.minimum(beats + wander(rng, second, 40, 1.1), HIGHEST_BPM)


def steps_per_minute(rng: Generator, mps: Floats, tempo_bpm: Floats) -> Floats:
    """Cadence of both feet at each second, drawn a little towards the song's tempo.

    A tempo (or half or twice it) within 10 of the runner's own cadence draws it by a
    quarter of the difference, at most 1.5; NaN is silence and draws nothing.
    """
    second = np.arange(len(mps), dtype=float)
    own = 166.0 + 8.5 * (mps - 2.8) - 18.0 * np.maximum(1.7 - mps, 0.0)
    own = own + wander(rng, second, 15, 0.7) + wander(rng, second, 240, 0.9)
    beats = np.outer([0.5, 1.0, 2.0], np.nan_to_num(tempo_bpm, nan=0.0))
    away = beats - own
    nearest = away[np.argmin(np.abs(away), axis=0), np.arange(len(own))]
    drawn = np.where(np.abs(nearest) <= _REACH_SPM, np.clip(0.25 * nearest, -1.5, 1.5), 0.0)
    # Feet follow within a quarter of a minute, not within a step.
    return own + smoothed(drawn, 15)
