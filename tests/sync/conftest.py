"""A user of this installation, and services they can be connected to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from runsous.demo.services import sample_world
from runsous.demo.services.sample_world import made_up_world
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock
from tests.sync import connected, make


@pytest.fixture
def user(engine: Engine) -> int:
    return make.user(engine)


@pytest.fixture
def sims(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulators]:
    """Services about a small world; how often Last.fm can be called is of no interest here."""
    monkeypatch.setattr(sample_world, "_SAMPLES", 150)
    world = made_up_world(activities=20, listens=500, now=Clock())
    with Simulators(world) as simulators:
        simulators.lastfm.per_second = None
        connected.use(simulators)
        yield simulators
