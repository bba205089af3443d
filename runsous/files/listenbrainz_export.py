"""ListenBrainz listens: members of the export archive (JSON Lines), the older export (one
array), answers of its API and bodies submitted to it.

``listened_at`` is the start of a play, but the end where ListenBrainz itself took it from
Spotify, whose stamps it keeps unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from runsous.files import text
from runsous.files.listening import SOME, LeftOut, NotMine, Play, harvest, number, reading, word
from runsous.model import Reading

_LISTS: Final = r'listens|payload(?="\s*:\s*\[)'
"""In answers "payload" is the object around "listens", in submitted bodies the array itself."""
_EXACT_S: Final = 2.0
_BARE_S: Final = 5.0
"""± of a stamp without any length: as good as Last.fm's, whose histories are copied here too."""
_FROM_SPOTIFY_S: Final = 30.0
_ORIGINS: Final = (
    "music_service",
    "music_service_name",
    "listening_from",
    "original_submission_client",
)


def is_listenbrainz(head: bytes) -> bool:
    """Whether a file begins as a file of listens does (not of feedback, pins or the user)."""
    content = text.decode(head)
    entries = text.Records(content, _LISTS)
    return text.is_json(content) and any(map(_is_listen, islice(entries, SOME)))


def read_listenbrainz(content: bytes) -> Reading:
    """The listens of a file, ``source`` "listenbrainz": to ± 2 s, without a length to
    ± 5 s, from Spotify to ± 30 s.

    Raises :class:`InputError` when it holds something else than listens.
    """
    entries = text.Records(text.decode(content), _LISTS)
    found = harvest(entries, _play)
    found.is_damaged = entries.is_damaged
    return reading("listenbrainz", found)


def _is_listen(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("track_metadata"), dict)
        and bool({"listened_at", "playing_now"} & entry.keys())
    )


def _play(entry: Any) -> Play:
    if not _is_listen(entry):
        raise NotMine
    if entry.get("listened_at") is None:
        raise LeftOut("songs that were just playing")
    track = entry["track_metadata"]
    info = _object(track.get("additional_info"))
    is_end = _is_from_spotify(info)
    played_s = _first(info, "duration_played", "ms_played")
    duration_s = _first(info, "duration", "duration_ms")
    is_bare = not (played_s > 0 or duration_s > 0)
    start_s = _BARE_S if is_bare else _EXACT_S
    return Play(
        stamp=entry["listened_at"],
        artist=track.get("artist_name"),
        title=track.get("track_name"),
        album=track.get("release_name"),
        played_s=played_s,
        duration_s=duration_s,
        isrc=info.get("isrc"),
        mbid=_object(track.get("mbid_mapping")).get("recording_mbid") or info.get("recording_mbid"),
        spotify_id=info.get("spotify_id") or info.get("origin_url"),
        stamp_kind="end" if is_end else "start",
        precision_s=_FROM_SPOTIFY_S if is_end else start_s,
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(info: Mapping[str, Any], seconds: str, milliseconds: str) -> float:
    """A duration in seconds, which stands under one of two names."""
    found = number(info.get(milliseconds)) / 1000
    return found if found > 0 else number(info.get(seconds))


def _is_from_spotify(info: Mapping[str, Any]) -> bool:
    """Whether ListenBrainz copied the stamp from Spotify (its reader, or an imported archive).

    Scrobblers that watch a Spotify player name it too, but stamp the start themselves.
    """
    client = word(info.get("submission_client"))
    origins = [client, *(word(info.get(name)) for name in _ORIGINS)]
    is_copied = not client or "listenbrainz" in client or "spotify" in client
    return is_copied and any("spotify" in origin for origin in origins)
