"""Measures the tempo of music files the user owns, and keeps what they say of songs.

What was found is remembered by the name of the song, also that it has no steady beat: a song is
measured once, from whichever of its files comes first.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
from sqlalchemy import Engine

from runsous.analysis import names
from runsous.errors import InputError
from runsous.files import audio
from runsous.store import song_words
from runsous.sync import tempo
from runsous.sync.apart import Ear
from runsous.sync.intake import Progress
from runsous.sync.uploads import printable

SOURCE: Final = "audio"
_KEEP_EVERY_S: Final = 20.0
"""Being killed costs so much work: deciding a whole library after each file would cost more."""
_STATUSES: Final = ("analysed", "known", "skipped", "failed")
_WORDS: Final = ["artist", "title", "bpm"]
_NAMELESS: Final = (
    "Neither its tags nor its name, such as “Artist - Title.mp3”, tell whose song it is."
)
_UNSTEADY: Final = "No steady beat was found."


@dataclass(frozen=True)
class Measured:
    """What became of one file: ``analysed``, ``known`` from before, ``skipped`` or ``failed``.

    ``bpm`` is ``None`` where the song has no steady beat; ``message`` says why in a sentence.
    """

    path: str
    status: str
    artist: str | None = None
    title: str | None = None
    bpm: float | None = None
    message: str | None = None


@dataclass(frozen=True)
class Report:
    """What became of all files."""

    files: tuple[Measured, ...]

    @property
    def failed(self) -> int:
        """How many files could not be analysed."""
        return self._count("failed")

    def as_json(self) -> dict[str, Any]:
        """The object ``runsous analyse --json`` prints."""
        counts = {status: self._count(status) for status in _STATUSES}
        totals = {"files": len(self.files), **counts}
        return {"files": [asdict(file) for file in self.files], "totals": totals}

    def _count(self, status: str) -> int:
        return sum(file.status == status for file in self.files)


class Analysis:
    """Measures music files of a user, but what is known already unless told to do so ``again``."""

    def __init__(self, engine: Engine, user_id: int, *, again: bool = False) -> None:
        """Raises :class:`InputError` where the extra it needs is not installed."""
        audio.check()
        self.engine = engine
        self.user_id = user_id
        with engine.begin() as conn:
            self.known = {} if again else song_words.tempos(conn, user_id, SOURCE)
        self.done: list[Measured] = []
        self._n_kept = 0
        self._ear = Ear()

    def run(
        self,
        paths: Sequence[Path],
        on_progress: Progress | None = None,
        stopping: threading.Event | None = None,
    ) -> Report:
        """Goes through files and what lies below folders; once ``stopping`` is set it ends after
        the file it is at. However it ends, what was found is kept.
        """
        found = [file for path in paths for file in _below(path)]
        kept_at = time.monotonic()
        try:
            for path, problem in found:
                if stopping and stopping.is_set():
                    break
                if on_progress and not self.done:
                    # The first waits for all that measuring takes to be loaded.
                    on_progress(0, len(found), printable(str(path)))
                self.done.append(self._measured(path, problem))
                if on_progress:
                    on_progress(len(self.done), len(found), self.done[-1].path)
                if time.monotonic() - kept_at >= _KEEP_EVERY_S:
                    self._keep()
                    kept_at = time.monotonic()
        finally:
            self._ear.close()
            self._keep()
        return Report(tuple(self.done))

    def _measured(self, path: Path, problem: Exception | None) -> Measured:
        label = printable(str(path))
        try:
            if problem is not None:
                raise problem
            return self._told(path, label)
        except InputError as error:
            return Measured(label, "failed", message=str(error))
        except OSError as error:
            return Measured(label, "failed", message=f"{error.strerror or error}.")

    def _told(self, path: Path, label: str) -> Measured:
        ending = path.suffix.lower()
        if ending in audio.SEALED:
            words = f"Music in {ending} files cannot be decoded here; convert it to FLAC or MP3."
            return Measured(label, "skipped", message=words)
        _refuse_others(path, ending)
        named = audio.name(path)
        if named is None:
            return Measured(label, "skipped", message=_NAMELESS)
        artist, title = named
        song = names.artist(artist), names.title(title)
        status = "known"
        if song not in self.known:
            status, self.known[song] = "analysed", self._ear.tempo(path)
        bpm = self.known[song]
        return Measured(label, status, artist, title, bpm, None if bpm else _UNSTEADY)

    def _keep(self) -> None:
        new = [file for file in self.done[self._n_kept :] if file.status == "analysed"]
        if new:
            words = pd.DataFrame([(f.artist, f.title, f.bpm) for f in new], columns=_WORDS)
            with self.engine.begin() as conn:
                typed = words.astype({"bpm": "float64"})
                tempo.keep_words(conn, self.user_id, SOURCE, typed)
        self._n_kept = len(self.done)


def _below(path: Path) -> list[tuple[Path, Exception | None]]:
    """A file, or what music lies below a folder, hidden things and links apart; and what cannot
    be looked into, with why.
    """
    if not path.is_dir():
        return [(path, None)]
    closed: list[OSError] = []
    found: list[tuple[Path, Exception | None]] = []
    for place, folders, files in os.walk(path, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for file in sorted(Path(place, name) for name in files if not name.startswith(".")):
            if file.suffix.lower() in audio.ENDINGS + audio.SEALED and not file.is_symlink():
                found.append((file, None))
    if not found and not closed:
        found.append((path, InputError("It holds no music files.")))
    return found + [(Path(problem.filename), problem) for problem in closed]


def _refuse_others(path: Path, ending: str) -> None:
    """Raises :class:`InputError` for what is no ordinary file, or of no kind that is read."""
    if not path.exists():
        raise InputError("It is not there.")
    # Opening a pipe would wait for ever.
    if not path.is_file():
        raise InputError("It is no ordinary file.")
    if ending not in audio.ENDINGS:
        kinds = ", ".join(end.removeprefix(".") for end in audio.ENDINGS)
        raise InputError(f"It is no music file of a kind that can be analysed ({kinds}).")
