"""Cadence locked to the beat: whether one moves in time with the song.

A moment is locked while cadence lies within ±2.5 % of the song's BPM × 1, × 2 or × ½. People
fall into step by themselves within about 2.5 to 3 %, and notice a difference from 4 % on.
Cadence counts in whatever unit the sport has (steps, turns of the crank or strokes a minute):
the rule is the same. Where there is none (standing, paused, no sensor) nobody can be in time:
such seconds count neither as locked nor as missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from runsous.analysis.geo import Bools, Floats, Ints
from runsous.analysis.pauses import Pauses, is_paused

RELATIONS: Final[Mapping[str, float]] = {"1:1": 1.0, "2:1": 2.0, "1:2": 0.5}
"""Movements to beats, the strongest first, and by what the BPM is multiplied."""

WITHIN: Final = 0.025
"""Share of the multiplied BPM within which cadence is locked."""

HOLD_S: Final = 10.0
"""How long a sample's cadence holds: watches that save space write one every few seconds."""

MARGIN: Final = 0.10
"""Bands are drawn as far beyond the cadence seen."""

_USUAL: Final = (5, 95)
"""Percentiles between which the cadence seen lies: the first steps are not the run's."""


def locked(cadence: Floats, bpm: float) -> dict[str, float]:
    """Share of the seconds with a cadence that are locked, by relation.

    ``cadence`` has one value a second, 0 or NaN where there is none. Every relation is there;
    the shares are NaN without any cadence or tempo.
    """
    moving = cadence[cadence > 0]
    if not (moving.size and bpm > 0):
        return dict.fromkeys(RELATIONS, float("nan"))
    return {name: float(_near(moving, bpm * k).mean()) for name, k in RELATIONS.items()}


def per_tile(samples: pd.DataFrame, tiles: pd.DataFrame, pauses: Pauses = ()) -> pd.DataFrame:
    """``index, seconds, locked_s, locked, relation``, one row per tile with the same row labels.

    ``samples`` need ``time_s`` and ``cadence``, ``tiles`` ``index, start_s, end_s, tempo_bpm``
    and to be in order. ``seconds`` are those of the tile with a cadence outside pauses,
    ``locked_s`` those of them locked in any relation and ``locked`` their share: NaN without a
    tempo or seconds. ``relation`` is the one locked the longest, 1:1 of equals, or missing.
    A run's share is the sum of ``locked_s`` over that of ``seconds`` where there is a tempo.
    """
    bpm = tiles["tempo_bpm"].to_numpy(dtype="float64", na_value=np.nan)
    cadence, nth, length = _stretches(samples, tiles, pauses)
    n = len(tiles)
    seconds = np.bincount(nth, weights=length, minlength=n)
    each = np.stack(
        [
            np.bincount(nth, weights=length * _near(cadence, bpm[nth] * k), minlength=n)
            for k in RELATIONS.values()
        ]
    )
    is_told = (bpm > 0) & (seconds > 0)
    locked_s = np.where(is_told, each.sum(axis=0), np.nan)
    longest = np.array(list(RELATIONS), dtype=object)[each.argmax(axis=0)]
    return pd.DataFrame(
        {
            "index": tiles["index"].to_numpy(),
            "seconds": seconds,
            "locked_s": locked_s,
            "locked": np.divide(locked_s, seconds, out=np.full(n, np.nan), where=is_told),
            "relation": pd.Series(np.where(each.max(axis=0) > 0, longest, None)).astype("str"),
        }
    ).set_axis(tiles.index)


def to_each(samples: pd.DataFrame, tiles: pd.DataFrame, pauses: Pauses = ()) -> Floats:
    """The share of the seconds of each tile (a row) locked to the tempo of each (a column), as
    :func:`per_tile` counts them; 0 for tiles without any.
    """
    bpm = tiles["tempo_bpm"].to_numpy(dtype="float64", na_value=np.nan)
    cadence, nth, length = _stretches(samples, tiles, pauses)
    # Watches tell few cadences, each of them many times.
    known, which = np.unique(cadence, return_inverse=True)
    seconds = np.zeros((len(tiles), known.size))
    np.add.at(seconds, (nth, which), length)
    near = np.zeros((known.size, bpm.size), dtype=bool)
    for k in RELATIONS.values():
        near |= _near(known[:, None], bpm * k)
    shares: Floats = (seconds @ near) / np.maximum(seconds.sum(axis=1, keepdims=True), 1e-9)
    return shares


def bands(tiles: pd.DataFrame, cadence: Floats) -> pd.DataFrame:
    """``index, start_s, end_s, low, high, relation``: where cadence would be in time.

    In the unit of ``cadence``, which is all that was seen on the activity: bands that nobody
    would come near are left out. By time, the stronger relation first.
    """
    columns = ["index", "start_s", "end_s"]
    slowest, fastest = _seen(cadence)
    found = []
    for relation, k in RELATIONS.items():
        centre = tiles["tempo_bpm"].astype("float64") * k
        near = tiles[columns].assign(
            low=centre * (1 - WITHIN), high=centre * (1 + WITHIN), relation=relation
        )
        found.append(near[centre.between(slowest, fastest)])
    return pd.concat(found).sort_values("start_s", kind="stable").reset_index(drop=True)


def _seen(cadence: Floats) -> tuple[float, float]:
    moving = cadence[cadence > 0]
    if moving.size == 0:
        return np.inf, -np.inf
    low, high = np.percentile(moving, _USUAL)
    return low * (1 - MARGIN), high * (1 + MARGIN)


def _near(cadence: Floats, target: Floats | float) -> Bools:
    # A hair wider, so that the edge itself is inside whatever the rounding.
    near: Bools = np.abs(cadence - target) <= WITHIN * np.asarray(target) + 1e-9
    return near


def _stretches(
    samples: pd.DataFrame, tiles: pd.DataFrame, pauses: Pauses
) -> tuple[Floats, Ints, Floats]:
    """Cadence, tile and seconds of each stretch between two samples or boundaries of tiles."""
    time = samples["time_s"].to_numpy(dtype="float64")
    starts, ends = (tiles[name].to_numpy(dtype="float64") for name in ("start_s", "end_s"))
    held_until = np.minimum(np.append(time[1:], np.inf), time + HOLD_S)
    gone = np.array(pauses, dtype="float64").ravel()
    edges = np.unique(np.concatenate([time, held_until, starts, ends, gone]))
    middle = (edges[:-1] + edges[1:]) / 2
    sample = np.searchsorted(time, middle, side="right") - 1
    nth = np.searchsorted(starts, middle, side="right") - 1
    rows = np.flatnonzero((sample >= 0) & (nth >= 0) & ~is_paused(middle, pauses))
    rows = rows[(middle[rows] < held_until[sample[rows]]) & (middle[rows] < ends[nth[rows]])]
    cadence = samples["cadence"].to_numpy(dtype="float64")[sample[rows]]
    is_moving = cadence > 0
    rows = rows[is_moving]
    return cadence[is_moving], nth[rows], (edges[1:] - edges[:-1])[rows]
