"""One upload on its way in: its files one by one, and what became of each."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from runsous import settings
from runsous.errors import InputError
from runsous.files import strava_export
from runsous.model import Reading
from runsous.store import imports, users
from runsous.store.imports import FileResult
from runsous.sync import archives, listening, readers, uploads, workouts
from runsous.sync.archives import Entry, Leaf, Remark

Progress = Callable[[int, int, str], None]
Part = Leaf | Entry | Remark

_log = logging.getLogger(__name__)


class Intake:
    """An upload of an import: knows its row, counts progress, stops when asked."""

    def __init__(
        self,
        engine: Engine,
        user_id: int,
        import_id: UUID,
        upload: dict[str, Any],
        on_progress: Progress | None,
    ) -> None:
        self.engine = engine
        self.user_id = user_id
        self.import_id = import_id
        self.upload = upload
        self.on_progress = on_progress
        self.settings = settings.current()
        self.is_silent = True

    def run(self, stopping: threading.Event) -> None:
        """Imports what is not in yet; leaves early when ``stopping`` is set or the user says so."""
        if self._is_cancelled():
            self._stop("Stopped by you before it was read. Retry takes it up.")
            return
        try:
            parts = self._expand()
        except (InputError, OSError) as error:
            self._note(_failed(self.upload["path"], "unknown", error))
            self._progress(status="done", done=1, total=1)
            return
        self._progress(status="running", done=0, total=len(parts))
        is_whole = True
        for done, part in enumerate(parts, start=1):
            if stopping.is_set():
                return
            is_whole &= self._import(part)
            self._progress(done=done)
            if self.on_progress:
                self.on_progress(done, len(parts), part.path)
            if done < len(parts) and self._is_cancelled():
                left = len(parts) - done
                self._stop(f"Stopped by you; {left} files were not read. Retry takes them up.")
                return
        self._finish(is_whole)

    def _expand(self) -> Sequence[Part]:
        path = Path(self.upload["stored_at"])
        limits = readers.limits(self.settings)
        if path.is_dir():
            return archives.expand_folder(path, limits)
        return archives.expand(path, self.upload["path"], limits)

    def _is_cancelled(self) -> bool:
        with self.engine.begin() as conn:
            return imports.is_cancelled(conn, self.import_id)

    def _progress(self, **values: Any) -> None:
        with self.engine.begin() as conn:
            imports.set_progress(conn, self.upload["id"], **values)

    def _stop(self, words: str) -> None:
        self._note(FileResult(self.upload["path"], "unknown", "skipped", message=words))
        self._progress(status="stopped")

    def _finish(self, is_whole: bool) -> None:
        if self.is_silent:
            nothing = InputError("It holds no workout or listening files.")
            is_whole = self._note(_failed(self.upload["path"], "unknown", nothing))
        self._progress(status="done")
        if is_whole and uploads.discard(self.settings, self.upload["stored_at"]):
            self._progress(stored_at=None)

    def _import(self, part: Part) -> bool:
        """Imports one part and notes the outcome; whether it is in (now or before)."""
        try:
            if isinstance(part, Leaf):
                return self._import_leaf(part)
            if isinstance(part, Entry):
                return self._import_entry(part)
            return self._note(FileResult(part.path, "strava_export", "skipped", message=part.words))
        except Exception as error:
            # Without the database nothing can be noted; the job is taken up again later.
            if getattr(error, "connection_invalidated", False):
                raise
            _log.exception("%s could not be imported", part.path)
            mistake = f"It made this program fail ({type(error).__name__}); the log says where."
            return self._note(_failed(part.path, "unknown", InputError(mistake)))

    def _import_leaf(self, leaf: Leaf) -> bool:
        try:
            content, notes = leaf.read()
            reader = readers.reader_for(content[: readers.HEAD_BYTES])
        except (InputError, OSError) as error:
            return self._note(_failed(leaf.path, "unknown", error))
        if reader is None and not leaf.is_expected:
            return True
        sha256 = hashlib.sha256(content).hexdigest()
        try:
            reading = readers.read(content)
            if reading.listens is not None:
                return self._keep_listens(leaf.path, reading, sha256, notes)
            source = workouts.Source(sha256, reading.kind, leaf.path, content, leaf.facts)
            return self._keep_workouts(leaf.path, source, reading, notes)
        except InputError as error:
            kind = reader.kind if reader else "unknown"
            return self._note(_failed(leaf.path, kind, error), sha256)

    def _import_entry(self, entry: Entry) -> bool:
        source = workouts.Source(entry.sha256, "strava_export", entry.path, None, entry.facts)
        label = f"{entry.path}#{entry.facts['activity_id']}"
        said = ["Only its totals are known."]
        if entry.missing:
            said.insert(0, f"Its file {entry.missing} is not in the archive.")
        try:
            workout = strava_export.to_workout(workouts.strava_entry(entry.facts))
            reading = Reading("strava_export", (workout,))
            return self._keep_workouts(label, source, reading, tuple(said))
        except InputError as error:
            return self._note(_failed(label, "strava_export", error), entry.sha256)

    def _keep_workouts(
        self, path: str, source: workouts.Source, reading: Reading, notes: tuple[str, ...]
    ) -> bool:
        with self.engine.begin() as conn:
            kept = workouts.keep(conn, self.user_id, source, reading.workouts)
            new = sum(k.is_new for k in kept)
            said = [*notes, *reading.notes, *(note for k in kept for note in k.notes)]
            if new < len(kept):
                said.append("Joined with the same activity from another file.")
            result = FileResult(path, reading.kind, "duplicate", duplicates=1)
            if kept:
                joined = len(kept) - new
                result = FileResult(
                    path, reading.kind, "imported", new, 0, joined, _sentences(said)
                )
            self._save(conn, result, source.sha256)
        return True

    def _keep_listens(
        self, path: str, reading: Reading, sha256: str, notes: tuple[str, ...]
    ) -> bool:
        assert reading.listens is not None  # noqa: S101 - checked by the caller
        said = [*notes, *reading.notes]
        with self.engine.begin() as conn:
            users.lock(conn, self.user_id)
            if imports.is_known_listening(conn, self.user_id, sha256):
                known = len(reading.listens)
                result = FileResult(path, reading.kind, "duplicate", duplicates=known)
            else:
                kept = listening.keep(conn, self.user_id, reading.listens, datetime.now(UTC))
                if kept.in_future:
                    said.append(f"{kept.in_future} plays lie in the future and were left out.")
                status = "duplicate" if kept.known and not kept.added else "imported"
                result = FileResult(
                    path, reading.kind, status, 0, kept.added, kept.known, _sentences(said)
                )
            self._save(conn, result, sha256)
        return True

    def _note(self, result: FileResult, sha256: str | None = None) -> bool:
        with self.engine.begin() as conn:
            self._save(conn, result, sha256)
        return result.status != "failed"

    def _save(self, conn: Connection, result: FileResult, sha256: str | None) -> None:
        self.is_silent = False
        imports.save_file(conn, self.user_id, self.upload["id"], result, sha256)


def _failed(path: str, kind: str, error: Exception) -> FileResult:
    why = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    # Readers say either a whole sentence or one that lacks its subject: the file.
    joint = " " if why[:1].islower() else ": "
    end = "" if why.endswith((".", "!", "?")) else "."
    name = Path(path.rpartition("!")[2]).name
    return FileResult(path, kind, "failed", message=f"{name}{joint}{why}{end}")


def _sentences(notes: Sequence[str]) -> str | None:
    return " ".join(dict.fromkeys(notes)) or None
