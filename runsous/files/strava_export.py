"""The index of a Strava bulk export, ``activities.csv``: what its owner said of each activity.

Headers, sports and dates are in the language of the account, several names stand twice, and
the number of columns grows with the years (87 in 2023, 101 in 2026). So columns are found by
position: from ``Filename`` on the exact values follow in one order since 2020 (athlete's and
bike's weight, elapsed time, moving time, distance in metres, …).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Final

from runsous.errors import InputError
from runsous.files import locales, text
from runsous.histories.plays import tidy
from runsous.model import Workout

_ID: Final = re.compile(r"\d{1,20}")
_FOLDER: Final = "activities/"
_SOME: Final = 50
_FEWEST: Final = 10
"""Columns of the first exports with an index, up to ``Filename``."""
_DATE, _NAME, _SPORT, _DESCRIPTION, _ELAPSED, _DISTANCE = range(1, 7)
_FILENAME: Final = 12
_AFTER_FILENAME: Final = {
    "elapsed_time_s": 3,
    "moving_time_s": 4,
    "distance_m": 5,
    "elevation_gain_m": 8,
    "average_cadence": 17,
    "max_heartrate": 18,
    "average_heartrate": 19,
}
"""How many columns after ``Filename`` the exact values stand."""
_KM_M: Final = 1000.0
_MILE_M: Final = 1609.344
_LONGEST: Final = 10_000
_MOST: Final = 200_000


@dataclass(frozen=True)
class StravaEntry:
    """One row: an activity as its owner named it, with Strava's totals.

    ``filename`` is its file's path in the archive, ``None`` where it was entered by hand.
    ``start_time`` is UTC, ``None`` where the date is in a language that is not understood.
    ``average_cadence`` is per leg on foot. Sums and averages are ``None`` where not given.
    """

    activity_id: str
    start_time: datetime | None
    name: str | None = None
    sport: str = "other"
    sub_sport: str | None = None
    description: str | None = None
    filename: str | None = None
    elapsed_time_s: float | None = None
    moving_time_s: float | None = None
    distance_m: float | None = None
    elevation_gain_m: float | None = None
    average_heartrate: float | None = None
    max_heartrate: float | None = None
    average_cadence: float | None = None

    @property
    def is_start_hidden(self) -> bool:
        """Whether Strava hides the time of day, which it writes as one second past midnight."""
        start = self.start_time
        return start is not None and (start.hour, start.minute, start.second) == (0, 0, 1)


class StravaIndex(tuple[StravaEntry, ...]):
    """The entries in the order of the file; ``notes`` say what of it could not be read."""

    notes: tuple[str, ...] = ()


def is_strava_index(head: bytes) -> bool:
    """Whether a file begins as an ``activities.csv`` of any account language does.

    That is: activity numbers in the first column, and a column of files in ``activities/``
    or a header in which the names of the elapsed time and the distance come a second time.
    """
    content = text.decode(head)
    if text.is_json(content):
        return False
    rows = list(islice(text.Rows(content), _SOME))
    if not rows or len(rows[0]) < _FEWEST:
        return False
    header, entries = rows[0], rows[1:]
    with_id = sum(bool(_ID.fullmatch(row[0].strip())) for row in entries)
    return 2 * with_id >= len(entries) and (
        _is_repeated(header) or _file_column(entries) is not None
    )


def read_strava_index(content: bytes) -> StravaIndex:
    """The activities of an index; rows without a number or with too few columns are noted.

    Raises :class:`InputError` when it is not the index of an export.
    """
    rows = text.Rows(text.decode(content))
    reader = iter(rows)
    header = next(reader, [])
    if len(header) < _FEWEST:
        raise InputError("It is not the activities.csv of a Strava export; choose that file.")
    first = list(islice(reader, _SOME))
    at = _filename_at(header, first)
    whole, skipped = _whole(chain(first, reader), at)
    unit_m = _unit_m(whole, at)
    index = StravaIndex(_entry(row, at, unit_m) for row in whole)
    index.notes = tuple(_notes(index, skipped, is_damaged=rows.is_damaged))
    return index


def to_workout(entry: StravaEntry) -> Workout:
    """The activity from its totals alone, as for one entered by hand: no samples.

    Raises :class:`InputError` when its date could not be read.
    """
    if entry.start_time is None:
        raise InputError(
            "Its date is written in a way that is not understood; set your Strava account to"
            " English and export again."
        )
    return Workout(
        kind="strava_export",
        start_time=entry.start_time,
        sport=entry.sport,
        sub_sport=entry.sub_sport,
        elapsed_time_s=entry.elapsed_time_s,
        timer_time_s=entry.moving_time_s,
        distance_m=entry.distance_m,
        elevation_gain_m=entry.elevation_gain_m,
        average_heartrate=entry.average_heartrate,
        max_heartrate=entry.max_heartrate,
        average_cadence=entry.average_cadence,
        name=entry.name,
        description=entry.description,
        external_id=entry.activity_id,
        is_start_hidden=entry.is_start_hidden,
    )


def _whole(rows: Iterable[list[str]], at: int) -> tuple[list[list[str]], int]:
    """The rows that reach to their file, and how many do not or have no number."""
    whole, skipped = [], 0
    for row in rows:
        if len(row) > at and _ID.fullmatch(row[0].strip()):
            whole.append(row)
        else:
            skipped += 1
        if len(whole) > _MOST:
            raise InputError(f"It lists more than {_MOST:,} activities; split it.")
    return whole, skipped


def _is_repeated(header: Sequence[str]) -> bool:
    """Whether elapsed time and distance come again, two columns apart, as in every language."""
    return _second_elapsed(header) is not None


def _second_elapsed(header: Sequence[str]) -> int | None:
    # Tables that went through other programs have numbers behind repeated names.
    names = [re.sub(r"\.\d$", "", name.strip()) for name in header]
    for at in range(_ELAPSED + 4, len(names) - 2):
        if names[_ELAPSED] and names[at] == names[_ELAPSED] and names[at + 2] == names[_DISTANCE]:
            return at
    return None


def _file_column(rows: Sequence[Sequence[str]]) -> int | None:
    """The column in which most paths of activity files stand."""
    at = Counter(i for row in rows for i, cell in enumerate(row) if cell.startswith(_FOLDER))
    # A description can begin like a path too: the earliest columns are free text.
    found = [column for column, _ in at.most_common() if column > _DESCRIPTION]
    return found[0] if found else None


def _filename_at(header: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    again = _second_elapsed(header)
    if again is not None:
        return again - _AFTER_FILENAME["elapsed_time_s"]
    found = _file_column(rows)
    return found if found is not None else min(_FILENAME, len(header) - 1)


def _unit_m(rows: Sequence[Sequence[str]], at: int) -> float:
    """Metres in the unit of the first distance, a kilometre or a mile: told by the second."""
    exact_at = at + _AFTER_FILENAME["distance_m"]
    ratios = sorted(
        exact / rounded
        for row in rows
        if (exact := _quantity(row, exact_at)) and (rounded := _quantity(row, _DISTANCE))
    )
    middle = ratios[len(ratios) // 2] if ratios else _KM_M
    return _MILE_M if abs(middle - _MILE_M) < abs(middle - _KM_M) else _KM_M


def _entry(row: Sequence[str], at: int, unit_m: float) -> StravaEntry:
    exact = {name: _quantity(row, at + after) for name, after in _AFTER_FILENAME.items()}
    if exact["elapsed_time_s"] is None:
        exact["elapsed_time_s"] = _quantity(row, _ELAPSED)
    rounded = _quantity(row, _DISTANCE)
    if exact["distance_m"] is None and rounded is not None:
        exact["distance_m"] = rounded * unit_m
    sport, sub_sport = locales.sport(row[_SPORT])
    return StravaEntry(
        activity_id=row[0].strip(),
        start_time=locales.moment(row[_DATE]),
        name=tidy(row[_NAME]),
        sport=sport,
        sub_sport=sub_sport,
        description=_paragraphs(row[_DESCRIPTION]),
        filename=row[at].strip() or None,
        **exact,
    )


def _quantity(row: Sequence[str], at: int) -> float | None:
    return locales.quantity(row[at]) if at < len(row) else None


def _paragraphs(description: str) -> str | None:
    """A description with its line breaks."""
    lines = [tidy(line) or "" for line in description[:_LONGEST].splitlines()]
    return "\n".join(lines).strip() or None


def _notes(entries: Sequence[StravaEntry], skipped: int, *, is_damaged: bool) -> list[str]:
    notes = []
    if is_damaged:
        notes.append("The list of activities is cut off; what stands before was read.")
    if skipped:
        notes.append(f"Rows of the list that are incomplete and were skipped: {skipped}.")
    undated = sum(entry.start_time is None for entry in entries)
    if undated:
        notes.append(f"Dates of the list that were not understood: {undated}.")
    return notes
