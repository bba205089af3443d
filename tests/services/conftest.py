"""The simulated services, and how the tests of their clients call them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from runsous.demo.services.catalogue import made_up
from runsous.demo.services.limits import Sliding
from runsous.demo.services.noise import Noise
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock, Listen, Person, Song, World
from runsous.net.http import Http, OpenGate

NOW = 1_795_200_300
TOKEN = "11111111-2222-3333-4444-555555555555"
SONGS = [
    Song(f"Band {n}", f"Song {n}", "LP", 180_000 + 1_000 * n, spotify_id=f"{n:022}")
    for n in range(7)
]


@contextmanager
def simulated() -> Iterator[Simulators]:
    """Ann has 450 listens everywhere, the newest two of them in one second; there are 60
    recordings, of which all is known to all.
    """
    listens = [Listen(NOW - 900 - 300 * n, SONGS[n % 7], 180 + n % 7) for n in range(449)]
    ann = Person("ann", "Ann", 101, TOKEN)
    world = World([ann], now=Clock(NOW))
    for each in [*listens, Listen(NOW - 900, SONGS[6], 186)]:
        world.hear("ann", each)
    with Simulators(world, catalogue=made_up(60)) as simulators:
        simulators.lastfm.per_second = None
        simulators.listenbrainz.limit = 1000
        simulators.acousticbrainz.limit.most = 1000
        simulators.musicbrainz.busy = 0.0
        simulators.spotify.audio_features.noise = Noise()
        for service in (
            simulators.musicbrainz,
            simulators.deezer,
            simulators.reccobeats,
            simulators.acousticbrainz,
        ):
            service.noise = Noise()
            if isinstance(service.limit, Sliding):
                service.limit.most = None
        yield simulators


@pytest.fixture
def sims() -> Iterator[Simulators]:
    """The services for one test."""
    with simulated() as simulators:
        yield simulators


@pytest.fixture(scope="module")
def passing() -> Iterator[Simulators]:
    """The services for tests that leave them as they were, but for the calls."""
    with simulated() as simulators:
        yield simulators


def calls(url: str, name: str) -> Http:
    """Calls a service without waiting, as no time need pass between attempts."""
    return Http(url, OpenGate(), name=name, contact="me@example.org", sleep=lambda seconds: None)
