"""What lies inside a session: which messages are its own, its laps, pool lengths and pauses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np

from runsous.files.fit.messages import EPOCH_S, Chosen, Mask, Numbers, Table
from runsous.files.fit.words import stroke
from runsous.model import Lap, PoolLength

Intervals = tuple[tuple[float, float], ...]

_TIMER: Final = 0
_START: Final = 0
_STOPS: Final = (1, 4, 8, 9)
_IDLE: Final = 0


@dataclass(frozen=True)
class Session:
    """A row of the session table and the stretch of time whose messages are its own.

    Times are seconds since 1970; ``row`` is ``None`` in a file that was cut off before it
    summed itself up.
    """

    row: int | None
    since: float
    until: float
    start: float

    def holds(self, times: Numbers) -> Mask:
        return (times >= self.since) & (times < self.until)


def starts(table: Table) -> Numbers:
    """When laps, lengths or sessions began; reckoned from their end if they do not say."""
    given = table["start_time"]
    begun = np.where(np.isnan(given), table["timestamp"] - table["total_elapsed_time"], given)
    return np.where(begun >= EPOCH_S, begun, np.nan)


def own(table: Table, session: Session) -> Table:
    """The laps or lengths of a session, in order of time."""
    begun, index = starts(table), table["message_index"]
    rows: Chosen = np.flatnonzero(session.holds(begun))
    return table.chosen(rows[np.lexsort((index[rows], begun[rows]))])


def own_lengths(table: Table, session: Session) -> Table:
    """The pool lengths of a session, in order of time.

    Lengths of drill are entered together and bear one start: they follow one another.
    """
    mine = own(table, session)
    given, elapsed = starts(mine), np.nan_to_num(_elapsed(mine))
    begun = given.copy()
    for n in range(1, len(begun)):
        if given[n] == given[n - 1]:
            begun[n] = begun[n - 1] + elapsed[n - 1]
    mine.columns["start_time"] = begun[:, None]
    return mine


def laps(table: Table, session: Session) -> Iterator[Lap]:
    """The laps of a session, in order."""
    mine = own(table, session)
    columns = (_elapsed(mine), mine["total_timer_time"], mine["total_distance"])
    for start, *values in zip(starts(mine), *columns, strict=True):
        elapsed, timer, distance = (value(v) for v in values)
        if elapsed is not None:
            yield Lap(float(start - session.start), elapsed, timer, distance)


def lengths(mine: Table, session: Session) -> Iterator[PoolLength]:
    """The pool lengths in ``mine`` (see :func:`own_lengths`), idle ones too.

    A length ends where its elapsed time does: its own time stamp is often missing, or the
    same for all.
    """
    columns = (mine["start_time"], _elapsed(mine), mine["length_type"], mine["total_strokes"])
    for start, elapsed, kind, strokes, style in zip(*columns, mine["swim_stroke"], strict=True):
        if isfinite(elapsed):
            yield PoolLength(
                float(start - session.start),
                float(elapsed),
                bool(kind != _IDLE),
                int(strokes) if isfinite(strokes) else None,
                stroke(style),
            )


def _elapsed(table: Table) -> Numbers:
    given = table["total_elapsed_time"]
    return np.where(np.isnan(given), table["timestamp"] - table["start_time"], given)


def pauses(events: Table) -> Intervals | None:
    """From each stop of the timer to the next start; ``None`` if the timer has no events.

    Makers write different kinds of stop, some twice; the last one ends the recording and
    is no pause.
    """
    at, kind = events["timestamp"], events["event_type"]
    rows = np.flatnonzero((events["event"] == _TIMER) & np.isfinite(at))
    stopped: float | None = None
    found = []
    for row in rows[np.argsort(at[rows], kind="stable")]:
        if kind[row] in _STOPS and stopped is None:
            stopped = float(at[row])
        elif kind[row] == _START and stopped is not None:
            if at[row] > stopped:
                found.append((stopped, float(at[row])))
            stopped = None
    return tuple(found) if len(rows) else None


def own_pauses(found: Intervals | None, session: Session, row: Table) -> Intervals | None:
    """The pauses of a session in seconds after its start; ``None`` when nothing tells.

    Without timer events a timer that ran all the time says that there was none.
    """
    elapsed, timer = first(row["total_elapsed_time"]), first(row["total_timer_time"])
    if found is None:
        return () if timer >= elapsed - 1 else None
    end = min(session.until, session.start + elapsed) if isfinite(elapsed) else session.until
    inside = ((max(since, session.start), min(until, end)) for since, until in found)
    return tuple((a - session.start, b - session.start) for a, b in inside if a < b)


def first(column: Numbers) -> float:
    """The first value of a column, NaN if there is none."""
    return float(column[0]) if len(column) else np.nan


def value(number: float) -> float | None:
    """A number as the model has it."""
    return float(number) if isfinite(number) else None
