"""Locks between processes that the system lets go of by itself, however a process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FileLock:
    """An advisory lock on a file; the file stays, what counts is whether someone holds it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds it."""
        return self._descriptor is not None

    def take(self, *, shared: bool = False, wait: bool = True) -> bool:
        """Takes the lock, alone or together with others; ``False`` if it is not to be had now."""
        # Not inherited by child processes: a database that outlives us must not hold our locks.
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(descriptor, how if wait else how | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except BaseException:
            os.close(descriptor)
            raise
        self.release()
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Lets go, if it was held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def write(self, note: str) -> None:
        """Leaves a note in the file for those who find the lock taken."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, note.encode(), 0)

    def note(self) -> str:
        """What the holder wrote, empty if nothing."""
        return self.path.read_text("utf-8") if self.path.exists() else ""
