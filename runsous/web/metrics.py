"""``/metrics``: what Prometheus may ask."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from runsous import settings
from runsous.store import database, figures


def metrics(_: Request) -> Response:
    """Rows in the store, imports under way, and this process's time and memory.

    Of a server of accounts nobody who uses it learns how many others do, and how much.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    unfinished = Gauge("runsous_imports_unfinished", "Imports not done", registry=registry)
    with database.current().connect() as conn:
        if settings.current().auth == "local":
            rows = Gauge("runsous_rows", "Rows in the store", ["table"], registry=registry)
            for table, count in figures.row_counts(conn).items():
                rows.labels(table).set(count)
        unfinished.set(figures.imports_unfinished(conn))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
