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


def null(compared: Compared, dose: Floats, outcome: Floats, n: int = N_SHIFTS) -> Null:
    """Shifts the songs of every activity by so many places, at random, ``n`` times.

    ``dose`` and ``outcome`` are rows of ``compared`` without level, course and covariates. After
    each shift level and course are taken out of the dose anew, and the statistic is the slope over
    its standard error (with the spread of the outcome given): a shift that leaves less of the dose
    to compare does not count more for that.
    """
    rng = np.random.default_rng(_SEED)
    up, down = np.zeros(n), np.zeros(n)
    true_up = true_down = 0.0
    for block, places in zip(compared.blocks, compared.places, strict=True):
        shifted = block.without_course(_shifts(dose[places]))
        over = (outcome[places][:, None, :] @ shifted)[:, 0]
        under = np.square(shifted).sum(axis=1)
        true_up += float(over[:, 0].sum())
        true_down += float(under[:, 0].sum())
        for start in range(0, len(places), 256):
            some = slice(start, start + 256)
            by = rng.integers(0, places.shape[1], (len(places[some]), n))
            up += np.take_along_axis(over[some], by, axis=1).sum(axis=0)
            down += np.take_along_axis(under[some], by, axis=1).sum(axis=0)
    far = np.abs(up) / np.sqrt(np.maximum(down, _SAME))
    heard = abs(true_up) / np.sqrt(max(true_down, _SAME))
    extreme = int(np.count_nonzero(far >= heard * (1 - _SAME)))
    return Null(up / np.maximum(down, _SAME), (1 + extreme) / (n + 1))


def _shifts(dose: Floats) -> Floats:
    """Every circular shift of each row: activities × songs × shifts, none first."""
    n_songs = dose.shape[1]
    at: Ints = (np.arange(n_songs)[:, None] - np.arange(n_songs)) % n_songs
    return dose[:, at]
