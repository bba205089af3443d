"""A listen of ListenBrainz: one form in its exports, in its API's answers and in submissions.

``listened_at`` is the start of a play, but the end where ListenBrainz itself took it from
Spotify, whose stamps it keeps unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from runsous.histories.plays import LeftOut, NotMine, Play, number, word

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


def is_listen(entry: Any) -> bool:
    """Whether an entry is a listen, also one that is just playing."""
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("track_metadata"), dict)
        and bool({"listened_at", "playing_now"} & entry.keys())
    )


def play(entry: Any) -> Play:
    """What one listen means: to ± 2 s, without a length to ± 5 s, from Spotify to ± 30 s.

    Raises :class:`LeftOut` for what is just playing, :class:`NotMine` for what is no listen.
    """
    if not is_listen(entry):
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
