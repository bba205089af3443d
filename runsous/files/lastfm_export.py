"""Last.fm histories as people export them: CSV of several tools, and JSON of its API.

Last.fm has no export of its own; these tools are common, and each writes it differently:
benjaminbenben's lastfm-to-csv (no header, whole minutes), mainstream.ghan.nl (CSV with
``uts`` first, JSON as a list of pages), lastfmstats.com (semicolons, ``Date#user``, or JSON
with milliseconds). A stamp is the start of a play in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final

from runsous.errors import InputError
from runsous.files import text
from runsous.files.listening import SOME, Harvest, harvest, reading
from runsous.histories import lastfm
from runsous.histories.plays import NotMine, Play, number
from runsous.model import Reading

_LISTS: Final = "track|scrobbles"
_FIRST_S: Final = 1_000_000_000
"""A number this large is a time; Last.fm began in 2002."""
_WRITTEN: Final = re.compile(r"\d{1,2} [A-Z][a-z]{2} \d{4},? \d{2}:\d{2}(:\d{2})?")
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}.*")
_NOTE_MINUTES: Final = (
    "Times are in whole minutes, taken as UTC the way Last.fm's exporters write them;"
    " songs can be placed to about a minute."
)
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "stamp": ("uts", "timestamp", "date_uts", "utc_time", "date", "time", "datetime"),
    "artist": ("artist", "artist_name", "artist name"),
    "title": ("track", "title", "track_name", "track name", "name", "song"),
    "album": ("album", "album_name", "album name"),
    "mbid": ("track_mbid", "track mbid"),
}
"""What the columns of a CSV are called, the most precise name first."""
_HEADLESS: Final = {"artist": 0, "album": 1, "title": 2, "stamp": 3}


def is_lastfm(head: bytes) -> bool:
    """Whether a file begins as one of the known exports of a Last.fm history does."""
    content = text.decode(head)
    if text.is_json(content):
        return any(map(_is_track, islice(text.Records(content, _LISTS), SOME)))
    rows = iter(text.Rows(content))
    first = next(rows, [])
    columns = _columns(first)
    if columns is None:
        return False
    row = first if columns is _HEADLESS else next(rows, [])
    return _is_stamp(_cells(row, columns).get("stamp"))


def read_lastfm(content: bytes) -> Reading:
    """The scrobbles of an export, ``source`` "lastfm": starts to ± 5 s, or ± 60 s where the
    exporter cut off the seconds. What is playing right now is left out.

    Raises :class:`InputError` when it holds no scrobbles.
    """
    found = _harvest(text.decode(content))
    if any(play.precision_s == lastfm.MINUTE_S for play in found.plays):
        found.notes.append(_NOTE_MINUTES)
    return reading("lastfm", found)


def _harvest(content: str) -> Harvest:
    entries: text.Records | text.Rows
    if text.is_json(content):
        entries = text.Records(content, _LISTS)
        found = harvest(entries, lastfm.play)
    else:
        entries = text.Rows(content)
        found = _harvest_rows(iter(entries))
    found.is_damaged = entries.is_damaged
    return found


def _is_track(entry: Any) -> bool:
    if not isinstance(entry, dict):
        return False
    is_named = bool(lastfm.name(entry.get("artist")) and lastfm.title(entry))
    return is_named and (lastfm.is_playing(entry) or _is_stamp(lastfm.stamp(entry)))


def _harvest_rows(rows: Iterator[list[str]]) -> Harvest:
    first = next(rows, [])
    columns = _columns(first)
    if columns is None:
        raise InputError("Its columns are not those of a Last.fm export; export it once more.")
    every = chain([first], rows) if columns is _HEADLESS else rows
    return harvest(every, lambda row: _play_of_row(row, columns))


def _columns(first: Sequence[str]) -> Mapping[str, int] | None:
    """Where what stands, by the first row: the names in it, or the form without names."""
    if len(first) == len(_HEADLESS) and _WRITTEN.fullmatch(first[_HEADLESS["stamp"]].strip()):
        return _HEADLESS
    # lastfmstats.com writes the user's name behind that of the column.
    names = [cell.partition("#")[0].strip().lower() for cell in first]
    columns = {
        what: names.index(next(name for name in known if name in names))
        for what, known in _NAMES.items()
        if any(name in names for name in known)
    }
    return columns if columns.keys() >= {"stamp", "artist", "title"} else None


def _cells(row: Sequence[str], columns: Mapping[str, int]) -> dict[str, str]:
    return {what: row[at] for what, at in columns.items() if at < len(row)}


def _play_of_row(row: Sequence[str], columns: Mapping[str, int]) -> Play:
    if columns is _HEADLESS and len(row) != len(_HEADLESS):
        raise NotMine
    cells = _cells(row, columns)
    if "stamp" not in cells:
        raise NotMine
    return Play(
        stamp=cells["stamp"],
        artist=cells.get("artist"),
        title=cells.get("title"),
        album=cells.get("album"),
        mbid=cells.get("mbid"),
        precision_s=lastfm.precision_s(cells["stamp"]),
    )


def _is_stamp(value: Any) -> bool:
    """Whether a value is a time: seconds or milliseconds since 1970, or one that is written."""
    if isinstance(value, str) and (_WRITTEN.fullmatch(value) or _ISO.fullmatch(value)):
        return True
    return number(value) >= _FIRST_S or number(value) == 0
