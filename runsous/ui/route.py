"""A recorded route made ready to be drawn: cut exactly at song changes, then simplified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from runsous.analysis import geo
from runsous.ui import series
from runsous.ui.series import Floats, Ints

TOLERANCE_M = 3.0
"""No recorded position lies further from the drawn route, unless it is a very long one."""

_POINTS = 800


@dataclass(frozen=True)
class Route:
    """Positions in time order; ``stretch`` changes where the line is broken.

    Longitudes are continuous across the antimeridian, with the middle within ±180.
    """

    time_s: Floats
    longitude: Floats
    latitude: Floats
    stretch: Ints

    def parts(self, cuts_s: Floats) -> list[tuple[int, int]]:
        """First and last row of every part between cuts and breaks."""
        ends = np.isin(self.time_s, cuts_s)
        ends[[0, -1]] = True
        breaks = np.flatnonzero(np.diff(self.stretch))
        ends[breaks] = ends[breaks + 1] = True
        rows = np.flatnonzero(ends)
        same = self.stretch[rows[:-1]] == self.stretch[rows[1:]]
        return list(zip(rows[:-1][same].tolist(), rows[1:][same].tolist(), strict=True))

    def tile(self, part: tuple[int, int], starts_s: Floats) -> int:
        """Which tile a part lies in, by where the tiles start."""
        middle_s = (self.time_s[part[0]] + self.time_s[part[1]]) / 2
        return max(int(np.searchsorted(starts_s, middle_s, side="right")) - 1, 0)

    def path(self, part: tuple[int, int]) -> list[float]:
        """Longitude, latitude, longitude, … of one part, to about a metre."""
        rows = slice(part[0], part[1] + 1)
        pairs = np.column_stack((self.longitude[rows], self.latitude[rows]))
        flat: list[float] = pairs.round(5).ravel().tolist()
        return flat

    def position(self, row: int) -> list[float]:
        """Longitude and latitude of one row."""
        return self.path((row, row))


def prepare(
    samples: pd.DataFrame,
    pauses: Sequence[tuple[float, float]],
    cuts_s: Floats,
    tolerance_m: float = TOLERANCE_M,
) -> Route | None:
    """The route of :data:`runsous.frames.SAMPLES`, or ``None`` without any position.

    At every cut that falls inside an unbroken stretch there is a position, interpolated
    where no sample was taken at that moment.
    """
    stretch = series.stretches(samples, pauses)
    latitude, longitude = samples["latitude"].to_numpy(), samples["longitude"].to_numpy()
    rows = geo.positioned(latitude, longitude)
    rows = rows[stretch[rows] >= 0]
    if rows.size == 0:
        return None
    # Positions may be missing for longer than samples are: in a tunnel, between houses.
    time_s = samples["time_s"].to_numpy()[rows]
    lost = np.concatenate(([0], np.cumsum(np.diff(time_s) > series.gap_s(time_s))))
    route = Route(time_s, _centred(longitude[rows]), latitude[rows], stretch[rows] + lost)
    return _simplified(_with_cuts(route, cuts_s), cuts_s, tolerance_m)


def _centred(longitude: Floats) -> Floats:
    continuous = geo.unwrap(longitude)
    middle = (continuous.min() + continuous.max()) / 2
    centred: Floats = continuous - 360 * np.floor((middle + 180) / 360)
    return centred


def _with_cuts(route: Route, cuts_s: Floats) -> Route:
    at = np.searchsorted(route.time_s, cuts_s)
    inner = (at > 0) & (at < route.time_s.size)
    at, cuts_s = at[inner], cuts_s[inner]
    is_new = (route.stretch[at - 1] == route.stretch[at]) & (route.time_s[at] != cuts_s)
    at, cuts_s = at[is_new], cuts_s[is_new]
    return Route(
        np.insert(route.time_s, at, cuts_s),
        np.insert(route.longitude, at, np.interp(cuts_s, route.time_s, route.longitude)),
        np.insert(route.latitude, at, np.interp(cuts_s, route.time_s, route.latitude)),
        np.insert(route.stretch, at, route.stretch[at]),
    )


def _simplified(route: Route, cuts_s: Floats, tolerance_m: float) -> Route:
    keep = np.unique(np.array(route.parts(cuts_s), dtype=np.intp))
    kept = geo.simplify(route.latitude, route.longitude, tolerance_m, keep)
    while kept.sum() > max(_POINTS, 2 * keep.size) and tolerance_m < 2_000:
        tolerance_m *= 1.6
        kept = geo.simplify(route.latitude, route.longitude, tolerance_m, keep)
    return Route(
        route.time_s[kept], route.longitude[kept], route.latitude[kept], route.stretch[kept]
    )
