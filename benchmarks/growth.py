"""What a page costs when the library has grown to ten times its size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from benchmarks import browser, places, servers, timing, visits
from benchmarks.figures import Limit, Row
from benchmarks.made import shelf
from benchmarks.places import Library
from benchmarks.visits import Tour
from runsous.reports import activity, library
from runsous.store import activities, plays, users

_LOADS, _READS = 5, 30
_SMALL = (200, 10_000)
_LARGE = (2_000, 100_000)
_AGAINST = "the same with a tenth of the activities and plays"

Read = Callable[[Connection, Library, int], Any]

_REPORTS: dict[str, Read] = {
    "home overview": lambda conn, of, _: library.overview(conn, of.user_id),
    "list of activities": lambda conn, of, _: library.activity_page(
        conn, of.user_id, activities.Filter(), page=(0, 12)
    ),
    "activity": lambda conn, of, id: activity.view(conn, of.user_id, id),
    "list of plays": lambda conn, of, _: (
        plays.newest(conn, of.user_id, plays.Filter(), page=(0, 100)),
        plays.count(conn, of.user_id, plays.Filter()),
    ),
}
_PAGES = {
    "home": "/",
    "activities": "/activities",
    "activity": "/activity?id={id}",
    "listening": "/listening",
}


@dataclass(frozen=True)
class Shelf:
    """A library, the browser window on the server that serves it, and a run of an hour in it."""

    library: Library
    tour: Tour
    activity_id: int


def run() -> list[Row]:
    """Processor time of whole pages with nothing cached, and the clock on the reports alone.

    Both libraries are served side by side and visited by turns, so that what else the
    machine does meets both.
    """
    with ExitStack() as stack:
        homes = [stack.enter_context(places.folder()) for _ in (_SMALL, _LARGE)]
        ids = [_fill(home, *size) for home, size in zip(homes, (_SMALL, _LARGE), strict=True)]
        chromium = stack.enter_context(browser.chromium())
        shelves = []
        for home, activity_id in zip(homes, ids, strict=True):
            server = stack.enter_context(servers.app(home))
            opened = stack.enter_context(places.library(home))
            tour = stack.enter_context(visits.tour(chromium, server, "/"))
            shelves.append(Shelf(opened, tour, activity_id))
        pages = [_page_row(name, path, shelves) for name, path in _PAGES.items()]
        return pages + [_report_row(name, read, shelves) for name, read in _REPORTS.items()]


def _fill(home: Path, n_activities: int, n_plays: int) -> int:
    with places.library(home) as opened:
        (activity_id,) = shelf.add_hours(opened, 1)
        shelf.fill(opened, n_activities, n_plays)
    return activity_id


def _page_row(name: str, path: str, shelves: Sequence[Shelf]) -> Row:
    small: list[float] = []
    large: list[float] = []
    for nth in range(_LOADS + 1):
        for on, used in zip(shelves, (small, large), strict=True):
            _forget(on)
            visit = on.tour.load(path.format(id=on.activity_id))
            # The first visit loads what only this page needs.
            if nth:
                used.append(visit.used.both)
    return Row(f"growth, {name} page", "ms", large, _AGAINST, small, Limit(1.2, on="ratio"))


def _forget(on: Shelf) -> None:
    """Makes the server read everything anew, as after a change of any kind."""
    with on.library.engine.begin() as conn:
        users.touch(conn, on.library.user_id)
        conn.execute(
            text("UPDATE activities SET revision = revision + 1 WHERE id = :id"),
            {"id": on.activity_id},
        )


def _report_row(name: str, read: Read, shelves: Sequence[Shelf]) -> Row:
    small: list[float] = []
    large: list[float] = []
    for _ in range(_READS):
        for on, times in zip(shelves, (small, large), strict=True):
            with on.library.engine.begin() as conn:
                took = timing.seconds(partial(read, conn, on.library, on.activity_id))
            times.append(1e3 * took)
    return Row(f"growth, read for it: {name}", "ms", large, _AGAINST, small)
