"""From the services to the store: after a run the database says what the services say."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from runsous.demo.services.sample_world import made_up_world
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock
from runsous.store import sync_runs, users
from runsous.sync import syncing
from tests.sync import connected


@pytest.fixture
def user(engine):
    with engine.begin() as conn:
        return users.local(conn)


@pytest.fixture
def sims(engine):
    world = made_up_world(activities=25, listens=700, now=Clock())
    with Simulators(world) as simulators:
        simulators.lastfm.per_second = None
        connected.use(simulators)
        yield simulators


def true_activities(sims, person="ann"):
    return sorted(
        (str(a.id), a.start_s, a.name) for a in sims.world.people[person].activities.values()
    )


def found_activities(engine, user):
    return sorted(each[:3] for each in connected.activities(engine, user))


def true_listens(sims, service, person="ann"):
    return sorted(
        (each.start_s, each.song.artist, each.song.title)
        for each in sims.world.people[person].listens[service]
    )


def test_activities_and_plays_come_in_as_they_are(engine, user, sims):
    for service in ("lastfm", "listenbrainz", "strava"):
        connected.connect(engine, user, sims, service)
        assert connected.finish(engine, user, service)["status"] == "done"
    assert found_activities(engine, user) == true_activities(sims)
    for service in ("lastfm", "listenbrainz"):
        assert connected.listens(engine, user, service) == true_listens(sims, service)
    assert sims.calls.violations == []


def test_a_run_that_waits_ends_at_once_when_nobody_wants_it(engine, user, sims):
    connected.connect(engine, user, sims, "strava")
    with engine.begin() as conn:
        run = sync_runs.current(conn, user, "strava")["id"]
        in_an_hour = datetime.now(UTC) + timedelta(hours=1)
        sync_runs.wait(conn, user, run, in_an_hour, "Strava allows no more calls.")
    assert not syncing.go_on(engine, user, "strava", threading.Event())
    with engine.begin() as conn:
        sync_runs.cancel(conn, user, "strava")
    syncing.go_on(engine, user, "strava", threading.Event())
    assert connected.finish(engine, user, "strava")["status"] == "cancelled"
    assert sims.calls.violations == []
