"""Simulated services, which send people back to the server under test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from runsous import jobs
from runsous.demo.services.sample_world import made_up_world
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock, Person
from runsous.store import users
from tests.sync import connected, make
from tests.web.people import configure

SERVICES = ("strava", "spotify", "lastfm", "listenbrainz")


@pytest.fixture
def sims(engine: Engine, address: str) -> Iterator[Simulators]:
    """Services that Ann and Ben have accounts at, and Ben may not use Spotify's."""
    world = made_up_world(activities=3, listens=20, now=Clock())
    world.people["ben"] = Person("ben", "Ben Two", 102, "b-token", is_allowed=False)
    with Simulators(world) as simulators:
        simulators.lastfm.per_second = None
        connected.use(simulators)
        configure(base_url=address)
        yield simulators
    jobs.close(engine)


@pytest.fixture
def user(engine: Engine) -> int:
    """The one user of local mode."""
    with engine.begin() as conn:
        return users.local(conn)


def queued(engine: Engine) -> list[tuple[str, dict[str, Any]]]:
    """The jobs that wait, by task and arguments."""
    rows = make.rows(engine, "SELECT task_name, args FROM procrastinate_jobs ORDER BY id")
    return [(row["task_name"], row["args"]) for row in rows]
