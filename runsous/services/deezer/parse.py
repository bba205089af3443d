"""What Deezer's answers say.

Raises :class:`ValueError` for an answer that is not what was asked for.
"""

from __future__ import annotations

from typing import Any, Final

from runsous.histories.plays import isrc, number
from runsous.model import SongFacts
from runsous.services.facts import fields, identifier, items, seconds, tempo, text

SEARCH: Final = "search"


def track(document: Any, asked: str) -> SongFacts:
    """One track; a ``bpm`` of 0 is unknown."""
    found = _track(document, asked)
    if found is None:
        raise ValueError("no track in the answer")
    return found


def tracks(document: Any) -> list[SongFacts]:
    """The tracks of a search, the best first; a search tells no tempo."""
    listed = fields(document).get("data")
    if not isinstance(listed, list):
        raise ValueError("no tracks in the answer")
    every = [_track(each, SEARCH) for each in items(listed)]
    return [each for each in every if each is not None]


def error(document: Any) -> int | None:
    """The code of an error, which comes with status 200; 0 where it has none, ``None`` where
    there is no error.
    """
    told = fields(document).get("error")
    if not told:
        return None
    code = number(fields(told).get("code"))
    return int(code) if code == code else 0


def _track(told: Any, asked: str) -> SongFacts | None:
    about = fields(told)
    number_ = identifier(about.get("id"))
    if number_ is None:
        return None
    code = isrc(about.get("isrc"))
    return SongFacts(
        source="deezer",
        identifier=number_,
        asked=asked,
        title=text(about.get("title")),
        artist=text(fields(about.get("artist")).get("name")),
        album=text(fields(about.get("album")).get("title")),
        duration_s=seconds(about.get("duration")),
        isrcs=(code,) if code else (),
        bpm=tempo(about.get("bpm")),
    )
