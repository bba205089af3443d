"""The simulated services about a small world whose clock stands still."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from runsous.demo.services.sample_world import made_up_world
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock, Person
from tests.demo.services.clients import StravaApp

NOW = 1_795_200_300
"""2026-11-20T18:45:00Z, when a quarter of an hour begins."""


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def sims(clock: Clock) -> Iterator[Simulators]:
    world = made_up_world(activities=12, listens=60, now=clock)
    world.people["ben"] = Person("ben", "Ben Two", 102, "b-token", is_allowed=False)
    simulators = Simulators(world).start()
    simulators.lastfm.per_second = None
    yield simulators
    # It takes a fifth of a second, which no test has to wait for.
    threading.Thread(target=simulators.stop).start()


@pytest.fixture
def app(sims: Simulators) -> StravaApp:
    return StravaApp(sims).connect()
