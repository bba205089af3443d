"""Music as a drummer and their machines would play it, and what is no music at all."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

RATE = 22_050
_T = np.arange(RATE // 8) / RATE
_HISS = np.random.default_rng(3).normal(size=_T.size)
_HITS = {
    "kick": np.sin(2 * np.pi * (55 * _T + 0.75 * (1 - np.exp(-40 * _T)))) * np.exp(-25 * _T),
    "snare": 0.5 * _HISS * np.exp(-35 * _T),
    "hat": 0.2 * np.diff(_HISS, prepend=0) * np.exp(-90 * _T),
    "click": np.sin(2 * np.pi * 1000 * _T) * np.exp(-80 * _T),
}


def noise(seconds: float, loud: float = 0.1, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=int(seconds * RATE)) * loud


def hits(played: Iterable[tuple[float, str]], seconds: float, hiss: float = 0.02) -> np.ndarray:
    """Sounds at their times, in noise."""
    sound = noise(seconds, hiss)
    for at, what in played:
        start = max(round(at * RATE), 0)
        hit = _HITS[what][: max(sound.size - start, 0)]
        sound[start : start + hit.size] += hit
    return 0.8 * sound / np.abs(sound).max()


def clicks(bpm: float, seconds: float = 60) -> np.ndarray:
    return hits([(at, "click") for at in np.arange(0, seconds, 60 / bpm)], seconds)


def drums(
    bpm: float,
    seconds: float = 60,
    *,
    off: float = 0.5,
    late_s: float = 0.0,
    hiss: float = 0.02,
    half_from: float = float("inf"),
) -> np.ndarray:
    """Kick, snare and hats; ``off`` says where in the beat the second hat is (2/3 swings),
    ``late_s`` by how much hands are off, ``half_from`` since when half as fast.
    """
    hand = np.random.default_rng(2)
    played: list[tuple[float, str]] = []
    at, n = 0.3, 0
    while at < seconds:
        beat = 60 / bpm * (1 if at < half_from else 2)
        struck = [(0, "kick" if n % 2 == 0 else "snare"), (0, "hat"), (off, "hat")]
        struck += [(0.5, "kick")] if n % 4 == 2 else []
        played += [(at + part * beat + hand.normal() * late_s, what) for part, what in struck]
        at, n = at + beat, n + 1
    return hits(played, seconds, hiss)


def speeding_up(seconds: float = 60) -> np.ndarray:
    """Clicks from 100 beats per minute on, each beat 0.4 % shorter."""
    times, beat = [0.0], 0.6
    while times[-1] < seconds:
        times.append(times[-1] + beat)
        beat *= 0.996
    return hits([(at, "click") for at in times], seconds)


def speech(seconds: float = 60) -> np.ndarray:
    """Syllables of a voice, as unevenly as people talk."""
    random = np.random.default_rng(5)
    sound = noise(seconds, 0.005)
    at = 0.2
    while at < seconds - 1:
        length = random.uniform(0.08, 0.3)
        t = np.arange(int(length * RATE)) / RATE
        pitch = random.uniform(90, 200)
        voice = sum(np.sin(2 * np.pi * pitch * n * t) / n for n in range(1, 8)) * np.hanning(t.size)
        start = int(at * RATE)
        sound[start : start + t.size] += voice * random.uniform(0.3, 1)
        at += length + random.uniform(0, 0.6 if random.random() < 0.2 else 0.08)
    return 0.8 * sound / np.abs(sound).max()


def written(path: Path, sound: np.ndarray, rate: int = RATE, **tags: Any) -> Path:
    """A file of the kind its name ends with, with these ``artist`` and ``title``."""
    kinds = {
        ".opus": {"format": "OGG", "subtype": "OPUS"},
        ".mp3": {"format": "MP3", "bitrate_mode": "VARIABLE"},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = 1 if sound.ndim == 1 else sound.shape[1]
    with soundfile.SoundFile(
        path, "w", samplerate=rate, channels=channels, **kinds.get(path.suffix, {})
    ) as file:
        for name, value in tags.items():
            setattr(file, name, value)
        # The encoder of Ogg cannot take a whole song at once.
        for start in range(0, len(sound), RATE):
            file.write(sound[start : start + RATE])
    return path
