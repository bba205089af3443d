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
from uuid import UUID, uuid4

from sqlalchemy import Engine

from runsous.store import imports
from runsous.store import uploads as rows
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
    stopping: threading.Event | None = None,
) -> Report:
    """Imports files and folders where they lie and waits for it; see :func:`run`.

    Once ``stopping`` is set the files not read yet are reported as left out.
    """
    handed_in = [
        Upload(uploads.printable(str(p)), uploads.printable(str(p.absolute())), _size(p))
        for p in paths
    ]
    import_id = uuid4()
    stopping = stopping or threading.Event()
    # Held before anyone can see it: a running app must not take it up in our place.
    with imports.held(engine, import_id):
        with engine.begin() as conn:
            imports.create(conn, user_id, "cli", handed_in, import_id)
        _run(engine, user_id, import_id, on_progress, stopping)
        if stopping.is_set():
            _give_up(engine, user_id, import_id)
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
    with imports.held(engine, import_id) as is_ours:
        if is_ours:
            _run(engine, user_id, import_id, on_progress, stopping or threading.Event())


def _run(
    engine: Engine,
    user_id: int,
    import_id: UUID,
    on_progress: Progress | None,
    stopping: threading.Event,
) -> None:
    with engine.begin() as conn:
        if imports.one(conn, user_id, import_id)["status"] == "done":
            return
        rows.count_deaths(conn, user_id, import_id)
        waiting = rows.of_import(conn, user_id, import_id)
        imports.set_status(conn, user_id, import_id, "running")
    for upload in waiting:
        if stopping.is_set():
            return
        if upload["status"] != "done":
            Intake(engine, user_id, import_id, upload, on_progress).run(stopping)
    songs.settle(engine, user_id, stopping)
    if not stopping.is_set():
        _end(engine, user_id, import_id)


def _give_up(engine: Engine, user_id: int, import_id: UUID) -> None:
    """Ends an import as one that its user stopped."""
    with engine.begin() as conn:
        imports.cancel(conn, user_id, import_id)
        left = [u for u in rows.of_import(conn, user_id, import_id) if u["status"] != "done"]
    for upload in left:
        Intake(engine, user_id, import_id, upload, None).skip()
    _end(engine, user_id, import_id)


def _end(engine: Engine, user_id: int, import_id: UUID) -> None:
    with engine.begin() as conn:
        imports.set_status(conn, user_id, import_id, "done")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except OSError:
        # Reading it says what is wrong with it.
        return 0
