"""What runs from left to right in the charts, and the points at which they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from runsous.ui import format as words
from runsous.ui import series
from runsous.ui.series import Floats, Ints

_POINTS = 380
_SMOOTHING_S = 16.0
_MOST_TICKS = 9
_TIME_STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
_WAY_STEPS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)


@dataclass(frozen=True)
class Axis:
    """``x`` in seconds or metres at ``time_s``, both ascending, and the labels of round ``x``."""

    time_s: Floats
    x: Floats
    ticks: dict[float, str]
    is_distance: bool = False

    def at(self, time_s: Floats) -> Floats:
        """Where a moment lies."""
        x: Floats = np.interp(time_s, self.time_s, self.x)
        return x

    def even_times(self) -> Floats:
        """The moments at which evenly spaced points of the drawing lie."""
        times: Floats = np.interp(np.linspace(0, self.x[-1], _POINTS), self.x, self.time_s)
        return times


@dataclass(frozen=True)
class Points:
    """Where to draw: the moment, the span to average over, the tile's row and the part.

    A part is what one line may run through: one song, no pause. Where two songs touch, each
    has a point of its own, so that their areas meet.
    """

    time_s: Floats
    since_s: Floats
    until_s: Floats
    tile: Ints
    part: Ints


def time_axis(segments: pd.DataFrame) -> Axis:
    """Seconds since the start, to the end of the last tile."""
    end_s = max([*segments["end_s"].tolist(), 1.0])
    knots = np.array([0.0, end_s])
    return Axis(knots, knots, {tick: words.duration(tick) for tick in _ticks(end_s, _TIME_STEPS)})


def distance_axis(samples: pd.DataFrame, units: words.Units) -> Axis | None:
    """Metres since the start, or ``None`` where no distance was recorded."""
    known = samples.loc[samples["distance_m"].notna(), ["time_s", "distance_m"]].to_numpy()
    way_m = np.maximum.accumulate(known[:, 1])
    if way_m.size < 2 or way_m[-1] <= 0:
        return None
    unit_m, name = words.metres_per_unit(units), "mi" if units == "miles" else "km"
    ticks = _ticks(float(way_m[-1]) / unit_m, _WAY_STEPS)
    return Axis(known[:, 0], way_m, {tick * unit_m: f"{tick:g} {name}" for tick in ticks}, True)


def points(
    samples: pd.DataFrame,
    segments: pd.DataFrame,
    pauses: Sequence[tuple[float, float]],
    axis: Axis,
) -> Points:
    """Evenly spaced points along ``axis``, and two where a song or a pause begins or ends."""
    even_s, starts_s = axis.even_times(), segments["start_s"].to_numpy()
    # Parts too short to be seen are left out; it also bounds what a shredded file can cost.
    least_s = float(axis.time_s[-1] - axis.time_s[0]) / _POINTS / 4
    times, bounds, tiles = [np.empty(0)], [(0.0, 0.0)], [0]
    for since_s, until_s in _spans(samples, pauses):
        inside = starts_s[(starts_s > since_s) & (starts_s < until_s)].tolist()
        for first, last in zip([since_s, *inside], [*inside, until_s], strict=True):
            if last - first > least_s:
                inner = even_s[
                    np.searchsorted(even_s, first, "right") : np.searchsorted(even_s, last)
                ]
                times.append(np.concatenate(([first], inner, [last])))
                bounds.append((since_s, until_s))
                tiles.append(max(int(np.searchsorted(starts_s, (first + last) / 2)) - 1, 0))
    sizes = [part.size for part in times]
    time_s = np.concatenate(times)
    low_s, high_s = np.repeat(np.array(bounds), sizes, axis=0).T
    half_s = max(_SMOOTHING_S, 4 * least_s) / 2
    return Points(
        time_s,
        np.maximum(time_s - half_s, low_s),
        np.minimum(time_s + half_s, np.nextafter(high_s, np.inf)),
        np.repeat(np.array(tiles, dtype=np.intp), sizes),
        np.repeat(np.arange(len(sizes)), sizes),
    )


def _spans(
    samples: pd.DataFrame, pauses: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    stretch = series.stretches(samples, pauses)
    rows = np.flatnonzero(stretch >= 0)
    if rows.size == 0:
        return []
    time_s = samples["time_s"].to_numpy()
    groups = np.split(rows, np.flatnonzero(np.diff(stretch[rows])) + 1)
    return [(float(time_s[group[0]]), float(time_s[group[-1]])) for group in groups]


def _ticks(end: float, steps: Sequence[float]) -> list[float]:
    step = next((step for step in steps if end / step <= _MOST_TICKS), end / _MOST_TICKS)
    ticks: list[float] = (np.arange(0, end // step + 1) * step).tolist()
    return ticks
