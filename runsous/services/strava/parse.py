"""From Strava's answers to what they say of a workout.

Traps of the format: ``start_date_local`` ends in "Z" but is wall time; what has no data is
absent, null or ``[]``; entries of streams can be null; time goes on in uneven steps.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from runsous import frames
from runsous.histories.plays import number, tidy
from runsous.model import Lap, Workout
from runsous.services.strava import sports

STREAMS: Final[Mapping[str, str]] = {
    "distance": "distance_m",
    "altitude": "altitude_m",
    "velocity_smooth": "speed_mps",
    "heartrate": "heartrate",
    "cadence": "cadence",
    "watts": "power_w",
    "temp": "temperature_c",
}
"""Strava's names of channels; besides there are ``time`` and ``latlng``."""

_FACTS: Final = (
    "id",
    "name",
    "sport_type",
    "type",
    "start_date",
    "start_date_local",
    "timezone",
    "utc_offset",
    "elapsed_time",
    "moving_time",
    "distance",
    "total_elevation_gain",
    "average_heartrate",
    "max_heartrate",
    "average_cadence",
    "trainer",
    "manual",
    "visibility",
    "upload_id",
)
"""What both list and details tell, and likes of others do not change."""

_SHAPE: Final = ("start_date", "elapsed_time", "moving_time", "distance", "manual", "upload_id")
_LAP: Final = ("start_date", "elapsed_time", "moving_time", "distance", "start_index")

_HIDDEN: Final = time(0, 0, 1)
_PAUSE_S: Final = 5.0
_USUAL_STEPS: Final = 4
_STANDING_MPS: Final = 0.5
_SLACK_S: Final = 2.0
_LONGEST_DESCRIPTION: Final = 10_000
_UNSTORABLE: Final = re.compile("[\\x00\\ud800-\\udfff]")


def is_summary(told: Any) -> bool:
    """Whether this names an activity and when it began, which nothing goes without."""
    return (
        isinstance(told, dict)
        and type(told.get("id")) is int
        and 0 < told["id"] < 1 << 63
        and _moment(told.get("start_date")) is not None
    )


def summary(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of an activity in the list; the same when taken from its details."""
    return {name: _kept(told[name]) for name in _FACTS if told.get(name) is not None}


def detail(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of an activity's details besides."""
    laps = told.get("laps")
    kept = {name: _kept(told[name]) for name in ("description", "device_name") if told.get(name)}
    return kept | {
        "laps": [
            {name: lap[name] for name in _LAP if lap.get(name) is not None}
            for lap in (laps if isinstance(laps, list) else ())
            if isinstance(lap, dict)
        ]
    }


def _kept(value: Any) -> Any:
    """A value that can be stored: JSON knows characters that databases do not."""
    return _UNSTORABLE.sub("", value) if isinstance(value, str) else value


def shape(summary: Mapping[str, Any]) -> tuple[Any, ...]:
    """What changes when the recording itself was changed: cropped, or corrected."""
    return tuple(summary.get(name) for name in _SHAPE)


def start(summary: Mapping[str, Any]) -> datetime:
    """When the activity began; a second past midnight of its day where that is hidden."""
    return _start(summary)[0]


def latest_start(summary: Mapping[str, Any]) -> datetime:
    """The latest moment at which it can have begun, where only the day is told."""
    begun, _, is_hidden = _start(summary)
    # The day on which summer time ends has 25 hours.
    return begun + timedelta(hours=25) if is_hidden else begun


def streams(told: Any) -> dict[str, list[Any]]:
    """The values of each type, of an answer keyed by type or listing them.

    Raises :class:`ValueError` where they do not belong together: one is shorter than another,
    there is no time to them, or a value is no number.
    """
    if isinstance(told, list):
        if not all(isinstance(each, dict) for each in told):
            raise ValueError("not a list of streams")
        told = {str(each.get("type")): each for each in told}
    if not isinstance(told, dict):
        raise ValueError("not an object of streams")
    found = {}
    for name in ("time", "latlng", *STREAMS):
        values = told.get(name)
        values = values.get("data") if isinstance(values, dict) else values
        if values is not None and not isinstance(values, list):
            raise ValueError(f"{name} is not a list")
        if values:
            found[name] = values
    if len({len(values) for values in found.values()}) > 1:
        raise ValueError("streams differ in length")
    if told and "time" not in found:
        raise ValueError("streams without a time")
    for name, values in found.items():
        _places(values) if name == "latlng" else _numbers(values)
    return found


def workout(document: Mapping[str, Any]) -> Workout:
    """The workout that ``summary``, ``streams`` and ``detail`` (``None``: not asked for, or there
    are none) of a document describe.

    Where Strava hides the time of day it begins a second past midnight of its day.
    """
    told, more = document["summary"], document.get("detail") or {}
    found = streams(document.get("streams") or {})
    samples = _samples(found)
    begun, offset_s, is_hidden = _start(told)
    sport, sub_sport = sports.sport(told)
    elapsed_s, moving_s = _number(told, "elapsed_time"), _number(told, "moving_time")
    return Workout(
        kind="strava",
        start_time=begun,
        sport=sport,
        sub_sport=sub_sport,
        samples=samples,
        elapsed_time_s=elapsed_s,
        timer_time_s=moving_s,
        distance_m=_number(told, "distance"),
        elevation_gain_m=_number(told, "total_elevation_gain"),
        average_heartrate=_number(told, "average_heartrate"),
        max_heartrate=_number(told, "max_heartrate"),
        average_cadence=_number(told, "average_cadence"),
        pauses=_pauses(samples, elapsed_s, moving_s),
        laps=_laps(more.get("laps"), found.get("time", []), told["start_date"]),
        utc_offset_s=offset_s,
        time_zone=_zone(told.get("timezone")),
        name=tidy(str(told.get("name") or "")),
        description=_paragraphs(more.get("description")),
        device=tidy(str(more.get("device_name") or "")),
        external_id=str(told["id"]),
        is_start_hidden=is_hidden,
    )


def _start(told: Mapping[str, Any]) -> tuple[datetime, int | None, bool]:
    """When it began, how far local time was ahead (s), and whether the time of day is hidden."""
    begun = _moment(told["start_date"])
    if begun is None:
        raise ValueError("an activity without a start")
    local = _moment(told.get("start_date_local"))
    is_hidden = (local or begun).time() == _HIDDEN
    offset = number(told.get("utc_offset"))
    if math.isnan(offset):
        if local is None or is_hidden:
            return begun, None, is_hidden
        return begun, round((local - begun).total_seconds()), False
    if is_hidden:
        # Both times are local then: in the west the day would else be the one before.
        begun = (local or begun) - timedelta(seconds=round(offset))
    return begun, round(offset), is_hidden


def _moment(written: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(written)
    except (TypeError, ValueError):
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _zone(told: Any) -> str | None:
    """ "Europe/Berlin" of "(GMT+01:00) Europe/Berlin"."""
    return told.rpartition(") ")[2].strip() or None if isinstance(told, str) else None


def _samples(found: Mapping[str, list[Any]]) -> pd.DataFrame:
    if "time" not in found:
        return frames.samples()
    columns = {STREAMS[name]: _numbers(found[name]) for name in STREAMS if name in found}
    if "latlng" in found:
        columns["latitude"], columns["longitude"] = _places(found["latlng"])
    return frames.samples(time_s=_numbers(found["time"]), **columns)


def _numbers(values: list[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    # None becomes NaN; a text or a list is no number.
    if any(isinstance(value, str) for value in values):
        raise ValueError("not a number")
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, OverflowError):
        raise ValueError("not a number") from None


def _places(values: list[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Latitudes and longitudes; a place that is null or ``[]`` is unknown."""
    pairs = [value or (None, None) for value in values]
    return _numbers(pairs).reshape(len(values), 2).T


def _pauses(
    samples: pd.DataFrame, elapsed_s: float | None, moving_s: float | None
) -> tuple[tuple[float, float], ...] | None:
    """Jumps in time over which no way was made, as a stopped watch leaves them.

    ``None`` where that cannot be told: without a distance, or if there were more of them than
    Strava's own moving time leaves room for.
    """
    known = samples.loc[samples["distance_m"].notna(), ["time_s", "distance_m"]].to_numpy()
    if len(known) < 2 or elapsed_s is None or moving_s is None:
        return None
    times, way = known[:, 0], known[:, 1]
    step_s, step_m = np.diff(times), np.diff(way)
    usual_s = float(np.median(step_s))
    is_jump = (step_s >= _PAUSE_S) & (step_s > _USUAL_STEPS * usual_s)
    at = np.flatnonzero(is_jump & (step_m < _STANDING_MPS * step_s))
    room_s = elapsed_s - moving_s + _SLACK_S + 0.01 * elapsed_s
    if float((step_s[at] - usual_s).sum()) > room_s:
        return None
    return tuple((float(times[row]), float(times[row + 1])) for row in at)


def _laps(told: Any, times: list[Any], began: str) -> tuple[Lap, ...]:
    laps = [lap for lap in told or () if isinstance(lap, dict)] if isinstance(told, list) else []
    found: list[Lap] = []
    for lap in laps:
        elapsed_s = _number(lap, "elapsed_time")
        if elapsed_s is None:
            continue
        start_s = _lap_start_s(lap, times, began)
        if start_s is None:
            start_s = found[-1].start_s + found[-1].elapsed_s if found else 0.0
        moving_s, way_m = _number(lap, "moving_time"), _number(lap, "distance")
        found.append(Lap(start_s, elapsed_s, moving_s, way_m))
    return tuple(found)


def _lap_start_s(lap: Mapping[str, Any], times: list[Any], began: str) -> float | None:
    """By its first sample, which stays true where times of day are hidden; else by the clock."""
    index = lap.get("start_index")
    if type(index) is int and 0 <= index < len(times) and times[index] is not None:
        return float(times[index])
    own, whole = _moment(lap.get("start_date")), _moment(began)
    if own is None or whole is None or own.time() == _HIDDEN:
        return None
    return (own - whole).total_seconds()


def _number(told: Mapping[str, Any], name: str) -> float | None:
    value = number(told.get(name))
    return None if math.isnan(value) else value


def _paragraphs(description: Any) -> str | None:
    if not isinstance(description, str):
        return None
    lines = [tidy(line) or "" for line in description[:_LONGEST_DESCRIPTION].splitlines()]
    return "\n".join(lines).strip() or None
