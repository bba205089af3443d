"""Activities in Strava's JSON: the forms and keys that its answers really have."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from runsous.demo.services.world import Activity, Person, Streams

_WRITTEN: Final = "%Y-%m-%dT%H:%M:%SZ"
_TRACK_POINTS: Final = 120


def athlete(person: Person, *, is_detailed: bool) -> dict[str, Any]:
    """The athlete; weight, units and gear only in the detailed form."""
    first, _, last = person.name.partition(" ")
    found: dict[str, Any] = {
        "id": person.athlete_id,
        "username": None,
        "resource_state": 3 if is_detailed else 2,
        "firstname": first,
        "lastname": last,
        "city": None,
        "state": None,
        "country": None,
        "sex": None,
        "premium": False,
        "created_at": "2019-04-01T08:00:00Z",
        "updated_at": "2026-10-01T08:00:00Z",
        "profile": "avatar/athlete/large.png",
    }
    if is_detailed:
        found |= {"ftp": None, "weight": 68.0, "measurement_preference": "meters"}
        found |= {"bikes": [], "shoes": []}
    return found


def summary(person: Person, activity: Activity) -> dict[str, Any]:
    """The summary; what has no data is absent, not null."""
    moving = activity.moving_s
    return {
        "resource_state": 2,
        "athlete": {"id": person.athlete_id, "resource_state": 1},
        "name": activity.name,
        "distance": round(activity.distance_m, 1),
        "moving_time": moving,
        "elapsed_time": activity.elapsed_s,
        "total_elevation_gain": 0,
        "type": _old_type(activity.sport_type),
        "sport_type": activity.sport_type,
        "workout_type": None,
        "id": activity.id,
        **_times(activity),
        "achievement_count": 0,
        "kudos_count": 0,
        "comment_count": 0,
        "athlete_count": 1,
        "photo_count": 0,
        "map": {"id": f"a{activity.id}", "summary_polyline": "", "resource_state": 2},
        "trainer": False,
        "commute": False,
        "manual": activity.streams is None,
        "private": activity.visibility == "only_me",
        "visibility": activity.visibility,
        "flagged": False,
        "gear_id": None,
        "start_latlng": [],
        "end_latlng": [],
        "average_speed": round(activity.distance_m / moving, 3) if moving else 0.0,
        "max_speed": 0.0,
        "has_heartrate": "average_heartrate" in activity.facts,
        "upload_id": None if activity.streams is None else activity.id + 7_000,
        "external_id": None if activity.streams is None else f"garmin_ping_{activity.id}",
        "suffer_score": None,
        **activity.facts,
    }


def detailed(person: Person, activity: Activity) -> dict[str, Any]:
    """The detailed form, with laps."""
    found = summary(person, activity) | {
        "resource_state": 3,
        "description": None,
        "calories": 0.0,
        "perceived_exertion": None,
        "hide_from_home": False,
        "splits_metric": [],
        "segment_efforts": [],
        "best_efforts": [],
        "laps": laps(person, activity),
        **activity.details,
    }
    found["map"] = found["map"] | {
        "polyline": found["map"]["summary_polyline"],
        "resource_state": 3,
    }
    return found


def laps(person: Person, activity: Activity) -> list[dict[str, Any]]:
    """The laps, with their first and last sample's index in the streams."""
    time = activity.streams()["time"] if activity.streams and activity.laps else []
    last = max(len(time) - 1, 0)
    found = []
    for number, lap in enumerate(activity.laps, 1):
        moving = lap.timer_s or lap.elapsed_s
        start = datetime.fromtimestamp(activity.start_s + int(lap.start_s), UTC)
        local = start.astimezone(ZoneInfo(activity.time_zone))
        found.append(
            {
                "id": activity.id * 100 + number,
                "resource_state": 2,
                "name": f"Lap {number}",
                "activity": {"id": activity.id, "resource_state": 1},
                "athlete": {"id": person.athlete_id, "resource_state": 1},
                "elapsed_time": round(lap.elapsed_s),
                "moving_time": round(moving),
                "start_date": start.strftime(_WRITTEN),
                "start_date_local": local.strftime(_WRITTEN),
                "distance": round(lap.distance_m or 0.0, 1),
                "average_speed": round((lap.distance_m or 0.0) / moving, 2) if moving else 0.0,
                "max_speed": 0.0,
                "lap_index": number,
                "split": number,
                "start_index": min(bisect_left(time, lap.start_s), last),
                "end_index": min(bisect_left(time, lap.start_s + lap.elapsed_s), last),
                "total_elevation_gain": 0.0,
                "device_watts": False,
                "pace_zone": 0,
            }
        )
    return found


def streams(found: Streams, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The asked types that have data, and ``distance`` always."""
    wanted = [key for key in found if key in {*keys, "distance"}]
    return {
        key: {
            "data": found[key],
            "series_type": "distance",
            "original_size": len(found[key]),
            "resolution": "high",
        }
        for key in wanted
    }


def polyline(points: list[list[float]]) -> str:
    """At most some hundred of the points in Google's encoding."""
    step = max(len(points) // _TRACK_POINTS, 1)
    text, before = "", (0, 0)
    for latitude, longitude in points[::step]:
        here = round(latitude * 1e5), round(longitude * 1e5)
        text += _encoded(here[0] - before[0]) + _encoded(here[1] - before[1])
        before = here
    return text


def shown_start_s(activity: Activity) -> int:
    """The start as it is shown: a second past midnight of its day if hidden."""
    start, _ = _shown(activity)
    return int(start.timestamp())


def _times(activity: Activity) -> dict[str, Any]:
    zone = ZoneInfo(activity.time_zone)
    start, local = _shown(activity)
    true = datetime.fromtimestamp(activity.start_s, zone)
    offset = true.utcoffset() or timedelta()
    standard = offset - (true.dst() or timedelta())
    minutes = abs(int(standard.total_seconds())) // 60
    sign = "-" if standard < timedelta() else "+"
    return {
        "start_date": start.strftime(_WRITTEN),
        # Wall time, and yet with the letter of UTC.
        "start_date_local": local.strftime(_WRITTEN),
        "timezone": f"(GMT{sign}{minutes // 60:02}:{minutes % 60:02}) {activity.time_zone}",
        "utc_offset": offset.total_seconds(),
    }


def _shown(activity: Activity) -> tuple[datetime, datetime]:
    start = datetime.fromtimestamp(activity.start_s, UTC)
    local = start.astimezone(ZoneInfo(activity.time_zone))
    if activity.is_start_hidden:
        hidden = datetime(local.year, local.month, local.day, 0, 0, 1, tzinfo=UTC)
        return hidden, hidden
    return start, local


def _old_type(sport_type: str) -> str:
    return {"TrailRun": "Run", "MountainBikeRide": "Ride", "GravelRide": "Ride"}.get(
        sport_type, sport_type
    )


def _encoded(value: int) -> str:
    left = ~(value << 1) if value < 0 else value << 1
    text = ""
    while left >= 0x20:
        text += chr((0x20 | (left & 0x1F)) + 63)
        left >>= 5
    return text + chr(left + 63)
