"""Whether two files tell of one and the same activity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from runsous.model import ON_FOOT

ANY_SPORT: Final = frozenset({"other", "workout"})
"""What a file says when it does not know better: any sport may hide behind it."""

SAME_START_S: Final = 1.0
"""Two copies of a file begin in the same second, give or take rounding."""


@dataclass(frozen=True)
class Span:
    """When something was recorded, and as what sport."""

    start_time: datetime
    elapsed_time_s: float
    sport: str


def is_same(a: Span, b: Span) -> bool:
    """Whether two files tell of one and the same activity.

    Sports must be able to mean the same, and the times must share 80 % of what they cover
    together; or begin within a minute of each other, the shorter one lasting at least half
    as long as the longer and lying in it by 80 %: a copy cut short, or a list entry that
    knows moving time alone; or, of one sport, begin in the same second, however early one of
    them was cut. Legs of a triathlon and one lap after another share no time, and its first
    leg is not of the sport of the whole.
    """
    if not _is_same_sport(a.sport, b.sport):
        return False
    apart = (b.start_time - a.start_time).total_seconds()
    both = min(a.elapsed_time_s, apart + b.elapsed_time_s) - max(0.0, apart)
    shorter, longer = sorted((a.elapsed_time_s, b.elapsed_time_s))
    if both <= 0:
        return False
    if both >= 0.8 * (shorter + longer - both):
        return True
    if abs(apart) <= SAME_START_S and _is_known_same(a.sport, b.sport):
        return True
    return abs(apart) <= 60 and both >= 0.8 * shorter and shorter >= 0.5 * longer


def _is_same_sport(a: str, b: str) -> bool:
    return _is_known_same(a, b) or not ANY_SPORT.isdisjoint({a, b})


def _is_known_same(a: str, b: str) -> bool:
    return a == b or {a, b} <= ON_FOOT
