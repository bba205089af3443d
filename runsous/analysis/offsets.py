"""A shift of the music that would fit an activity, where that is evident."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from runsous.analysis.geo import Floats

_HOURS: Floats = np.arange(-12.0, 15.0) * 3600
_HALVES: Floats = _HOURS[:-1] + 1800
"""As far as clocks on earth are from UTC, in seconds."""

WELL_FILLED = 0.9
"""Share of an activity that must sound after the shift."""

LEAST_SONGS = 3

_RUNNER_UP = 0.5
"""Any other whole hour may fill no more than this share, or the choice is open."""
_BESIDE_HALF = 0.6
"""The same for whole hours when the best is a half: the two beside it fill half each."""


@dataclass(frozen=True)
class Suggestion:
    """A shift in seconds (positive: songs later), the songs it brings and the share they fill."""

    offset_s: float
    n_songs: int
    share: float


def suggest(plays: pd.DataFrame, start_time: datetime, elapsed_time_s: float) -> Suggestion | None:
    """The shift by whole or half hours that gives a silent activity its songs, or ``None``.

    Clocks are wrong by hours when a file tells local time as UTC or a time change was
    missed. It is a suggestion, made only when nothing else explains the silence as well:
    no song (:data:`runsous.frames.PLAYS`, skips aside) touches the activity as it is, one
    shift of -12 to +14 h fills at least 90 % of it with 3 songs or more, and no other whole
    hour fills over half. Half hours count when no whole hour fills over 60 %. Who listens
    for hours on end gets no suggestion: several shifts fit. Nothing is said about seconds:
    no boundary of a song shows in the data of a run.
    """
    heard = plays[~plays["is_skip"].astype(bool)]
    if heard.empty or elapsed_time_s <= 0:
        return None
    zero = pd.Timestamp(start_time).tz_convert(UTC)
    edges = [heard["started_at"] - zero, heard["ended_at"] - zero]
    songs = np.array([edge.dt.total_seconds() for edge in edges])
    by_hours = _shares(songs, _HOURS, elapsed_time_s)
    if by_hours[_HOURS == 0] > 0:
        return None
    shift = _evident(_HOURS, by_hours)
    if shift is None and by_hours.max() <= _BESIDE_HALF:
        shift = _evident(_HALVES, _shares(songs, _HALVES, elapsed_time_s))
    if shift is None:
        return None
    sounding = _overlaps_s(songs, np.array([shift]), elapsed_time_s)[0]
    n_songs = int((sounding > 0).sum())
    if n_songs < LEAST_SONGS:
        return None
    return Suggestion(shift, n_songs, float(sounding.sum() / elapsed_time_s))


def _evident(shifts_s: Floats, shares: Floats) -> float | None:
    """The only shift that fills the activity well, while no other fills half of it."""
    best = int(shares.argmax())
    others = np.delete(shares, best)
    is_clear = shares[best] >= WELL_FILLED and others.max() <= _RUNNER_UP
    return float(shifts_s[best]) if is_clear else None


def _shares(songs: Floats, shifts_s: Floats, elapsed_s: float) -> Floats:
    share: Floats = _overlaps_s(songs, shifts_s, elapsed_s).sum(axis=1) / elapsed_s
    return share


def _overlaps_s(songs: Floats, shifts_s: Floats, elapsed_s: float) -> Floats:
    """Seconds that each song (column) sounds during the activity after each shift (row)."""
    start, end = songs[:, np.newaxis, :] + shifts_s[:, np.newaxis]
    overlap: Floats = np.clip(np.minimum(end, elapsed_s) - np.maximum(start, 0), 0, None)
    return overlap
