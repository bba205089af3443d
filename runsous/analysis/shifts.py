"""Would other songs do as well? The same playlist, begun elsewhere in each activity.

Shifting the songs of each activity in a circle keeps all there is in the playlist and in the run,
their own order and habits, and breaks only what ties one to the other. How the numbers come out
then is what chance alone looks like (on the trap and such tests: K. D. Harris 2020, Nonsense
correlations in neuroscience).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from runsous.analysis.geo import Floats, Ints
from runsous.analysis.within import Compared

N_SHIFTS: Final = 999
_SEED: Final = 20
_SAME: Final = 1e-9


@dataclass(frozen=True)
class Null:
    """Effects of the shifted playlists, and the share of shifts, the true one counted as one of
    them, that are at least as far from zero as what was heard.
    """

    slopes: Floats
    p: float


@dataclass(frozen=True)
class Shifted:
    """A playlist's doses, shifted: for each block the rows of its activities, what level and course
    leave of the dose (activities × songs × shifts), the sums of its squares, and by how many places
    each activity is shifted each time. ``down`` are the sums of all activities, the true one first.
    """

    blocks: tuple[tuple[Ints, Floats, Ints], ...]
    down: Floats

    def null(self, outcome: Floats) -> Null:
        """Slopes of an outcome (as the dose: without level, course and covariates)."""
        up = np.zeros(len(self.down))
        for places, shifted, by in self.blocks:
            over = (outcome[places][:, None, :] @ shifted)[:, 0]
            up += _sums(over, by)
        far = np.abs(up) / np.sqrt(np.maximum(self.down, _SAME))
        extreme = int(np.count_nonzero(far >= far[0] * (1 - _SAME)))
        return Null(up[1:] / np.maximum(self.down[1:], _SAME), extreme / len(far))


def shift(compared: Compared, dose: Floats, n: int = N_SHIFTS) -> Shifted:
    """Shifts the songs of every activity by so many places, at random, ``n`` times.

    ``dose`` are rows of ``compared`` without level, course and covariates. After each shift level
    and course are taken out of it anew, and the statistic is the slope over its standard error
    (with the spread of the outcome given): a shift that leaves less of the dose to compare does not
    count more for that.
    """
    rng = np.random.default_rng(_SEED)
    blocks, down = [], np.zeros(1 + n)
    for block, places in zip(compared.blocks, compared.places, strict=True):
        n_activities, n_songs = places.shape
        shifted = block.without_course(_shifts(dose[places]))
        by = rng.integers(0, n_songs, (n_activities, n))
        by = np.concatenate([np.zeros((n_activities, 1), dtype=by.dtype), by], axis=1)
        blocks.append((places, shifted, by))
        down += _sums(np.square(shifted).sum(axis=1), by)
    return Shifted(tuple(blocks), down)


def _sums(values: Floats, by: Ints) -> Floats:
    """Over all activities, of what each has (activities × shifts) at its shifts."""
    total = np.zeros(by.shape[1])
    # So many at a time as the processor keeps at hand.
    for start in range(0, len(by), 256):
        some = slice(start, start + 256)
        total += np.take_along_axis(values[some], by[some], axis=1).sum(axis=0)
    return total


def _shifts(dose: Floats) -> Floats:
    """Every circular shift of each row: activities × songs × shifts, none first."""
    n_songs = dose.shape[1]
    at: Ints = (np.arange(n_songs)[:, None] - np.arange(n_songs)) % n_songs
    return dose[:, at]
