"""All that is known of a user as one ZIP archive, made in the background and kept for a week.

Everything in it is of one moment. Whoever is at it may be stopped or killed: the next run
begins anew, under another name, so that no half archive is ever handed out.
"""

from __future__ import annotations

import io
import json
import logging
import re
import threading
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import pandas as pd
import pyarrow as pa
from pyarrow import parquet
from sqlalchemy import Connection, Engine

from runsous import frames, settings
from runsous.store import (
    accounts,
    audit,
    data_exports,
    dumps,
    imports,
    originals,
    streams,
    tokens,
    users,
)

KEPT = timedelta(days=7)
"""How long an archive can be downloaded."""
_MOST_ATTEMPTS = 3
_ARRIVAL_S = 3600.0
# Where tables lie in the archive that people look for; all others are in ``tables/``.
_PLACES = {"activities": "activities.csv", "audit_log": "audit-log.csv"}
# The same rows come with the names of their songs.
_TOLD_BETTER = frozenset({"segments", "listens"})

_log = logging.getLogger(__name__)


class _Stopped(Exception):
    """This process is to end: another goes on."""


class _Unwanted(Exception):
    """The export is gone, or its user."""


def ask(engine: Engine, user_id: int, address: str | None = None) -> UUID | None:
    """Queues an export; ``None`` while one is under way."""
    with engine.begin() as conn:
        export_id = data_exports.create(conn, user_id)
        if export_id is not None:
            audit.note(conn, user_id, "export asked for", address=address)
    return export_id


def archive(export_id: UUID) -> Path:
    """Where the archive lies once it is done."""
    return _folder() / f"{export_id}.zip"


def make(
    engine: Engine, user_id: int, export_id: UUID, stopping: threading.Event | None = None
) -> None:
    """Makes the archive; once ``stopping`` is set it leaves that to the next run.

    Safe to run again after a crash, and in two processes at once: the second has nothing to do.
    """
    with imports.held(engine, export_id) as is_ours:
        if is_ours:
            _make(engine, user_id, export_id, stopping or threading.Event())


def discard(export_ids: Iterable[UUID]) -> None:
    """Deletes what is on disk of these exports."""
    for export_id in export_ids:
        archive(export_id).unlink(missing_ok=True)
        _unfinished(export_id).unlink(missing_ok=True)


def sweep(engine: Engine) -> None:
    """Deletes archives older than :data:`KEPT`, and files that belong to no export."""
    with engine.begin() as conn:
        data_exports.expire(conn, KEPT)
        known = data_exports.everyones(conn)
    for path in _folder().glob("*"):
        is_known = path.stem in {str(export_id) for export_id in known}
        if not is_known and time.time() - path.stat().st_mtime > _ARRIVAL_S:
            path.unlink(missing_ok=True)


def _make(engine: Engine, user_id: int, export_id: UUID, stopping: threading.Event) -> None:
    with engine.begin() as conn:
        attempt = data_exports.begin(conn, user_id, export_id)
        if attempt is None:
            return
        if attempt > _MOST_ATTEMPTS:
            _log.error("export %s ended this program %s times and is given up", export_id, attempt)
            data_exports.finish(conn, user_id, export_id, None)
            return
    unfinished, path = _unfinished(export_id), archive(export_id)
    size = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _snapshot(engine) as conn:
            _write(unfinished, conn, user_id, _Steps(engine, user_id, export_id, stopping))
        unfinished.replace(path)
        size = path.stat().st_size
    except _Stopped:
        with engine.begin() as conn:
            data_exports.put_back(conn, user_id, export_id)
        return
    except _Unwanted:
        return
    except OSError:
        _log.exception("export %s cannot be written", export_id)
    finally:
        unfinished.unlink(missing_ok=True)
    with engine.begin() as conn:
        is_wanted = data_exports.finish(conn, user_id, export_id, size)
    if not is_wanted:
        discard([export_id])


class _Steps:
    """Counts what is written, and ends the work when it is not wanted any more."""

    def __init__(
        self, engine: Engine, user_id: int, export_id: UUID, stopping: threading.Event
    ) -> None:
        self._engine, self._row, self._stopping = engine, (user_id, export_id), stopping
        self._done, self.total = 0, 1

    def next(self) -> None:
        """One more is written."""
        if self._stopping.is_set():
            raise _Stopped
        self._done += 1
        with self._engine.begin() as conn:
            if not data_exports.set_progress(conn, *self._row, self._done, self.total):
                raise _Unwanted


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    options = {"isolation_level": "REPEATABLE READ"}
    with engine.connect().execution_options(**options) as conn, conn.begin():
        yield conn


def _write(path: Path, conn: Connection, user_id: int, steps: _Steps) -> None:
    kept = dumps.originals(conn, user_id)
    recorded = dumps.recordings(conn, user_id)
    tables = dumps.tables(conn, user_id)
    steps.total = len(kept) + len(recorded) + len(tables) + 1
    with path.open("wb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("README.txt", files("runsous.accounts").joinpath("everything.txt").read_text())
        out.writestr("settings.json", _json(users.one(conn, user_id)["settings"]))
        out.writestr("account.json", _json(_account(conn, user_id)))
        _write_activities(out, conn, user_id)
        _pour(out, "songs.csv", dumps.songs_csv(conn, user_id))
        _pour(out, "listens.csv", dumps.listens_csv(conn, user_id))
        steps.next()
        for name in tables:
            if name not in _TOLD_BETTER:
                place = _PLACES.get(name, f"tables/{name}.csv")
                _pour(out, place, dumps.table_csv(conn, user_id, name))
            steps.next()
        for original in kept:
            content = originals.content(conn, user_id, original.sha256)
            out.writestr(f"originals/{_file_name(original)}", content or b"")
            steps.next()
        for recording in recorded:
            samples = streams.frame(conn, user_id, recording.id)
            with _entry(out, f"streams/activity-{recording.id}.parquet") as entry:
                entry.write(_parquet(samples, recording))
            steps.next()


def _account(conn: Connection, user_id: int) -> dict[str, Any]:
    account = accounts.one(conn, user_id)
    assert account is not None  # noqa: S101 - whose export it is
    made = tokens.of_user(conn, user_id)
    return {
        "email": account.email,
        "created_at": account.created_at,
        "tokens": [{n: v for n, v in token.items() if n != "id"} for token in made],
    }


def _write_activities(out: zipfile.ZipFile, conn: Connection, user_id: int) -> None:
    with _entry(out, "activities.json") as entry:
        before = b"[\n"
        for activity in dumps.activities(conn, user_id):
            entry.write(before + json.dumps(activity, ensure_ascii=False).encode())
            before = b",\n"
        entry.write(b"\n]\n" if before == b",\n" else b"[]\n")


def _pour(out: zipfile.ZipFile, name: str, blocks: Iterable[bytes]) -> None:
    with _entry(out, name) as entry:
        for block in blocks:
            entry.write(block)


def _entry(out: zipfile.ZipFile, name: str) -> IO[bytes]:
    # How long it will be is not known when it begins.
    return out.open(name, "w", force_zip64=True)


def _json(value: Any) -> str:
    return json.dumps(
        value, ensure_ascii=False, indent=2, default=lambda moment: moment.isoformat()
    )


def _parquet(samples: pd.DataFrame, recording: dumps.Recording) -> bytes:
    """All recorded channels, with the time of each sample."""
    moments = pd.to_timedelta(samples["time_s"], unit="s") + pd.Timestamp(recording.start_time)
    columns = {"time": moments, "time_s": samples["time_s"]}
    columns |= {name: samples[name] for name in frames.channels(samples)}
    out = io.BytesIO()
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


def _file_name(original: dumps.Original) -> str:
    """A name of its own that any system can unpack, near to what the file was called."""
    name = re.split(r"[/\\!]", original.path)[-1].removesuffix(".gz")
    stem, dot, suffix = name.rpartition(".")
    plain = re.sub(r"[^\w-]+", "_", stem if dot else name).strip("_")[:60]
    ending = re.sub(r"\W", "", suffix)[:8] if dot else original.kind
    return f"{plain or 'file'}-{original.sha256[:12]}.{ending or original.kind}"


def _folder() -> Path:
    return settings.current().home / "exports"


def _unfinished(export_id: UUID) -> Path:
    return archive(export_id).with_suffix(".part")
