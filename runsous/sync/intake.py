"""One upload on its way in: its files one by one, and what became of each."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from runsous import settings
from runsous.errors import InputError, TooLarge
from runsous.files import strava_export
from runsous.model import Reading
from runsous.store import imports, users
from runsous.store import uploads as handed_in
from runsous.store.imports import FileResult
from runsous.sync import archives, listening, readers, tellings, tempo, uploads, workouts
from runsous.sync.archives import Entry, Leaf, Remark

Progress = Callable[[int, int, str], None]
Part = Leaf | Entry | Remark

_log = logging.getLogger(__name__)
_MOST_DEATHS = 2
_DEADLY = InputError(
    "Reading it ended this program twice, perhaps for lack of memory, so it was left out."
)


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
        self.parts: Sequence[Part] = ()

    def run(self, stopping: threading.Event) -> None:
        """Imports what is not in yet; leaves early when ``stopping`` is set or the user says so."""
        if self._is_cancelled():
            self.skip()
            return
        self._progress(status="running", done=0, total=1, reading=self.upload["path"])
        is_whole = self._tried(self.upload["path"], self._expand)
        self._progress(total=max(len(self.parts), 1))
        for done, part in enumerate(self.parts):
            if stopping.is_set():
                self._progress(done=done, reading=None)
                return
            if done and self._is_cancelled():
                self._progress(done=done)
                self.skip()
                return
            self._progress(done=done, reading=part.path)
            is_whole &= self._tried(part.path, partial(self._import, part))
            if self.on_progress:
                self.on_progress(done + 1, len(self.parts), part.path)
        self._finish(is_whole)

    def skip(self) -> None:
        """Notes that the user stopped it before all of it was read."""
        words = "Stopped by you before it was read. Retry takes it up."
        if self.upload["done"]:
            left = self.upload["total"] - self.upload["done"]
            words = f"Stopped by you; files not read: {left}. Retry takes them up."
        self._note(FileResult(self.upload["path"], "unknown", "skipped", message=words))
        self._progress(status="stopped", reading=None)

    def _tried(self, path: str, attempt: Callable[[], bool]) -> bool:
        """Reads something, or notes why not; whether there is nothing left to try again."""
        if self.upload["deaths"].get(path, 0) >= _MOST_DEATHS:
            return self._note(_failed(path, "unknown", _DEADLY))
        try:
            return attempt()
        except (InputError, OSError) as error:
            return self._refused(_failed(path, "unknown", error), error)
        except Exception as error:
            # Without the database nothing can be noted; the job is taken up again later.
            if getattr(error, "connection_invalidated", False):
                raise
            # Its name may tell whose it is, or where they were.
            _log.exception("a file of import %s could not be imported", self.import_id)
            mistake = f"It made this program fail ({type(error).__name__}); the log says where."
            return self._note(_failed(path, "unknown", InputError(mistake)))

    def _expand(self) -> bool:
        path = Path(self.upload["stored_at"])
        limits = readers.limits(self.settings)
        if path.is_dir():
            self.parts = archives.expand_folder(path, limits)
        else:
            self.parts = archives.expand(path, self.upload["path"], limits)
        return True

    def _is_cancelled(self) -> bool:
        with self.engine.begin() as conn:
            return imports.is_cancelled(conn, self.user_id, self.import_id)

    def _progress(self, **values: Any) -> None:
        self.upload.update(values)
        with self.engine.begin() as conn:
            handed_in.set_progress(conn, self.user_id, self.upload["id"], **values)

    def _finish(self, is_whole: bool) -> None:
        if self.is_silent:
            nothing = InputError("It holds no workout or listening files.")
            is_whole = self._note(_failed(self.upload["path"], "unknown", nothing))
        with self.engine.begin() as conn:
            handed_in.finish(conn, self.user_id, self.upload["id"])
        if is_whole and uploads.discard(self.settings, self.upload["stored_at"]):
            self._progress(stored_at=None)

    def _import(self, part: Part) -> bool:
        if isinstance(part, Leaf):
            return self._import_leaf(part)
        if isinstance(part, Entry):
            return self._import_entry(part)
        return self._note(FileResult(part.path, part.kind, "skipped", message=part.words))

    def _import_leaf(self, leaf: Leaf) -> bool:
        content, notes = leaf.read()
        reader = readers.reader_for(content[: readers.HEAD_BYTES])
        if reader is None and not leaf.is_expected:
            return True
        sha256 = hashlib.sha256(content).hexdigest()
        try:
            reading = readers.read(content)
            if reading.listens is not None:
                return self._keep_listens(leaf.path, reading, sha256, notes)
            if reading.tempos is not None:
                return self._keep_tempos(leaf.path, reading, sha256, notes)
            source = tellings.Source(sha256, reading.kind, leaf.path, content, leaf.facts)
            return self._keep_workouts(leaf.path, source, reading, notes)
        except InputError as error:
            kind = reader.kind if reader else "unknown"
            return self._refused(_failed(leaf.path, kind, error), error, sha256)

    def _import_entry(self, entry: Entry) -> bool:
        source = tellings.Source(entry.sha256, "strava_export", entry.path, None, entry.facts)
        label = f"{entry.path}#{entry.facts['activity_id']}"
        said = ["Only its totals are known."]
        if entry.missing:
            said.insert(0, f"Its file {entry.missing} is not in the archive.")
        try:
            workout = strava_export.to_workout(tellings.strava_entry(entry.facts))
            reading = Reading("strava_export", (workout,))
            return self._keep_workouts(label, source, reading, tuple(said))
        except InputError as error:
            return self._note(_failed(label, "strava_export", error), entry.sha256)

    def _keep_workouts(
        self, path: str, source: tellings.Source, reading: Reading, notes: tuple[str, ...]
    ) -> bool:
        with self.engine.begin() as conn:
            kept = workouts.keep(conn, self.user_id, source, reading.workouts)
            new = sum(k.is_new for k in kept)
            said = [*notes, *reading.notes, *(note for k in kept for note in k.notes)]
            if any(not (k.is_new or k.is_passed) for k in kept):
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
                known = reading.n_listens
                result = FileResult(path, reading.kind, "duplicate", duplicates=known)
            else:
                kept = listening.keep(conn, self.user_id, reading.listens, datetime.now(UTC))
                if kept.in_future:
                    said.append(f"{kept.in_future} plays lie in the future and were left out.")
                without = "duplicate" if kept.known else "skipped"
                status = "imported" if kept.added else without
                result = FileResult(
                    path, reading.kind, status, 0, kept.added, kept.known, _sentences(said)
                )
            self._save(conn, result, sha256)
        return True

    def _keep_tempos(
        self, path: str, reading: Reading, sha256: str, notes: tuple[str, ...]
    ) -> bool:
        assert reading.tempos is not None  # noqa: S101 - checked by the caller
        with self.engine.begin() as conn:
            kept = tempo.keep_words(conn, self.user_id, tempo.CSV, reading.tempos, _own_name(path))
            without = "duplicate" if kept.known else "skipped"
            status = "imported" if kept.taken else without
            said = _sentences([*notes, *_taken_over(kept), *reading.notes])
            self._save(conn, FileResult(path, reading.kind, status, 0, 0, kept.known, said), sha256)
        return True

    def _refused(self, result: FileResult, error: Exception, sha256: str | None = None) -> bool:
        """Notes a failure; what is too large would be so again, and is not kept for that."""
        return self._note(result, sha256) or isinstance(error, TooLarge)

    def _note(self, result: FileResult, sha256: str | None = None) -> bool:
        with self.engine.begin() as conn:
            self._save(conn, result, sha256)
        return result.status != "failed"

    def _save(self, conn: Connection, result: FileResult, sha256: str | None) -> None:
        self.is_silent = False
        imports.save_file(conn, self.user_id, self.upload["id"], result, sha256)


def _own_name(path: str) -> str:
    """A file's name, without those of folders and archives."""
    return Path(path.rpartition("!")[2]).name


def _failed(path: str, kind: str, error: Exception) -> FileResult:
    why = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    # Readers say either a whole sentence or one that lacks its subject: the file.
    joint = " " if why[:1].islower() else ": "
    end = "" if why.endswith((".", "!", "?")) else "."
    name = _own_name(path)
    return FileResult(path, kind, "failed", message=f"{name}{joint}{why}{end}")


def _taken_over(kept: tempo.Kept) -> Iterator[str]:
    if not kept.taken:
        return
    what = "The tempo of 1 song was" if kept.taken == 1 else f"Tempos of {kept.taken:,} songs were"
    which = "" if kept.changed == kept.taken else f"{kept.changed:,} of them "
    place = f", {which}in the place of what a list had told before" if kept.changed else ""
    yield f"{what} taken over{place}."


def _sentences(notes: Sequence[str]) -> str | None:
    return " ".join(dict.fromkeys(notes)) or None
