"""What Spotify's answers say.

Raises :class:`ValueError` for an answer that is not what was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from runsous.histories.pages import Page, page
from runsous.histories.plays import NotMine, Play, number, tidy
from runsous.model import SongFacts
from runsous.services import facts

_STAMP_S: Final = 30.0
"""± of ``played_at`` itself, whatever it means; ListenBrainz passes the same stamps on."""


@dataclass(frozen=True)
class Person:
    """Somebody at Spotify; not everybody has chosen a name."""

    id: str
    name: str | None


def person(document: Any) -> Person:
    """Whose the connection is, by the id that Spotify means to keep (``account_id``)."""
    told = document if isinstance(document, dict) else {}
    found = next((v for v in (told.get("account_id"), told.get("id")) if v and _is_text(v)), None)
    if found is None:
        raise ValueError("no id in the answer")
    name = told.get("display_name")
    return Person(found, tidy(name) if isinstance(name, str) else None)


def recently_played(document: Any) -> Page:
    """A page of plays, newest first, ``source`` "spotify".

    ``played_at`` was the start of a play in some years and its end in others, so that its kind
    is unknown; how long was listened is not told.
    """
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise ValueError("no plays in the answer")
    return page("spotify", items, _play, lambda item: item.get("played_at"))


def audio_features(document: Any) -> list[SongFacts]:
    """How tracks sound, those that are known."""
    listed = document.get("audio_features") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no audio features in the answer")
    return [
        SongFacts(
            source="spotify",
            identifier=spotify_id,
            asked=spotify_id,
            duration_s=facts.seconds(told.get("duration_ms"), 1000),
            spotify_id=spotify_id,
            bpm=facts.tempo(told.get("tempo")),
            energy=facts.share(told.get("energy")),
            danceability=facts.share(told.get("danceability")),
            valence=facts.share(told.get("valence")),
            key=facts.key(told.get("key")),
            mode=facts.mode(told.get("mode")),
        )
        for told in facts.items(listed)
        if (spotify_id := facts.text(told.get("id")))
    ]


def _play(item: Any) -> Play:
    track = item.get("track") if isinstance(item, dict) else None
    if not isinstance(track, dict) or "played_at" not in item:
        raise NotMine
    artists, codes = track.get("artists"), _object(track.get("external_ids"))
    first = artists[0] if isinstance(artists, list) and artists else None
    return Play(
        stamp=item["played_at"],
        artist=_object(first).get("name"),
        title=track.get("name"),
        album=_object(track.get("album")).get("name"),
        duration_s=number(track.get("duration_ms")) / 1000,
        isrc=codes.get("isrc"),
        spotify_id=track.get("uri") or f"spotify:track:{track.get('id')}",
        stamp_kind="unknown",
        precision_s=_STAMP_S,
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
