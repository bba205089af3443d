"""Asks AcousticBrainz what was measured of recordings until 2022."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from runsous.errors import RateLimited
from runsous.histories import plays
from runsous.model import SongFacts
from runsous.net.http import Answer, Http
from runsous.services.acousticbrainz import parse
from runsous.services.asking import ask, later

MOST: Final = 25
"""Recordings that can be asked for at once."""

_WINDOW_S: Final = 10.0
_FEATURES: Final = ("rhythm.bpm", "tonal.key_key", "tonal.key_scale", "metadata.tags")
"""Whole documents are of many kilobytes; the length comes in any case."""


@dataclass(frozen=True)
class AcousticBrainz:
    """AcousticBrainz, which answers anybody.

    All it does can raise what :meth:`Http.call` does, :class:`RateLimited` and
    :class:`Rejected`.
    """

    api: Http

    def low_level(self, mbids: Sequence[str]) -> list[SongFacts]:
        """Tempo, key and length of the recordings that are known, of at most 25 at once
        (:class:`ValueError` otherwise).
        """
        if len(mbids) > MOST:
            raise ValueError(f"at most {MOST} recordings at once")
        # One that is no id would have all of them refused.
        ids = [mbid for mbid in mbids if plays.mbid(mbid) == mbid.lower()]
        if not ids:
            return []
        params = {
            "recording_ids": ";".join(dict.fromkeys(mbid.lower() for mbid in ids)),
            "features": ";".join(_FEATURES),
        }
        return ask(
            self.api,
            "/low-level",
            lambda told: parse.low_level(told, ids),
            judge=_judge,
            params=params,
        )


def _judge(answer: Answer) -> None:
    told = answer.headers.get("X-RateLimit-Reset-In") or answer.headers.get("Retry-After")
    if answer.status == 429 and told:
        raise RateLimited("AcousticBrainz wants to be asked less often.", later(told, _WINDOW_S))
