"""What Last.fm's answers say. Every number in them is a text.

Raises :class:`ValueError` for an answer that is not what was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from runsous.histories import lastfm
from runsous.histories.pages import Page, page, whole
from runsous.histories.plays import tidy


@dataclass(frozen=True)
class User:
    """Somebody at Last.fm as they spell themselves; ``registered`` in seconds since 1970."""

    name: str
    registered: int | None
    playcount: int | None


def error(document: Any) -> int | None:
    """The error of an answer, which may hide behind status 200; 0 for one without a number."""
    if not isinstance(document, dict) or "error" not in document:
        return None
    return whole(document["error"]) or 0


def recent_tracks(document: Any, number: int = 1) -> Page:
    """Page ``number`` of scrobbles, newest first, without the song that is playing now.

    The one item of a page may stand there without a list around it.
    """
    told = _object(document, "recenttracks")
    tracks = told.get("track")
    items = tracks if isinstance(tracks, list) else [tracks] if isinstance(tracks, dict) else []
    attributes = told.get("@attr")
    about = attributes if isinstance(attributes, dict) else {}
    found = page("lastfm", items, lastfm.play, lastfm.stamp)
    if found.n_items and whole(about.get("page")) not in (number, None):
        raise ValueError("another page in the answer")
    return replace(found, n_in_range=whole(about.get("total")))


def user(document: Any) -> User:
    """Whom a user name belongs to."""
    told = _object(document, "user")
    registered = told.get("registered")
    since = registered.get("unixtime") if isinstance(registered, dict) else registered
    return User(_text(told, "name"), whole(since), whole(told.get("playcount")))


def session(document: Any) -> tuple[str, str]:
    """The user's name, and the key by which they let us read what is private."""
    told = _object(document, "session")
    return _text(told, "name"), _text(told, "key")


def _object(document: Any, name: str) -> dict[str, Any]:
    told = document.get(name) if isinstance(document, dict) else None
    if not isinstance(told, dict):
        raise ValueError(f"no {name} in the answer")
    return told


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    found = tidy(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"no {name} in the answer")
    return found
