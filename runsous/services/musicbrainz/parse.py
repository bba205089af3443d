"""What MusicBrainz's answers say.

Raises :class:`ValueError` for an answer that is not what was asked for.
"""

from __future__ import annotations

from typing import Any, Final

from runsous.histories.plays import isrc
from runsous.model import SongFacts
from runsous.services.facts import fields, items, seconds, text

SEARCH: Final = "search"

_MILLISECONDS: Final = 1000.0


def recording(document: Any, asked: str) -> SongFacts:
    """One recording; its id is the present one, also where it was asked for by a former one."""
    found = _recording(document, asked)
    if found is None:
        raise ValueError("no recording in the answer")
    return found


def recordings(document: Any, asked: str = SEARCH) -> list[SongFacts]:
    """The recordings of a search, the best first, or those that have the ISRC ``asked``."""
    listed = fields(document).get("recordings")
    if not isinstance(listed, list):
        raise ValueError("no recordings in the answer")
    code = None if asked == SEARCH else isrc(asked)
    every = [_recording(each, asked, code) for each in listed]
    return [each for each in every if each is not None]


def is_unknown(document: Any, status: int) -> bool:
    """Whether an error says that there is nothing by this id, or that it cannot be one."""
    error = text(fields(document).get("error"))
    if error is None:
        return False
    return status == 404 or (status == 400 and error.lower().startswith("invalid "))


def _recording(told: Any, asked: str, code: str | None = None) -> SongFacts | None:
    about = fields(told)
    mbid, title = text(about.get("id")), text(about.get("title"))
    if mbid is None or title is None:
        return None
    version = text(about.get("disambiguation"))
    codes = about.get("isrcs")
    listed = [isrc(each) for each in codes] if isinstance(codes, list) else []
    releases = items(about.get("releases"))
    return SongFacts(
        source="musicbrainz",
        identifier=mbid,
        asked=asked,
        # "live, 2011-05-01: London" is what tells it from the recording everybody knows.
        title=f"{title} ({version})" if version else title,
        artist=_artist(about.get("artist-credit")),
        album=text(releases[0].get("title")) if releases else None,
        duration_s=seconds(about.get("length"), _MILLISECONDS),
        isrcs=tuple(dict.fromkeys(each for each in [*listed, code] if each)),
        mbid=mbid,
    )


def _artist(credit: Any) -> str | None:
    """The artists as they are credited: "Band feat. Somebody"."""
    parts = []
    for each in items(credit):
        name = each.get("name") or fields(each.get("artist")).get("name")
        parts += [part for part in (name, each.get("joinphrase")) if isinstance(part, str)]
    return text("".join(parts))
