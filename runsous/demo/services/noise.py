"""How what the simulated tempo services tell strays from the truth."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

_SLOWEST, _FASTEST = 60.0, 200.0
_UNLIKE: Final = 0.06
"""A wrong tempo is at least so far from the true one, in whatever octave."""


@dataclass(frozen=True)
class Noise:
    """The mistakes of one source as shares of its recordings: the same ones for the same seed.

    ``missing`` are not known at all, ``silent`` ones are known without a tempo. Of the tempos
    some are plainly ``wrong``, some ``halved``, some ``doubled``; of those that are not wrong
    a share is ``off_by_one`` beat per minute.
    """

    seed: int = 1
    missing: float = 0.0
    silent: float = 0.0
    wrong: float = 0.0
    halved: float = 0.0
    doubled: float = 0.0
    off_by_one: float = 0.0

    def chance(self, about: str) -> random.Random:
        """Chance that falls the same way each time about the same thing."""
        return random.Random(f"{self.seed}/{about}")  # noqa: S311

    def knows(self, about: str) -> bool:
        """Whether a recording is known."""
        return self.chance(f"known/{about}").random() >= self.missing

    def tempo(self, about: str, bpm: float) -> float | None:
        """What is told of a recording whose tempo is ``bpm``; ``None`` for nothing."""
        chance = self.chance(f"tempo/{about}")
        is_silent, kind, is_off = chance.random() < self.silent, chance.random(), chance.random()
        if is_silent:
            return None
        if kind < self.wrong:
            return _unlike(bpm, chance)
        if kind < self.wrong + self.halved:
            bpm /= 2
        elif kind < self.wrong + self.halved + self.doubled:
            bpm *= 2
        return bpm + chance.choice((-1.0, 1.0)) if is_off < self.off_by_one else bpm


def _unlike(bpm: float, chance: random.Random) -> float:
    while True:
        found = round(chance.uniform(_SLOWEST, _FASTEST), 1)
        apart = [abs(found / (bpm * octave) - 1) for octave in (0.25, 0.5, 1, 2, 4)]
        if min(apart) > _UNLIKE:
            return found
