"""Background work: a queue in PostgreSQL (procrastinate), served inside the app and by workers.

The tables of an import are the truth, a job only says that someone should look at them:
after a crash every unfinished import is simply put in the queue again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any
from uuid import UUID

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.job_context import JobContext
from procrastinate.retry import RetryStrategy
from procrastinate.worker import Worker
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from runsous import settings, tidying
from runsous.accounts import everything, retention
from runsous.accounts import farewell as leave_taking
from runsous.errors import RunsousError, ServiceError
from runsous.store import (
    activities,
    data_exports,
    imports,
    job_queue,
    users,
    workers,
)
from runsous.sync import (
    connecting,
    crawling,
    events,
    import_files,
    songs,
    strava_retention,
    syncing,
    uploads,
)

_log = logging.getLogger(__name__)

# Accounts know nothing of services; here both are known.
leave_taking.leaving.append(connecting.revoke)
_SONGS = "songs"
_QUEUES = {"default": 6, _SONGS: 5}
"""Jobs that run side by side: those of a sync mostly wait for a service, and each source of songs
is asked at its own pace, without being in anybody's way.
"""
_DUE_S = 2.0
_RANK_S = 300.0
_RECOVER_S = 5.0
_TIDY_S = 3600.0
_FORGET_S = 86_400.0
"""For so long the queue names a worker that gives no sign: who lives must not be missing there."""
_UNTIL_KNOWN = RetryStrategy(max_attempts=48, wait=3600, retry_exceptions={ServiceError})
"""For what only a service can tell, as soon as it does."""


def _conninfo(engine: Engine) -> str:
    url = engine.url.set(drivername="postgresql")
    return url.render_as_string(hide_password=False)


def _app(
    engine: Engine,
    connector: procrastinate.BaseConnector,
    stopping: threading.Event | None = None,
) -> procrastinate.App:
    app = procrastinate.App(connector=connector)

    @app.task(name="run_import")
    def run_import(user_id: int, import_id: str) -> None:
        with _as_long_as_there(engine, user_id):
            import_files.run(engine, user_id, UUID(import_id), stopping=stopping)

    @app.task(name="make_export")
    def make_export(user_id: int, export_id: str) -> None:
        with _as_long_as_there(engine, user_id):
            everything.make(engine, user_id, UUID(export_id), stopping)

    @app.task(name="run_sync")
    def run_sync(user_id: int, service: str) -> None:
        with _as_long_as_there(engine, user_id):
            if syncing.go_on(engine, user_id, service, stopping or threading.Event()):
                # It gives way to what waits, and goes on after that.
                defer_sync(engine, user_id, service)

    @app.task(name="check_permission", retry=_UNTIL_KNOWN)
    def check_permission(user_id: int) -> None:
        with _as_long_as_there(engine, user_id):
            events.check_permission(engine, user_id)

    @app.task(name="ask_for_songs", queue=_SONGS)
    def ask_for_songs(source: str) -> None:
        if crawling.go_on(engine, source, stopping or threading.Event()):
            defer_songs(engine, source)

    @app.task(name="apply_retention")
    def apply_retention(user_id: int) -> None:
        with _as_long_as_there(engine, user_id):
            retention.apply(engine, user_id, stopping)
            strava_retention.apply(engine, user_id, stopping)

    return app


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
        conninfo=_conninfo(engine), min_size=0, max_size=2
    )
    app = _app(engine, connector)
    app.open()
    return app


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


def _defer(engine: Engine, task: str, name: str, user_id: int | None = None, **values: str) -> None:
    with engine.begin() as conn:
        # PostgreSQL logs every insert it refuses, and this comes every two seconds.
        if job_queue.is_waiting(conn, name):
            return
    whose = {} if user_id is None else {"user_id": user_id}
    with contextlib.suppress(AlreadyEnqueued):
        _queue(engine).configure_task(task, lock=name, queueing_lock=name).defer(**whose, **values)


@contextlib.asynccontextmanager
async def worker(engine: Engine) -> AsyncIterator[None]:
    """Runs jobs while the context lasts; on leaving, the running job stops after its file."""
    tidying.share_memory()
    # By itself a loop has few threads on small machines: jobs must not keep each other waiting.
    threads = ThreadPoolExecutor(sum(_QUEUES.values()) + 8)
    asyncio.get_running_loop().set_default_executor(threads)
    stopping = threading.Event()
    connector = procrastinate.PsycopgConnector(
        conninfo=_conninfo(engine), max_size=sum(_QUEUES.values()) + 4
    )
    app, watch = _app(engine, connector, stopping), workers.Watch(_conninfo(engine))
    async with app.open_async():
        chores = [
            _forever(workers.BEAT_S, _work, app, watch, queue, at_once)
            for queue, at_once in _QUEUES.items()
        ]
        chores += [
            _forever(workers.BEAT_S, _relieve, watch),
            _forever(_RECOVER_S, asyncio.to_thread, _recover, engine, stopping),
            _forever(_TIDY_S, asyncio.to_thread, tidying.tidy, engine, stopping),
            _forever(_DUE_S, asyncio.to_thread, _call, engine),
            _forever(_DUE_S, asyncio.to_thread, _ask, engine),
            _forever(_RANK_S, asyncio.to_thread, crawling.rank, engine),
        ]
        tasks = [asyncio.create_task(chore) for chore in chores]
        try:
            yield
        finally:
            stopping.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await watch.end()


async def _forever(pause_s: float, chore: Callable[..., Awaitable[None]], *of: Any) -> None:
    while True:
        try:
            await chore(*of)
        except Exception:
            # Whatever it was, what there is to do must not wait for the next start.
            _log.exception("a chore went wrong; trying again in %.0f s", pause_s)
        await asyncio.sleep(pause_s)


async def _work(app: procrastinate.App, watch: workers.Watch, queue: str, at_once: int) -> None:
    """Works until it is cancelled, or until the database was away for so long that it ends."""
    own: set[int] = set()

    async def sign(job: Callable[[], Awaitable[Any]], _: JobContext, worker: Worker) -> Any:
        if worker.worker_id is not None:
            own.add(worker.worker_id)
            await watch.sign(worker.worker_id)
        return await job()

    try:
        await app.run_worker_async(
            queues=[queue],
            concurrency=at_once,
            install_signal_handlers=False,
            fetch_job_polling_interval=_DUE_S,
            stalled_worker_timeout=_FORGET_S,
            shutdown_graceful_timeout=10,
            delete_jobs="successful",
            worker_middleware=[sign],
        )
    finally:
        for worker_id in own:
            await watch.resign(worker_id)


async def _relieve(watch: workers.Watch) -> None:
    for job in await watch.relieve():
        _log.warning("a worker died at job %s; it is queued again", job)


def _call(engine: Engine) -> None:
    """Begins the runs that are due, and lets those go on whose wait is over."""
    for user_id, service in syncing.due(engine):
        defer_sync(engine, user_id, service)


def _ask(engine: Engine) -> None:
    """Takes in songs that were heard, and lets sources be asked for them."""
    for source in crawling.due(engine):
        defer_songs(engine, source)


def _recover(engine: Engine, stopping: threading.Event) -> None:
    _take_up(engine, stopping)
    uploads.sweep(engine, settings.current())


def _take_up(engine: Engine, stopping: threading.Event) -> None:
    """Queues imports nobody is at; places songs where someone was kept from doing so."""
    with engine.begin() as conn:
        waiting = imports.unfinished(conn)
        wanted = data_exports.unfinished(conn)
        left = activities.stale_users(conn)
    for user_id, import_id, is_held in waiting:
        if not is_held:
            defer_import(engine, user_id, import_id)
    for user_id, export_id in wanted:
        defer_export(engine, user_id, export_id)
    # An import places songs when it ends.
    for user_id in left - {user_id for user_id, *_ in waiting}:
        if stopping.is_set():
            return
        songs.settle(engine, user_id, stopping)
