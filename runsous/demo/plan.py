"""The sample runner's training plan: what was done when, before anything is measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from runsous.demo.routes import route

ZONE: Final = ZoneInfo("Europe/Berlin")

WEEKS: Final = 15
"""From the first easy runs to the race on the last Sunday; what follows is rest."""

_REPEATS: Final = {"8 × 400 m": (400, 250), "6 × 800 m": (800, 350), "5 × 1000 m": (1000, 400)}
"""Metres fast and metres slow of the interval sessions, by name."""

_PACES_MPS: Final = {
    "easy": 2.72,
    "long": 2.68,
    "hills": 2.85,
    "tempo": 3.38,
    "race": 3.47,
    "treadmill": 2.75,
    "ride": 7.3,
}
"""Speed on the flat when the season begins."""

_TREADMILL_M: Final = 7_500.0

_WARM_UP: Final = (1_500.0, 2.62)
_COOL_DOWN: Final = (1_000.0, 2.5)
_FAST_MPS: Final = 3.98
_SLOW_MPS: Final = 2.2

GAIN: Final = 0.06
"""By how much the season makes faster."""


@dataclass(frozen=True)
class Outing:
    """One planned activity. ``start_time`` is UTC; ``fitness`` rises from 1 to 1 + gain.

    ``marks``: ``quiet`` (no music), ``fades`` (the music ends on the way), ``loop`` (one song
    again and again), ``late`` (music only after the start), ``no_heart``, ``reversed``.
    """

    start_time: datetime
    kind: str
    where: str
    name: str
    fitness: float
    marks: frozenset[str]

    def rng(self, seed: int, purpose: int) -> np.random.Generator:
        """Chance of its own for each outing and purpose."""
        return np.random.default_rng([seed, self.start_time.date().toordinal(), purpose])

    @property
    def length_m(self) -> float:
        """Metres from start to finish."""
        return _TREADMILL_M if self.where == "treadmill" else len(route(self.where).east_m) - 1.0

    def blocks(self) -> list[tuple[float, float]]:
        """Metres, and metres per second on the flat, of each part of the session."""
        return [(m, mps * self.fitness) for m, mps in _parts(self.kind, self.length_m)]

    def facts(self) -> dict[str, Any]:
        """What every workout says of itself, whatever was measured."""
        local = self.start_time.astimezone(ZONE).utcoffset() or timedelta()
        return {
            "start_time": self.start_time,
            "utc_offset_s": int(local.total_seconds()),
            "name": self.name,
            "description": "Sample activity: made up, recorded by nobody.",
            "device": "Sample watch",
        }


def outings(seed: int, today: date) -> Iterator[Outing]:
    """The season's activities in order, the race on the last Sunday before ``today``."""
    monday = first_monday(today)
    for row in _SEASON:
        week, weekday, clock, kind, where, *marks = row
        day = monday + timedelta(weeks=week, days=weekday)
        if day >= today:
            return
        hour, minute = divmod(clock, 100)
        start = datetime.combine(day, time(hour, minute), ZONE).astimezone(UTC)
        seconds = int(np.random.default_rng([seed, day.toordinal()]).integers(-420, 420))
        yield Outing(
            start_time=start + timedelta(seconds=seconds),
            kind=kind,
            where=where,
            name=_name(kind, where, hour),
            fitness=1 + GAIN * min(week / (WEEKS - 1), 1.0),
            marks=frozenset(marks),
        )


def first_monday(today: date) -> date:
    """The Monday on which the season began."""
    race = today - timedelta(days=today.isoweekday() % 7 or 7)
    return race - timedelta(days=7 * WEEKS - 1)


def _parts(kind: str, length_m: float) -> list[tuple[float, float]]:
    if kind in _REPEATS:
        fast, slow = _REPEATS[kind]
        times = int(kind.split(" ")[0])
        rest = length_m - _WARM_UP[0] - times * (fast + slow)
        return [_WARM_UP, *[(fast, _FAST_MPS), (slow, _SLOW_MPS)] * times, (rest, _COOL_DOWN[1])]
    if kind == "tempo":
        middle = length_m - _WARM_UP[0] - _COOL_DOWN[0]
        return [_WARM_UP, (middle, _PACES_MPS[kind]), _COOL_DOWN]
    return [(length_m, _PACES_MPS[kind])]


_NAMES: Final = {
    "long": {
        "raft canal": "Long run to the raft canal",
        "high bank": "Long run over the high bank",
        "aumeister": "Long run to the Aumeister",
    },
    "tempo": {"garden": "Tempo in the park", "flaucher": "Tempo run"},
    "hills": {"hill": "Hill repeats"},
    "race": {"half": "Isar half marathon"},
    "treadmill": {"treadmill": "Treadmill"},
    "ride": {"abbey": "Ride to the abbey"},
    "swim": {"pool": "Pool swim"},
}


def _name(kind: str, where: str, hour: int) -> str:
    if kind in _REPEATS:
        return f"Intervals {kind}"
    if kind != "easy":
        return _NAMES[kind][where]
    if where == "garden":
        return "Lunch loop"
    return "Morning run" if hour < 10 else "Evening run"


_MON, _TUE, _WED, _THU, _FRI, _SAT, _SUN = range(7)

_SEASON: Final[tuple[tuple[int, int, int, str, str, *tuple[str, ...]], ...]] = (
    (0, _TUE, 1825, "easy", "bridges"),
    (0, _THU, 1212, "easy", "garden", "late"),
    (0, _SUN, 920, "easy", "flaucher", "reversed"),
    (1, _TUE, 1825, "easy", "flaucher"),
    (1, _THU, 640, "easy", "bridges", "quiet"),
    (1, _SUN, 915, "long", "raft canal"),
    (2, _TUE, 1830, "tempo", "flaucher"),
    (2, _THU, 1210, "easy", "garden", "reversed"),
    (2, _SAT, 1020, "swim", "pool", "quiet"),
    (2, _SUN, 925, "long", "raft canal", "reversed"),
    (3, _WED, 1830, "treadmill", "treadmill"),
    (3, _SUN, 930, "easy", "bridges", "no_heart", "reversed"),
    (4, _TUE, 1825, "8 × 400 m", "flaucher"),
    (4, _THU, 640, "easy", "bridges"),
    (4, _SUN, 910, "long", "high bank"),
    (5, _TUE, 1825, "easy", "flaucher", "quiet"),
    (5, _THU, 1215, "easy", "garden"),
    (5, _SUN, 905, "long", "raft canal", "fades"),
    (6, _TUE, 1830, "6 × 800 m", "raft canal"),
    (6, _THU, 640, "easy", "flaucher"),
    (6, _SUN, 910, "long", "high bank"),
    (7, _WED, 1830, "treadmill", "treadmill", "loop"),
    (7, _SAT, 1015, "swim", "pool", "quiet"),
    (7, _SUN, 920, "easy", "flaucher", "reversed", "quiet"),
    (8, _TUE, 1825, "hills", "hill"),
    (8, _THU, 1210, "easy", "garden", "reversed"),
    (8, _SUN, 900, "long", "aumeister"),
    (9, _TUE, 1830, "tempo", "flaucher", "reversed"),
    (9, _THU, 640, "easy", "bridges", "quiet"),
    (9, _SUN, 905, "long", "high bank"),
    (10, _TUE, 1825, "6 × 800 m", "raft canal", "reversed"),
    (10, _THU, 1212, "easy", "garden"),
    (10, _SAT, 1000, "ride", "abbey"),
    (11, _WED, 1825, "easy", "bridges", "reversed"),
    (11, _FRI, 640, "easy", "flaucher", "late"),
    (11, _SUN, 920, "long", "raft canal", "quiet"),
    (12, _TUE, 1825, "5 × 1000 m", "raft canal"),
    (12, _THU, 645, "easy", "bridges"),
    (12, _SUN, 900, "long", "aumeister"),
    (13, _TUE, 1830, "tempo", "flaucher"),
    (13, _THU, 1210, "easy", "garden", "quiet"),
    (13, _SUN, 915, "long", "high bank"),
    (14, _TUE, 1825, "8 × 400 m", "flaucher"),
    (14, _THU, 1215, "easy", "garden"),
    (14, _SUN, 1000, "race", "half"),
    (15, _WED, 1830, "easy", "bridges"),
    (15, _FRI, 640, "easy", "flaucher"),
)
"""Week, weekday, clock (hhmm), kind, where, marks."""
