"""What is compared only with the same activity: everything else is taken out of the numbers.

Whoever runs easy to slow songs and races to fast ones would find an effect that is none, and so
would whoever gets faster through every run while the playlist does. So each activity has its own
level and its own course in time, and only what differs from song to song is left to compare.
A course is smooth, but for the levels of a playlist (:mod:`runsous.analysis.levels`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.polynomial import legendre

from runsous.analysis import levels
from runsous.analysis.geo import Bools, Floats, Ints

FEWEST: Final = 4
"""Songs an activity needs: level and course of fewer explain them whatever they are."""

SONGS_PER_TERM: Final = 3
MOST_TERMS: Final = 7

COVARIATES: Final = ("grade", "warm_up")
_FLAT: Final = 1e-9
_LEFT: Final = 2
"""What levels have to leave of each activity: songs beyond its terms."""


@dataclass(frozen=True)
class Block:
    """Activities with equally many songs: their rows (activities × songs, by time), and an
    orthonormal basis of each one's level and course (activities × songs × terms).
    """

    rows: Ints
    basis: Floats

    def without_course(self, values: Floats) -> Floats:
        """What level and course do not explain, of values (activities × songs × whatever)."""
        columns = values.reshape(*self.rows.shape, -1)
        left: Floats = columns - self.basis @ (self.basis.transpose(0, 2, 1) @ columns)
        return left.reshape(values.shape)

    def with_levels(self, dose: Floats) -> Iterator[Block]:
        """The same activities; where the dose (one value per row of all) keeps clear levels, these
        are part of the course.
        """
        _, n_songs, terms = self.basis.shape
        clear, steps = levels.steps(dose[self.rows])
        if n_songs < terms + steps.shape[2] + _LEFT or not clear.any():
            yield self
            return
        if not clear.all():
            yield Block(self.rows[~clear], self.basis[~clear])
        both = np.concatenate([self.basis[clear], steps[clear]], axis=2)
        yield Block(self.rows[clear], np.linalg.qr(both)[0])


def n_terms(n_songs: int) -> int:
    """Terms that level and course of an activity with so many songs have.

    A level and one term more for every three songs begun, seven at most. So four songs have a
    course that bends: beside a straight one, runs that end fast with a playlist that does would
    look as if songs had done it. What is shorter than three songs may be a song's.
    """
    return min(1 + math.ceil(n_songs / SONGS_PER_TERM), MOST_TERMS)


def blocks(efforts: pd.DataFrame) -> Iterator[Block]:
    """The activities of ``efforts`` (``activity_id``, ``elapsed_share``) with enough songs.

    Courses are Legendre polynomials of the time, in full and stretched to [-1, 1].
    """
    order = np.lexsort((efforts["elapsed_share"], efforts["activity_id"]))
    number = efforts["activity_id"].to_numpy()[order]
    first = np.flatnonzero(np.append(True, number[1:] != number[:-1])) if number.size else order
    n_songs = np.diff(np.append(first, number.size))
    time = efforts["elapsed_share"].to_numpy()
    for n in np.unique(n_songs[n_songs >= FEWEST]).tolist():
        rows = order[first[n_songs == n][:, None] + np.arange(n)]
        at = time[rows]
        low, high = at[:, :1], at[:, -1:]
        scaled = 2 * (at - low) / np.maximum(high - low, _FLAT) - 1
        basis, _ = np.linalg.qr(legendre.legvander(scaled, n_terms(n) - 1))
        yield Block(rows, basis)


@dataclass(frozen=True)
class Compared:
    """Columns without level and course: ``values`` (songs × columns), where ``rows`` says of which
    rows; ``df`` are the degrees of freedom left for them, ``blocks`` what was taken out.

    ``places`` are the blocks' rows, by their places in ``values``.
    """

    values: Floats
    rows: Ints
    df: int
    blocks: tuple[Block, ...]
    places: tuple[Ints, ...]

    @property
    def freedom(self) -> Floats:
        """How much of each value level and course have left, 0 to 1; the sum is ``df``."""
        free = [1 - np.square(block.basis).sum(axis=2).ravel() for block in self.blocks]
        return np.concatenate(free) if free else np.empty(0)

    @property
    def n_activities(self) -> int:
        """How many activities there are to compare within."""
        return sum(len(block.rows) for block in self.blocks)


def courses(efforts: pd.DataFrame, dose: Floats | None = None) -> tuple[Block, ...]:
    """:func:`blocks`; clear levels of ``dose``, where there is such a thing, are part of a course.

    A dose is what an outcome is to be explained by, one value per row.
    """
    found = blocks(efforts)
    if dose is None:
        return tuple(found)
    return tuple(each for block in found for each in block.with_levels(dose))


def compare(
    efforts: pd.DataFrame,
    columns: list[Floats],
    dose: Floats | None = None,
    *,
    found: tuple[Block, ...] | None = None,
) -> Compared:
    """Takes level and course of each activity out of ``columns``, one value per row each.

    ``found`` are their :func:`courses` if they are known already. Activities with fewer than
    :data:`FEWEST` songs have nothing left, and so no rows.
    """
    found = courses(efforts, dose) if found is None else found
    values = np.column_stack(columns) if columns else np.empty((len(efforts), 0))
    left = [
        block.without_course(values[block.rows]).reshape(-1, values.shape[1]) for block in found
    ]
    ends = np.cumsum([block.rows.size for block in found])
    return Compared(
        values=np.concatenate(left) if left else np.empty((0, values.shape[1])),
        rows=np.concatenate([block.rows.ravel() for block in found]) if found else np.empty(0, int),
        df=sum(len(block.rows) * (block.rows.shape[1] - block.basis.shape[2]) for block in found),
        blocks=found,
        places=tuple(
            np.arange(end - block.rows.size, end).reshape(block.rows.shape)
            for end, block in zip(ends, found, strict=True)
        ),
    )


def covariates(efforts: pd.DataFrame) -> list[Floats]:
    """Grade and warm-up of every row; where nothing tells a grade it is level ground."""
    return [efforts[name].fillna(0).to_numpy(dtype="float64") for name in COVARIATES]


def varying(columns: Floats) -> Bools:
    """Which columns have anything left to compare."""
    spread: Bools = (
        np.sqrt(np.mean(columns**2, axis=0)) > _FLAT
        if len(columns)
        else np.zeros(columns.shape[1], bool)
    )
    return spread


def without(others: Floats, values: Floats) -> Floats:
    """What other columns do not explain of these values."""
    if not others.shape[1]:
        return values
    left: Floats = values - others @ np.linalg.lstsq(others, values, rcond=None)[0]
    return left
