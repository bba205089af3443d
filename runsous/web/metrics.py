"""``/metrics``: what Prometheus may ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from runsous import settings
from runsous.reports import lookups
from runsous.store import database, figures, song_sources


def metrics(_: Request) -> Response:
    """Rows in the store, imports under way, the look-up of songs, and this process's time and
    memory.

    Of a server of accounts nobody who uses it learns how many others do, and how much.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    unfinished = Gauge("runsous_imports_unfinished", "Imports not done", registry=registry)
    waiting = Gauge(
        "runsous_songs_waiting",
        "Songs to be asked for at a source, by what is asked for first",
        ["source", "priority"],
        registry=registry,
    )
    with database.current().connect() as conn:
        if settings.current().auth == "local":
            rows = Gauge("runsous_rows", "Rows in the store", ["table"], registry=registry)
            for table, count in figures.row_counts(conn).items():
                rows.labels(table).set(count)
        unfinished.set(figures.imports_unfinished(conn))
        for source, bands in lookups.queue(conn, datetime.now(UTC)).items():
            for band, count in bands.items():
                waiting.labels(source, band.name.lower()).set(count)
        registry.register(_Sources(conn))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Sources(Collector):
    """What all processes together have asked sources of songs so far."""

    def __init__(self, conn: Connection) -> None:
        self._noted = song_sources.every(conn)

    def collect(self) -> Iterator[Metric]:
        songs = CounterMetricFamily(
            "runsous_songs_asked", "Songs asked for, by outcome", labels=["source", "outcome"]
        )
        calls = CounterMetricFamily("runsous_song_calls", "Calls made", labels=["source"])
        errors = CounterMetricFamily(
            "runsous_song_call_errors", "Calls without the answer", labels=["source"]
        )
        seconds = SummaryMetricFamily(
            "runsous_song_seconds", "Time to ask for one song", labels=["source"]
        )
        for source, noted in self._noted.items():
            outcomes = {name: noted[f"n_{name}"] for name in ("found", "unknown", "failed")}
            for outcome, count in outcomes.items():
                songs.add_metric([source, outcome], count)
            calls.add_metric([source], noted["n_calls"])
            errors.add_metric([source], noted["n_errors"])
            seconds.add_metric([source], sum(outcomes.values()), noted["busy_s"])
        yield from (songs, calls, errors, seconds)
