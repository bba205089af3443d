"""Asks ReccoBeats what Spotify tells of tracks no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from runsous.errors import RateLimited
from runsous.model import SongFacts
from runsous.net.http import Answer, Http
from runsous.services.asking import ask, later
from runsous.services.reccobeats import parse

MOST: Final = 40
"""Ids that can be asked for at once."""

_PAUSE_S: Final = 10.0


@dataclass(frozen=True)
class ReccoBeats:
    """ReccoBeats, which answers anybody.

    Ids are Spotify's, ISRCs or its own, at most 40 at once (:class:`ValueError` otherwise). All
    it does can raise what :meth:`Http.call` does, :class:`RateLimited` and :class:`Rejected`.
    """

    api: Http

    def tracks(self, ids: Sequence[str]) -> list[SongFacts]:
        """Names, lengths and codes of those that are known; of an ISRC there can be several."""
        return self._ask("/v1/track", ids, parse.tracks)

    def features(self, ids: Sequence[str]) -> list[SongFacts]:
        """Tempo, key and mood of those that are known; of an ISRC there can be several."""
        return self._ask("/v1/audio-features", ids, parse.features)

    def _ask(
        self, path: str, ids: Sequence[str], read: Callable[[Any, Sequence[str]], list[SongFacts]]
    ) -> list[SongFacts]:
        if len(ids) > MOST:
            raise ValueError(f"at most {MOST} ids at once")
        if not ids:
            return []
        params = {"ids": ",".join(ids)}
        return ask(self.api, path, lambda told: read(told, ids), judge=_judge, params=params)


def _judge(answer: Answer) -> None:
    told = answer.headers.get("Retry-After")
    if answer.status == 429 and told:
        raise RateLimited("ReccoBeats wants to be asked less often.", later(told, _PAUSE_S))
