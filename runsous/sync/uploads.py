"""Uploads on their way in: streamed to the home folder, read by a worker, then discarded."""

from __future__ import annotations

import logging
import os
import shutil
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePath
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import Engine

from runsous.errors import InputError, TooLarge
from runsous.settings import Settings
from runsous.store import imports
from runsous.store import uploads as rows
from runsous.store.imports import Upload

_CHUNK = 1 << 20
_KEPT_DAYS = 30
"""How long what failed waits for a Retry."""
_ARRIVAL_S = 3600.0
"""A folder nobody asks for and nobody wrote to for so long is no upload still arriving."""

_log = logging.getLogger(__name__)


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
    above = _folder(settings)
    above.mkdir(mode=0o700, parents=True, exist_ok=True)
    _close(above)
    folder = above / uuid.uuid4().hex
    folder.mkdir(mode=0o700)
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
    # Others of the same import may still lie beside it.
    with suppress(OSError):
        path.parent.rmdir()
    return True


def remove(engine: Engine, user_id: int, settings: Settings, import_id: UUID) -> None:
    """Forgets a finished import and what was kept of it for a Retry; what it brought in stays.

    Raises :class:`InputError` for one under way, :class:`NotFound` for one that is not there.
    """
    with engine.begin() as conn:
        kept = rows.of_import(conn, user_id, import_id)
        imports.delete(conn, user_id, import_id)
    for upload in kept:
        if upload["stored_at"]:
            discard(settings, upload["stored_at"])


def sweep(engine: Engine, settings: Settings) -> None:
    """Deletes uploads that no import knows, and what waited for a Retry for a month."""
    folder = _folder(settings)
    if not folder.is_dir():
        return
    _close(folder)
    if not any(folder.iterdir()):
        return
    with engine.begin() as conn:
        expired = rows.expire(conn, f"{folder}/", _KEPT_DAYS)
        known = {Path(place).parent for place in rows.stored(conn, f"{folder}/")}
    for place in expired:
        discard(settings, place)
    for left in set(folder.iterdir()) - known:
        if time.time() - _touched(left) > _ARRIVAL_S:
            _log.warning("%s belongs to no import and is deleted", left)
            shutil.rmtree(left, ignore_errors=True)


def _touched(folder: Path) -> float:
    """When something was last written in a folder, as a Unix time."""
    with suppress(OSError):
        return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    return time.time()


def printable(name: str) -> str:
    """A name as it can be stored and shown: what is no text in it becomes a question mark."""
    return name.encode("utf-8", "replace").decode().replace("\0", "?")


def _folder(settings: Settings) -> Path:
    return settings.home / "uploads"


def _close(folder: Path) -> None:
    """Keeps others of this machine out, who may pass through a home that root made."""
    # Some file systems know no permissions, and on some the folder is another's.
    with suppress(PermissionError):
        folder.chmod(0o700)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _store(target: Path, name: str, stream: BinaryIO, settings: Settings) -> Upload:
    label = printable(PurePath(name.replace("\\", "/")).name)
    label = label if label.strip(". ") else "unnamed"
    limit = settings.max_upload_mb << 20
    size = 0
    with open(target, "wb", opener=_private) as out:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge(
                    f"{label} is larger than {settings.max_upload_mb} MB;"
                    " RUNSOUS_MAX_UPLOAD_MB sets the limit."
                )
            out.write(chunk)
    return Upload(label, str(target), size)
