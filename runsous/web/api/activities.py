"""``/activities``: lists, facts, samples, songs, changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Path, Query, Response

from runsous import frames
from runsous.errors import InputError
from runsous.model import SAMPLE
from runsous.reports import activity as report
from runsous.reports import music as songs_on_route
from runsous.store import activities, users
from runsous.store.activities import Filter
from runsous.sync import songs, workouts
from runsous.web.api import answers
from runsous.web.api.context import Conn, User, When, Words, decode_cursor, encode_cursor, utc
from runsous.web.api.models import Activity, ActivityChange, ActivityPage, Music

router = APIRouter(tags=["activities"])
Id = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/activities")
def list_activities(
    conn: Conn,
    user: User,
    sport: Words | None = None,
    since: When | None = None,
    until: When | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: str | None = None,
) -> ActivityPage:
    """Activities, newest first."""
    wanted = Filter(sport=sport, since=utc(since), until=utc(until))
    rows = activities.after(conn, user, wanted, decode_cursor(cursor), limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    names = report.names(conn, user, [row["id"] for row in rows[:limit]])
    return ActivityPage(
        items=[_activity(row, names) for row in rows[:limit]],
        next_cursor=encode_cursor(last["start_time"], last["id"]) if last else None,
        total=activities.count(conn, user, wanted),
    )


@router.get("/activities/{activity_id}")
def get_activity(conn: Conn, user: User, activity_id: Id) -> Activity:
    """One activity's facts."""
    return _one(conn, user, activity_id)


@router.patch("/activities/{activity_id}")
def change_activity(conn: Conn, user: User, activity_id: Id, change: ActivityChange) -> Activity:
    """Renames an activity or shifts the songs on it."""
    given = change.model_dump(exclude_unset=True)
    activities.one(conn, user, activity_id)
    if "name" in given:
        activities.rename(conn, user, activity_id, (change.name or "").strip() or None)
        users.touch(conn, user)
    if change.music_offset_s is not None:
        songs.shift(conn, user, activity_id, change.music_offset_s)
    return _one(conn, user, activity_id)


@router.delete("/activities/{activity_id}", status_code=204)
def delete_activity(conn: Conn, user: User, activity_id: Id) -> None:
    """Removes an activity with its samples and files."""
    workouts.delete(conn, user, activity_id)


@router.get("/activities/{activity_id}/streams")
def get_streams(
    conn: Conn,
    user: User,
    activity_id: Id,
    channels: str | None = None,
    max_points: Annotated[int | None, Query(ge=1)] = None,
) -> dict[str, list[float | None]]:
    """Samples by channel; ``time_s`` counts from the start. Only what exists."""
    names = [n.strip() for n in channels.split(",")] if channels else list(frames.CHANNELS)
    unknown = sorted(set(names) - set(frames.SAMPLES))
    if unknown:
        known = ", ".join(frames.CHANNELS)
        raise InputError(f"There is no channel {unknown[0]!r}; there are: {known}.")
    found = report.samples(conn, user, activity_id, names, max_points)
    return {str(name): _nullable(found[name].to_numpy()) for name in found}


@router.get("/activities/{activity_id}/music", response_model=Music)
def get_music(
    conn: Conn,
    user: User,
    activity_id: Id,
    simplify: bool = True,
    tolerance: Annotated[float, Query(ge=0, le=10_000)] = 10.0,
) -> Response:
    """The songs on the activity as segments that tile it."""

    def make() -> bytes:
        found = songs_on_route.music(
            conn, user, activity_id, simplify=simplify, tolerance_m=tolerance
        )
        return Music.model_validate(found).model_dump_json().encode()

    versions = (
        users.one(conn, user)["data_version"],
        activities.one(conn, user, activity_id)["revision"],
    )
    key = (conn.engine.url, user, activity_id, *versions, simplify, tolerance)
    return Response(answers.kept(key, make), media_type="application/json")


def _one(conn: Conn, user: int, activity_id: int) -> Activity:
    row = activities.one(conn, user, activity_id)
    return _activity(row, report.names(conn, user, [activity_id]))


def _activity(row: Mapping[str, Any], names: Mapping[int, Mapping[str, str]]) -> Activity:
    facts = {name: row[name] for name in report.FACTS} | {"names": names.get(row["id"], {})}
    # As its plays do: what was made up must not pass for a recording.
    return Activity.model_validate(facts | {"source": SAMPLE} if row["is_sample"] else facts)


def _nullable(values: np.ndarray[Any, Any]) -> list[float | None]:
    found: list[float | None] = values.tolist()
    if not np.isnan(values).any():
        return found
    return [None if value != value else value for value in found]
