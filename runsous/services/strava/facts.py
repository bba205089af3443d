"""What of Strava's answers is kept: no more than the run and its songs need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

_SHAPE: Final = ("start_date", "elapsed_time", "moving_time", "distance", "manual")
_SUMMARY: Final = (
    "id",
    "name",
    "type",
    "sport_type",
    "start_date_local",
    "timezone",
    "utc_offset",
    "total_elevation_gain",
    "average_heartrate",
    "max_heartrate",
    "average_cadence",
    "trainer",
    *_SHAPE,
)
_DETAIL: Final = ("description", "device_name")
_LAP: Final = ("start_date", "start_index", "elapsed_time", "moving_time", "distance")


def summary(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a list, or the activity itself, tells of it. Of two that are equal nothing changed:
    how many liked it is not among it.
    """
    return _some(told, _SUMMARY)


def shape(kept: Mapping[str, Any]) -> dict[str, Any]:
    """What of a summary cannot change without its samples."""
    return _some(kept, _SHAPE)


def detail(told: Mapping[str, Any]) -> dict[str, Any]:
    """What only the activity itself tells: description, device, laps."""
    laps = told.get("laps")
    known = [_some(lap, _LAP) for lap in laps or () if isinstance(lap, dict)]
    return {**_some(told, _DETAIL), "laps": known if isinstance(laps, list) else []}


def start(kept: Mapping[str, Any]) -> datetime:
    """When it began, in UTC; a second past midnight where that is hidden."""
    return datetime.fromisoformat(kept["start_date"])


def _some(told: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: told[name] for name in names if told.get(name) is not None}
