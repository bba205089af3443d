"""A worker that is killed in the middle of the sync, again and again: nothing lost or doubled."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from runsous import jobs, settings
from runsous.demo.services.faults import Chance
from runsous.store import workers
from tests import running
from tests.sync import connected, make
from tests.sync.edits import BOTH

KILLS = 2
GIVE_UP_S = 60


@pytest.fixture
def start(home, database_url, sims):
    """Starts workers, processes of their own, and waits until they work."""
    made = []

    def begin():
        worker = running.App(
            "worker",
            home=home,
            command=running.RUNSOUS,
            DATABASE_URL=database_url,
            **sims.environment(),
        )
        made.append(worker)
        return worker

    yield begin
    for worker in made:
        worker.stop(signal.SIGKILL)


def kill(worker):
    """Ends it at once."""
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait()


def unfinished(engine):
    return make.rows(engine, "SELECT service FROM sync_runs WHERE finished_at IS NULL")


@pytest.mark.parametrize("seed", [1])
def test_killed_anywhere_it_goes_on_where_it_was(engine, user, sims, start, seed):
    rng = random.Random(seed)
    connected.widen(sims)
    sims.faults.chance = Chance(seed, 0.05, kinds=("html", "truncated", "cut_off"))
    services = ("strava", *BOTH)
    for service in services:
        connected.connect(engine, user, sims, service)
        jobs.defer_sync(engine, user, service)
    jobs.close(engine)
    printed = ""
    for _ in range(KILLS):
        before = len(sims.calls.log)
        worker = start()
        # Some calls later, and then some moments.
        until, give_up = before + rng.randrange(2, 12), time.monotonic() + GIVE_UP_S
        while len(sims.calls.log) < until and unfinished(engine):
            assert time.monotonic() < give_up, worker.printed()
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.15))
        kill(worker)
        printed += worker.printed()
    assert unfinished(engine)
    sims.faults.clear()
    worker, give_up = start(), time.monotonic() + GIVE_UP_S
    while unfinished(engine):
        assert time.monotonic() < give_up, worker.printed()
        time.sleep(0.05)
    assert connected.differences(engine, user, sims) == []
    printed += worker.printed()
    assert "Traceback" not in printed
    secrets = {settings.current().services.strava_client_secret}
    for grant in sims.strava.grants._all:
        secrets |= {grant.refresh, *grant.accesses}
    assert [secret for secret in secrets if secret in printed] == []
    again = {service: connected.again(engine, user, service) for service in services}
    assert {run["activities_new"] + run["listens_new"] for run in again.values()} == {0}


def test_when_a_worker_is_killed_another_soon_goes_on(engine, user, sims, start):
    connected.connect(engine, user, sims, "strava")
    jobs.defer_sync(engine, user, "strava")
    jobs.close(engine)
    first, give_up = start(), time.monotonic() + GIVE_UP_S
    while len(sims.calls.log) < 8:
        assert time.monotonic() < give_up, first.printed()
        time.sleep(0.005)
    kill(first)
    assert unfinished(engine)
    other, before = start(), len(sims.calls.log)
    while "Waiting for work" not in other.printed():
        assert time.monotonic() < give_up, other.printed()
        time.sleep(0.02)
    began = time.monotonic()
    while len(sims.calls.log) == before:
        assert time.monotonic() - began < workers.STALLED_S * 0.6, other.printed()
        time.sleep(0.02)
