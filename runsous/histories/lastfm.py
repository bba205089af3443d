"""A scrobble of Last.fm as its API writes it, which exporters pass on as it came.

A stamp is the start of a play in UTC; exporters that write it out may cut off the seconds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from runsous.histories.plays import LeftOut, NotMine, Play, word

SECOND_S: Final = 5.0
MINUTE_S: Final = 60.0
_TO_THE_SECOND: Final = re.compile(r"\d:\d\d:\d\d")


def play(entry: Any) -> Play:
    """What one item of "track" means. Raises :class:`LeftOut` for what is just playing,
    :class:`NotMine` for what is no track.
    """
    if not isinstance(entry, dict) or not {"artist", "name", "track"} & entry.keys():
        raise NotMine
    if is_playing(entry):
        raise LeftOut("songs that were just playing")
    at = stamp(entry)
    return Play(
        stamp=at,
        artist=name(entry.get("artist")),
        title=title(entry),
        album=name(entry.get("album")),
        mbid=entry.get("mbid"),
        precision_s=precision_s(at),
    )


def name(value: Any) -> Any:
    """A name, which is an object in the API's answers ("name" in its extended ones)."""
    return value.get("#text") or value.get("name") if isinstance(value, dict) else value


def title(entry: Mapping[str, Any]) -> Any:
    """The track's title, under either name exporters have for it."""
    return entry.get("name") or entry.get("track")


def stamp(entry: Mapping[str, Any]) -> Any:
    """When it began: a number of seconds or milliseconds, or a written time."""
    date = entry.get("date", entry.get("uts"))
    return date.get("uts") or date.get("#text") if isinstance(date, dict) else date


def is_playing(entry: Mapping[str, Any]) -> bool:
    """Whether it is what plays right now, which is no scrobble yet."""
    attributes = entry.get("@attr")
    return isinstance(attributes, dict) and word(attributes.get("nowplaying")) == "true"


def precision_s(stamp: Any) -> float:
    """± of a stamp: whole minutes where it is written without seconds."""
    is_minute = isinstance(stamp, str) and ":" in stamp and not _TO_THE_SECOND.search(stamp)
    return MINUTE_S if is_minute else SECOND_S
