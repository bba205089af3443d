"""Which files each activity came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from runsous.store.schema import activities, activity_files


@dataclass(frozen=True)
class File:
    """One file an activity came from: ``part`` counts the activities within the file;
    start, duration and sport are what this file alone says.
    """

    sha256: str
    part: int
    kind: str
    path: str
    start_time: datetime
    elapsed_time_s: float
    sport: str
    facts: dict[str, Any] | None = None


def save(conn: Connection, user_id: int, activity_id: int, files: Iterable[File]) -> None:
    """Notes which files the activity came from."""
    rows = [{**vars(file), "user_id": user_id, "activity_id": activity_id} for file in files]
    conn.execute(insert(activity_files), rows)


def of_activity(conn: Connection, user_id: int, activity_id: int) -> list[File]:
    """The files an activity came from, in a fixed order."""
    columns = (activity_files.c[f.name] for f in fields(File))
    query = (
        select(*columns)
        .where(activity_files.c.user_id == user_id, activity_files.c.activity_id == activity_id)
        .order_by(activity_files.c.sha256, activity_files.c.part)
    )
    return [File(**row._asdict()) for row in conn.execute(query)]


def of_content(conn: Connection, user_id: int, sha256: str) -> dict[int, tuple[int, bool]]:
    """By part, the activity that came from the file with this hash (SHA-256), and whether
    the index of an archive told something of it.
    """
    query = select(
        activity_files.c.part, activity_files.c.activity_id, activity_files.c.facts.is_not(None)
    ).where(activity_files.c.user_id == user_id, activity_files.c.sha256 == sha256)
    return {part: (activity_id, told) for part, activity_id, told in conn.execute(query)}


def between(
    conn: Connection, user_id: int, since: datetime, until: datetime, longest: timedelta
) -> list[tuple[int, datetime, float, str]]:
    """Activity, start, duration and sport of every file that overlaps ``[since, until]``, unless
    the activity's time of day is hidden.

    None lasts longer than ``longest``: with it the index finds them among thousands.
    """
    end = activity_files.c.start_time + func.make_interval(
        0, 0, 0, 0, 0, 0, activity_files.c.elapsed_time_s
    )
    names = ("activity_id", "start_time", "elapsed_time_s", "sport")
    query = (
        select(*(activity_files.c[name] for name in names))
        .join(activities, activities.c.id == activity_files.c.activity_id)
        .where(
            activity_files.c.user_id == user_id,
            activity_files.c.start_time.between(since - longest, until),
            end >= since,
            ~activities.c.is_start_hidden,
        )
    )
    return [(row[0], row[1], row[2], row[3]) for row in conn.execute(query)]


def namesakes(conn: Connection, user_id: int, external_id: str) -> list[tuple[int, bool]]:
    """The activities of this id at a service, and whether their time of day is hidden."""
    query = select(activities.c.id, activities.c.is_start_hidden).where(
        activities.c.user_id == user_id, activities.c.external_id == external_id
    )
    return [(row[0], row[1]) for row in conn.execute(query)]


def hand_over(conn: Connection, user_id: int, source: Sequence[int], target: int) -> None:
    """Lets the files of some activities belong to another one."""
    conn.execute(
        update(activity_files)
        .where(activity_files.c.user_id == user_id, activity_files.c.activity_id.in_(source))
        .values(activity_id=target)
    )


def forget(conn: Connection, user_id: int, sha256: str, part: int) -> None:
    """Lets a part of a file belong to no activity any more."""
    conn.execute(
        delete(activity_files).where(
            activity_files.c.user_id == user_id,
            activity_files.c.sha256 == sha256,
            activity_files.c.part == part,
        )
    )
