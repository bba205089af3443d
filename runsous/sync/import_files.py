"""Imports files: the one way in for browser, command line and REST API.

Every file is its own transaction, and what is reported of it is part of that transaction:
whatever was reported is stored, whatever was not is imported by the next run of the import.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from runsous.store import imports
from runsous.store.imports import FileResult, Upload
from runsous.sync import songs, uploads
from runsous.sync.intake import Intake, Progress


@dataclass(frozen=True)
class Report:
    """What became of all files of an import."""

    files: tuple[FileResult, ...]

    @property
    def failed(self) -> int:
        """How many files could not be imported."""
        return sum(file.status == "failed" for file in self.files)

    def as_json(self) -> dict[str, Any]:
        """The object ``runsous import --json`` prints."""
        sums = {name: sum(getattr(f, name) for f in self.files) for name in _SUMMED}
        totals = {"files": len(self.files), **sums, "failed": self.failed}
        return {"files": [asdict(file) for file in self.files], "totals": totals}


_SUMMED = ("activities", "listens", "duplicates")


def import_paths(
    engine: Engine,
    user_id: int,
    paths: Sequence[Path],
    on_progress: Progress | None = None,
) -> Report:
    """Imports files and folders where they lie and waits for it; see :func:`run`."""
    handed_in = [
        Upload(uploads.printable(str(p)), uploads.printable(str(p.absolute())), _size(p))
        for p in paths
    ]
    with engine.begin() as conn:
        import_id = imports.create(conn, user_id, "cli", handed_in)
    run(engine, user_id, import_id, on_progress)
    with engine.begin() as conn:
        return Report(tuple(imports.files(conn, user_id, import_id)))


def run(
    engine: Engine,
    user_id: int,
    import_id: UUID,
    on_progress: Progress | None = None,
    stopping: threading.Event | None = None,
) -> None:
    """Imports all that waits in an import, file by file; once ``stopping`` is set, it stops
    after the file it is at, and the next run goes on from there.

    Safe to run again after a crash, and in two processes at once: the second has nothing to do.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as guard:
        # Held by the connection, so that it goes with the process however that ends.
        key = {"key": import_id.int % 2**63}
        if not guard.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar():
            return
        try:
            _run(engine, user_id, import_id, on_progress, stopping or threading.Event())
        finally:
            guard.execute(text("SELECT pg_advisory_unlock(:key)"), key)


def _run(
    engine: Engine,
    user_id: int,
    import_id: UUID,
    on_progress: Progress | None,
    stopping: threading.Event,
) -> None:
    with engine.begin() as conn:
        waiting = imports.uploads(conn, user_id, import_id)
        if imports.one(conn, user_id, import_id)["status"] == "done":
            return
        imports.set_status(conn, import_id, "running")
    for upload in waiting:
        if upload["status"] != "done":
            Intake(engine, user_id, import_id, upload, on_progress).run(stopping)
        if stopping.is_set():
            return
    songs.settle(engine, user_id)
    with engine.begin() as conn:
        imports.set_status(conn, import_id, "done")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        # Reading it says what is wrong with it.
        return 0
