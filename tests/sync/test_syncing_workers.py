"""The queue that runs of the sync go through, and the workers that are at it."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager
from sqlalchemy import text

from runsous import jobs
from runsous import working as background
from runsous.demo.services.world import Clock
from runsous.store import workers
from runsous.store.workers import SILENT_S, STALLED_S
from tests.sync import make

LOCKS = "FROM pg_locks WHERE locktype = 'advisory' AND classid = 7268"


@pytest.fixture(autouse=True)
def closed(engine):
    yield
    jobs.close(engine)


def test_a_run_that_waits_already_is_not_even_tried_to_be_put_in_the_queue(engine, user):
    def tried():
        # Of an insert that is refused too, PostgreSQL counts the number on.
        (row,) = make.rows(engine, "SELECT last_value AS n FROM procrastinate_jobs_id_seq")
        return row["n"]

    jobs.defer_sync(engine, user, "strava")
    before = tried()
    for _ in range(3):
        jobs.defer_sync(engine, user, "strava")
    assert tried() == before
    jobs.defer_sync(engine, user, "lastfm")
    with engine.begin() as conn:
        # What is being done does not wait: it may have looked already.
        conn.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'doing'")
    jobs.defer_sync(engine, user, "strava")
    waiting = make.rows(engine, "SELECT args FROM procrastinate_jobs WHERE status = 'todo'")
    assert [row["args"]["service"] for row in waiting] == ["strava"]


@pytest.fixture
def working(engine, user):
    """The job of a worker that did not beat for an hour: the worker's id."""
    jobs.defer_sync(engine, user, "strava")
    with engine.begin() as conn:
        worker = conn.execute(
            text(
                "INSERT INTO procrastinate_workers (last_heartbeat)"
                " VALUES (now() - interval '1 h') RETURNING id"
            )
        ).scalar_one()
        conn.execute(
            text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :id"), {"id": worker}
        )
    return worker


def beat(engine):
    with engine.begin() as conn:
        conn.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now()"))


def status(engine):
    rows = make.rows(engine, "SELECT status::text, worker_id FROM procrastinate_jobs ORDER BY id")
    return [(row["status"], row["worker_id"]) for row in rows]


@pytest.fixture
def watch(engine):
    """Lets some watch, each on a clock that stands until it is moved; all in one event loop."""
    runner, made = asyncio.Runner(), []

    class Watch(workers.Watch):
        def __init__(self):
            self.clock = Clock(1.0)
            super().__init__(jobs.conninfo(engine), self.clock)
            made.append(self)

        def signs(self, worker):
            runner.run(self.sign(worker))

        def resigns(self, worker):
            runner.run(self.resign(worker))

        def sees(self, after_s=0.0):
            self.clock.advance(after_s)
            return len(runner.run(self.relieve()))

        def stops(self):
            runner.run(self.end())

    yield Watch
    for each in made:
        each.stops()
    runner.close()


def test_who_holds_no_lock_and_does_not_beat_is_dead_in_seconds(engine, watch, working):
    other = watch()
    assert [other.sees(), other.sees(SILENT_S - 0.1), other.sees(0.2)] == [0, 0, 1]
    assert status(engine) == [("todo", None)]


def test_who_beats_lives(engine, watch, working):
    other = watch()
    for _ in range(5):
        assert other.sees(SILENT_S - 0.1) == 0
        beat(engine)
    assert other.sees(SILENT_S - 0.1) == 0
    assert other.sees(SILENT_S) == 1


def test_who_holds_the_lock_has_time_to_beat_again_however_old_the_last_beat_is(
    engine, watch, working
):
    one, other = watch(), watch()
    one.signs(working)
    assert [other.sees(), other.sees(STALLED_S - 0.1)] == [0, 0]
    beat(engine)
    assert [other.sees(0.2), other.sees(STALLED_S - 0.1)] == [0, 0]
    assert status(engine) == [("doing", working)]
    # But not for ever: the lock of a computer that lost its current stays.
    assert other.sees(0.2) == 1


def test_the_lock_goes_with_the_connection_and_is_taken_again(engine, watch, working):
    one, other = watch(), watch()
    one.signs(working)
    assert other.sees() == 0
    make.rows(engine, f"SELECT pg_terminate_backend(pid, 5000) {LOCKS}")
    assert one.sees() == 0
    assert [other.sees(SILENT_S), other.sees(SILENT_S)] == [0, 0]
    one.stops()
    while make.rows(engine, f"SELECT pid {LOCKS}"):
        time.sleep(0.01)
    assert [other.sees(), other.sees(SILENT_S)] == [0, 1]


def test_a_worker_that_ended_is_soon_relieved_of_what_it_left_undone(engine, watch, working):
    one = watch()
    one.signs(working)
    # It beats for those of its process that live.
    assert [one.sees(STALLED_S), one.sees(STALLED_S), one.sees(STALLED_S)] == [0, 0, 0]
    one.resigns(working)
    assert [one.sees(), one.sees(SILENT_S)] == [0, 1]


def test_of_two_jobs_to_do_the_same_one_goes(engine, user, watch, working):
    jobs.defer_sync(engine, user, "strava")
    one, other = watch(), watch()
    assert [one.sees(), other.sees()] == [0, 0]
    assert [one.sees(SILENT_S), other.sees(SILENT_S)] == [1, 0]
    assert status(engine) == [("todo", None)]


def test_work_goes_on_after_the_database_was_away_for_long(engine, user, monkeypatch):
    is_away, fetch = threading.Event(), JobManager.fetch_job

    async def fetching(self, *of, **what):
        if is_away.is_set():
            # Then procrastinate's worker ends.
            raise ConnectorException
        return await fetch(self, *of, **what)

    async def until(is_so):
        while not is_so():
            await asyncio.sleep(0.02)

    def registered():
        return {row["id"] for row in make.rows(engine, "SELECT id FROM procrastinate_workers")}

    async def work():
        async with background.worker(engine), asyncio.timeout(30):
            await until(registered)
            is_away.set()
            before = registered()
            await until(lambda: not before & registered())
            is_away.clear()
            await asyncio.to_thread(jobs.defer_sync, engine, user, "strava")
            await until(lambda: not status(engine))

    monkeypatch.setattr(JobManager, "fetch_job", fetching)
    asyncio.run(work())
