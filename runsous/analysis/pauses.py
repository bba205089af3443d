"""When the recording was paused, and the clock that stands still meanwhile.

Pauses are pairs of seconds after the activity's start, in order, apart from each other and
inside ``[0, elapsed_time_s]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from runsous.analysis.geo import Bools, Floats, Ints, haversine_m
from runsous.model import Workout

Pauses = tuple[tuple[float, float], ...]

BREAK_S = 5.0
"""A break in the track that lasts less is a writer starting a new segment, not a pause."""

GAP_S = 20.0
"""Smart recording leaves up to 18 s between samples with the timer on (FIT, seen)."""

USUAL_GAPS = 4
"""A logger that writes every half minute leaves no gap by doing so: a gap is several times
what is usual in the file."""

STANDING_MPS = 0.5
"""Slower than any sport on land over a whole gap: nothing was recorded because they stood."""

FLOATING_MPS = 0.2
"""The same in water, where half a metre a second is a swimmer's pace."""


def pauses_of(workout: Workout, samples: pd.DataFrame, elapsed_time_s: float) -> Pauses:
    """The pauses the file tells of, or those its silence implies.

    Nothing is inferred when the file's own moving time says the timer never stopped.
    """
    if workout.pauses is not None:
        return tidy(workout.pauses, elapsed_time_s)
    timer_s = workout.timer_time_s
    if timer_s is not None and elapsed_time_s - timer_s <= slack_s(elapsed_time_s):
        return ()
    slowest = FLOATING_MPS if workout.sport == "swim" else STANDING_MPS
    return tidy(inferred(samples, workout.breaks_s, slowest), elapsed_time_s)


def swallowing(workout: Workout, samples: pd.DataFrame, pauses: Pauses) -> Pauses:
    """Those of the pauses across which no way counts: recorded ones, breaks of the track.

    Where one merely stood for a while, the fixes before and after are of one stretch: what
    lies between them was covered, and such a pause takes time away but no metres.
    """
    if workout.pauses is not None or not pauses:
        return pauses
    return inferred(samples, workout.breaks_s, slowest_mps=0.0)


def slack_s(elapsed_time_s: float) -> float:
    """By how much a timer may differ from the elapsed time without meaning a pause."""
    return 2.0 + 0.01 * elapsed_time_s


def tidy(pauses: Iterable[tuple[float, float]], elapsed_time_s: float) -> Pauses:
    """Pauses cut to the activity, in order, those that touch or overlap made one."""
    together: list[tuple[float, float]] = []
    for start, end in sorted(pauses):
        start, end = max(start, 0.0), min(end, elapsed_time_s)
        if not start < end:
            continue
        if together and start <= together[-1][1]:
            together[-1] = (together[-1][0], max(end, together[-1][1]))
        else:
            together.append((float(start), float(end)))
    return tuple(together)


def inferred(samples: pd.DataFrame, breaks_s: Sequence[float], slowest_mps: float) -> Pauses:
    """Gaps between samples that must have been pauses, though the file does not say so.

    A gap is one at a break of the track from 5 s on, and anywhere beyond 20 s (and four
    times the usual gap) when the position moved slower than ``slowest_mps``. Without
    positions only breaks count: a watch that writes the heart rate when it changes leaves
    gaps in full motion.
    """
    time = samples["time_s"].to_numpy()
    if time.size < 2:
        return ()
    gap = np.diff(time)
    lat, lon = samples["latitude"].to_numpy(), samples["longitude"].to_numpy()
    standing = haversine_m(lat[:-1], lon[:-1], lat[1:], lon[1:]) < slowest_mps * gap
    paused = standing & (gap > max(GAP_S, USUAL_GAPS * float(np.median(gap))))
    at_break = _gaps_at(time, np.asarray(breaks_s, dtype=float))
    paused[at_break[gap[at_break] >= BREAK_S]] = True
    return tuple(zip(time[:-1][paused].tolist(), time[1:][paused].tolist(), strict=True))


def moving_clock(time_s: Floats, pauses: Pauses) -> Floats:
    """Seconds of movement before each of these rising times: pauses stop the clock."""
    if not pauses:
        return time_s
    spans = np.array(pauses)
    before = np.cumsum(np.diff(spans)) - np.diff(spans).ravel()
    paused = np.column_stack((before, before + np.diff(spans).ravel()))
    clock = time_s - np.interp(time_s, spans.ravel(), paused.ravel())
    # Rounding must not turn the clock back by a trillionth inside a pause.
    standing: Floats = np.maximum.accumulate(clock)
    return standing


def is_paused(time_s: Floats, pauses: Pauses) -> Bools:
    """Which times lie inside a pause (its first and last moment do not)."""
    spans = np.array(pauses, dtype=float).reshape(-1, 2)
    latest = np.searchsorted(spans[:, 0], time_s, side="left") - 1
    inside: Bools = latest >= 0
    inside[inside] = time_s[inside] < spans[latest[inside], 1]
    return inside


def _gaps_at(time: Floats, breaks: Floats) -> Ints:
    """The gap after each break, which readers tell by the last sample before it."""
    # Samples' times are rounded to microseconds, breaks need not be.
    gaps: Ints = np.searchsorted(time, breaks + 1e-5, side="right") - 1
    return gaps[(gaps >= 0) & (gaps < time.size - 1)]
