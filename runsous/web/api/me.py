"""``/me``: the user's own account: settings, the log of it, all of one's data, and the way out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import available_timezones

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from runsous import jobs, settings
from runsous.accounts import entry, everything, farewell, limits, retention
from runsous.errors import NotFound
from runsous.store import accounts, audit, data_exports, users
from runsous.web import client
from runsous.web.api.context import ONLY_SIGNED_IN, Conn, TheEngine, User
from runsous.web.api.models import Moment

router = APIRouter(prefix="/me", tags=["me"])


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no time zone; give one such as Europe/Berlin")
    return name


class MySettings(BaseModel):
    """Preferences; null is the installation's own choice, and for samples: for ever."""

    model_config = ConfigDict(extra="forbid")

    units: Literal["km", "miles"] | None = None
    home_zone: Annotated[str, AfterValidator(_zone)] | None = None
    keep_samples_days: Annotated[int, Field(ge=1, le=retention.LONGEST_DAYS)] | None = None


class Me(BaseModel):
    """The user; ``proof`` is what a deletion is confirmed by."""

    email: str | None
    created_at: Moment
    auth: Literal["local", "accounts"]
    proof: farewell.Proof
    settings: MySettings


class Change(BaseModel):
    """Preferences to be changed; those left out stay."""

    model_config = ConfigDict(extra="forbid")

    settings: MySettings


class Farewell(BaseModel):
    """What confirms a deletion: the password; or in ``confirm`` the e-mail of who has none, and
    in local mode the words "delete everything".
    """

    password: str | None = None
    confirm: str | None = None


class ExportStarted(BaseModel):
    """An export that was queued and where to follow it."""

    id: UUID
    status_url: str


class Export(BaseModel):
    """How far an export got; once done, where it can be had and until when. ``size`` in bytes."""

    id: UUID
    status: Literal["queued", "running", "done", "failed"]
    done: int
    total: int
    size: int | None
    created_at: Moment
    finished_at: Moment | None
    expires_at: Moment | None
    download_url: str | None


class ExportList(BaseModel):
    """All exports of a user that are kept, the newest first."""

    items: list[Export]


class Happening(BaseModel):
    """A line of the log: what, of what, and the network address it came from."""

    created_at: Moment
    action: str
    detail: str | None
    address: str | None


class Log(BaseModel):
    """What happened to the account, the newest first."""

    items: list[Happening]


@router.get("")
def get_me(engine: TheEngine, conn: Conn, user: User) -> Me:
    """Who asks, and their settings."""
    account = accounts.one(conn, user)
    if account is None:
        raise NotFound("This account is gone.")
    own = users.one(conn, user)["settings"]
    return Me(
        email=account.email,
        created_at=account.created_at,
        auth=settings.current().auth,
        proof=farewell.proof(engine, user),
        # As it was kept: what is stored was checked when it came.
        settings=MySettings.model_construct(**{n: own.get(n) for n in MySettings.model_fields}),
    )


@router.patch("")
def change_me(request: Request, engine: TheEngine, user: User, change: Change) -> Me:
    """Changes settings. Samples kept for fewer days than before are removed soon, for good."""
    given = change.settings.model_dump(exclude_unset=True)
    address = client.address(request.scope)
    if retention.SETTING in given:
        days = given.pop(retention.SETTING)
        if retention.choose(engine, user, days, address):
            jobs.defer_retention(engine, user)
    with engine.begin() as conn:
        if given:
            users.save_settings(conn, user, given)
        return get_me(engine, conn, user)


@router.delete("", status_code=204, **ONLY_SIGNED_IN)
def delete_me(response: Response, engine: TheEngine, user: User, given: Farewell) -> None:
    """Deletes the account with everything that is kept of it, for good."""
    verdict = limits.check(engine, limits.SIGN_IN, f"leaving {user}")
    if not verdict.is_allowed:
        raise HTTPException(429, "That was tried too often; try again later.", verdict.headers)
    is_asked = farewell.proof(engine, user) == "password"
    proof = given.password if is_asked else given.confirm
    if not farewell.is_confirmed(engine, user, proof or ""):
        raise HTTPException(403, "That does not confirm it; nothing was deleted.")
    farewell.leave(engine, user)
    response.delete_cookie(entry.COOKIE, path="/")


@router.get("/audit")
def get_audit(conn: Conn, user: User, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Log:
    """Sign-ins, tokens, exports and other things that happened to the account."""
    return Log(items=[Happening.model_validate(row) for row in audit.newest(conn, user, limit)])


@router.post("/export", status_code=202)
def start_export(request: Request, engine: TheEngine, user: User) -> ExportStarted:
    """Queues an archive of everything; 409 while one is being made."""
    export_id = everything.ask(engine, user, client.address(request.scope))
    if export_id is None:
        raise HTTPException(409, "An export is being made already; wait for that one.")
    jobs.defer_export(engine, user, export_id)
    return ExportStarted(id=export_id, status_url=f"/api/v1/me/exports/{export_id}")


@router.get("/exports")
def list_exports(conn: Conn, user: User) -> ExportList:
    """The exports that are kept: each for a week."""
    return ExportList(items=[_export(row) for row in data_exports.of_user(conn, user)])


@router.get("/exports/{export_id}")
def get_export(conn: Conn, user: User, export_id: UUID) -> Export:
    """How far an export got."""
    return _export(data_exports.one(conn, user, export_id))


@router.get(
    "/exports/{export_id}/download",
    response_class=FileResponse,
    responses={200: {"content": {"application/zip": {}}}},
)
def download_export(request: Request, conn: Conn, user: User, export_id: UUID) -> FileResponse:
    """The archive, once it is done."""
    row = data_exports.one(conn, user, export_id)
    path = everything.archive(export_id)
    if row["status"] != "done" or not path.is_file():
        raise NotFound("This export is not there to be downloaded.")
    audit.note(conn, user, "export downloaded", address=client.address(request.scope))
    name = f"run-sous-bpm-{row['created_at']:%Y-%m-%d}.zip"
    return FileResponse(path, media_type="application/zip", filename=name)


def _export(row: dict[str, Any]) -> Export:
    ended: datetime | None = row["finished_at"]
    is_done = row["status"] == "done"
    return Export(
        **row,
        expires_at=ended + everything.KEPT if ended else None,
        download_url=f"/api/v1/me/exports/{row['id']}/download" if is_done else None,
    )
