"""Spotify's account data: the extended streaming history and the short one of twelve months.

Both stamp the end of a play. The extended history, since 2011 under changing names
(``endsong_0.json``, ``Streaming_History_Audio_2023_1.json``), is also read as CSV, as
people pass it on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np

from runsous.files import text
from runsous.files.listening import SOME, Harvest, harvest, reading
from runsous.histories.plays import Floats, LeftOut, NotMine, Play, number, seconds, word
from runsous.model import Reading

Entry = Mapping[str, Any]

_EXTENDED: Final = frozenset({"ts", "ms_played"})
_SHORT: Final = frozenset({"endTime", "msPlayed"})
_EXACT_S: Final = 2.0
_MINUTE_S: Final = 60.0
_OFFLINE_S: Final = 120.0
_PAUSED_S: Final = 30.0
"""± of a play that was paused: its start is exact, but somewhere in it was silence."""
_LONGEST_PAUSE_S: Final = 14 * 86_400.0
_SAME_S: Final = 5.0
_TRUSTED_SHARE: Final = 0.05
_SKIPS: Final = frozenset({"fwdbtn", "backbtn", "clickrow"})
_NO_MUSIC: Final = "podcasts, audiobooks or videos"
_NO_LENGTH: Final = "plays of no length"


def is_spotify_extended(head: bytes) -> bool:
    """Whether a file begins as an extended streaming history does (JSON or CSV)."""
    return _has_entry(head, _EXTENDED)


def is_spotify_short(head: bytes) -> bool:
    """Whether a file begins as a short streaming history does (JSON or CSV)."""
    return _has_entry(head, _SHORT)


def read_spotify_extended(content: bytes) -> Reading:
    """The songs of one file of an extended history, ``source`` "spotify_extended".

    ``ts`` is the end of a play, to ± 2 s. Where the player noted its start as well
    (``offline_timestamp``) and more than a minute is missing between the two, the play was
    paused, most often at its end until the next song hours later: then the stamp is where it
    would have ended without, to ± 30 s. Less than a minute is the ±, and so is, where no start
    was noted, all the time since the play before. A song played through tells its length.
    Raises :class:`InputError`.
    """
    entries: list[Entry] = []

    def play(entry: Any) -> Play:
        found = _extended(_known(entry, _EXTENDED))
        entries.append(entry)
        return found

    found = _harvest(content, play)
    _mind_pauses(found, entries)
    return reading("spotify_extended", found, has_repeats=True)


def read_spotify_short(content: bytes) -> Reading:
    """The songs of one file of a short history, ``source`` "spotify_short".

    ``endTime`` is the end of a play in whole minutes of UTC. Raises :class:`InputError`.
    """
    found = _harvest(content, lambda entry: _short(_known(entry, _SHORT)))
    return reading("spotify_short", found, has_repeats=True)


def _has_entry(head: bytes, names: frozenset[str]) -> bool:
    entries, _ = _entries(text.decode(head))
    return any(isinstance(e, dict) and names <= e.keys() for e in islice(entries, SOME))


def _entries(content: str) -> tuple[Iterator[Any], text.Records | text.Rows]:
    """The entries, and what knows afterwards whether they were damaged."""
    if text.is_json(content):
        records = text.Records(content)
        return iter(records), records
    rows = text.Rows(content)
    return _by_name(iter(rows)), rows


def _by_name(rows: Iterator[list[str]]) -> Iterator[dict[str, str | None]]:
    names = next(rows, [])
    for row in rows:
        yield {name: cell or None for name, cell in zip(names, row, strict=False)}


def _harvest(content: bytes, play: Callable[[Any], Play]) -> Harvest:
    entries, source = _entries(text.decode(content))
    found = harvest(entries, play)
    found.is_damaged = source.is_damaged
    return found


def _known(entry: Any, names: frozenset[str]) -> Entry:
    if not isinstance(entry, dict) or not names <= entry.keys():
        raise NotMine
    return entry


def _extended(entry: Entry) -> Play:
    title = entry.get("master_metadata_track_name")
    is_song = title and not (entry.get("episode_name") or entry.get("audiobook_title"))
    played_s = _played_s(entry["ms_played"])
    reason = word(entry.get("reason_end"))
    return Play(
        stamp=entry["ts"],
        artist=entry.get("master_metadata_album_artist_name"),
        title=title,
        album=entry.get("master_metadata_album_album_name"),
        played_s=played_s,
        duration_s=played_s if reason == "trackdone" else None,
        spotify_id=entry.get("spotify_track_uri"),
        stamp_kind="end",
        precision_s=_EXACT_S,
        no_song="" if is_song else _NO_MUSIC,
        is_skipped=_truth(entry.get("skipped")) or (reason in _SKIPS if reason else None),
        is_offline=_truth(entry.get("offline")),
    )


def _short(entry: Entry) -> Play:
    return Play(
        stamp=entry["endTime"],
        artist=entry.get("artistName"),
        title=entry.get("trackName"),
        played_s=_played_s(entry["msPlayed"]),
        stamp_kind="end",
        precision_s=_MINUTE_S,
        no_song="" if "trackName" in entry else _NO_MUSIC,
    )


def _played_s(milliseconds: Any) -> float:
    played_s = number(milliseconds) / 1000
    if not played_s > 0:
        raise LeftOut(_NO_LENGTH)
    return played_s


def _truth(value: Any) -> bool | None:
    """True or false, also as CSV writes them; ``None`` when it is not said."""
    if isinstance(value, bool):
        return value
    return word(value) in ("true", "1", "1.0") if word(value) else None


def _mind_pauses(found: Harvest, entries: Sequence[Entry]) -> None:
    """Notes how long paused plays were idle, and how far the start of others is in doubt.

    Measured in real histories: start and end agree within 2 s of the time played for four
    plays of five, and plays placed by their noted start never overlap others. A player whose
    clock is wrong never agrees, and is not believed. Nothing else tells whether a gap before
    a play was silence or a pause within it: nine of ten up to an hour long were pauses.
    """
    end_s = seconds([play.stamp for play in found.plays])
    start_s = end_s - np.array([play.played_s for play in found.plays])
    noted_s = seconds([entry.get("offline_timestamp") for entry in entries])
    # Some exports write 0 for a start that was not noted.
    missing_s = start_s - np.where(noted_s > 0, noted_s, np.nan)
    known = missing_s[np.isfinite(missing_s)]
    is_trusted = known.size > 0 and np.mean(np.abs(known) <= _SAME_S) >= _TRUSTED_SHARE
    is_noted = np.isfinite(missing_s) & is_trusted
    is_told = np.array([bool(word(entry.get("reason_start"))) for entry in entries], dtype=bool)
    gap_s = np.where(is_told, _since_the_one_before(start_s, end_s), np.nan)
    silent_s = np.round(np.where(is_noted, missing_s, gap_s), 3)
    is_silent = (silent_s > _EXACT_S) & (silent_s < _LONGEST_PAUSE_S)
    is_paused = is_silent & is_noted & (silent_s > _MINUTE_S)
    for i in np.flatnonzero(is_silent).tolist():
        doubt: dict[str, Any] = {"precision_s": float(silent_s[i])}
        if is_paused[i]:
            doubt = {"idle_s": float(silent_s[i]), "precision_s": _PAUSED_S}
        found.plays[i] = found.plays[i]._replace(**doubt)
    for i in np.flatnonzero(~is_silent & (np.abs(missing_s) > _MINUTE_S)).tolist():
        if found.plays[i].is_offline:
            found.plays[i] = found.plays[i]._replace(precision_s=_OFFLINE_S)


def _since_the_one_before(start_s: Floats, end_s: Floats) -> Floats:
    """Seconds from the end of the play before, NaN for the first; negative where they overlap."""
    order = np.argsort(end_s, kind="stable")
    gap_s = np.full(end_s.size, np.nan)
    gap_s[order[1:]] = start_s[order[1:]] - end_s[order[:-1]]
    return gap_s
