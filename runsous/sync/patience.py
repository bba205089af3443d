"""When a service may be called: its limits, kept by all processes together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from runsous.errors import RateLimited
from runsous.services.asking import later
from runsous.store import service_windows
from runsous.store.service_windows import Window

_WAITED_FOR_S = 20.0
"""A window that opens within this time is waited for; for a longer one the work is put off."""

_BRIEFLY_S = 1.0

_UNTOLD = timedelta(seconds=60)
"""How long to leave alone a service that refuses calls and does not say until when."""

_READS = "reads "
"""How windows of reads begin."""

_SECOND = timedelta(seconds=1)
_QUARTER = timedelta(minutes=15)
_CLOCKS_DIFFER = timedelta(seconds=2)
_MARGIN = 2

Windows = Callable[[datetime], dict[str, Window]]
Told = Callable[[Mapping[str, str], datetime], dict[str, Window]]
Rests = Callable[[datetime], datetime | None]


@dataclass(frozen=True)
class Rule:
    """What a service allows: windows as they begin at a time, how its answers tell they are
    now, how far apart calls must be, how long after an answer the next one may go out, and until
    when there are none, if it rests at a time.
    """

    title: str
    windows: Windows = lambda now: {}
    told: Told = lambda headers, now: {}
    apart_s: float = 0.0
    after_s: float = 0.0
    rests: Rests = lambda now: None


class Patience:
    """A gate (:class:`runsous.net.http.Gate`) that lets through what a service allows.

    ``is_brief`` is for what others wait for, and what can as well be asked later. ``calls`` are
    those it let through, ``errors`` those that got no answer, or not the one asked for.
    """

    def __init__(
        self,
        engine: Engine,
        service: str,
        stopping: threading.Event | None = None,
        *,
        is_brief: bool = False,
    ) -> None:
        self.engine = engine
        self.service = service
        self.rule = RULES[service]
        self.stopping = stopping or threading.Event()
        self.is_brief = is_brief
        self.is_for_tokens = False
        self.calls = 0
        self.errors = 0

    def for_tokens(self) -> Patience:
        """The gate for what gives and renews permissions: that is no read, and need not wait until
        somebody's history is read.
        """
        gate = Patience(self.engine, self.service, self.stopping, is_brief=self.is_brief)
        gate.is_for_tokens = True
        return gate

    def enter(self) -> None:
        """Returns when a call may go out, counted; :class:`RateLimited` when that is long."""
        longest_s = _BRIEFLY_S if self.is_brief else _WAITED_FOR_S
        while True:
            opens_at, turn_s = self._take()
            if opens_at is None:
                break
            wait_s = (opens_at - _now()).total_seconds()
            if wait_s > longest_s or self.stopping.is_set():
                raise self._limited(opens_at)
            self.stopping.wait(max(0.05, wait_s))
        time.sleep(turn_s)
        self.calls += 1

    def leave(self, status: int, headers: Mapping[str, str]) -> None:
        """Learns from an answer; :class:`RateLimited` where the service wants no more calls."""
        if self.rule.after_s:
            with self.engine.begin() as conn:
                service_windows.pause(conn, self.service, self.rule.after_s)
        now = _now()
        self.errors += status in (0, 429) or status >= 500
        said = self.rule.told(headers, now)
        if not said and status != 429:
            return
        with self.engine.begin() as conn:
            fresh = self.rule.windows(now)
            if said:
                service_windows.told(conn, self.service, fresh, said, now)
            if status != 429:
                return
            known = service_windows.of_service(conn, self.service, now)
            full = [w.resets_at for w in known.values() if w.used >= w.allowed]
            until = _retry_after(headers) or max(full, default=None)
            until = until or min((w.resets_at for w in fresh.values()), default=now + _UNTOLD)
            service_windows.close(conn, self.service, "closed", until)
        raise self._limited(until)

    def object(self) -> None:
        """Learns that an answer was an error whose status said otherwise."""
        self.errors += 1

    def close(self, until: datetime) -> None:
        """Lets nobody call before ``until``."""
        with self.engine.begin() as conn:
            service_windows.close(conn, self.service, "closed", until)

    def budget(self) -> dict[str, list[int]]:
        """Calls used and allowed by window, as far as windows are counted."""
        with self.engine.begin() as conn:
            known = service_windows.of_service(conn, self.service, _now())
        return {name: [w.used, w.allowed] for name, w in known.items() if name != "closed"}

    def _take(self) -> tuple[datetime | None, float]:
        """When there may be calls again; where that is now one is counted, and may go out in so
        many seconds.
        """
        now = _now()
        if (until := self.rule.rests(now)) is not None:
            return until, 0.0
        windows = {
            name: window
            for name, window in self.rule.windows(now).items()
            if not (self.is_for_tokens and name.startswith(_READS))
        }
        with self.engine.begin() as conn:
            opens_at = service_windows.take(conn, self.service, windows, now)
            if opens_at is not None or not self.rule.apart_s:
                return opens_at, 0.0
            return None, service_windows.turn(conn, self.service, self.rule.apart_s)

    def _limited(self, until: datetime) -> RateLimited:
        return RateLimited(
            f"{self.rule.title} allows no more calls before {until:%H:%M} UTC"
            f"{'' if until - _now() < timedelta(hours=12) else f' on {until:%d %B}'}.",
            until,
        )


def _now() -> datetime:
    return datetime.now(UTC)


def _retry_after(headers: Mapping[str, str]) -> datetime | None:
    told = headers.get("Retry-After", "") or headers.get("X-RateLimit-Reset-In", "")
    return later(told, _UNTOLD.total_seconds()) + _SECOND if told else None


def _strava_windows(now: datetime) -> dict[str, Window]:
    """Quarters of an hour and days of UTC. The limits are those of a new application, until
    its answers tell others.
    """
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    quarter = midnight + _QUARTER * ((now - midnight) // _QUARTER + 1) + _CLOCKS_DIFFER
    day = midnight + timedelta(days=1) + _CLOCKS_DIFFER
    return {
        "15 minutes": Window(200, 0, quarter),
        "day": Window(2000, 0, day),
        "reads in 15 minutes": Window(100, 0, quarter),
        "reads in a day": Window(1000, 0, day),
    }


def _strava_rests(now: datetime) -> datetime | None:
    """While a quarter turns nobody can tell to which one Strava counts a call: its answers do
    not always say so.
    """
    early, late = now - _CLOCKS_DIFFER, now + _CLOCKS_DIFFER
    midnight = late.replace(hour=0, minute=0, second=0, microsecond=0)
    turn = midnight + _QUARTER * ((late - midnight) // _QUARTER)
    return turn + _CLOCKS_DIFFER if turn > early else None


def _strava_told(headers: Mapping[str, str], now: datetime) -> dict[str, Window]:
    found = {}
    windows = _strava_windows(now)
    for prefix, names in (
        ("X-RateLimit", ("15 minutes", "day")),
        ("X-ReadRateLimit", ("reads in 15 minutes", "reads in a day")),
    ):
        allowed = _numbers(headers.get(f"{prefix}-Limit", ""))
        used = _numbers(headers.get(f"{prefix}-Usage", ""))
        for name, most, n in zip(names, allowed, used, strict=False):
            found[name] = Window(most, n, windows[name].resets_at)
    return found


def _listenbrainz_windows(now: datetime) -> dict[str, Window]:
    return {"10 seconds": Window(30, 0, now + timedelta(seconds=10))}


def _acousticbrainz_windows(now: datetime) -> dict[str, Window]:
    return {"10 seconds": Window(100, 0, now + timedelta(seconds=10))}


def _metabrainz_told(headers: Mapping[str, str], now: datetime) -> dict[str, Window]:
    """They count by address: others behind ours, and calls under way, are allowed for."""
    names = ("Limit", "Remaining", "Reset-In")
    told = [_numbers(headers.get(f"X-RateLimit-{name}", "")) for name in names]
    if not all(told):
        return {}
    (allowed,), (left,), (reset_s,) = told
    resets_at = now + timedelta(seconds=reset_s) + _CLOCKS_DIFFER / 2
    return {"10 seconds": Window(allowed, allowed - max(0, left - _MARGIN), resets_at)}


def _numbers(told: str) -> list[int]:
    parts = [part.strip() for part in told.split(",")]
    return [int(part) for part in parts] if all(map(str.isdigit, parts)) else []


RULES = {
    "strava": Rule("Strava", _strava_windows, _strava_told, rests=_strava_rests),
    "spotify": Rule("Spotify", apart_s=0.1),
    "lastfm": Rule("Last.fm", apart_s=0.25),
    # Evenly, as its windows begin when they will, and do so untold where headers are missing.
    "listenbrainz": Rule("ListenBrainz", _listenbrainz_windows, _metabrainz_told, apart_s=0.34),
    # One call a second. They take longer or shorter to arrive: what counts is the last answer.
    "musicbrainz": Rule("MusicBrainz", apart_s=1.1, after_s=1.0),
    # 50 in any 5 seconds.
    "deezer": Rule("Deezer", apart_s=0.125),
    # What it allows is published nowhere.
    "reccobeats": Rule("ReccoBeats", apart_s=0.25),
    "acousticbrainz": Rule(
        "AcousticBrainz", _acousticbrainz_windows, _metabrainz_told, apart_s=0.125
    ),
}
