"""Asks Deezer for tracks and their tempo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from runsous.errors import RateLimited, Rejected, Unavailable
from runsous.histories import plays
from runsous.model import SongFacts
from runsous.net.http import Answer, Http
from runsous.services.asking import ask, document, later
from runsous.services.deezer import parse
from runsous.services.facts import Unknown

MOST: Final = 25
"""Tracks of a search."""

_WINDOW_S: Final = 5.0
"""The quota is for so long, and nothing tells when it ends."""
_NO_DATA: Final = 800
_QUOTA: Final = 4
_BUSY: Final = 700


@dataclass(frozen=True)
class Deezer:
    """Deezer, which answers anybody.

    All it does can raise what :meth:`Http.call` does, :class:`RateLimited` and
    :class:`Rejected`.
    """

    api: Http

    def by_isrc(self, isrc: str) -> SongFacts | None:
        """A track with this code; of several the one that Deezer chooses, which may be without
        a tempo where another has it.
        """
        code = plays.isrc(isrc)
        return None if code is None else self._one(f"isrc:{code}", isrc)

    def track(self, number: str) -> SongFacts | None:
        """The track with Deezer's own number."""
        return self._one(number, number) if number.isascii() and number.isdigit() else None

    def search(self, artist: str, title: str) -> list[SongFacts]:
        """Up to 25 tracks with names like these, the likeliest first: without a tempo, which
        only :meth:`track` tells.
        """
        words = plays.tidy(f"{artist} {title}")
        params = {"q": words, "limit": str(MOST)}
        return ask(self.api, "/search", parse.tracks, judge=_judge, params=params) if words else []

    def _one(self, name: str, asked: str) -> SongFacts | None:
        read: Callable[[Any], SongFacts] = partial(parse.track, asked=asked)
        try:
            return ask(self.api, f"/track/{name}", read, judge=_judge)
        except Unknown:
            return None


def _judge(answer: Answer) -> None:
    """Raises what an error means, which comes with status 200."""
    code = None if answer.status >= 500 else parse.error(document(answer))
    if code == _QUOTA or answer.status == 429:
        retry_at = later(answer.headers.get("Retry-After"), _WINDOW_S)
        raise RateLimited("Deezer wants to be asked less often.", retry_at)
    if code == _NO_DATA:
        raise Unknown
    if code == _BUSY:
        raise Unavailable("Deezer has too much to do at the moment.")
    if code is not None:
        raise Rejected(f"Deezer refused what was asked of it (error {code}).")
