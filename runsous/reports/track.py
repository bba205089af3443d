"""One track: what was decided of it, who says so, and when it was heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from runsous.analysis import tempo
from runsous.store import song_words, tracks

_PAGES: Mapping[str, str] = {
    "mbid": "https://musicbrainz.org/recording/",
    "isrc": "https://musicbrainz.org/isrc/",
    "spotify": "https://open.spotify.com/track/",
    "deezer": "https://www.deezer.com/track/",
}


@dataclass(frozen=True)
class Identifier:
    """An id by which a track is known; ``kind`` is mbid, isrc, spotify or deezer, ``url`` its page
    where there is one.
    """

    kind: str
    value: str
    url: str | None


@dataclass(frozen=True)
class Track:
    """All there is to a track.

    ``facts`` are those of ``store.tracks.one``, ``evidence`` the rows of
    ``store.song_words.evidence`` with the most trusted first, ``stretches`` those of
    ``store.tracks.heard_on``. It was heard ``n_plays`` times, first and last (both aware) when
    ``first_at`` and ``last_at`` say.
    """

    facts: dict[str, Any]
    evidence: list[dict[str, Any]]
    ids: list[Identifier]
    stretches: list[dict[str, Any]]
    n_plays: int
    first_at: datetime | None
    last_at: datetime | None


def track(conn: Connection, user_id: int, track_id: int) -> Track:
    """Everything about one track; :class:`NotFound` unless it is this user's."""
    facts = tracks.one(conn, user_id, track_id)
    return Track(
        facts,
        evidence(conn, user_id, track_id),
        [_identifier(*each) for each in tracks.ids(conn, user_id, track_id)],
        tracks.heard_on(conn, user_id, track_id),
        **tracks.heard(conn, user_id, track_id),
    )


def evidence(conn: Connection, user_id: int, track_id: int) -> list[dict[str, Any]]:
    """What is said of a track: the user's own word, the last first, then the most trusted."""
    return sorted(song_words.evidence(conn, user_id, [track_id]), key=trust)


def trust(row: Mapping[str, Any]) -> tuple[bool, float]:
    """Sorts rows of ``store.song_words.evidence`` by it."""
    if row["source"] in tempo.OWN_WORDS:
        return False, -row["at"].astimezone(UTC).timestamp()
    return True, -tempo.RELIABILITY.get(row["source"], tempo.UNMEASURED) * row["match"]


def _identifier(kind: str, value: str) -> Identifier:
    page = _PAGES.get(kind)
    return Identifier(kind, value, page and page + quote(value, safe=""))
