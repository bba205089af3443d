"""What the numbers of the FIT profile are called, and which sport of ours they mean."""

from __future__ import annotations

from math import isfinite
from typing import Final

from fitdecode import profile

from runsous.files.fit.messages import Table

_SPORTS: Final = {
    "running": "run",
    "cycling": "ride",
    "e_biking": "ride",
    "swimming": "swim",
    "walking": "walk",
    "hiking": "hike",
    "mountaineering": "hike",
    "snowshoeing": "hike",
    "rowing": "row",
    "cross_country_skiing": "ski",
    "alpine_skiing": "ski",
    "snowboarding": "ski",
    "inline_skating": "skate",
    "ice_skating": "skate",
    "transition": "transition",
    "training": "workout",
    "fitness_equipment": "workout",
    "hiit": "workout",
}
_SUB_SPORTS: Final = {
    "treadmill": "run",
    "indoor_running": "run",
    "indoor_walking": "walk",
    "indoor_cycling": "ride",
    "spin": "ride",
    "indoor_rowing": "row",
    "lap_swimming": "swim",
    "open_water": "swim",
    "elliptical": "elliptical",
    "strength_training": "strength",
    "yoga": "yoga",
    "cardio_training": "workout",
    "flexibility_training": "workout",
    "pilates": "workout",
    "stair_climbing": "workout",
}
"""What general sports ("training", none at all) become by their sub-sport."""

_GENERAL: Final = (None, "generic", "all", "training", "fitness_equipment")
_PLAIN: Final = ("running", "cycling", "swimming", "walking", "hiking", "rowing", "transition")
_GARMIN: Final = ("garmin", "dynastream", "dynastream_oem", "tacx")
_FIRST_OF_MAKERS: Final = 0xF7
_CONTENTS: Final = {
    "device": "a device's description",
    "settings": "settings",
    "sport": "settings of a sport",
    "workout": "a planned workout",
    "course": "a course",
    "schedules": "a schedule",
    "weight": "weights",
    "monitoring_a": "daily monitoring",
    "monitoring_daily": "daily monitoring",
    "monitoring_b": "daily monitoring",
    "segment": "a segment",
    "segment_list": "segments",
}


def _name(kind: str, number: float) -> str | None:
    if not isfinite(number):
        return None
    name = profile.FIELD_TYPES[kind].enum.get(int(number))
    return None if name is None else str(name)


def sport(number: float, sub_number: float) -> tuple[str, str | None]:
    """One of :data:`runsous.model.SPORTS`, and the finer word of the profile if there is one."""
    name, sub = _name("sport", number), _name("sub_sport", sub_number)
    if sub in ("generic", "all"):
        sub = None
    kind = _SPORTS.get(name or "", "other")
    if name in _GENERAL:
        kind = _SUB_SPORTS.get(sub or "", kind)
    is_plain = name in _GENERAL or name in _PLAIN
    return kind, sub or (None if is_plain else name)


def stroke(number: float) -> str | None:
    """The swimming stroke, as "freestyle"."""
    return _name("swim_stroke", number)


def contents(number: float) -> str | None:
    """What files of a type hold, ``None`` for activities and types nobody else knows."""
    name = _name("file", number)
    if name is None or name == "activity" or number >= _FIRST_OF_MAKERS:
        return None
    return _CONTENTS.get(name, f"{name.replace('_', ' ')} data")


def maker(number: float) -> str | None:
    """The manufacturer, as "garmin"."""
    return _name("manufacturer", number)


def device(origin: Table) -> str | None:
    """Manufacturer and product of a ``file_id`` in the profile's words, as "garmin fr945"."""
    numbers = zip(
        origin["manufacturer"], origin["product"], origin.text("product_name"), strict=True
    )
    for manufacturer, product, model in numbers:
        made_by = maker(manufacturer)
        name = model or (_name("garmin_product", product) if made_by in _GARMIN else None)
        if name and made_by and name.casefold().startswith(made_by.split("_")[0]):
            made_by = None
        return " ".join(word for word in (made_by, name) if word).replace("_", " ") or None
    return None
