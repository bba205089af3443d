"""Share in time with one's songs, in words."""

from __future__ import annotations

from typing import Final

from runsous.analysis.in_step import InStep
from runsous.ui.insight_words import Told, count, is_none, judged, sizes

NAME: Final = "In time"
ENDS: Final = ("less in time", "more in time")
_MORE: Final = 3
"""Four times as many activities halve an interval."""


def in_step(found: InStep) -> Told | None:
    """In words, or ``None`` where there is not enough to tell."""
    if found.share is None or found.difference is None or found.null is None:
        return None
    low, high = found.low or 0.0, found.high or 0.0
    is_apart = low > 0 or high < 0
    chance, is_clear = judged(found.null.p, 0.0, is_apart=is_apart, differ="activities")
    activities = count(found.n_activities, "activity", "activities")
    return Told(
        sentence=f"In time {100 * found.share:.0f} % of the time, {_beside(found.difference)}",
        interval=f"95 % interval: {_between(low, high)}",
        basis=f"{count(found.n_songs, 'song', 'songs')} in {activities}",
        chance=chance,
        surer=f"About {_MORE * found.n_activities:,} more activities like these would halve the"
        " interval; so do songs whose tempos differ more within one.",
        is_clear=is_clear,
    )


def _beside(difference: float) -> str:
    points = f"{abs(100 * difference):.1f}"
    if points == "0.0":
        return "as much as by chance"
    return f"{points} points {'more' if difference > 0 else 'less'} than by chance"


def _between(low: float, high: float) -> str:
    first, last = sizes(100 * low, 100 * high, 1)
    if is_none(first, last):
        return f"{first} points either way"
    if high < 0:
        return f"{last} to {first} points less"
    if low >= 0:
        return f"{first} to {last} points more"
    return f"{first} points less to {last} more"
