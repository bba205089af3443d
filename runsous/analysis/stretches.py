"""Every time one passed the same stretch of a way, found in thousands of ways at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from runsous.analysis.geo import EARTH_M, Bools, Floats, Ints
from runsous.analysis.ways import COLUMNS, STEP_M, STORED

ENDS_M: Final = 35.0
"""A pass comes this close to where the stretch begins and where it ends,"""

MIDDLE_M: Final = 40.0
"""this close to it in between,"""

LENGTH: Final = 0.15
"""and is longer or shorter by this share of it at most."""

LEAST_CLIMB_M: Final = 300.0

PASSES: Final = ("place", "since_s", "until_s", "moving_s", "pace_s_per_km", "heartrate")
"""``place`` is that of the way; seconds after its start; moving seconds, and these over the length
of the stretch itself, which is the same ground for all; mean beats per minute, NaN if unknown.
"""

_TIME, _MOVING, _DISTANCE, _LATITUDE, _LONGITUDE, _HEARTRATE = range(len(COLUMNS))
_APART = 1e7
"""More metres than any way has: on one axis, ways do not touch."""
_MIDDLES = (5, 24)
_MIDDLE_EVERY_M = 100.0
_BEFORE_NEXT = 1 - 1e-6
"""The end of a step is the next one's beginning."""
_LATE = (-LENGTH, LENGTH)


@dataclass(frozen=True)
class Ways:
    """Many ways (see :mod:`runsous.analysis.ways`) in one array, ``sizes`` rows each."""

    rows: Any
    sizes: Ints

    @classmethod
    def unpacked(cls, stored: Sequence[bytes]) -> Ways:
        """Ways as they are stored."""
        sizes = np.array([len(way) for way in stored], dtype=np.intp)
        rows = np.frombuffer(b"".join(stored), STORED).reshape(-1, len(COLUMNS))
        return cls(rows, sizes // (STORED.itemsize * len(COLUMNS)))

    @cached_property
    def owner(self) -> Ints:
        """Which way each row belongs to."""
        return np.repeat(np.arange(self.sizes.size), self.sizes)


def cut(way: Floats, from_m: float, to_m: float) -> Floats:
    """The rows of a way between two of its distances, with a row at either end."""
    distance = way[:, _DISTANCE]
    from_m, to_m = np.clip([from_m, to_m], distance[0], distance[-1])
    between = distance[(distance > from_m) & (distance < to_m)]
    at = np.concatenate(([from_m], between, [to_m]))
    return np.column_stack([np.interp(at, distance, column) for column in way.T])


def box(stretch: Floats) -> tuple[float, float, float, float]:
    """South, west, north and east that a way has to reach to pass the stretch."""
    place = stretch[:, [_LATITUDE, _LONGITUDE]]
    high = np.degrees(MIDDLE_M / EARTH_M)
    margin = np.array([high, high / np.cos(np.radians(place[0, 0]))])
    south, west = (place.min(axis=0) + margin).tolist()
    north, east = (place.max(axis=0) - margin).tolist()
    return south, west, north, east


def passes(stretch: Floats, ways: Ways) -> pd.DataFrame:
    """:data:`PASSES` of the stretch (rows of :func:`cut`), by way and time.

    In its direction, several a way where one came by again.
    """
    plane = _Plane(stretch, ways)
    starts, ends = plane.near(0), plane.near(-1)
    length_m = stretch[-1, _DISTANCE] - stretch[0, _DISTANCE]
    since, until = _pairs(plane.along(starts), plane.along(ends), length_m)
    first, last = starts[since], ends[until]
    moving = plane.at(last, _MOVING) - plane.at(first, _MOVING)
    is_pass = plane.follows(first, last) & (moving > 0)
    first, last, moving = first[is_pass], last[is_pass], moving[is_pass]
    return pd.DataFrame(
        {
            "place": plane.owner[first.astype(np.intp)],
            "since_s": plane.at(first, _TIME),
            "until_s": plane.at(last, _TIME),
            "moving_s": moving,
            "pace_s_per_km": moving / length_m * 1000,
            "heartrate": plane.heartrate(first, last),
        },
        columns=list(PASSES),
    )


def steepest(distance_m: Floats, altitude_m: Floats) -> tuple[float, float] | None:
    """From and to, in metres, of the 300 m or more that climb most steeply; ``None`` where
    nothing climbs or no altitude is known.
    """
    known = np.isfinite(distance_m) & np.isfinite(altitude_m)
    if known.sum() < 2:
        return None
    way, first = np.unique(np.maximum.accumulate(distance_m[known]), return_index=True)
    at = np.arange(way[0], way[-1], STEP_M)
    height = np.interp(at, way, altitude_m[known][first])
    least = int(LEAST_CLIMB_M / STEP_M)
    found = None
    best = 0.0
    # What is twice as long has a half that is as steep.
    for n in range(least, min(2 * least, at.size)):
        grades = (height[n:] - height[:-n]) / (n * STEP_M)
        i = int(grades.argmax())
        if grades[i] > best:
            best, found = float(grades[i]), (float(at[i]), float(at[i + n]))
    return found


def _pairs(starts: Floats, ends: Floats, length_m: float) -> tuple[Ints, Ints]:
    """Which start belongs to which end, both in metres on one axis and rising.

    Whoever turned around at an end came by it twice: the shortest pass is the one meant.
    """
    nth = np.searchsorted(ends, starts + (1 - LENGTH) * length_m)
    reached = np.append(ends, np.inf)[nth] <= starts + (1 + LENGTH) * length_m
    since, until = np.flatnonzero(reached), nth[reached]
    is_latest = np.append(until[1:] != until[:-1], True)[: until.size]
    return since[is_latest], until[is_latest]


def _between(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """All rows from each first to its last, and where in them each begins."""
    sizes = last - first + 1
    begins: Ints = np.cumsum(sizes) - sizes
    rows: Ints = np.arange(sizes.sum()) + np.repeat(first - begins, sizes)
    return rows, begins


class _Plane:
    """Ways in metres around a stretch. A place on a way is its row and the share of the step to
    the next.
    """

    def __init__(self, stretch: Floats, ways: Ways) -> None:
        self.rows, self.owner = ways.rows, ways.owner
        self._latitude, self._longitude = stretch[0, [_LATITUDE, _LONGITUDE]].tolist()
        self._narrow = np.cos(np.radians(self._latitude))
        self.stretch = stretch
        self.x, self.y = self._metres(stretch[:, _LATITUDE], stretch[:, _LONGITUDE])

    def _metres(self, latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
        east = (longitude - self._longitude + 180) % 360 - 180
        x: Floats = np.radians(east) * self._narrow * EARTH_M
        y: Floats = np.radians(latitude - self._latitude) * EARTH_M
        return x, y

    def of(self, rows: Ints) -> tuple[Floats, Floats]:
        """East and north of these rows."""
        place = self.rows[rows, _LATITUDE : _LONGITUDE + 1].astype("float64")
        return self._metres(place[:, 0], place[:, 1])

    def at(self, places: Floats, column: int) -> Floats:
        """A column at these places, between the rows around each."""
        row = places.astype(np.intp)
        here, there = (self.rows[r, column].astype("float64") for r in (row, row + 1))
        value: Floats = here + (places - row) * (there - here)
        return value

    def along(self, places: Floats) -> Floats:
        """Metres along the ways, all on one axis."""
        metres: Floats = self.at(places, _DISTANCE) + _APART * self.owner[places.astype(np.intp)]
        return metres

    def near(self, end: int) -> Floats:
        """Where ways come by an end of the stretch: each time the nearest place, if near enough."""
        x, y = float(self.x[end]), float(self.y[end])
        step = self._steps_around(self.stretch[end, _LATITUDE], self.stretch[end, _LONGITUDE])
        (x1, y1), (x2, y2) = self.of(step), self.of(step + 1)
        way_x, way_y = x2 - x1, y2 - y1
        squared = way_x**2 + way_y**2
        share = ((x - x1) * way_x + (y - y1) * way_y) / np.where(squared > 0, squared, 1)
        share = np.clip(share, 0, _BEFORE_NEXT)
        apart = np.hypot(x1 + share * way_x - x, y1 + share * way_y - y)
        # Of neighbouring steps the one that comes nearest, and of two equals the later.
        touches = np.diff(step) == 1
        behind, ahead = np.full((2, step.size), np.inf)
        behind[1:][touches] = apart[:-1][touches]
        ahead[:-1][touches] = apart[1:][touches]
        places: Floats = (step + share)[(apart <= ENDS_M) & (apart <= behind) & (apart < ahead)]
        return places

    def follows(self, first: Floats, last: Floats) -> Bools:
        """Which of these parts of ways come by all middles of the stretch, in their order."""
        distance = self.stretch[:, _DISTANCE]
        number = int(np.clip((distance[-1] - distance[0]) / _MIDDLE_EVERY_M, *_MIDDLES))
        follows = np.ones(first.size, dtype=bool)
        for share in np.arange(1, number + 1) / (number + 1):
            at = distance[0] + share * (distance[-1] - distance[0])
            x, y = (np.interp(at, distance, along) for along in (self.x, self.y))
            some, until = first[follows], last[follows]
            low, high = (some + np.clip(share + by, 0, 1) * (until - some) for by in _LATE)
            rows, begins = _between(low.astype(np.intp), np.ceil(high).astype(np.intp))
            if not rows.size:
                break
            way_x, way_y = self.of(rows)
            nearest = np.minimum.reduceat(np.hypot(way_x - x, way_y - y), begins)
            # Rows lie a step apart: the way itself comes closer.
            follows[follows] = nearest <= np.hypot(MIDDLE_M, STEP_M / 2)
        return follows

    def heartrate(self, first: Floats, last: Floats) -> Floats:
        """Mean over the moving time between these places."""
        rows, begins = _between(first.astype(np.intp), last.astype(np.intp))
        if not rows.size:
            return np.empty(0)
        beats, moving = (self.rows[:, column] for column in (_HEARTRATE, _MOVING))
        after = np.minimum(rows + 1, len(self.rows) - 1)
        took = moving[after].astype("float64") - moving[rows]
        # Of the first and the last step only a share belongs to the pass.
        took[begins] *= 1 - first % 1
        took[np.append(begins[1:], rows.size) - 1] *= last % 1
        beaten = np.add.reduceat((beats[rows] + beats[after]) / 2 * took, begins)
        total = np.add.reduceat(took, begins)
        mean: Floats = np.divide(beaten, total, out=np.full(total.size, np.nan), where=total > 0)
        return mean

    def _steps_around(self, latitude: float, longitude: float) -> Ints:
        """The rows within a step of which a way may come by, of steps between rows of one way."""
        reach = np.degrees((ENDS_M + 2 * STEP_M) / EARTH_M)
        rows = np.flatnonzero(np.abs(self.rows[:, _LATITUDE] - np.float32(latitude)) <= reach)
        east = (self.rows[rows, _LONGITUDE].astype("float64") - longitude + 180) % 360 - 180
        rows = rows[np.abs(east) <= reach / self._narrow]
        is_around = np.zeros(len(self.rows) + 1, dtype=bool)
        is_around[rows] = is_around[rows - 1] = True
        steps = np.flatnonzero(is_around[: len(self.rows) - 1])
        inside: Ints = steps[self.owner[steps] == self.owner[steps + 1]]
        return inside
