"""What each file, and each service, says of an activity."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from runsous import settings
from runsous.analysis import geo, merging, recording
from runsous.errors import InputError
from runsous.files import strava_export
from runsous.model import Activity, Workout
from runsous.store import activities, activity_files, originals, users
from runsous.sync import readers

_THUMBNAIL_POINTS = 60


@dataclass(frozen=True)
class Source:
    """Where workouts came from: a file's bytes, or (``content`` None) an entry without one."""

    sha256: str
    kind: str
    path: str
    content: bytes | None = None
    facts: dict[str, Any] | None = None


def complete(
    conn: Connection, user_id: int, source: Source, workouts: Sequence[Workout]
) -> list[Activity | None]:
    """Each workout completed, or ``None`` where there is nothing to it (an empty leg).

    :class:`InputError` where there is nothing to the only one.
    """
    home_zone = _home_zone(conn, user_id)
    found: list[Activity | None] = []
    for workout in workouts:
        try:
            told = _with_facts(workout, source.facts)
            activity = recording.complete(told, home_zone=home_zone)
        except InputError:
            if len(workouts) == 1:
                raise
            activity = None
        found.append(activity)
    return found


def reread(conn: Connection, user_id: int, activity_id: int) -> dict[tuple[str, int], Activity]:
    """The activity as each of its files (hash and part) told it, from the originals."""
    home_zone = _home_zone(conn, user_id)
    found = {}
    for file in activity_files.of_activity(conn, user_id, activity_id):
        content = originals.content(conn, user_id, file.sha256)
        if content is None:
            workout = strava_export.to_workout(strava_entry(file.facts or {}))
        elif file.kind == "strava":
            from runsous.services.strava import parse as strava

            workout = strava.workout(json.loads(content))
        else:
            workout = _with_facts(readers.read(content).workouts[file.part], file.facts)
        found[file.sha256, file.part] = recording.complete(workout, home_zone=home_zone)
    return found


def given_name(
    conn: Connection, user_id: int, activity_id: int, tellings: Sequence[Activity]
) -> tuple[str | None] | None:
    """The name its owner gave an activity, where it is not the one its files tell."""
    stored = activities.one(conn, user_id, activity_id)["name"]
    return None if stored == merging.merge(tellings).name else (stored,)


def strava_entry(facts: dict[str, Any]) -> strava_export.StravaEntry:
    """An index entry as it was before it was stored as JSON."""
    start = facts.get("start_time")
    return strava_export.StravaEntry(
        **{**facts, "start_time": datetime.fromisoformat(start) if start else None}
    )


def _with_facts(workout: Workout, facts: dict[str, Any] | None) -> Workout:
    """The workout with what the archive's index says of it: the name its owner gave it."""
    if not facts or not workout.samples.size:
        return workout
    entry = strava_entry(facts)
    return replace(
        workout,
        name=entry.name or workout.name,
        description=entry.description or workout.description,
        external_id=entry.activity_id,
        sport=workout.sport if entry.sport == "other" else entry.sport,
        sub_sport=workout.sub_sport or entry.sub_sport,
    )


def _home_zone(conn: Connection, user_id: int) -> str:
    """The zone of recordings that tell none: their owner's choice, else the installation's."""
    own = users.one(conn, user_id)["settings"].get("home_zone")
    return str(own or settings.current().home_zone)


def thumbnail(activity: Activity) -> list[list[float]] | None:
    samples = activity.samples
    if samples["latitude"].notna().sum() < 2:
        return None
    return geo.encode_route(
        samples["latitude"].to_numpy(), samples["longitude"].to_numpy(), _THUMBNAIL_POINTS
    )
