"""Songs on whose tempo sources disagree, and between which tempos one can choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection

from runsous.analysis import octaves
from runsous.reports import track as one_track
from runsous.store import song_words, tracks


@dataclass(frozen=True)
class Choice:
    """A beat: ``bpm`` in the octave that is shown, and who said what, ``(source, BPM)``."""

    bpm: float
    said: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Dispute:
    """A song (``store.tracks.one`` and ``n_runs``) and the beats it may have, the one shown now
    first.
    """

    facts: dict[str, Any]
    choices: list[Choice]


def disputes(conn: Connection, user_id: int, limit: int = 100) -> list[Dispute]:
    """Those run to most often first."""
    found = tracks.disputed(conn, user_id, limit)
    said = {
        track_id: list(rows)
        for track_id, rows in groupby(
            song_words.evidence(conn, user_id, [row["id"] for row in found]), itemgetter("track_id")
        )
    }
    return [Dispute(row, choices(row["tempo_bpm"], said.get(row["id"], []))) for row in found]


def choices(shown: float | None, evidence: Sequence[Mapping[str, Any]]) -> list[Choice]:
    """The beats of which ``evidence`` (rows of ``store.song_words``) tells."""
    beats: dict[float, list[tuple[str, float]]] = {} if shown is None else {shown: []}
    for row in sorted(evidence, key=one_track.trust):
        bpm = row["bpm"]
        if not octaves.is_tempo(bpm):
            continue
        same = next((beat for beat in beats if octaves.is_same_beat(beat, bpm)), None)
        told = beats.setdefault(octaves.fold(bpm) if same is None else same, [])
        if (row["source"], bpm) not in told:
            told.append((row["source"], bpm))
    return [Choice(round(beat, 1), tuple(told)) for beat, told in beats.items() if told]
