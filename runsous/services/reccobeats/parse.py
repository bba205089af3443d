"""What ReccoBeats' answers say.

An item belongs to the Spotify id at the end of its ``href``, and may have been asked for by its
ISRC or ReccoBeats' own id instead. What belongs to nothing that was asked for is left out.
Raises :class:`ValueError` for an answer that is not what was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from runsous.histories.plays import isrc
from runsous.model import SongFacts
from runsous.services.facts import fields, identifier, items, key, mode, seconds, share, tempo, text

_MILLISECONDS: Final = 1000.0
_LAST_PART: Final = re.compile(r"/([^/?#]+)/?(?:[?#].*)?$")


def tracks(document: Any, ids: Sequence[str]) -> list[SongFacts]:
    """What is known of the tracks asked for by ``ids``; of one id there can be several."""
    return [
        replace(
            about,
            title=text(told.get("trackTitle")),
            artist=_artists(told.get("artists")),
            duration_s=seconds(told.get("durationMs"), _MILLISECONDS),
        )
        for told, about in _joined(document, ids)
    ]


def features(document: Any, ids: Sequence[str]) -> list[SongFacts]:
    """How the tracks asked for by ``ids`` sound; of one id there can be several."""
    return [
        replace(
            about,
            bpm=tempo(told.get("tempo")),
            energy=share(told.get("energy")),
            danceability=share(told.get("danceability")),
            valence=share(told.get("valence")),
            key=key(told.get("key")),
            mode=mode(told.get("mode")),
        )
        for told, about in _joined(document, ids)
    ]


def _joined(document: Any, ids: Sequence[str]) -> Iterator[tuple[dict[str, Any], SongFacts]]:
    content = fields(document).get("content")
    if not isinstance(content, list):
        raise ValueError("no tracks in the answer")
    for told in items(content):
        spotify_id, own = _spotify_id(told), identifier(told.get("id"))
        code = isrc(told.get("isrc"))
        name = own or spotify_id
        if name is None:
            continue
        for asked in dict.fromkeys(ids):
            if asked in (spotify_id, own) or (code is not None and isrc(asked) == code):
                codes = (code,) if code else ()
                yield told, SongFacts("reccobeats", name, asked, isrcs=codes, spotify_id=spotify_id)


def _spotify_id(told: dict[str, Any]) -> str | None:
    found = _LAST_PART.search(text(told.get("href")) or "")
    return found[1] if found else None


def _artists(value: Any) -> str | None:
    names = [text(each.get("name")) for each in items(value)]
    return text(", ".join(name for name in names if name))
