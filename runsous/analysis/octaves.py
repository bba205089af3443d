"""Tempos modulo octaves: what is one, in which octave it is shown, which two are one beat."""

from __future__ import annotations

import math
from typing import Final

SLOWEST_BPM: Final = 40.0
FASTEST_BPM: Final = 250.0
OCTAVE_BPM: Final = (100.0, 200.0)
"""Shown tempos lie from the first to below the second: a rule that looks at no run."""

JITTER_BPM: Final = 1.0
"""How far a source that hears the right beat may be off, in the octave it names."""

_WIDEST: Final = 0.02
"""Of a tempo: no source's slack is wider, lest slow songs agree with everything."""


def is_tempo(bpm: float | None) -> bool:
    """Whether a number is a tempo at all: 0, below 40, above 250 and NaN are not."""
    return bpm is not None and SLOWEST_BPM <= bpm <= FASTEST_BPM


def fold(bpm: float) -> float:
    """The same beat in the octave that is shown, [100, 200)."""
    low, high = OCTAVE_BPM
    while bpm >= high:
        bpm /= 2
    while bpm < low:
        bpm *= 2
    return bpm


def is_same_beat(one: float, other: float) -> bool:
    """Whether two sources' tempos are one beat, modulo octaves.

    Each may be off by 1 BPM and by its rounding in the octave it names, 2 % at most: 87 and
    174.1 agree, and so do 119 and 121, but not 116 and 120.
    """
    return apart(math.log2(one), math.log2(other)) <= slack(one) + slack(other)


def rounding(bpm: float) -> float:
    """How far a number may be from the one it was rounded from."""
    return 0.5 if bpm == round(bpm) else 0.05


def slack(bpm: float) -> float:
    """In octaves, how far off a source may be that hears the right beat."""
    return math.log2(1 + min((JITTER_BPM + rounding(bpm)) / bpm, _WIDEST))


def apart(one: float, other: float) -> float:
    """Distance on the circle of octaves, 0 to 0.5."""
    away = abs(one - other) % 1
    return min(away, 1 - away)
