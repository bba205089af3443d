"""The queue that runs of the sync go through, and the workers that are at it."""

from __future__ import annotations

import pytest

from runsous import jobs
from tests.sync import make


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
