"""Music files the user owns: whose song it is, and how fast, as an optional extra.

The tempo is measured in windows of the middle of a song, each on its own: librosa tracks the
beat, and the beats must lie on an even grid. A song has a tempo only where most windows find the
same one, modulo octaves; silence, speech, rubato and what speeds up have none.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from runsous.errors import InputError

# The extra is imported by what needs it: it may not be there, and is slow to load.
if TYPE_CHECKING:
    import soundfile

ENDINGS: Final = (".aif", ".aiff", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".wav")
"""Names of files that can be analysed end like this."""

SEALED: Final = (".aac", ".ape", ".m4a", ".m4b", ".m4p", ".mpc", ".wma", ".wv")
"""So do those of music that cannot be decoded here."""

_LIBRARIES: Final = ("librosa", "soundfile", "tinytag")
_MISSING: Final = InputError(
    "Analysing music files needs the extra “audio”: run “make audio”,"
    ' or “pip install "runsous[audio]"” where this was installed with pip.'
)

_RATE: Final = 22_050
_HOP: Final = 256
"""Samples from one value of the onset envelope to the next: 12 ms."""
_WINDOW_S: Final = 12.0
_MOST_WINDOWS: Final = 8
_FEWEST_WINDOWS: Final = 2
_FEWEST_BEATS: Final = 8
_APART: Final = 4
"""Beats this far apart tell the period: one from the next is only as fine as the envelope."""
_UNEVEN: Final = 0.05
"""How far from the even grid half of the beats may lie, as a share of the period. Drums and
clicks, swung or a little late, measured at most 0.02; noise and speech from 0.047 up."""
_SAME_OCTAVES: Final = 0.043
"""Windows within 3 % of each other hear one beat."""
_AGREEING: Final = 2 / 3
_SLOWEST_BPM, _FASTEST_BPM = 40.0, 250.0

_LOWEST_HZ, _HIGHEST_HZ, _MOST_CHANNELS = 8_000, 400_000, 32
_BLOCK: Final = 65_536

_LONGEST_NAME: Final = 300
_NOBODY: Final = frozenset({"unknown", "unknown artist", "various", "various artists", "va"})
_UNTITLED: Final = re.compile(r"(?:(?:audio ?)?track ?)?\d*|untitled|unknown", re.IGNORECASE)
_DASH: Final = re.compile(r"\s+[-–—]\s+")
_NUMBERED: Final = re.compile(r"(?:\d{1,3}\.\s*|\d{1,2}-\d{1,2}\s+|\d{1,3}\s+[-–—]\s+|0\d\s+)")


def check() -> None:
    """Raises :class:`InputError`, saying what to install, where the extra is missing."""
    if any(find_spec(library) is None for library in _LIBRARIES):
        raise _MISSING


def name(path: Path) -> tuple[str, str] | None:
    """Artist and title by the file's tags, else by a name like "Artist - Title.mp3".

    ``None`` where neither tells both. Raises :class:`OSError` for a file that cannot be read.
    """
    return _tagged(path) or _named(path.stem)


def tempo(path: Path) -> float | None:
    """Beats per minute of a music file, in whatever octave they are heard, from 40 to 250;
    ``None`` where no steady beat is, as in whatever is shorter than 24 seconds.

    Looks at 96 seconds of its middle at most. Raises :class:`InputError` for what is no sound.
    """
    sound = _middle(path)
    if sound.size < _FEWEST_WINDOWS * _WINDOW_S * _RATE:
        return None
    import librosa

    envelope = librosa.onset.onset_strength(y=sound, sr=_RATE, hop_length=_HOP, aggregate=np.median)
    size = int(_WINDOW_S * _RATE / _HOP)
    windows = [envelope[at : at + size] for at in range(0, envelope.size - size + 1, size)]
    found = [bpm for window in windows if (bpm := _in_window(window)) is not None]
    return _agreed(np.array(found), len(windows))


def _in_window(envelope: Any) -> float | None:
    """The tempo of an even beat, by the median over its beats: one that was missed or heard
    twice changes nothing.
    """
    import librosa

    _, beats = librosa.beat.beat_track(
        onset_envelope=envelope, sr=_RATE, hop_length=_HOP, trim=False
    )
    if beats.size < _FEWEST_BEATS:
        return None
    times = beats * (_HOP / _RATE)
    first, last = np.triu_indices(beats.size, _APART)
    period = float(np.median((times[last] - times[first]) / (last - first)))
    offsets = times - period * np.arange(beats.size)
    uneven = float(np.median(np.abs(offsets - np.median(offsets)))) / period
    return 60 / period if uneven <= _UNEVEN else None


def _agreed(found: Any, n_windows: int) -> float | None:
    """The tempo of which most windows are, modulo octaves."""
    if not found.size:
        return None
    octaves = np.log2(found)
    away = octaves[:, None] - octaves
    away -= np.round(away)
    is_same = np.abs(away) <= _SAME_OCTAVES
    centre = int(is_same.sum(axis=0).argmax())
    same = is_same[:, centre]
    if same.sum() < _AGREEING * n_windows:
        return None
    bpm = float(2 ** (octaves[centre] + np.median(away[same, centre])))
    while bpm > _FASTEST_BPM:
        bpm /= 2
    while bpm < _SLOWEST_BPM:
        bpm *= 2
    return round(bpm, 2)


def _middle(path: Path) -> Any:
    """The middle of a file as one channel of :data:`_RATE`."""
    if not path.stat().st_size:
        raise InputError("It is empty.")
    import librosa
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            rate = file.samplerate
            sound = _decoded(file)
    # TypeError is how a file without a header is told.
    except (soundfile.SoundFileError, TypeError) as error:
        raise InputError("It is damaged, or no music at all.") from error
    return librosa.resample(sound, orig_sr=rate, target_sr=_RATE)


def _decoded(file: soundfile.SoundFile) -> Any:
    """The middle as one channel, decoded in blocks: a long file takes no more memory."""
    import soundfile

    rate = file.samplerate
    if not (_LOWEST_HZ <= rate <= _HIGHEST_HZ and file.channels <= _MOST_CHANNELS):
        raise InputError(f"No music has {rate} samples a second in {file.channels} channels.")
    # One more value of the envelope than fits the windows: resampling may cost a sample.
    wanted = int(_MOST_WINDOWS * _WINDOW_S * rate) + rate // 10
    file.seek(max((file.frames - wanted) // 2, 0))
    blocks: list[Any] = []
    while wanted > 0:
        try:
            block = file.read(min(_BLOCK, wanted), dtype="float32", always_2d=True)
        except soundfile.SoundFileError:
            # Here it was cut off, or is damaged; what came before may be enough.
            if not blocks:
                raise
            break
        if not len(block):
            break
        # Files of floating point can hold what is no number, or far too loud.
        blocks.append(np.nan_to_num(block).clip(-1, 1).mean(axis=1))
        wanted -= len(block)
    return np.concatenate(blocks) if blocks else np.empty(0, dtype="float32")


def _tagged(path: Path) -> tuple[str, str] | None:
    import tinytag

    try:
        tags = tinytag.TinyTag.get(path, duration=False)
    except tinytag.TinyTagException:
        # Its sound may be whole nevertheless, and its name tell the rest.
        return None
    return _usable(tags.artist or "", tags.title or "")


def _named(stem: str) -> tuple[str, str] | None:
    plain = stem if " " in stem else stem.replace("_", " ")
    number = _NUMBERED.match(plain)
    if number and _DASH.search(plain, number.end()):
        plain = plain[number.end() :]
    artist, *title = _DASH.split(plain, maxsplit=1)
    # What is left of a number names no artist: "07 - Title" is a title.
    return None if artist.strip().isdigit() or not title else _usable(artist, title[0])


def _usable(artist: str, title: str) -> tuple[str, str] | None:
    artist, title = (_printable(told) for told in (artist, title))
    if artist.strip("<>[]()").lower() in _NOBODY or _UNTITLED.fullmatch(title):
        return None
    is_short = max(len(artist), len(title)) <= _LONGEST_NAME
    return (artist, title) if artist and is_short else None


def _printable(told: str) -> str:
    """Text as it can be stored and shown."""
    return " ".join(told.encode("utf-8", "replace").decode().replace("\0", " ").split())
