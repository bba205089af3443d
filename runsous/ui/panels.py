"""What the charts show: one panel per channel, its range, its ticks and its words.

Values become heights in pixels here, so that all panels share one drawing: one cursor runs
through all of them, and a click anywhere finds the song.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from runsous.analysis import cadence
from runsous.model import ON_FOOT
from runsous.ui import format as words
from runsous.ui.series import Floats

HEIGHT_PX = 92
HEAD_PX = 30

_PACE_STEPS = (5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)
_SLOWEST_SHARE = 0.35
"""Slower than this share of the usual (or steps this rare) is standing about: it ends at the
panel's floor.
"""


@dataclass(frozen=True)
class Panel:
    """One channel: ``value`` turns what was recorded into what is drawn, ``tell`` into words."""

    channel: str
    title: str
    value: Callable[[Floats], Floats]
    label: Callable[[float], str]
    tell: Callable[[float], str]
    least_span: float
    is_pace: bool = False


@dataclass(frozen=True)
class Scale:
    """The range of one panel: ``floor`` at its bottom, ``roof`` at its top (a pace falls)."""

    floor: float
    roof: float
    bottom_px: int

    def height(self, values: Floats) -> Floats:
        """Pixels from the top of the drawing, kept inside the panel."""
        low, high = sorted((self.floor, self.roof))
        share = (np.clip(values, low, high) - self.floor) / (self.roof - self.floor)
        pixels: Floats = self.bottom_px - share * HEIGHT_PX
        return pixels

    def ticks(self, panel: Panel) -> dict[int, str]:
        """Labels by height in pixels: two to four round values."""
        low, high = sorted((self.floor, self.roof))
        step = _step((high - low) / 4, panel.is_pace)
        count = range(math.ceil(low / step), math.floor(high / step) + 1)
        values = np.array(count, dtype=float) * step
        heights = np.rint(self.height(values)).astype(int).tolist()
        return {px: panel.label(value) for px, value in zip(heights, values.tolist(), strict=True)}


def present(samples: pd.DataFrame, sport: str, units: words.Units) -> list[Panel]:
    """The panels of those channels that have any value, from top to bottom."""
    panels = (
        _movement(sport, units),
        _plain("heartrate", "Heart rate", "bpm", 20),
        _plain("cadence", "Cadence", cadence.UNITS.get(sport, ""), 20),
        _elevation(units),
    )
    return [p for p in panels if samples[p.channel].notna().any()]


def fit(
    panel: Panel, recorded: Floats, bottom_px: int, beside: tuple[float, float] | None = None
) -> Scale:
    """The range that shows what matters of ``recorded`` (not every spike and standstill), and
    all of what is drawn ``beside`` it (lowest, highest).
    """
    known = recorded[np.isfinite(recorded)]
    if known.size == 0:
        return Scale(0.0, 1.0, bottom_px)
    if panel.channel in ("speed_mps", "cadence"):
        moving = known[known > np.median(known) * _SLOWEST_SHARE]
        known = moving if moving.size else known
        known = np.maximum(known, np.percentile(known, 5))  # coming to a halt and setting off
    low, high = np.percentile(panel.value(known), [0.5, 99.5])
    if beside is not None:
        low, high = min(low, beside[0]), max(high, beside[1])
    missing = max(panel.least_span - (high - low), 0.0) / 2
    margin = (high - low + 2 * missing) * 0.08 + missing
    low, high = float(low - margin), float(high + margin)
    return Scale(high, low, bottom_px) if panel.is_pace else Scale(low, high, bottom_px)


def _movement(sport: str, units: words.Units) -> Panel:
    def tell(speed_mps: float) -> str:
        return words.movement(speed_mps, sport, units)

    if sport == "swim":
        length_m = 100 * words.METRES_PER_YARD if units == "miles" else 100.0
        title = "Pace · min/100 yd" if units == "miles" else "Pace · min/100 m"
    elif sport in ON_FOOT:
        length_m = words.metres_per_unit(units)
        title = "Pace · min/mi" if units == "miles" else "Pace · min/km"
    else:
        factor = 3600 / words.metres_per_unit(units)
        title = "Speed · mph" if units == "miles" else "Speed · km/h"
        return Panel("speed_mps", title, lambda v: v * factor, _number, tell, 6)
    return Panel(
        "speed_mps",
        title,
        # 1 cm/s is standing still; dividing by less would overflow the picture anyway.
        lambda v: length_m / np.maximum(v, 0.01),
        words.duration,
        tell,
        60 * length_m / 1000,
        is_pace=True,
    )


def _plain(channel: str, title: str, unit: str, least_span: float) -> Panel:
    def tell(value: float) -> str:
        return words.whole(value, unit)

    named = f"{title} · {unit}" if unit else title
    return Panel(channel, named, lambda v: v, _number, tell, least_span)


def _elevation(units: words.Units) -> Panel:
    factor, unit = (1 / words.METRES_PER_FOOT, "ft") if units == "miles" else (1.0, "m")

    def tell(metres: float) -> str:
        return words.elevation(metres, units)

    title = f"Elevation · {unit}"
    return Panel("altitude_m", title, lambda v: v * factor, _number, tell, 30 * factor)


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _step(rough: float, is_pace: bool) -> float:
    """The round step nearest above ``rough``: 1, 2, 5, 10, 20, … or a clock's."""
    if is_pace and rough <= _PACE_STEPS[-1]:
        return next(step for step in _PACE_STEPS if step >= rough)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    return max(step, 1.0)
