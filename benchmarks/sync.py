"""The first sync of an account at Strava with a history at Last.fm, as a user sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import psutil
import requests

from benchmarks import places, servers, timing
from benchmarks.figures import Limit, Row
from benchmarks.made import services

_SMALL, _BIG = (50, 2_000), (400, 20_000)
_REPEATS = 3
_PATIENCE_S = 900.0
_NAVIGATES = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
_SCOPES = ["read", "activity:read", "activity:read_all"]


@dataclass(frozen=True)
class Outcome:
    """Seconds until the first activity was there and until all was, bytes at the most, and how
    long the calls alone take.
    """

    first_s: float
    all_s: float
    peak: float
    calls_s: float
    first_calls_s: float


def run() -> list[Row]:
    """Connects both, and watches until everything is in; with eight times as much, too."""
    small = [_outcome(*_SMALL) for _ in range(_REPEATS)]
    big = _outcome(*_BIG)
    what = f"{_BIG[0]} activities, {_BIG[1]:,} plays"
    return [
        Row(
            "first activity after a sync was asked for",
            "s",
            [each.first_s for each in small],
            "its calls alone",
            [each.first_calls_s for each in small],
            Limit(3.0),
        ),
        Row(f"first sync, {what}", "s", [big.all_s], "its calls alone", [big.calls_s]),
        Row(
            f"memory of the app at its most, {what}",
            "MB",
            [big.peak / 1e6],
            f"the same with {_SMALL[0]} and {_SMALL[1]:,}",
            [median(each.peak for each in small) / 1e6],
            Limit(1.2, on="ratio"),
        ),
    ]


def _outcome(activities: int, plays: int) -> Outcome:
    with services.running(activities, plays) as found, places.folder() as home:
        with servers.app(home, **found) as server:
            calls = requests.Session()
            _ask(calls.put, server, "connections/lastfm", json={"username": "ann"})
            _connect_strava(calls, server)
            began, first_s, peak = time.perf_counter(), 0.0, 0.0
            app = psutil.Process(server.pid)
            while not (ended := _is_over(calls, server)) or not first_s:
                peak = max(peak, app.memory_info().rss)
                if not first_s and _ask(calls.get, server, "activities?limit=1")["items"]:
                    first_s = time.perf_counter() - began
                if ended or time.perf_counter() - began > _PATIENCE_S:
                    raise RuntimeError("The sync brought in nothing, or did not end.")
                time.sleep(0.05)
            all_s = time.perf_counter() - began
            total = _ask(calls.get, server, "activities?limit=1")["total"]
        if total != activities:
            raise RuntimeError(f"Of {activities} activities {total} came in.")
        return Outcome(first_s, all_s, peak, *_bare(found, activities, plays))


def _connect_strava(calls: requests.Session, server: servers.Server) -> None:
    start = calls.get(
        f"{server.address}/oauth/strava/start", headers=_NAVIGATES, allow_redirects=False
    )
    allowed = requests.post(
        start.headers["location"],
        {"person": "ann", "scope": _SCOPES},
        timeout=10,
        allow_redirects=False,
    )
    calls.get(allowed.headers["location"], headers=_NAVIGATES, allow_redirects=False)


def _ask(
    how: Callable[..., requests.Response], server: servers.Server, path: str, **more: object
) -> dict[str, object]:
    answer = how(f"{server.address}/api/v1/{path}", **more)
    answer.raise_for_status()
    told: dict[str, object] = answer.json()
    return told


def _is_over(calls: requests.Session, server: servers.Server) -> bool:
    runs = _ask(calls.get, server, "sync-runs")["items"]
    if any(run["status"] == "failed" for run in runs):
        raise RuntimeError(f"A run failed: {runs}")
    return {run["service"] for run in runs if run["finished_at"]} == {"strava", "lastfm"}


def _bare(found: dict[str, str], activities: int, plays: int) -> tuple[float, float]:
    """Seconds for as many answers of as many activities and pages, and for those of one."""
    calls = requests.Session()
    history = {"method": "user.getRecentTracks", "user": "ann", "limit": "200", "format": "json"}
    history["api_key"] = found["LASTFM_API_KEY"]

    def pages() -> None:
        for page in range(plays // 200):
            calls.get(found["LASTFM_API_URL"], params={**history, "page": str(page + 1)})

    def one() -> None:
        for path in ("athlete/activities", "activities/1/streams", "activities/1"):
            calls.get(f"{found['STRAVA_API_URL']}/{path}")

    first_s = timing.seconds(one)
    return timing.seconds(pages) + timing.seconds(
        lambda: [one() for _ in range(activities)]
    ), first_s
