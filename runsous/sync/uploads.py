"""Uploads on their way in: streamed to the home folder, read by a worker, then discarded."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import Engine

from runsous.errors import InputError, TooLarge
from runsous.settings import Settings
from runsous.store import imports
from runsous.store.imports import Upload

_CHUNK = 1 << 20


def receive(
    engine: Engine,
    user_id: int,
    settings: Settings,
    origin: str,
    files: Sequence[tuple[str, BinaryIO]],
) -> UUID:
    """Copies the given (name, stream) pairs into the home folder and queues an import of them.

    Names are labels only, never paths. Raises :class:`TooLarge` beyond the upload limit.
    """
    if not files:
        raise InputError("No file was handed in; choose at least one.")
    folder = _folder(settings) / uuid.uuid4().hex
    folder.mkdir(parents=True)
    try:
        handed_in = [
            _store(folder / str(n), name, stream, settings)
            for n, (name, stream) in enumerate(files)
        ]
        with engine.begin() as conn:
            return imports.create(conn, user_id, origin, handed_in)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def discard(settings: Settings, stored_at: str) -> bool:
    """Deletes an upload's bytes if they are ours (not a file the user imports in place)."""
    path = Path(stored_at)
    if _folder(settings) not in path.parents:
        return False
    path.unlink(missing_ok=True)
    if not any(path.parent.iterdir()):
        path.parent.rmdir()
    return True


def printable(name: str) -> str:
    """A name as it can be stored and shown: what is no text in it becomes a question mark."""
    return name.encode("utf-8", "replace").decode().replace("\0", "?")


def _folder(settings: Settings) -> Path:
    return settings.home / "uploads"


def _store(target: Path, name: str, stream: BinaryIO, settings: Settings) -> Upload:
    label = printable(PurePath(name.replace("\\", "/")).name)
    label = label if label.strip(". ") else "unnamed"
    limit = settings.max_upload_mb << 20
    size = 0
    with target.open("wb") as out:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge(
                    f"{label} is larger than {settings.max_upload_mb} MB;"
                    " RUNSOUS_MAX_UPLOAD_MB sets the limit."
                )
            out.write(chunk)
    return Upload(label, str(target), size)
