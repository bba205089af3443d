"""Connections that tests of pages stand on, with services simulated or never asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runsous import jobs, settings
from runsous.demo.services.sample_world import made_up_world
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock
from runsous.settings import Services
from runsous.store import connections, service_windows, sync_runs, users
from runsous.store.service_windows import Window
from tests.pages.reading import html
from tests.sync import connected, make

ALL = Services(
    strava_client_id="1",
    strava_client_secret="2",
    spotify_client_id="3",
    lastfm_api_key="4",
    lastfm_shared_secret="5",
)
PRIVATE = ("read", "activity:read_all")


def use(services):
    settings.use(replace(settings.current(), services=services))


@pytest.fixture
def user(engine):
    """Someone who lives by the clock of Prague."""
    number = make.user(engine)
    with engine.begin() as conn:
        users.save_settings(conn, number, {"home_zone": "Europe/Prague"})
    use(ALL)
    yield number
    jobs.close(engine)


@pytest.fixture
def join(engine, user):
    """Connects a service without asking it."""

    def connect(service, scopes=(), name="Ann"):
        with engine.begin() as conn:
            account = connections.Account("77", name, scopes)
            connections.connect(conn, user, service, account, 3600)

    return connect


@pytest.fixture
def has_run(engine, user):
    """Lets a run of a service have ended."""

    def end(service, status, message=None, **counts):
        with engine.begin() as conn:
            number = sync_runs.begin(conn, user, service, "schedule")
            sync_runs.start(conn, user, number)
            sync_runs.note(conn, user, number, **counts)
            sync_runs.finish(conn, user, number, status, message)

    return end


@pytest.fixture
def sims(engine, user):
    """The services, simulated: three activities, fifty plays."""
    with Simulators(made_up_world(activities=3, listens=50, now=Clock())) as simulators:
        simulators.lastfm.per_second = None
        connected.use(simulators)
        yield simulators


def links(app):
    """All addresses that the page's own HTML leads to."""
    return " ".join(part for e in html(app) for part in e.value.split('href="')[1:])


def close(engine, **windows):
    """Lets so many of the calls that Strava allows be made: ``{window: (used, allowed)}``."""
    now = datetime.now(UTC)
    until = now + timedelta(hours=1)
    with engine.begin() as conn:
        for name, (used, allowed) in windows.items():
            fresh = {name.replace("_", " "): Window(allowed, used, until)}
            service_windows.told(conn, "strava", fresh, fresh, now)
