"""What the page Connections reads and does, uncached: it tells what is so now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from runsous import jobs, settings
from runsous.store import connections, database, service_windows, sync_runs
from runsous.store.service_windows import Window
from runsous.sync import connecting, services, strava_retention, syncing
from runsous.ui.session import User

_Row = dict[str, Any]

STRAVA, SPOTIFY = services.STRAVA, services.SPOTIFY
LASTFM, LISTENBRAINZ = services.LASTFM, services.LISTENBRAINZ
ALL = (STRAVA, SPOTIFY, LASTFM, LISTENBRAINZ)
TITLES = services.NAMES


@dataclass(frozen=True)
class State:
    """One service as it stands: ``missing`` are settings of this server, ``connection`` and the
    runs are as the store gives them; ``run`` is under way, ``last`` has ended.

    ``ends_at`` is when the service will want to be asked for its permission again.
    """

    service: str
    title: str
    missing: list[str]
    connection: _Row | None = None
    run: _Row | None = None
    last: _Row | None = None
    seen_at: datetime | None = None
    ends_at: datetime | None = None
    windows: dict[str, Window] = field(default_factory=dict)

    @property
    def budget(self) -> dict[str, list[int]]:
        """Calls made and allowed, by window, as a run notes them when it ends."""
        return {name: [window.used, window.allowed] for name, window in self.windows.items()}

    @property
    def is_limited(self) -> bool:
        """Whether the service allows no call now."""
        return any(window.used >= window.allowed for window in self.windows.values())


def states(user: User) -> list[State]:
    """All services, connected or not."""
    with database.current().begin() as conn:
        known = {row["service"]: row for row in connections.of_user(conn, user.id)}
        return [_state(conn, user, service, known.get(service)) for service in ALL]


def state(user: User, service: str) -> State:
    """One service."""
    with database.current().begin() as conn:
        known = {row["service"]: row for row in connections.of_user(conn, user.id)}
        return _state(conn, user, service, known.get(service))


def connected(user: User) -> list[State]:
    """Those that are connected: cheap where none is."""
    with database.current().begin() as conn:
        rows = connections.of_user(conn, user.id)
        return [_state(conn, user, row["service"], row) for row in rows]


def _state(conn: Connection, user: User, service: str, row: _Row | None) -> State:
    title, missing = TITLES[service], services.missing(service)
    if row is None:
        return State(service, title, missing)
    runs = sync_runs.of_user(conn, user.id, service, limit=2)
    return State(
        service,
        title,
        missing,
        row,
        next((run for run in runs if run["finished_at"] is None), None),
        next((run for run in runs if run["finished_at"] is not None), None),
        connections.last_seen(conn, user.id, service),
        connecting.ends_at(service, row["authorized_at"]),
        service_windows.of_service(conn, service, datetime.now(UTC)),
    )


def history(user: User, limit: int = 100) -> list[_Row]:
    """The newest runs of all services."""
    with database.current().begin() as conn:
        return sync_runs.of_user(conn, user.id, limit=limit)


def sync_now(user: User, service: str) -> None:
    """Begins a run, or hurries on the one under way."""
    engine = database.current()
    with engine.begin() as conn:
        syncing.ask(conn, user.id, service)
    jobs.defer_sync(engine, user.id, service)


def cancel(user: User, service: str) -> None:
    """Lets the run under way end where it is."""
    engine = database.current()
    with engine.begin() as conn:
        sync_runs.cancel(conn, user.id, service)
    jobs.defer_sync(engine, user.id, service)


def schedule(user: User, service: str, *, is_scheduled: bool, interval_s: int) -> None:
    """Whether and how often a service is asked by itself."""
    with database.current().begin() as conn:
        syncing.set_schedule(
            conn, user.id, service, is_scheduled=is_scheduled, interval_s=interval_s
        )


def name_user(user: User, service: str, username: str, token: str | None = None) -> None:
    """Connects by user name. Asks the service whether there is such a user."""
    engine = database.current()
    connecting.name_user(engine, user.id, service, username, token)
    jobs.defer_sync(engine, user.id, service)


def disconnect(user: User, service: str, *, is_kept: bool) -> bool:
    """Ends a connection, here and at the service; whether that knows."""
    return connecting.disconnect(database.current(), user.id, service, is_kept=is_kept)


def strava_days(user: User) -> int | None:
    """For how many days Strava's data is kept; ``None`` is as long as it is connected."""
    return strava_retention.chosen(database.current(), user.id)


def keep_strava(user: User, days: int | None) -> None:
    """Keeps Strava's data for so long from now on."""
    engine = database.current()
    if strava_retention.choose(engine, user.id, days):
        jobs.defer_retention(engine, user.id)


def redirect_uri(service: str) -> str:
    """What the service has to be told of this server."""
    return connecting.redirect_uri(service)


def has_sign_in(service: str) -> bool:
    """Whether the service can send the user to its own page and back."""
    ours = settings.current().services
    return service in (STRAVA, SPOTIFY) or (
        service == LASTFM and ours.lastfm_shared_secret is not None
    )


def is_soon(at: datetime | None, days: int) -> bool:
    """Whether something is due within so many days, or was already."""
    return at is not None and at - datetime.now(UTC) < timedelta(days=days)
