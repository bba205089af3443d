"""Tempos decided from noisy sources, where ears have verified what is right."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from typing import Final

from benchmarks import timing
from benchmarks.figures import Limit, Row
from runsous.analysis import octaves
from runsous.analysis.tempo import Evidence, decide
from runsous.demo.services.noise import Noise

_VERIFIED: Final = (
    Path(__file__).resolve().parents[2] / "shared" / "data" / "tempo" / "harmonixset_metadata.csv"
)
_SEEDS: Final = 20
_RIGHT: Final = 0.025
"""Of a tempo: nearer than this, in whatever octave, is right (half of a neighbouring beat)."""

_LEVELS: Final[Mapping[str, Mapping[str, float]]] = {
    "mild": {"missing": 0.1, "silent": 0.1, "wrong": 0.03, "halved": 0.1, "doubled": 0.1},
    "usual": {"missing": 0.2, "silent": 0.2, "wrong": 0.1, "halved": 0.15, "doubled": 0.15},
    "harsh": {"missing": 0.3, "silent": 0.3, "wrong": 0.2, "halved": 0.25, "doubled": 0.25},
}
_OFF_BY_ONE: Final = 0.3
_SOURCES: Final = ("deezer", "spotify", "acousticbrainz")
_COPY, _COPIED = "reccobeats", "spotify"
"""Who serves the other's numbers, its mistakes too: the two are one witness."""
_BINS: Final = (0.0, 0.4, 0.6, 0.8, 0.9, 0.95, 0.985, 1.001)

Said = Sequence[tuple[str, float]]


def run() -> list[Row]:
    """Right tempos per level of noise against plain majority, calibration, and speed."""
    if not _VERIFIED.exists():
        print("no tempos to compare with, left out", file=sys.stderr, end=" ")
        return []
    songs = _verified()
    rows = []
    for level, noise in _LEVELS.items():
        runs = [_play(songs, noise, seed) for seed in range(1, _SEEDS + 1)]
        rows += [_right_row(level, runs), _calibration_row(level, runs)]
    return [*rows, _speed_row(songs)]


class _Played:
    """One playback: what was decided of each song, and whether it was right."""

    def __init__(self) -> None:
        self.decided: list[tuple[float, bool, bool]] = []
        """Confidence, right, told rightly by two sources at least."""
        self.plain: list[bool] = []
        """Whether plain majority is right, of the songs two sources tell rightly."""

    @property
    def right_percent(self) -> float:
        return 100 * mean(is_right for _, is_right, is_known in self.decided if is_known)

    @property
    def brier(self) -> float:
        return mean((confidence - is_right) ** 2 for confidence, is_right, _ in self.decided)

    @property
    def brier_of_the_mean(self) -> float:
        """What one and the same confidence for all songs would come to, were it the true share."""
        share = mean(is_right for _, is_right, _ in self.decided)
        return share * (1 - share)


def _play(songs: Sequence[tuple[str, float]], noise: Mapping[str, float], seed: int) -> _Played:
    sources = {
        source: Noise(seed=1000 * seed + n, off_by_one=_OFF_BY_ONE, **noise)
        for n, source in enumerate(_SOURCES)
    }
    played = _Played()
    for song, bpm in songs:
        said = [
            (source, told)
            for source, noisy in sources.items()
            if noisy.knows(song) and octaves.is_tempo(told := noisy.tempo(song, bpm)) and told
        ]
        if not said:
            continue
        is_known = sum(_is_right(told, bpm, told) for _, told in said) > 1
        said += [(_COPY, told) for source, told in said if source == _COPIED]
        found = decide([Evidence(source, told) for source, told in said])
        is_right = found.bpm is not None and _is_right(found.bpm, bpm, found.said or bpm)
        played.decided.append((found.confidence, is_right, is_known))
        if is_known:
            plain = _majority(said)
            played.plain.append(_is_right(plain, bpm, plain))
    return played


def _is_right(told: float, bpm: float, said: float) -> bool:
    """The same beat in whatever octave, give or take 1 BPM in the octave it was said in."""
    ratio = octaves.fold(told) / octaves.fold(bpm)
    off = min(abs(ratio * octave - 1) for octave in (0.5, 1, 2))
    return off <= max(_RIGHT, 1 / said)


def _majority(said: Said) -> float:
    """The yardstick: the number most sources say, rounded; of equals the first source's."""
    counts = Counter(round(told) for _, told in said)
    most = max(counts.values())
    return next(told for _, told in said if counts[round(told)] == most)


def _right_row(level: str, runs: Sequence[_Played]) -> Row:
    known = sum(is_known for played in runs for *_, is_known in played.decided)
    return Row(
        f"tempo right modulo octave where two tell it, {level} noise",
        "%",
        [played.right_percent for played in runs],
        "majority of the numbers, else the first source",
        [100 * mean(played.plain) for played in runs],
        Limit(98.0, at_least=True),
        note=f"{known:,} songs in {len(runs)} playbacks, worst"
        f" {min(played.right_percent for played in runs):.1f} %",
    )


def _calibration_row(level: str, runs: Sequence[_Played]) -> Row:
    everything = [one for played in runs for one in played.decided]
    curve = []
    for low, high in pairwise(_BINS):
        inside = [(c, is_right) for c, is_right, _ in everything if low <= c < high]
        if inside:
            said, right = mean(c for c, _ in inside), mean(r for _, r in inside)
            curve.append({"said": said, "right": right, "songs": len(inside)})
    shown = ", ".join(f"{b['said']:.2f} → {b['right']:.2f} ({b['songs']:,})" for b in curve)
    return Row(
        f"confidence, Brier score, {level} noise",
        "",
        [played.brier for played in runs],
        "the share of right ones for all",
        [played.brier_of_the_mean for played in runs],
        Limit(1.0, on="ratio"),
        note=f"said → right (songs): {shown}",
        extra={"curve": curve},
    )


def _speed_row(songs: Sequence[tuple[str, float]]) -> Row:
    sources = [Noise(seed=n, off_by_one=_OFF_BY_ONE, **_LEVELS["usual"]) for n in range(3)]
    said = [
        [
            Evidence(source, noise.tempo(f"{n}/{song}", bpm))
            for source, noise in zip(_SOURCES, sources, strict=True)
        ]
        for n in range(11)
        for song, bpm in songs
    ][:10_000]
    took = [timing.seconds(lambda: [decide(one) for one in said]) for _ in range(5)]
    plain = [
        timing.seconds(lambda: [median(e.bpm or 0 for e in one) for one in said]) for _ in range(5)
    ]
    return Row("10,000 tempos decided", "s", took, "the median of each", plain, Limit(2.0))


def _verified() -> list[tuple[str, float]]:
    with _VERIFIED.open(encoding="utf-8", newline="") as lines:
        return [(row["File"], float(row["BPM"])) for row in csv.DictReader(lines)]
