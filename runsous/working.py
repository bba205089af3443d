"""Whoever does the background work: jobs of the queue, and chores that come again by themselves.

Workers live inside the app and in processes of their own; any number may do so at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import procrastinate
from procrastinate.job_context import JobContext
from procrastinate.worker import Worker
from sqlalchemy import Engine

from runsous import jobs, settings, tidying
from runsous.store import activities, data_exports, efforts, imports, workers
from runsous.sync import crawling, songs, syncing, uploads

_log = logging.getLogger(__name__)

_QUEUES = {"default": 6, jobs.SONGS: 5}
"""Jobs that run side by side: those of a sync mostly wait for a service, and each source of songs
is asked at its own pace, without being in anybody's way.
"""
_DUE_S = 2.0
_RANK_S = 300.0
_MEASURE_S = 30.0
_RECOVER_S = 5.0
_TIDY_S = 3600.0
_FORGET_S = 86_400.0
"""For so long the queue names a worker that gives no sign: who lives must not be missing there."""


@contextlib.asynccontextmanager
async def worker(engine: Engine) -> AsyncIterator[None]:
    """Runs jobs while the context lasts; on leaving, the running job stops after its file."""
    tidying.share_memory()
    # By itself a loop has few threads on small machines: jobs must not keep each other waiting.
    threads = ThreadPoolExecutor(sum(_QUEUES.values()) + 8)
    asyncio.get_running_loop().set_default_executor(threads)
    stopping = threading.Event()
    connector = procrastinate.PsycopgConnector(
        conninfo=jobs.conninfo(engine), max_size=sum(_QUEUES.values()) + 4
    )
    app, watch = jobs.app(engine, connector, stopping), workers.Watch(jobs.conninfo(engine))
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
            _forever(_MEASURE_S, asyncio.to_thread, _measure, engine),
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
        jobs.defer_sync(engine, user_id, service)


def _ask(engine: Engine) -> None:
    """Takes in songs that were heard, and lets sources be asked for them."""
    for source in crawling.due(engine):
        jobs.defer_songs(engine, source)


def _measure(engine: Engine) -> None:
    """Lets be measured what changed for the statistics."""
    with engine.begin() as conn:
        left = efforts.stale_users(conn)
    for user_id in left:
        jobs.defer_measuring(engine, user_id)


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
            jobs.defer_import(engine, user_id, import_id)
    for user_id, export_id in wanted:
        jobs.defer_export(engine, user_id, export_id)
    # An import places songs when it ends.
    for user_id in left - {user_id for user_id, *_ in waiting}:
        if stopping.is_set():
            return
        songs.settle(engine, user_id, stopping)
