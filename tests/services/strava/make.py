"""Strava's JSON for tests, made in code."""

from __future__ import annotations

from typing import Any

SUMMARY = {
    "resource_state": 2,
    "athlete": {"id": 101, "resource_state": 1},
    "name": "Morning Run",
    "distance": 9000.0,
    "moving_time": 3000,
    "elapsed_time": 3000,
    "total_elevation_gain": 61.0,
    "type": "Run",
    "sport_type": "Run",
    "workout_type": None,
    "id": 16_000_000_001,
    "start_date": "2026-06-20T05:30:00Z",
    "start_date_local": "2026-06-20T07:30:00Z",
    "timezone": "(GMT+01:00) Europe/Berlin",
    "utc_offset": 7200.0,
    "manual": False,
    "trainer": False,
    "visibility": "everyone",
    "start_latlng": [],
    "end_latlng": None,
    "average_cadence": 81.5,
    "average_heartrate": 148.3,
    "max_heartrate": 171.0,
    "upload_id": 7,
    "external_id": None,
    "kudos_count": 3,
}


def told(
    summary: dict[str, Any] | None = None,
    detail: dict[str, Any] | None = None,
    **streams: list[Any],
) -> dict[str, Any]:
    """A document: the usual summary with some changes, and these streams, if any."""
    return {
        "summary": SUMMARY | (summary or {}),
        "streams": keyed(**streams) if streams else None,
        "detail": detail,
    }


def keyed(**streams: list[Any]) -> dict[str, Any]:
    """Streams as with ``key_by_type``."""
    return {
        name: {
            "data": values,
            "series_type": "distance",
            "original_size": len(values),
            "resolution": "high",
        }
        for name, values in streams.items()
    }
