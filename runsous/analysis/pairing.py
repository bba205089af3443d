"""Which reports of different feeds speak of the same play."""

from __future__ import annotations

import numpy as np
import pandas as pd

from runsous.analysis.geo import Floats, Ints

_CLOSEST_S = (2.0, 10.0)
"""Pairs this close are made first, so that a skip does not take the place of the play
that follows it."""

_ROUNDING_S = 1e-6
_TOUCH_S = 1e-3
"""A play that begins where another ends does not overlap it."""


def plays_of(reports: pd.DataFrame, same_play_s: float) -> Ints:
    """The number of the play that each report belongs to, from 0 without a hole.

    ``reports`` have ``feed`` (0 is the finest), ``track_id``, ``start`` and ``until``
    (seconds), ``is_vague`` (its start says nothing) and ``twin``, the position of the first
    report that says the very same; their index counts from 0.

    Feed by feed, the reports of a track are paired one to one, in time order, with the plays
    found so far: those that start closest first, up to ``same_play_s`` apart, then those
    whose intervals overlap. What finds no partner is a play of its own, so n reports of a
    song on loop are at least n plays.
    """
    twin = reports["twin"].to_numpy()
    play = np.arange(len(reports))
    own = np.flatnonzero(twin == play)
    feed = reports["feed"].to_numpy()[own]
    found, *others = (own[feed == number] for number in np.unique(feed))
    for rows in others:
        known, fresh = _partners(reports, found, rows, same_play_s)
        play[fresh] = known
        found = np.concatenate((found, rows[play[rows] == rows]))
    numbers: Ints = np.unique(play[twin], return_inverse=True)[1]
    return numbers


def _partners(
    reports: pd.DataFrame, found: Ints, rows: Ints, same_play_s: float
) -> tuple[Ints, Ints]:
    """The pairs between two sides, closest first, as two arrays of positions."""
    start, until = reports["start"].to_numpy(), reports["until"].to_numpy()
    precise = np.where(reports["is_vague"], np.nan, start)
    halves = [apart_s / 2 + _ROUNDING_S for apart_s in (*_CLOSEST_S, same_play_s)]
    rounds = [(precise - half, precise + half) for half in halves]
    pairs: list[tuple[Ints, Ints]] = []
    for low, high in (*rounds, (start, until - _TOUCH_S)):
        spans = (reports["track_id"].to_numpy(), low, high)
        known, fresh = _meeting(spans, found, rows)
        pairs.append((known, fresh))
        found, rows = np.setdiff1d(found, known), np.setdiff1d(rows, fresh)
    known, fresh = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return known, fresh


def _meeting(spans: tuple[Ints, Floats, Floats], found: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """One to one and in time order, the positions whose spans of the same track meet."""
    here, there = _ordered(spans, found), _ordered(spans, rows)
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(here) and j < len(there):
        track, low, high, row = here[i]
        other_track, other_low, other_high, other_row = there[j]
        if (track, high) < (other_track, other_low):
            i += 1
        elif (other_track, other_high) < (track, low):
            j += 1
        else:
            pairs.append((row, other_row))
            i, j = i + 1, j + 1
    met: Ints = np.array(pairs, dtype=np.intp).reshape(-1, 2)
    return met[:, 0], met[:, 1]


def _ordered(spans: tuple[Ints, Floats, Floats], rows: Ints) -> list[tuple[int, float, float, int]]:
    """Track, low, high and position of the rows that have a span, by track and time."""
    track, low, high = (values[rows] for values in spans)
    order = np.lexsort((rows, high, low, track))
    order = order[low[order] <= high[order]]
    columns = (track[order], low[order], high[order], rows[order])
    return list(zip(*(column.tolist() for column in columns), strict=True))
