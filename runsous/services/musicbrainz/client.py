"""Asks MusicBrainz which recording something is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from runsous.histories import plays
from runsous.model import SongFacts
from runsous.net.http import Answer, Http, Judge
from runsous.services.asking import ask, document
from runsous.services.facts import Unknown
from runsous.services.musicbrainz import parse

T = TypeVar("T")

MOST: Final = 25
"""Recordings of a search."""

_PARTS: Final = "isrcs artist-credits releases"
_HOPS: Final = 3
_THERE: Final = re.compile(r"/recording/([0-9a-fA-F-]{36})(?![0-9a-fA-F-])")
_SPECIAL: Final = re.compile(r'([+\-!(){}\[\]^"~*?:\\/&|])')


@dataclass(frozen=True)
class MusicBrainz:
    """MusicBrainz, which lets anybody read who says in the User-Agent who they are.

    All it does can raise what :meth:`Http.call` does and :class:`Rejected`. That it is busy, or
    was asked too often (503), is tried again there.
    """

    api: Http

    def recording(self, mbid: str) -> SongFacts | None:
        """The recording with this id, or the one that it was merged into, under its own."""
        wanted = plays.mbid(mbid)
        for _ in range(_HOPS):
            if wanted is None:
                break
            read = partial(parse.recording, asked=mbid)
            try:
                path = f"/recording/{wanted}"
                return self._ask(path, read, _follow(read), {"inc": _PARTS})
            except Unknown:
                break
            except _Merged as merged:
                if merged.into is not None:
                    return merged.into
                wanted = merged.mbid
        return None

    def by_isrc(self, isrc: str) -> list[SongFacts]:
        """The recordings that have this code."""
        code = plays.isrc(isrc)
        if code is None:
            return []
        read = partial(parse.recordings, asked=isrc)
        try:
            return self._ask(f"/isrc/{code}", read, _judge, {"inc": "artist-credits"})
        except Unknown:
            return []

    def search(self, artist: str, title: str) -> list[SongFacts]:
        """Up to 25 recordings with names like these, the likeliest first, without codes."""
        query = f'recording:"{escaped(title)}" AND artist:"{escaped(artist)}"'
        return self._ask("/recording", parse.recordings, None, {"query": query, "limit": str(MOST)})

    def _ask(
        self, path: str, read: Callable[[Any], T], judge: Judge | None, params: dict[str, str]
    ) -> T:
        return ask(self.api, path, read, judge=judge, params=params | {"fmt": "json"})


def escaped(text: str) -> str:
    """A text as Lucene finds it within quotation marks."""
    return _SPECIAL.sub(r"\\\1", plays.tidy(text) or "")


class _Merged(Exception):
    """A recording was merged ``into`` another, or one of which only the ``mbid`` is told."""

    def __init__(self, into: SongFacts | None, mbid: str | None) -> None:
        super().__init__()
        self.into = into
        self.mbid = mbid


def _follow(read: Callable[[Any], SongFacts]) -> Judge:
    """A redirect brings the new recording with it; where it does not, it names the id. The
    address itself is not followed: it may lead past a mirror, or anywhere.
    """

    def judge(answer: Answer) -> None:
        _judge(answer)
        if not 300 <= answer.status < 400:
            return
        try:
            raise _Merged(read(document(answer)), None)
        except ValueError:
            there = _THERE.search(answer.headers.get("Location", ""))
        if there:
            raise _Merged(None, there[1].lower())

    return judge


def _judge(answer: Answer) -> None:
    if answer.status in (400, 404) and parse.is_unknown(document(answer), answer.status):
        raise Unknown
