"""Time zones: which one a place lies in, what a name stands for, which offset holds when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from runsous.analysis.geo import Floats, unwrap
from runsous.errors import InputError

FIRST_FIXES = 15
"""How many fixes at the start decide the zone: one alone may be a stray."""


def zone_of(latitude: float, longitude: float) -> str | None:
    """The IANA zone of a place in degrees, ``Etc/GMT±n`` on the high seas.

    ``None`` when the place is unknown (NaN) or not on earth.
    """
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    # Importing opens the boundary files, half a second that most commands never need.
    # The package's own function keeps one finder for all threads and reads from disk.
    from timezonefinder import timezone_at

    return timezone_at(lat=latitude, lng=longitude)


def zone_of_route(latitude: Floats, longitude: Floats) -> str | None:
    """The IANA zone in which a route starts: at the median of its first fixes.

    A zone is a matter of where it began; who runs across a border keeps one clock.
    """
    rows = np.flatnonzero(np.isfinite(latitude) & np.isfinite(longitude))[:FIRST_FIXES]
    if rows.size == 0:
        return None
    east = float(np.median(unwrap(longitude[rows])))
    return zone_of(float(np.median(latitude[rows])), (east + 180) % 360 - 180)


def is_zone(name: str) -> bool:
    """Whether the time zone database knows the name."""
    return name.strip().casefold() in _names()


def valid_zone(name: str) -> str:
    """The zone's name as the time zone database spells it, whatever case it was given in.

    Legacy aliases ("Asia/Calcutta"), which browsers still report, are names like any other.
    Raises :class:`InputError` for a name that is in no database.
    """
    try:
        return _names()[name.strip().casefold()]
    except KeyError:
        raise InputError(
            f"“{name[:60]}” is not a time zone; use a name such as Europe/Berlin or UTC"
        ) from None


def offset_s(zone: str, at: datetime) -> int:
    """Seconds that local time in ``zone`` is ahead of UTC at that (aware) instant."""
    offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    return 0 if offset is None else round(offset.total_seconds())


@cache
def _names() -> Mapping[str, str]:
    # "localtime" is whatever the server runs in and "Factory" means unset: no user's zone.
    return {name.casefold(): name for name in available_timezones() - {"Factory", "localtime"}}
