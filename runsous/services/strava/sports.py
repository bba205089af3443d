"""Strava's words for sports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from runsous.histories.plays import tidy

_SPORTS: Final[Mapping[str, tuple[str, str | None]]] = {
    "Run": ("run", None),
    "TrailRun": ("run", "trail"),
    "VirtualRun": ("run", "virtual"),
    "Ride": ("ride", None),
    "EBikeRide": ("ride", "e_bike"),
    "EMountainBikeRide": ("ride", "e_bike"),
    "GravelRide": ("ride", "gravel"),
    "MountainBikeRide": ("ride", "mountain"),
    "VirtualRide": ("ride", "virtual"),
    "Handcycle": ("ride", None),
    "Velomobile": ("ride", None),
    "Swim": ("swim", None),
    "Walk": ("walk", None),
    "Hike": ("hike", None),
    "Snowshoe": ("hike", None),
    "Rowing": ("row", None),
    "VirtualRow": ("row", "virtual"),
    "AlpineSki": ("ski", None),
    "BackcountrySki": ("ski", None),
    "NordicSki": ("ski", None),
    "RollerSki": ("ski", None),
    "Snowboard": ("ski", None),
    "IceSkate": ("skate", None),
    "InlineSkate": ("skate", None),
    "Skateboard": ("skate", None),
    "Elliptical": ("elliptical", None),
    "WeightTraining": ("strength", None),
    "Yoga": ("yoga", None),
    "Crossfit": ("workout", None),
    "HighIntensityIntervalTraining": ("workout", None),
    "Pilates": ("workout", None),
    "StairStepper": ("workout", None),
    "Workout": ("workout", None),
}

_INDOORS: Final[Mapping[str, str]] = {"run": "treadmill", "ride": "indoor_cycling"}


def sport(told: Mapping[str, Any]) -> tuple[str, str | None]:
    """One of ``model.SPORTS`` and its variety; what is none of them is "other", the variety
    then being Strava's own word ("Table Tennis").
    """
    name = str(told.get("sport_type") or told.get("type") or "")
    if name not in _SPORTS:
        return "other", tidy("".join(f" {c}" if c.isupper() else c for c in name))
    kind, variety = _SPORTS[name]
    return kind, variety or (_INDOORS.get(kind) if told.get("trainer") is True else None)
