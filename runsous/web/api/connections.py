"""``/connections`` and ``/sync-runs``: web services, and what was brought in from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from runsous import jobs
from runsous.errors import NotFound, UnknownUser
from runsous.store import connections, sync_runs
from runsous.sync import connecting, services, syncing
from runsous.web.api.activities import Id
from runsous.web.api.context import Conn, TheEngine, User
from runsous.web.api.models import Moment

router = APIRouter(tags=["connections"])

ServiceName = Literal["strava", "spotify", "lastfm", "listenbrainz"]
_SHORTEST_S, _LONGEST_S = (
    int(each.total_seconds()) for each in (syncing.SHORTEST, syncing.LONGEST)
)


_NAME_OF_ONE = Path(
    description="strava, spotify, lastfm or listenbrainz",
    # Described, but not what is checked: of another name there is nothing, which is a 404.
    json_schema_extra={"pattern": "^[a-z]+$"},
)


def _known(service: Annotated[str, _NAME_OF_ONE]) -> str:
    if service not in services.NAMES:
        raise NotFound("There is no such service.")
    return service


Service = Annotated[str, Depends(_known)]


class SyncRun(BaseModel):
    """One time that a service was asked for what is new.

    ``done`` of ``total`` tells how far ``phase`` is; ``resume_at`` when a waiting one goes on.
    ``is_cancelled`` is true as soon as nobody wants it. ``budget`` is calls used and allowed, by
    window of the service's limits.
    """

    id: int
    service: ServiceName
    reason: Literal["user", "schedule", "event"]
    status: Literal["queued", "running", "waiting", "done", "failed", "cancelled"]
    is_cancelled: bool
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    resume_at: Moment | None
    failures: int
    phase: str | None
    done: int
    total: int | None
    activities_new: int
    activities_changed: int
    activities_removed: int
    listens_new: int
    listens_removed: int
    calls: int
    budget: dict[str, tuple[int, int]] | None
    message: str | None


class SyncRunAsked(SyncRun):
    """A run, and where to follow it."""

    status_url: str


class SyncRunList(BaseModel):
    """Runs, the newest first."""

    items: list[SyncRun]


class Connection(BaseModel):
    """A service, and whether the user is connected to it.

    ``missing`` names the settings without which it cannot be, ``trouble`` says what keeps it
    from working until the user does something. ``next_run_at`` is null where nothing runs by
    itself. ``last_seen_at`` is the time of the newest activity or play known from there.
    """

    service: ServiceName
    title: str
    is_configured: bool
    missing: list[str]
    is_connected: bool
    account_id: str | None = None
    account_name: str | None = None
    scopes: list[str] = []
    authorized_at: Moment | None = None
    expires_at: Moment | None = None
    trouble: str | None = None
    is_scheduled: bool = False
    interval_s: int | None = None
    next_run_at: Moment | None = None
    last_run: SyncRun | None = None
    last_seen_at: Moment | None = None


class ConnectionList(BaseModel):
    """All services there are."""

    items: list[Connection]


_Name = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Token = Annotated[str, StringConstraints(max_length=200, pattern=r"^[\x20-\x7e]*$")]


class ConnectionChange(BaseModel):
    """Who the user is at Last.fm or ListenBrainz, and how often to sync; what is left out stays.

    With a ``token`` of ListenBrainz its user name may be left out.
    """

    model_config = ConfigDict(extra="forbid")

    username: _Name | None = None
    token: _Token | None = None
    is_scheduled: bool | None = None
    interval_s: Annotated[int, Field(ge=_SHORTEST_S, le=_LONGEST_S)] | None = None


@router.get("/connections")
def list_connections(conn: Conn, user: User) -> ConnectionList:
    """All services, whether connected or not."""
    return ConnectionList(items=[_shown(conn, user, service) for service in services.NAMES])


@router.put("/connections/{service}")
def change_connection(
    engine: TheEngine, user: User, service: Service, change: ConnectionChange
) -> Connection:
    """Connects by user name, or changes how often is synced.

    Strava and Spotify are connected in a browser, by ``/oauth/{service}/start``. 409 where this
    server is not registered with the service; 422 where the service knows nobody by that name;
    502 or 503 where it does not do its part.
    """
    if change.username is not None or change.token is not None:
        _check_configured(service)
        try:
            connecting.name_user(engine, user, service, change.username or "", change.token)
        except UnknownUser as error:
            raise HTTPException(422, str(error)) from error
        jobs.defer_sync(engine, user, service)
    with engine.begin() as conn:
        known = connections.one(conn, user, service)
        is_scheduled, interval_s = change.is_scheduled, change.interval_s
        if is_scheduled is not None or interval_s is not None:
            syncing.set_schedule(
                conn,
                user,
                service,
                is_scheduled=known["is_scheduled"] if is_scheduled is None else is_scheduled,
                interval_s=interval_s or known["interval_s"],
            )
        return _shown(conn, user, service)


@router.delete("/connections/{service}", status_code=204)
def delete_connection(
    engine: TheEngine,
    user: User,
    service: Service,
    data: Literal["keep", "purge"] | None = None,
) -> None:
    """Ends a connection, here and at the service; what it told stays, or goes with it. If
    nothing is said, only Strava's goes, as its terms want.

    What files tell of stays in either case.
    """
    is_kept = data == "keep" or (data is None and service != services.STRAVA)
    connecting.disconnect(engine, user, service, is_kept=is_kept)


@router.post("/connections/{service}/sync", status_code=202)
def start_sync(engine: TheEngine, user: User, service: Service) -> SyncRunAsked:
    """Begins a run, or hurries on the one under way. 404 where the service is not connected,
    409 where this server is not registered with it.
    """
    _check_configured(service)
    with engine.begin() as conn:
        run = sync_runs.one(conn, user, syncing.ask(conn, user, service))
    jobs.defer_sync(engine, user, service)
    return _asked(run)


@router.delete("/connections/{service}/sync", status_code=202)
def cancel_sync(engine: TheEngine, user: User, service: Service) -> SyncRunAsked:
    """Lets the run under way end where it is; what came in stays. 404 where there is none."""
    with engine.begin() as conn:
        connections.one(conn, user, service)
        sync_runs.cancel(conn, user, service)
        run = sync_runs.current(conn, user, service)
        if run is None:
            raise NotFound("No run is under way.")
    jobs.defer_sync(engine, user, service)
    return _asked(run)


@router.get("/sync-runs")
def list_sync_runs(
    conn: Conn,
    user: User,
    service: ServiceName | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SyncRunList:
    """The newest runs, of one service or of all."""
    rows = sync_runs.of_user(conn, user, service, limit)
    return SyncRunList(items=[SyncRun.model_validate(row) for row in rows])


@router.get("/sync-runs/{run_id}")
def get_sync_run(conn: Conn, user: User, run_id: Id) -> SyncRun:
    """How far a run is, or what came of it."""
    return SyncRun.model_validate(sync_runs.one(conn, user, run_id))


def _check_configured(service: str) -> None:
    if lacking := services.missing(service):
        name = services.NAMES[service]
        words = f"{name} cannot be used before this server has {' and '.join(lacking)} set."
        raise HTTPException(409, words)


def _asked(run: dict[str, Any]) -> SyncRunAsked:
    return SyncRunAsked(**run, status_url=f"/api/v1/sync-runs/{run['id']}")


def _shown(conn: Conn, user: int, service: str) -> Connection:
    lacking = services.missing(service)
    facts: dict[str, Any] = {
        "service": service,
        "title": services.NAMES[service],
        "is_configured": not lacking,
        "missing": lacking,
        "is_connected": False,
    }
    try:
        row = connections.one(conn, user, service)
    except NotFound:
        return Connection(**facts)
    runs = sync_runs.of_user(conn, user, service, limit=1)
    is_waiting = row["is_scheduled"] and row["trouble"] is None
    facts |= {name: value for name, value in row.items() if name in Connection.model_fields}
    facts |= {
        "is_connected": True,
        "expires_at": connecting.ends_at(service, row["authorized_at"]),
        "next_run_at": row["next_run_at"] if is_waiting else None,
        "last_run": runs[0] if runs else None,
        "last_seen_at": connections.last_seen(conn, user, service),
    }
    return Connection(**facts)
