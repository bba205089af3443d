"""What map and charts share: where a recording breaks, and averages over spans of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

_LEAST_GAP_S = 30.0


def gap_s(time_s: Floats) -> float:
    """Without samples for longer than this nobody knows what happened: nothing is drawn.

    30 s, or five times the usual interval of a recorder that saves its battery.
    """
    if time_s.size < 2:
        return _LEAST_GAP_S
    return max(_LEAST_GAP_S, 5 * float(np.median(np.diff(time_s))))


def stretches(samples: pd.DataFrame, pauses: Sequence[tuple[float, float]]) -> Ints:
    """The number of the unbroken stretch each sample lies in, or −1 inside a pause.

    A stretch ends at a pause or at a gap (:func:`gap_s`).
    """
    time = samples["time_s"].to_numpy()
    since, until = np.array(pauses, dtype=float).reshape(-1, 2).T
    first = np.searchsorted(time, since, side="right")
    beyond = np.maximum(np.searchsorted(time, until), first)
    paused, resumed = (np.bincount(rows, minlength=time.size + 1) for rows in (first, beyond))
    gaps = np.concatenate(([False], np.diff(time) > gap_s(time)))[: time.size]
    number = np.cumsum(paused[:-1] + gaps)
    is_paused = np.cumsum(paused - resumed)[:-1] > 0
    return np.where(is_paused, -1, number)


def means(time_s: Floats, values: Floats, since_s: Floats, until_s: Floats) -> Floats:
    """The mean of ``values`` in each span ``[since, until)``, missing ones left out.

    A span between two samples gets the value in between; NaN where that is a gap
    (:func:`gap_s`). ``time_s`` ascends; all spans in one go.
    """
    known = np.isfinite(values)
    time, value = time_s[known], values[known]
    if time.size == 0:
        return np.full(since_s.size, np.nan)
    first, beyond = np.searchsorted(time, since_s), np.searchsorted(time, until_s)
    total = np.concatenate(([0.0], np.cumsum(value)))
    count = beyond - first
    averages: Floats = np.where(
        count > 0,
        (total[beyond] - total[first]) / np.maximum(count, 1),
        _between(time, value, (since_s + until_s) / 2),
    )
    return averages


def _between(time: Floats, value: Floats, at: Floats) -> Floats:
    after = np.clip(np.searchsorted(time, at), 1, max(time.size - 1, 1))
    if time.size == 1:
        return np.full(at.size, np.nan)
    is_near = (time[after] - time[after - 1] <= gap_s(time)) & (at >= time[0]) & (at <= time[-1])
    interpolated: Floats = np.where(is_near, np.interp(at, time, value), np.nan)
    return interpolated
