"""Numbers and times as people read them; what is missing is "–", never 0."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from runsous.model import ON_FOOT

Units = Literal["km", "miles"]

MISSING = "–"
METRES_PER_MILE = 1609.344
METRES_PER_FOOT = 0.3048
METRES_PER_YARD = 0.9144

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PARTS_OF_DAY = ((5, "Night"), (11, "Morning"), (14, "Lunch"), (18, "Afternoon"), (22, "Evening"))
_SPORTS = {"other": "activity", "strength": "strength training"}


def is_missing(value: float | None) -> bool:
    """Whether there is nothing to show: ``None``, NaN or infinite."""
    return value is None or not math.isfinite(value)


def whole(value: float | None, unit: str = "") -> str:
    """ "152 bpm" """
    if value is None or is_missing(value):
        return MISSING
    return f"{value:,.0f} {unit}".rstrip()


def metres_per_unit(units: Units) -> float:
    """How long the runner's kilometre is."""
    return METRES_PER_MILE if units == "miles" else 1000.0


def distance(metres: float | None, units: Units) -> str:
    """ "850 m", "10.42 km", "128.4 km", "6.47 mi" """
    if metres is None or is_missing(metres):
        return MISSING
    if units == "km" and round(metres) < 1000:
        return f"{metres:.0f} m"
    length = metres / metres_per_unit(units)
    return f"{length:,.{2 if length < 99.995 else 1}f} {'mi' if units == 'miles' else 'km'}"


def elevation(metres: float | None, units: Units) -> str:
    """ "123 m" or "404 ft" """
    if units == "miles" and metres is not None:
        return whole(metres / METRES_PER_FOOT, "ft")
    return whole(metres, "m")


def pace(s_per_km: float | None, units: Units) -> str:
    """ "5:12 /km" or "8:22 /mi" """
    if s_per_km is None or is_missing(s_per_km):
        return MISSING
    if units == "miles":
        return f"{duration(s_per_km * METRES_PER_MILE / 1000)} /mi"
    return f"{duration(s_per_km)} /km"


def swim_pace(s_per_km: float | None, units: Units) -> str:
    """ "1:45 /100 m" or "1:36 /100 yd" """
    if s_per_km is None or is_missing(s_per_km):
        return MISSING
    if units == "miles":
        return f"{duration(s_per_km * METRES_PER_YARD / 10)} /100 yd"
    return f"{duration(s_per_km / 10)} /100 m"


def speed(metres_per_s: float | None, units: Units) -> str:
    """ "24.3 km/h" or "15.1 mph" """
    if metres_per_s is None or is_missing(metres_per_s):
        return MISSING
    per_hour = metres_per_s * 3600 / metres_per_unit(units)
    return f"{per_hour:.1f} {'mph' if units == 'miles' else 'km/h'}"


def movement(metres_per_s: float | None, sport: str, units: Units) -> str:
    """How fast, as is the custom of the sport; standing still has a speed but no pace.

    On foot in minutes per kilometre or mile; swimming has its own, all others a speed.
    """
    if metres_per_s is None or is_missing(metres_per_s):
        return MISSING
    if sport not in ON_FOOT and sport != "swim":
        return speed(metres_per_s, units)
    if metres_per_s <= 0:
        return MISSING
    s_per_km = 1000 / metres_per_s
    return swim_pace(s_per_km, units) if sport == "swim" else pace(s_per_km, units)


def duration(seconds: float | None) -> str:
    """ "4:05" or "1:02:03" """
    if seconds is None or is_missing(seconds):
        return MISSING
    sign, total = ("−" if round(seconds) < 0 else ""), abs(round(seconds))
    hours, minutes = divmod(total // 60, 60)
    if hours:
        return f"{sign}{hours}:{minutes:02}:{total % 60:02}"
    return f"{sign}{minutes}:{total % 60:02}"


def minutes(seconds: float | None) -> str:
    """ "40 s", "42 min" or "1 h 5 min" """
    if seconds is None or is_missing(seconds):
        return MISSING
    if round(seconds) < 60:
        return f"{seconds:.0f} s"
    hours, rest = divmod(round(seconds / 60), 60)
    if not hours:
        return f"{rest} min"
    return f"{hours:,} h {rest} min" if rest else f"{hours:,} h"


def zone(time_zone: str | None, utc_offset_s: float | None = None) -> tzinfo:
    """The zone to show an activity in: by name, else the offset of its start, else UTC."""
    if time_zone:
        try:
            return ZoneInfo(time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass  # a name this machine does not know; the offset still tells the hour
    if utc_offset_s is None or is_missing(utc_offset_s) or abs(utc_offset_s) >= 86_400:
        return UTC
    return timezone(timedelta(seconds=int(utc_offset_s)))


def clock(at: datetime | None, zone: tzinfo, *, with_seconds: bool = False) -> str:
    """ "18:04" or "18:04:09", in ``zone``"""
    if at is None:
        return MISSING
    return at.astimezone(zone).strftime("%H:%M:%S" if with_seconds else "%H:%M")


def day(at: datetime | None, zone: tzinfo, now: datetime) -> str:
    """ "Today", "Yesterday", "Mon 3 Nov" within this year, "Mon 3 Nov 2025" beyond"""
    if at is None:
        return MISSING
    date, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if date == today:
        return "Today"
    if date == today - timedelta(days=1):
        return "Yesterday"
    # Names by hand: strftime's depend on the machine's locale.
    name = f"{_DAYS[date.weekday()]} {date.day} {_MONTHS[date.month - 1]}"
    return name if date.year == today.year else f"{name} {date.year}"


def default_name(start_local: datetime, sport: str) -> str:
    """ "Morning run" for an activity nobody named"""
    part = next((name for until, name in _PARTS_OF_DAY if start_local.hour < until), "Night")
    return f"{part} {_SPORTS.get(sport, sport)}"


def certainty(word: str | None, plus_minus_s: float | None) -> str:
    """ "exact ± 1 s", "estimated ± 30 s", "uncertain ± 5 min" """
    if not word:
        return MISSING
    if plus_minus_s is None or is_missing(plus_minus_s):
        return word
    return f"{word} ± {minutes(plus_minus_s)}"
