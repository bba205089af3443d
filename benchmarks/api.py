"""The REST API while several clients ask at once."""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import quantiles

from benchmarks import places, servers
from benchmarks.figures import Limit, Row
from benchmarks.made import shelf

_REPEATS = 3
_THREADS, _REQUESTS = 4, 60
_ACTIVITIES, _PLAYS = 200, 10_000


@dataclass(frozen=True)
class Endpoint:
    """What is asked for; ``path`` may name an ``{id}``."""

    name: str
    path: str


_ENDPOINTS = (
    Endpoint("/activities", "/api/v1/activities"),
    Endpoint("/activities/{id}", "/api/v1/activities/{id}"),
    Endpoint("/activities/{id}/streams", "/api/v1/activities/{id}/streams"),
    Endpoint("/activities/{id}/music", "/api/v1/activities/{id}/music"),
    Endpoint("/listens", "/api/v1/listens"),
)


def run() -> list[Row]:
    """Milliseconds within which 95 of 100 answers come, for each endpoint and for ``/health``.

    4 clients send 60 requests each, one after the other; the activity is an hour long, with
    music from end to end.
    """
    with places.folder() as home:
        with places.library(home) as library:
            shelf.fill(library, _ACTIVITIES, _PLAYS)
            (activity_id,) = shelf.add_hours(library, 1)
        with servers.app(home) as server:
            health: list[float] = []
            found: dict[str, list[float]] = {e.name: [] for e in _ENDPOINTS}
            for _ in range(_REPEATS):
                health.append(_p95_ms(server.port, "/health"))
                for endpoint in _ENDPOINTS:
                    path = endpoint.path.format(id=activity_id)
                    found[endpoint.name].append(_p95_ms(server.port, path))
    against = f"/health (p95, {_THREADS} clients)"
    return [
        Row(f"API, p95 of {name}", "ms", runs, against, health, Limit(100.0))
        for name, runs in found.items()
    ]


def _p95_ms(port: int, path: str) -> float:
    with ThreadPoolExecutor(_THREADS) as pool:
        clients = [pool.submit(_ask, port, path) for _ in range(_THREADS)]
        times = [ms for client in clients for ms in client.result()]
    return quantiles(times, n=100)[94]


def _ask(port: int, path: str) -> Sequence[float]:
    """Milliseconds of each request of one client, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times = []
    for _ in range(_REQUESTS):
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        times.append(1e3 * (time.perf_counter() - began))
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}.")
    connection.close()
    return times
