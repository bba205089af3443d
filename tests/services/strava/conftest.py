"""The simulated Strava about a dozen runs of Ann's, and our ways to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from runsous.demo.services.sample_world import made_up_world
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock
from runsous.net.http import Http, OpenGate
from runsous.net.oauth import Token
from runsous.services.strava import oauth

NOW = 1_795_200_300
CALLBACK = "http://127.0.0.1:8501/oauth/strava/callback"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def sims(clock: Clock) -> Iterator[Simulators]:
    simulators = Simulators(made_up_world(activities=12, listens=0, now=clock)).start()
    yield simulators
    # It takes a fifth of a second, which no test has to wait for.
    threading.Thread(target=simulators.stop).start()


@pytest.fixture
def site(sims: Simulators) -> Http:
    return _http(sims.environment()["STRAVA_URL"])


@pytest.fixture
def api(sims: Simulators) -> Http:
    return _http(sims.environment()["STRAVA_API_URL"])


@pytest.fixture
def client(sims: Simulators) -> tuple[str, str]:
    """Our id and secret."""
    env = sims.environment()
    return env["STRAVA_CLIENT_ID"], env["STRAVA_CLIENT_SECRET"]


@pytest.fixture
def allow(sims: Simulators, client: tuple[str, str]) -> Callable[..., str]:
    """Lets Ann say yes, with all scopes ticked or just some: the code she comes back with."""

    def said_yes(scopes: list[str] | None = None) -> str:
        sent = oauth.departure(sims.environment()["STRAVA_URL"], client[0], CALLBACK)
        back = parse_qs(urlsplit(sims.allow(sent.url, "ann", scopes)).query)
        assert back["state"] == [sent.state]
        return back["code"][0]

    return said_yes


@pytest.fixture
def token(site: Http, client: tuple[str, str], allow: Callable[..., str]) -> Token:
    return oauth.exchange(site, *client, allow()).token


def _http(url: str) -> Http:
    return Http(url, OpenGate(), name="Strava", sleep=lambda seconds: None)
