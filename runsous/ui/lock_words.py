"""Share in time with one's songs, in words."""

from __future__ import annotations

from typing import Final

from runsous.analysis.in_step import InStep
from runsous.ui.insight_words import Told, chance, count, trials

NAME: Final = "In time"
ENDS: Final = ("less in time", "more in time")
_CLEAR: Final = 0.05
_VARIES: Final = (
    ", but activities differ so much among themselves that the interval includes no difference at"
    " all: this could be chance."
)
_MORE: Final = 3
"""Four times as many activities halve an interval."""


def in_step(found: InStep) -> Told | None:
    """In words, or ``None`` where there is not enough to tell."""
    if found.share is None or found.difference is None or found.null is None:
        return None
    low, high = found.low or 0.0, found.high or 0.0
    is_unlikely = found.null.p < _CLEAR
    is_clear = is_unlikely and (low > 0 or high < 0)
    activities = count(found.n_activities, "activity", "activities")
    return Told(
        sentence=f"In time {100 * found.share:.0f} % of the time, {_beside(found.difference)}",
        interval=f"95 % interval: {_between(low, high)}",
        basis=f"{count(found.n_songs, 'song', 'songs')} in {activities}",
        chance=chance(found.null.p, is_clear=is_clear)
        if is_clear or not is_unlikely
        else trials(found.null.p) + _VARIES,
        surer=f"About {_MORE * found.n_activities:,} more activities like these would halve the"
        " interval; so do songs whose tempos differ more within one.",
        is_clear=is_clear,
    )


def _beside(difference: float) -> str:
    points = _points(difference)
    if points == "0.0":
        return "as much as by chance"
    return f"{points} points {_word(difference)} than by chance"


def _between(low: float, high: float) -> str:
    if (low < 0) == (high < 0):
        small, large = sorted((low, high), key=abs)
        return f"{_points(small)} to {_points(large)} points {_word(large)}"
    return f"{_points(low)} points less to {_points(high)} more"


def _points(share: float) -> str:
    return f"{abs(100 * share):.1f}"


def _word(difference: float) -> str:
    return "more" if difference > 0 else "less"
