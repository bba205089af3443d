"""The date of files that count time from when the watch was switched on, and their zone."""

from __future__ import annotations

from typing import Final

import numpy as np

from runsous.errors import InputError
from runsous.files.fit.messages import FIRST_DATE_S, Numbers, Table
from runsous.files.fit.words import maker

_QUARTER_S: Final = 900
_JITTER_S: Final = 60
_ZONES_S: Final = (-12 * 3600, 14 * 3600)

_LOCAL: Final = (
    "The watch wrote only its own local time, which was taken as UTC; shift the activity if"
    " the songs are hours off."
)
_CREATED: Final = (
    "The watch wrote no date with its samples; they were placed at the time the file was made."
)


def set_clock(found: dict[str, Table]) -> tuple[str, ...]:
    """Turns times since power-on into dates, in place; what comes out are notes on how.

    Raises :class:`InputError` when nothing in the file tells the date.
    """
    times = found["record"]["timestamp"], found["session"]["start_time"]
    if not any(_is_relative(_middle(column)) for column in times):
        return ()
    shift, notes = _shift(found)
    for table in found.values():
        for name in ("timestamp", "start_time"):
            column = table.columns.get(name)
            if column is not None:
                column[column < FIRST_DATE_S] += shift
    return notes


def _middle(column: Numbers) -> float:
    known = column[np.isfinite(column)]
    return float(np.median(known)) if len(known) else np.nan


def _first(column: Numbers) -> float:
    known = column[np.isfinite(column)]
    return float(known[0]) if len(known) else np.nan


def _is_relative(time: float) -> bool:
    return time < FIRST_DATE_S


def _shift(found: dict[str, Table]) -> tuple[float, tuple[str, ...]]:
    """What to add to a time since power-on, from the best witness in the file."""
    pairs = found["timestamp_correlation"]
    start = _first(found["session"]["start_time"])
    begin = min(_first(found["record"]["timestamp"]), start, key=lambda t: (np.isnan(t), t))
    end = _first(found["activity"]["timestamp"])
    witnesses = (
        (_first(pairs["timestamp"]), _first(pairs["system_timestamp"]), ()),
        (start, begin, ()),
        (_first(found["activity"]["local_timestamp"]), end, (_LOCAL,)),
        (_first(found["file_id"]["time_created"]), begin, (_CREATED,)),
    )
    for date, relative, notes in witnesses:
        if date >= FIRST_DATE_S and _is_relative(relative):
            return date - relative, notes
    raise InputError("It has no date: its times count from when the watch was switched on.")


def utc_offset_s(found: dict[str, Table]) -> int | None:
    """Local time minus UTC as the file states it, in whole quarters of an hour.

    Several makers write UTC as local time, so no difference is believed from Garmin alone.
    """
    activity = found["activity"]
    difference = _first(activity["local_timestamp"] - activity["timestamp"])
    offset = round(difference / _QUARTER_S) * _QUARTER_S if np.isfinite(difference) else None
    if offset is None or abs(offset - difference) > _JITTER_S:
        return None
    if not _ZONES_S[0] <= offset <= _ZONES_S[1]:
        return None
    is_garmin = maker(_first(found["file_id"]["manufacturer"])) == "garmin"
    return offset if offset or is_garmin else None
