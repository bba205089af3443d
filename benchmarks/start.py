"""From nothing to a usable page: an empty home, the server, the first page in a browser."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from statistics import median

from playwright.sync_api import Browser

from benchmarks import browser, places, servers
from benchmarks.figures import Limit, Row
from benchmarks.servers import Server

_REPEATS = 5
_DROP_ZONE = '[data-testid="stFileUploaderDropzone"]'


def run() -> list[Row]:
    """Seconds from starting the command until the drop zone can be used.

    Each time with an empty home and an empty browser cache. Chromium itself is running.
    """
    starts, empty, healthy = [], [], []
    with browser.chromium() as chromium:
        for _ in range(_REPEATS):
            with places.folder() as home:
                ready_s, usable_s = _times(chromium, servers.app(home / "home"), _DROP_ZONE)
            starts.append(usable_s)
            healthy.append(ready_s)
            empty.append(_times(chromium, servers.empty_script(), None)[1])
    return [
        Row(
            "start, empty home, to a usable page",
            "s",
            starts,
            "an empty Streamlit script",
            empty,
            Limit(5.0),
            note=f"/health answered after {median(healthy):.1f} s; the slowest start took"
            f" {max(starts):.1f} s.",
        )
    ]


def _times(
    chromium: Browser, starting: AbstractContextManager[Server], visible: str | None
) -> tuple[float, float]:
    """Seconds from the command to the first answer, and to the first page."""
    with starting as server:
        visitor = browser.Visitor(chromium)
        visitor.open(server.address, visible)
        usable_s = time.perf_counter() - server.began
        visitor.close()
    return server.ready_s, usable_s
