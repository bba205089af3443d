"""Measures music files in a process of its own.

Decoders are C: they complain to the terminal by themselves, and a damaged file may end or stop
them. So it happens apart from the rest, where neither does any harm.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from runsous.errors import InputError
from runsous.files import audio

_ATTEMPTS: Final = 2
_PATIENCE_S: Final = 300.0
"""For one file, which takes about a second; what it is done with takes a minute to load the
first time."""


class Ear:
    """Asks the process, which starts with the first file and again if it has ended."""

    def __init__(self) -> None:
        self._process: multiprocessing.process.BaseProcess | None = None

    def tempo(self, path: Path) -> float | None:
        """What :func:`runsous.files.audio.tempo` says, or raises, of a file.

        :class:`InputError` too for one that ends the process twice, or takes minutes.
        """
        for _ in range(_ATTEMPTS):
            if self._process is None:
                self._start()
            try:
                self._pipe.send(path)
                if not self._pipe.poll(_PATIENCE_S):
                    self.close()
                    raise InputError("Decoding it took too long.")
                answer = self._pipe.recv()
            except (EOFError, ConnectionError):
                self.close()
                continue
            if isinstance(answer, Exception):
                raise answer
            return float(answer) if answer is not None else None
        raise InputError("It is so damaged that it ended the decoder.")

    def close(self) -> None:
        """Ends the process, whatever it is at."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._pipe.close()
            self._process = None

    def _start(self) -> None:
        # A fork would take over connections to the database.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_answer, args=(theirs,), daemon=True)
        self._process.start()
        # So that either side hears when the other has ended.
        theirs.close()


def _answer(pipe: Connection) -> None:
    """Measures what is asked for until nobody asks any more."""
    # Ctrl-C reaches every process of a terminal; whoever asks decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    while True:
        try:
            path = pipe.recv()
        except EOFError:
            return
        pipe.send(_answered(path))


def _answered(path: Path) -> float | Exception | None:
    try:
        return audio.tempo(path)
    except (InputError, OSError) as error:
        return error
    except Exception as error:
        return InputError(f"It made the analysis fail ({type(error).__name__}).")
