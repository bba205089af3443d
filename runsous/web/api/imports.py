"""``/imports``: hand files in and follow what becomes of them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, UploadFile

from runsous import jobs, settings
from runsous.store import imports
from runsous.sync import uploads
from runsous.web.api.context import Conn, TheEngine, User
from runsous.web.api.models import Import, ImportedFile, ImportStarted

router = APIRouter(tags=["imports"])


@router.post("/imports", status_code=202)
def start_import(
    engine: TheEngine, user: User, files: Annotated[list[UploadFile], File(min_length=1)]
) -> ImportStarted:
    """Queues an import of the given files."""
    handed_in = [(file.filename or "unnamed", file.file) for file in files]
    import_id = uploads.receive(engine, user, settings.current(), "api", handed_in)
    jobs.defer_import(engine, user, import_id)
    return ImportStarted(id=import_id, status_url=f"/api/v1/imports/{import_id}")


@router.get("/imports/{import_id}")
def get_import(conn: Conn, user: User, import_id: UUID) -> Import:
    """How far an import got and what became of each file."""
    row = imports.one(conn, user, import_id)
    files = [ImportedFile(**vars(file)) for file in imports.files(conn, user, import_id)]
    return Import(**{name: row[name] for name in ("id", "status", "done", "total")}, files=files)


@router.post("/imports/{import_id}/retry", status_code=202)
def retry_import(engine: TheEngine, conn: Conn, user: User, import_id: UUID) -> ImportStarted:
    """Reads again what failed or was not reached."""
    imports.one(conn, user, import_id)
    imports.requeue(conn, user, import_id)
    conn.commit()
    jobs.defer_import(engine, user, import_id)
    return ImportStarted(id=import_id, status_url=f"/api/v1/imports/{import_id}")


@router.post("/imports/{import_id}/cancel", status_code=204)
def cancel_import(conn: Conn, user: User, import_id: UUID) -> None:
    """Stops an import after the file it is at; what is in stays in."""
    imports.cancel(conn, user, import_id)


@router.delete("/imports/{import_id}", status_code=204)
def delete_import(engine: TheEngine, user: User, import_id: UUID) -> None:
    """Forgets a finished import and the files kept for a retry; what it brought in stays."""
    uploads.remove(engine, user, settings.current(), import_id)
