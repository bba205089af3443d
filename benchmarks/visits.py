"""Visits to pages of a running server, and what each of them costs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser

from benchmarks.browser import Visitor
from benchmarks.servers import Server
from benchmarks.timing import Meter, Used


@dataclass(frozen=True)
class Visit:
    """Processor time, KB received, and milliseconds until the page was there, and its charts
    and map drawn (0 where there are none or nobody looked).
    """

    used: Used
    kilobytes: float
    there_ms: float
    charts_ms: float = 0.0
    map_ms: float = 0.0

    @property
    def complete_ms(self) -> float:
        """Milliseconds until all of it was there."""
        return max(self.there_ms, self.charts_ms, self.map_ms)


@dataclass
class Tour:
    """A browser window on a server whose processor time is watched."""

    server: Server
    visitor: Visitor
    meter: Meter

    def load(self, path: str, *, is_drawn: bool = False) -> Visit:
        """A visit by address, in a new session. ``is_drawn`` waits for map and charts."""
        self.visitor.leave()
        began = self.meter.now()
        there_ms = self.visitor.open(self.server.address + path)
        drawn_ms = self.visitor.drawn_ms() if is_drawn else (0.0, 0.0)
        self.visitor.settle()
        used = self.meter.since(began)
        return Visit(used, self.visitor.fetched.kilobytes, there_ms, *drawn_ms)

    def rerun(self) -> Visit:
        """The open page's script once more, as any choice on the page causes."""
        began = self.meter.now()
        there_ms = self.visitor.rerun()
        return Visit(self.meter.since(began), self.visitor.fetched.kilobytes, there_ms)


@contextmanager
def tour(chromium: Browser, server: Server, first: str) -> Iterator[Tour]:
    """A window that has been at ``first``: the browser has Streamlit's files in its cache, the
    server has loaded its modules, and what it does when idle is known.
    """
    visitor = Visitor(chromium)
    meter = Meter(server.pid)
    for _ in range(2):
        visitor.open(server.address + first)
        visitor.settle()
    # What a start leaves to do in the background is done by then.
    time.sleep(1)
    meter.learn_idle()
    yield Tour(server, visitor, meter)
    visitor.close()
