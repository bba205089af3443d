"""Background work: a queue in PostgreSQL (procrastinate), served by :mod:`runsous.working`.

The tables of an import are the truth, a job only says that someone should look at them:
after a crash every unfinished import is simply put in the queue again.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from functools import lru_cache
from uuid import UUID

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.retry import RetryStrategy
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from runsous.accounts import everything, retention
from runsous.accounts import farewell as leave_taking
from runsous.errors import RunsousError, ServiceError
from runsous.store import job_queue, users
from runsous.sync import (
    connecting,
    crawling,
    efforts,
    events,
    import_files,
    strava_retention,
    syncing,
)

_log = logging.getLogger(__name__)

# Accounts know nothing of services; here both are known.
leave_taking.leaving.append(connecting.revoke)
SONGS = "songs"
"""The queue of those who ask sources for songs."""

_UNTIL_KNOWN = RetryStrategy(max_attempts=48, wait=3600, retry_exceptions={ServiceError})
"""For what only a service can tell, as soon as it does."""


def conninfo(engine: Engine) -> str:
    """The address of the database as psycopg takes it."""
    url = engine.url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def app(
    engine: Engine,
    connector: procrastinate.BaseConnector,
    stopping: threading.Event | None = None,
) -> procrastinate.App:
    """All there is to do in the background; what takes long ends early when ``stopping`` is set."""
    tasks = procrastinate.App(connector=connector)

    @tasks.task(name="run_import")
    def run_import(user_id: int, import_id: str) -> None:
        with _as_long_as_there(engine, user_id):
            import_files.run(engine, user_id, UUID(import_id), stopping=stopping)

    @tasks.task(name="make_export")
    def make_export(user_id: int, export_id: str) -> None:
        with _as_long_as_there(engine, user_id):
            everything.make(engine, user_id, UUID(export_id), stopping)

    @tasks.task(name="run_sync")
    def run_sync(user_id: int, service: str) -> None:
        with _as_long_as_there(engine, user_id):
            if syncing.go_on(engine, user_id, service, stopping or threading.Event()):
                # It gives way to what waits, and goes on after that.
                defer_sync(engine, user_id, service)

    @tasks.task(name="check_permission", retry=_UNTIL_KNOWN)
    def check_permission(user_id: int) -> None:
        with _as_long_as_there(engine, user_id):
            events.check_permission(engine, user_id)

    @tasks.task(name="ask_for_songs", queue=SONGS)
    def ask_for_songs(source: str) -> None:
        if crawling.go_on(engine, source, stopping or threading.Event()):
            defer_songs(engine, source)

    @tasks.task(name="measure_songs")
    def measure_songs(user_id: int) -> None:
        with _as_long_as_there(engine, user_id):
            efforts.refresh(engine, user_id, stopping)

    @tasks.task(name="apply_retention")
    def apply_retention(user_id: int) -> None:
        with _as_long_as_there(engine, user_id):
            retention.apply(engine, user_id, stopping)
            strava_retention.apply(engine, user_id, stopping)

    return tasks


@contextlib.contextmanager
def _as_long_as_there(engine: Engine, user_id: int) -> Iterator[None]:
    """Lets a job end quietly whose user was deleted under it."""
    try:
        yield
    except (RunsousError, IntegrityError):
        with engine.begin() as conn:
            if users.exists(conn, user_id):
                raise
        _log.info("a job of user %s ended: the account is gone", user_id)


@lru_cache(maxsize=4)
def _queue(engine: Engine) -> procrastinate.App:
    """An opened app for putting jobs in the queue from ordinary code."""
    connector = procrastinate.SyncPsycopgConnector(
        conninfo=conninfo(engine), min_size=0, max_size=2
    )
    opened = app(engine, connector)
    opened.open()
    return opened


def close(engine: Engine) -> None:
    """Closes the connections that :func:`defer_import` opened."""
    _queue(engine).close()
    _queue.cache_clear()


def defer_import(engine: Engine, user_id: int, import_id: UUID) -> None:
    """Puts an import in the queue; one already waiting there is not put in twice."""
    _defer(engine, "run_import", f"import {import_id}", user_id, import_id=str(import_id))


def defer_export(engine: Engine, user_id: int, export_id: UUID) -> None:
    """Puts an export of all of a user's data in the queue, unless it waits there."""
    _defer(engine, "make_export", f"export {export_id}", user_id, export_id=str(export_id))


def defer_sync(engine: Engine, user_id: int, service: str) -> None:
    """Lets the run of a connection that is under way go on, unless that waits in the queue."""
    _defer(engine, "run_sync", f"sync {user_id} {service}", user_id, service=service)


def defer_permission_check(engine: Engine, user_id: int) -> None:
    """Lets Strava be asked soon whether a user still lets us in, unless that waits already."""
    _defer(engine, "check_permission", f"permission {user_id}", user_id)


def defer_retention(engine: Engine, user_id: int) -> None:
    """Lets samples go soon that a user does not want to keep any longer."""
    _defer(engine, "apply_retention", f"retention {user_id}", user_id)


def defer_songs(engine: Engine, source: str) -> None:
    """Lets a source be asked for songs, by one process at a time."""
    _defer(engine, "ask_for_songs", f"songs {source}", source=source)


def defer_measuring(engine: Engine, user_id: int) -> None:
    """Lets songs on activities be measured for the statistics, unless that waits already."""
    _defer(engine, "measure_songs", f"efforts {user_id}", user_id)


def _defer(engine: Engine, task: str, name: str, user_id: int | None = None, **values: str) -> None:
    with engine.begin() as conn:
        # PostgreSQL logs every insert it refuses, and this comes every two seconds.
        job_queue.take_turns(conn, name)
        if job_queue.is_waiting(conn, name):
            return
        whose = {} if user_id is None else {"user_id": user_id}
        with contextlib.suppress(AlreadyEnqueued):
            job = _queue(engine).configure_task(task, lock=name, queueing_lock=name)
            job.defer(**whose, **values)
