"""Maloja's export of scrobbles, that of older versions (a bare list), and its API's answer.

``time`` is the start of a play, but the end where Maloja imported a Spotify export: it took
over Spotify's stamps as they were, read in the server's own time zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from runsous.files import text
from runsous.files.listening import SOME, harvest, reading
from runsous.histories.plays import NotMine, Play, word
from runsous.model import Reading

_LISTS: Final = "scrobbles|list"
_EXACT_S: Final = 5.0
_FROM_SPOTIFY_S: Final = 60.0
_NOTE_SPOTIFY: Final = (
    "Plays that Maloja imported from Spotify may be off by hours, as it read their times in its"
    " server's time zone; importing Spotify's own export is better."
)


def is_maloja(head: bytes) -> bool:
    """Whether a file begins as an export of Maloja does."""
    content = text.decode(head)
    entries = text.Records(content, _LISTS)
    return text.is_json(content) and any(map(_track, islice(entries, SOME)))


def read_maloja(content: bytes) -> Reading:
    """The scrobbles of an export, ``source`` "maloja": starts to ± 5 s; several artists are
    joined with commas. Raises :class:`InputError` when it holds no scrobbles.
    """
    entries = text.Records(text.decode(content), _LISTS)
    found = harvest(entries, _play)
    found.is_damaged = entries.is_damaged
    if any(play.stamp_kind == "end" for play in found.plays):
        found.notes.append(_NOTE_SPOTIFY)
    return reading("maloja", found)


def _track(entry: Any) -> Mapping[str, Any] | None:
    """The track of a scrobble: an object in it, or in older exports the scrobble itself."""
    if not isinstance(entry, dict) or "time" not in entry:
        return None
    track = entry.get("track", entry)
    is_track = isinstance(track, dict) and isinstance(track.get("artists"), list)
    return track if is_track and "title" in track else None


def _play(entry: Any) -> Play:
    track = _track(entry)
    if track is None:
        raise NotMine
    is_end = "spotify" in word(entry.get("origin"))
    album = track.get("album")
    return Play(
        stamp=entry["time"],
        artist=", ".join(a.strip() for a in track["artists"] if isinstance(a, str)),
        title=track["title"],
        album=album.get("albumtitle", album.get("name")) if isinstance(album, dict) else album,
        played_s=entry.get("duration"),
        duration_s=track.get("length"),
        stamp_kind="end" if is_end else "start",
        precision_s=_FROM_SPOTIFY_S if is_end else _EXACT_S,
    )
