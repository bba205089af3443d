"""The page of a one-hour run: what it costs the server, what it sends, when it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks import browser, places, servers, visits
from benchmarks.figures import Limit, Row
from benchmarks.made import shelf
from benchmarks.visits import Tour, Visit

_LOADS = 5
_EMPTY = "an empty Streamlit page"


@dataclass(frozen=True)
class Costs:
    """Visits to pages not looked at before, to the same again, and reruns of the last."""

    cold: Sequence[Visit]
    warm: Sequence[Visit]
    reruns: Sequence[Visit]


def run() -> list[Row]:
    """Processor time (server and database together), KB received, time to the whole picture.

    The browser has Streamlit's own files in its cache, as on any visit but the very first,
    and the server has shown another activity before.
    """
    with browser.chromium() as chromium, places.folder() as home:
        with places.library(home) as library:
            known, *others = shelf.add_hours(library, _LOADS + 1)
        first = f"/activity?id={known}"
        with servers.app(home) as server, visits.tour(chromium, server, first) as tour:
            page = _costs(tour, [f"/activity?id={i}" for i in others], is_drawn=True)
        with servers.empty_page() as server, visits.tour(chromium, server, "/") as tour:
            empty = _costs(tour, ["/"] * _LOADS, is_drawn=False)
    return _rows(page, empty)


def _costs(tour: Tour, paths: Sequence[str], *, is_drawn: bool) -> Costs:
    return Costs(
        [tour.load(path, is_drawn=is_drawn) for path in paths],
        [tour.load(path, is_drawn=is_drawn) for path in paths],
        [tour.rerun() for _ in paths],
    )


def _rows(page: Costs, empty: Costs) -> list[Row]:
    name = "activity page, one hour"
    cpu = [
        Row(
            f"{name}: processor, {how}",
            "ms",
            [visit.used.both for visit in measured],
            _EMPTY,
            [visit.used.both for visit in yardstick],
            Limit(limit),
            note=f"{max(0, median(v.used.database for v in measured)):.0f} ms of it in the"
            " database.",
        )
        for how, limit, measured, yardstick in (
            ("first visit", 150.0, page.cold, empty.cold),
            ("visited again", 60.0, page.warm, empty.warm),
            ("rerun in an open session", 60.0, page.reruns, empty.reruns),
        )
    ]
    return [
        *cpu,
        Row(
            f"{name}: to the browser",
            "KB",
            [visit.kilobytes for visit in page.cold],
            _EMPTY,
            [visit.kilobytes for visit in empty.cold],
            Limit(150.0),
            note=f"a rerun sends {median(v.kilobytes for v in page.reruns):.0f} KB.",
        ),
        Row(
            f"{name}: map and charts drawn",
            "ms",
            [visit.complete_ms for visit in page.cold],
            _EMPTY,
            [visit.complete_ms for visit in empty.cold],
            Limit(1000.0),
            note=f"all was sent after {median(v.there_ms for v in page.cold):.0f} ms, the charts"
            f" stood after {median(v.charts_ms for v in page.cold):.0f}, the map after"
            f" {median(v.map_ms for v in page.cold):.0f}. Headless Chromium draws WebGL without"
            " a graphics card, on the same cores.",
        ),
    ]
