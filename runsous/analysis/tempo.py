"""How fast a song is, from what several sources say of it, and how sure that is.

Sources halve and double at will, so they are compared modulo octaves: 87 and 174 are the same
beat. Ratios of 3:2 and 4:3 are other beats; they are named, never merged. The order of trust is
fixed: the user's own word, then the beat that two independent sources hear, then the best
single source.

The confidence is the posterior probability of a small model. The true beat is one of
:data:`BEATS`, all as likely beforehand; a source names the true one with the probability of its
reliability times how sure it is that it speaks of this song at all, and otherwise any beat.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from runsous.analysis import octaves

OWN_WORDS: Final = frozenset({"manual", "tap"})
"""What the user said by ear."""

RELIABILITY: Final[Mapping[str, float]] = {
    "csv": 0.92,
    "spotify": 0.90,
    "reccobeats": 0.90,
    "deezer": 0.88,
    "acousticbrainz": 0.87,
}
"""How often a source is right modulo octave about a song it knows.

Against tempos verified by ear Spotify's were right for 10 songs of 10; the others are taken to
be a little worse, as there is nothing to measure them by. A table somebody chose to import is
trusted most of what is not their own ear.
"""

UNMEASURED: Final = 0.85
"""The reliability of any other source."""

_SAME_NUMBERS: Final = {"reccobeats": "spotify"}
"""Who serves the numbers of another: together they are one witness."""

_REPEATING: Final = frozenset({"csv"})
"""Sources that mostly carry the numbers of a service: where they repeat one, they are its copy."""

BEATS: Final = 12
"""Beats in an octave that can be told apart: fewer than the tolerance leaves room for (about
16), because wrong ones gather at the same simple ratios."""

SUREST: Final = 0.99
"""What strangers say is never surer: all of them may speak of another recording."""

COMPARABLE: Final = 0.2
"""A dissenting beat this likely, as a share of the shown one's likelihood, makes a dispute."""

_RATIOS: Final = {"3:2": math.log2(3 / 2), "4:3": math.log2(4 / 3)}

_NAMES: Final = {
    "acousticbrainz": "AcousticBrainz",
    "audio": "your music file",
    "csv": "your list",
    "deezer": "Deezer",
    "reccobeats": "ReccoBeats",
    "sample": "the sample",
    "spotify": "Spotify",
}
_OWN_NOTES: Final = {"manual": "Your own word", "tap": "Tapped by you"}


@dataclass(frozen=True)
class Evidence:
    """What one source says of a song's tempo.

    ``identifier`` is the source's own id of the recording and ``match`` from 0 to 1 how sure it
    is that this is the song. ``at`` (aware) tells which of the user's own words is the last.
    """

    source: str
    bpm: float | None
    identifier: str | None = None
    match: float = 1.0
    at: datetime | None = None


@dataclass(frozen=True)
class Tempo:
    """The tempo that is shown, in beats per minute, or none at all.

    ``source`` gave the number and ``said`` it in its own octave. ``confidence`` is the
    probability that the beat is right, whatever the octave. ``note`` says why in words.
    ``is_disputed`` where another beat is about as likely.
    """

    bpm: float | None
    source: str | None
    said: float | None
    confidence: float
    note: str
    is_disputed: bool = False


NO_TEMPO: Final = Tempo(None, None, None, 0.0, "No source knows the tempo")


@dataclass(frozen=True, eq=False)
class _Hearing:
    """One usable piece of evidence; ``beat`` is its place in the octave, from 0 to below 1."""

    source: str
    witness: str
    bpm: float
    beat: float
    slack: float
    trust: float
    match: float


def decide(evidence: Iterable[Evidence]) -> Tempo:
    """The tempo by all evidence, in whatever order it comes; never outside what was said.

    The user's last own word is shown as they said it, 87 as 87: that is the beat they hear.
    (Who compares songs should fold it.) Everything else is shown in [100, 200), to a tenth.
    Several records of one source are one witness, and so are ReccoBeats and Spotify, or a
    table that repeats a service's number.
    """
    told = [e for e in evidence if octaves.is_tempo(e.bpm) and e.match > 0]
    own = [e for e in told if e.source in OWN_WORDS]
    if own:
        return _by_own_word(own)
    if not told:
        return NO_TEMPO
    beats = _beats(_hearings(told))
    likelihoods, none = _likelihoods(beats)
    shown, rest = _ranked(beats, likelihoods)
    confidence = likelihoods[shown] / (sum(likelihoods) + none)
    dissent = max((likelihoods[n] for n in rest), default=0.0)
    best = _most_precise(beats[shown])
    bpm = _rounded(octaves.fold(best.bpm))
    return Tempo(
        bpm=bpm,
        source=best.source,
        said=best.bpm,
        confidence=round(min(confidence, SUREST), 3),
        note=_note(bpm, beats[shown], [beats[n] for n in rest]),
        is_disputed=dissent >= COMPARABLE * likelihoods[shown],
    )


def _by_own_word(own: Sequence[Evidence]) -> Tempo:
    never = datetime.min.replace(tzinfo=UTC)
    last = max(own, key=lambda e: (e.at or never, e.source == "manual", e.bpm))
    bpm = float(last.bpm or 0)
    return Tempo(bpm, last.source, bpm, 1.0, f"{_OWN_NOTES[last.source]}: {bpm:g}")


def _hearings(told: Sequence[Evidence]) -> list[_Hearing]:
    """In an order of their own, so that the order of the evidence decides nothing."""
    hearings = []
    for e in told:
        bpm = float(e.bpm or 0)
        match = min(e.match, 1.0)
        trust = RELIABILITY.get(e.source, UNMEASURED)
        beat = math.log2(bpm) % 1
        witness = _witness(e.source, bpm, told)
        hearings.append(_Hearing(e.source, witness, bpm, beat, octaves.slack(bpm), trust, match))
    return sorted(hearings, key=lambda h: (-h.trust * h.match, h.source, h.bpm))


def _witness(source: str, bpm: float, told: Sequence[Evidence]) -> str:
    if source in _REPEATING:
        copied = [
            e.source
            for e in told
            if e.source not in _REPEATING and abs((e.bpm or 0) - bpm) <= octaves.rounding(bpm)
        ]
        source = min(copied, default=source)
    return _SAME_NUMBERS.get(source, source)


def _beats(hearings: Sequence[_Hearing]) -> list[list[_Hearing]]:
    """The hearings by beat, the best witnessed first; each goes to one beat alone."""
    beats, left = [], list(hearings)
    while left:
        found = max((_around(one, left) for one in left), key=_weight)
        beats.append(found)
        left = [h for h in left if h not in found]
    return beats


def _around(centre: _Hearing, hearings: Sequence[_Hearing]) -> list[_Hearing]:
    return [h for h in hearings if octaves.apart(centre.beat, h.beat) <= centre.slack + h.slack]


def _weight(beat: Sequence[_Hearing]) -> float:
    return sum(max(h.trust * h.match for h in beat if h.witness == w) for w in _witnesses(beat))


def _witnesses(beat: Iterable[_Hearing]) -> set[str]:
    return {h.witness for h in beat}


def _likelihoods(beats: Sequence[Sequence[_Hearing]]) -> tuple[list[float], float]:
    """How likely all that was said is if each beat is the true one, and if none of them is.

    A witness with records of several beats shares its word among them.
    """
    likelihoods, none = [1.0] * len(beats), float(max(BEATS - len(beats), 1))
    everything = [h for beat in beats for h in beat]
    for witness in sorted(_witnesses(everything)):
        all_of_it = sum(h.match for h in everything if h.witness == witness)
        shares = []
        for beat in beats:
            mine = [h for h in beat if h.witness == witness]
            share = sum(h.match for h in mine) / all_of_it
            shares.append(share * max((h.trust * h.match for h in mine), default=0.0))
        anywhere = (1 - sum(shares)) / BEATS
        likelihoods = [
            so_far * (s + anywhere) for so_far, s in zip(likelihoods, shares, strict=True)
        ]
        none *= anywhere
    return likelihoods, none


def _ranked(
    beats: Sequence[Sequence[_Hearing]], likelihoods: Sequence[float]
) -> tuple[int, list[int]]:
    """The beat to show, and the others by likelihood: what two witnesses hear comes first."""

    def rank(n: int) -> tuple[bool, float]:
        return len(_witnesses(beats[n])) > 1, likelihoods[n]

    shown, *rest = sorted(range(len(beats)), key=rank, reverse=True)
    return shown, rest


def _most_precise(beat: Sequence[_Hearing]) -> _Hearing:
    """The weighted median of a beat: an outlier cannot move it, and somebody said it.

    The finer a number is told the more it weighs: 174.1 more than 174, and that more than 87.
    """
    if len(beat) == 1:
        return beat[0]
    centre = beat[0].beat
    ordered = sorted(beat, key=lambda h: ((h.beat - centre + 0.5) % 1, h.source, h.bpm))
    weights = [h.trust * h.match / h.slack for h in ordered]
    half, reached = sum(weights) / 2, 0.0
    for hearing, weight in zip(ordered, weights, strict=True):
        reached += weight
        if reached >= half:
            return hearing
    return ordered[-1]


def _rounded(bpm: float) -> float:
    # 199.96 would round to the octave above.
    rounded = round(bpm, 1)
    return rounded if rounded < octaves.OCTAVE_BPM[1] else rounded / 2


def _note(bpm: float, shown: Sequence[_Hearing], others: Sequence[Sequence[_Hearing]]) -> str:
    alike = ": same beat" if len({h.bpm for h in shown}) > 1 else ""
    note = f"{_listed(shown)}{alike}, shown as {bpm:.0f}"
    for beat in others:
        note += f"; against {_listed(beat)}{_relation(shown[0], beat[0])}"
    return note[:1].upper() + note[1:]


def _listed(beat: Sequence[_Hearing]) -> str:
    # Several records of one source often say the same.
    return ", ".join(dict.fromkeys(map(_said, beat)))


def _said(hearing: _Hearing) -> str:
    name = _NAMES.get(hearing.source, hearing.source.capitalize())
    return f"{name} {round(hearing.bpm, 1):g}"


def _relation(one: _Hearing, other: _Hearing) -> str:
    low, high = sorted((octaves.fold(one.bpm), octaves.fold(other.bpm)))
    for name, ratio in _RATIOS.items():
        if abs(math.log2(high / low) - ratio) <= one.slack + other.slack:
            return f" ({name})"
    return ""
