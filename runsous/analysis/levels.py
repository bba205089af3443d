"""Levels that a playlist keeps for a while: slow songs to warm up, faster ones, the fastest last.

Where the runner steps up with them, no smooth course follows, and what the workout did looks as if
single songs had. So such levels belong to the course. They are told by the playlist alone, never
by how one ran: choosing by the outcome would bend its statistics.

Not every playlist in steps is seen through: with other than three levels, or a step told one song
off, some of what the stages of a workout did is left and looks as if songs had.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from runsous.analysis.geo import Bools, Floats, Ints

LASTING: Final = 2
"""Songs that a level lasts at least."""

CLEAR: Final = 9.0
"""F of three levels against one from which on they are clear; one random playlist in about a
dozen comes so far by chance, and pays with some precision.
"""
_TINY: Final = 1e-12


def steps(dose: Floats) -> tuple[Bools, Floats]:
    """Which playlists (rows; one song after the other) have three clear levels, and two columns
    for each (playlists × songs × 2), 1 from a song on at which another level begins.

    The levels are those that explain the most (least squares over all places of two steps).
    """
    n_lists, n_songs = dose.shape
    since, until = _places(n_songs)
    if not since.size:
        return np.zeros(n_lists, dtype=bool), np.zeros((n_lists, n_songs, 2))
    centred = dose - dose.mean(axis=1, keepdims=True)
    sums = np.pad(np.cumsum(centred, axis=1), ((0, 0), (1, 0)))
    first, second = sums[:, since], sums[:, until]
    # All three add up to nothing.
    told = (
        first**2 / since + (second - first) ** 2 / (until - since) + second**2 / (n_songs - until)
    )
    best = told.argmax(axis=1)
    explained = told[np.arange(n_lists), best]
    left = np.maximum(np.square(centred).sum(axis=1) - explained, _TINY)
    clear: Bools = (explained / 2) / (left / (n_songs - 3)) >= CLEAR
    begins = np.stack([since[best], until[best]], axis=1)
    columns = np.arange(n_songs)[:, None] >= begins[:, None, :]
    return clear, columns.astype("float64")


def _places(n_songs: int) -> tuple[Ints, Ints]:
    """Where a second and a third level can begin."""
    since, until = np.triu_indices(n_songs + 1, LASTING)
    inside = (since >= LASTING) & (until <= n_songs - LASTING)
    return since[inside], until[inside]
