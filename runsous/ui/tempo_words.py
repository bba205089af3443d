"""What pages say of tempos and of their look-up, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta, tzinfo
from typing import Any

import pandas as pd

from runsous.analysis import octaves, tempo
from runsous.reports.disputes import Choice
from runsous.reports.lookups import Progress, Source
from runsous.ui import format as fmt

SOURCES = {
    "manual": "You",
    "tap": "You, tapping",
    "csv": "Your list",
    "audio": "Your music file",
    "sample": "The sample",
    "deezer": "Deezer",
    "musicbrainz": "MusicBrainz",
    "reccobeats": "ReccoBeats",
    "acousticbrainz": "AcousticBrainz",
    "spotify": "Spotify",
}
LOCKED = (
    "In time: steps, turns or strokes within ±2.5 % of a song’s beat, of half or of twice it."
    " What had no cadence or no known tempo does not count."
)
MARKS = "≈ one source alone · ? not sure · ≠ sources disagree"

_SURE, _LIKELY = 0.95, 0.7
_RELATIONS = {"1:1": "", "2:1": " at 2 per beat", "1:2": " at 1 per 2 beats"}
_PITCHES = ("C", "C♯/D♭", "D", "E♭", "E", "F", "F♯/G♭", "G", "A♭", "A", "B♭", "B")


def bpm(value: float | None) -> str:
    """ "174" or "174.1"; without a tempo "–" """
    return fmt.MISSING if value is None or fmt.is_missing(value) else f"{round(value, 1):g}"


def sureness(facts: Mapping[str, Any]) -> str:
    """How sure a tempo is, in a word or two, from what was decided of a track."""
    if facts.get("tempo_source") in tempo.OWN_WORDS:
        return "your own word"
    if facts["is_tempo_disputed"]:
        return "sources disagree"
    confidence = facts["tempo_confidence"] or 0.0
    return "sure" if confidence >= _SURE else "likely" if confidence >= _LIKELY else "not sure"


def marked(segments: pd.DataFrame) -> list[str]:
    """ "174", "≈ 174", "174 ?" or "174 ≠" of each song, see :data:`MARKS`; "" without a tempo"""
    return [
        "" if fmt.is_missing(value) else _marked(fmt.whole(value), confidence, is_disputed)
        for value, confidence, is_disputed in zip(
            segments["tempo_bpm"].tolist(),
            segments["tempo_confidence"].fillna(0.0).tolist(),
            segments["is_tempo_disputed"].fillna(False).tolist(),
            strict=True,
        )
    ]


def _marked(whole: str, confidence: float, is_disputed: bool) -> str:
    if is_disputed:
        return f"{whole} ≠"
    if confidence >= _SURE:
        return whole
    return f"≈ {whole}" if confidence >= _LIKELY else f"{whole} ?"


def relation(said: float | None, shown: float | None) -> str:
    """How what a source says goes with the tempo that is shown."""
    if said is None or shown is None:
        return ""
    if not octaves.is_same_beat(said, shown):
        return "another beat"
    ratio = shown / said
    if ratio > 2**0.5:
        return f"the same beat, × {round(ratio)}"
    if ratio > 0.5**0.5:
        return "the same"
    return f"the same beat, × {'¼' if ratio < 0.5**1.5 else '½'}"


def match(row: Mapping[str, Any]) -> str:
    """How well what a source found goes with the song."""
    return "" if row["identifier"] is None else f"{row['match'] * 100:.0f} %"


def locked(share: float | None, relation: str | None) -> str:
    """ "62 %" or "62 % at 2 per beat"; "" where nothing was counted"""
    if share is None or fmt.is_missing(share):
        return ""
    # Nothing is in time at all: in no way.
    return f"{share:.0%}".replace("%", " %") + (_RELATIONS.get(relation or "", "") if share else "")


def key(number: int | None, mode: int | None) -> str:
    """ "A minor" """
    if number is None or not 0 <= number < len(_PITCHES):
        return fmt.MISSING
    return _PITCHES[number] + {1: " major", 0: " minor"}.get(mode if mode is not None else -1, "")


def said(choice: Choice) -> str:
    """ "Deezer 87, ReccoBeats 174.1" """
    return ", ".join(f"{SOURCES.get(name, name)} {bpm(value)}" for name, value in choice.said)


def about(left: timedelta) -> str:
    """ "about 50 minutes" """
    minutes = left / timedelta(minutes=1)
    if minutes < 1.5:
        return "about a minute"
    if minutes < 100:
        return f"about {_round(minutes)} minutes"
    hours = minutes / 60
    return f"about {hours:.0f} hours" if hours < 48 else f"about {hours / 24:.0f} days"


def _round(minutes: float) -> int:
    return round(minutes) if minutes < 15 else round(minutes / 5) * 5


def progress(found: Progress) -> str:
    """ "3,100 of 9,800 songs looked up, about 50 minutes to go" """
    if not found.is_on:
        left = f"; {_songs(found.waiting)} left" if found.waiting else ""
        return f"Paused: nobody is asked of your songs{left}"
    if found.done >= found.total:
        return f"All {found.total:,} songs are looked up" if found.total != 1 else "It is looked up"
    said = f"{found.done:,} of {found.total:,} songs looked up"
    if found.waiting:
        said += f", {_wait(found)}"
    if found.failed:
        said += f"; {_songs(found.failed)} failed somewhere, which is tried again later"
    return said


def _wait(found: Progress) -> str:
    if found.left is not None:
        return f"{about(found.left)} to go"
    is_resting = any(each.message for each in found.sources)
    return "waiting for sources" if is_resting else "about to go on"


def _songs(count: int) -> str:
    return f"{count:,} song{'' if count == 1 else 's'}"


def source(found: Source, zone: tzinfo) -> str:
    """How one source stands."""
    if found.is_refused:
        return "not open to this app" + (f": {found.message}" if found.message else "")
    songs = f"{_songs(found.n_open)} to ask for"
    if found.resting_until is not None:
        return f"{songs}, waits until {fmt.clock(found.resting_until, zone)}: {found.message}"
    if not found.n_open:
        return "nothing to ask for"
    return f"{songs}, {about(timedelta(seconds=found.left_s))}"
