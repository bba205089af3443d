"""Activities with their laps, pauses, lengths and the files they came from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, or_, select, update

from runsous import frames
from runsous.errors import NotFound
from runsous.model import Activity
from runsous.store import streams
from runsous.store.schema import (
    activities,
    artists,
    laps,
    pauses,
    pool_lengths,
    segments,
    tracks,
)

_FACTS = tuple(
    f.name
    for f in fields(Activity)
    if f.name not in {"kind", "samples", "pauses", "laps", "lengths", "notes"}
)


@dataclass(frozen=True)
class Filter:
    """Which activities: words in name, song or artist; sport; half-open time range; music.

    ``days`` are the first and the last day, as the calendar said where each activity was.
    """

    search: str = ""
    sport: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    with_songs: bool = False
    days: tuple[date, date] | None = None


_N_PAUSES = (
    select(func.count())
    .where(pauses.c.activity_id == activities.c.id, pauses.c.user_id == activities.c.user_id)
    .correlate(activities)
    .scalar_subquery()
    .label("n_pauses")
)

SORTS = {
    "newest": (activities.c.start_time.desc(), activities.c.id.desc()),
    "oldest": (activities.c.start_time, activities.c.id),
    "longest": (activities.c.distance_m.desc().nulls_last(), activities.c.id.desc()),
    "duration": (activities.c.elapsed_time_s.desc(), activities.c.id.desc()),
    "fastest": (activities.c.average_speed_mps.desc().nulls_last(), activities.c.id.desc()),
    "songs": (activities.c.n_songs.desc(), activities.c.start_time.desc()),
}


def save(
    conn: Connection,
    user_id: int,
    activity: Activity,
    *,
    route: list[list[float]] | None,
    is_sample: bool = False,
) -> int:
    """Stores a new activity with all its samples; its id."""
    row = {**_facts(activity, route), "user_id": user_id, "is_sample": is_sample}
    activity_id = conn.execute(insert(activities).values(row).returning(activities.c.id)).scalar()
    assert activity_id is not None  # noqa: S101 - RETURNING always yields the new row
    _save_parts(conn, user_id, activity_id, activity)
    return int(activity_id)


def replace(
    conn: Connection,
    user_id: int,
    activity_id: int,
    activity: Activity,
    *,
    route: list[list[float]] | None,
) -> None:
    """Puts richer facts and samples in the place of those stored; id, files and songs stay.

    Raises :class:`NotFound` if it is not this user's.
    """
    changed = {**_facts(activity, route), "revision": activities.c.revision + 1}
    found = conn.execute(update(activities).where(_own(user_id, activity_id)).values(changed))
    if found.rowcount == 0:
        raise NotFound("There is no such activity.")
    for table in (laps, pauses, pool_lengths):
        mine = and_(table.c.activity_id == activity_id, table.c.user_id == user_id)
        conn.execute(delete(table).where(mine))
    streams.delete(conn, user_id, activity_id)
    _save_parts(conn, user_id, activity_id, activity)


def one(conn: Connection, user_id: int, activity_id: int) -> dict[str, Any]:
    """The row of ``activities`` plus ``n_pauses``; :class:`NotFound` if not this user's."""
    query = select(activities, _N_PAUSES)
    row = conn.execute(query.where(_own(user_id, activity_id))).one_or_none()
    if row is None:
        raise NotFound("There is no such activity.")
    return row._asdict()


def frame(
    conn: Connection,
    user_id: int,
    wanted: Filter | None = None,
    *,
    sort: str = "newest",
    page: tuple[int, int] = (0, 50),
) -> tuple[list[dict[str, Any]], int]:
    """Rows as :func:`one` yields them, ``page`` = (offset, limit), and how many there are."""
    where = _where(user_id, wanted or Filter())
    offset, limit = page
    query = (
        select(activities, _N_PAUSES)
        .where(where)
        .order_by(*SORTS[sort])
        .offset(offset)
        .limit(limit)
    )
    return [row._asdict() for row in conn.execute(query)], count(conn, user_id, wanted)


def count(conn: Connection, user_id: int, wanted: Filter | None = None) -> int:
    """How many activities there are."""
    query = select(func.count()).select_from(activities)
    return int(conn.execute(query.where(_where(user_id, wanted or Filter()))).scalar() or 0)


def after(
    conn: Connection, user_id: int, wanted: Filter, cursor: tuple[datetime, int] | None, limit: int
) -> list[dict[str, Any]]:
    """Newest first from behind ``cursor`` (start time and id of the last one seen).

    Rows as :func:`one` yields them, but without the thumbnail of the route.
    """
    where = _where(user_id, wanted)
    if cursor is not None:
        start, last = cursor
        older = activities.c.start_time < start
        beside = and_(activities.c.start_time == start, activities.c.id < last)
        where = and_(where, or_(older, beside))
    columns = [column for column in activities.c if column.name != "route"]
    query = select(*columns, _N_PAUSES).where(where)
    return [row._asdict() for row in conn.execute(query.order_by(*SORTS["newest"]).limit(limit))]


def remove(conn: Connection, user_id: int, activity_id: int) -> None:
    """Deletes an activity and everything that hangs on it; :class:`NotFound` if not theirs."""
    found = conn.execute(delete(activities).where(_own(user_id, activity_id)))
    if found.rowcount == 0:
        raise NotFound("There is no such activity.")
    streams.delete(conn, user_id, activity_id)


def remove_sample(conn: Connection, user_id: int) -> None:
    """Deletes all activities of the sample with everything that hangs on them."""
    mine = and_(activities.c.user_id == user_id, activities.c.is_sample)
    for activity_id in conn.execute(delete(activities).where(mine).returning(activities.c.id)):
        streams.delete(conn, user_id, activity_id[0])


def set_offset(conn: Connection, user_id: int, activity_id: int, offset_s: float) -> None:
    """Sets the seconds by which all plays are shifted on this activity."""
    found = conn.execute(
        update(activities)
        .where(_own(user_id, activity_id))
        .values(music_offset_s=offset_s, revision=activities.c.revision + 1)
    )
    if found.rowcount == 0:
        raise NotFound("There is no such activity.")


def rename(conn: Connection, user_id: int, activity_id: int, name: str | None) -> None:
    """Gives the activity another name; ``None`` falls back to the time of day."""
    conn.execute(update(activities).where(_own(user_id, activity_id)).values(name=name))


def pauses_of(conn: Connection, user_id: int, activity_id: int) -> tuple[tuple[float, float], ...]:
    """Pauses as (start, end) in seconds after the activity's start, in order."""
    query = (
        select(pauses.c.start_s, pauses.c.end_s)
        .where(pauses.c.user_id == user_id, pauses.c.activity_id == activity_id)
        .order_by(pauses.c.start_s)
    )
    return tuple((row.start_s, row.end_s) for row in conn.execute(query))


def stale(conn: Connection, user_id: int) -> list[int]:
    """The activities on which songs wait to be placed anew, newest first."""
    query = select(activities.c.id).where(activities.c.user_id == user_id, activities.c.is_stale)
    return list(conn.execute(query.order_by(activities.c.start_time.desc())).scalars())


def take_stale(conn: Connection, user_id: int, activity_id: int) -> bool:
    """Notes that songs are placed anew on an activity; whether they were to be."""
    mine = _own(user_id, activity_id)
    taken = update(activities).where(mine, activities.c.is_stale).values(is_stale=False)
    return conn.execute(taken).rowcount == 1


def stale_users(conn: Connection) -> set[int]:
    """The users on whose activities songs wait to be placed anew."""
    query = select(activities.c.user_id).where(activities.c.is_stale).distinct()
    return set(conn.execute(query).scalars())


def _own(user_id: int, activity_id: int) -> ColumnElement[bool]:
    return and_(activities.c.id == activity_id, activities.c.user_id == user_id)


def _where(user_id: int, wanted: Filter) -> ColumnElement[bool]:
    terms: list[ColumnElement[bool]] = [activities.c.user_id == user_id]
    if wanted.search.strip():
        terms.append(_matches(wanted.search.strip()))
    if wanted.sport:
        terms.append(activities.c.sport == wanted.sport)
    if wanted.since:
        terms.append(activities.c.start_time >= wanted.since)
    if wanted.until:
        terms.append(activities.c.start_time < wanted.until)
    if wanted.with_songs:
        terms.append(activities.c.n_songs > 0)
    if wanted.days:
        terms.append(_started_on(*wanted.days))
    return and_(*terms)


def _started_on(first: date, last: date) -> ColumnElement[bool]:
    """From midnight to midnight by each activity's own clock."""
    offset_s = func.coalesce(activities.c.utc_offset_s, 0)
    clock = activities.c.start_time + func.make_interval(0, 0, 0, 0, 0, 0, offset_s)
    since = datetime.combine(first, time(), UTC)
    return and_(clock >= since, clock < datetime.combine(last, time(), UTC) + timedelta(days=1))


def _matches(words: str) -> ColumnElement[bool]:
    """The words in the activity's name or description, or in a song or artist on it."""
    song = (
        select(segments.c.activity_id)
        .join(
            tracks,
            and_(tracks.c.id == segments.c.track_id, tracks.c.user_id == segments.c.user_id),
        )
        .join(
            artists,
            and_(artists.c.id == tracks.c.artist_id, artists.c.user_id == tracks.c.user_id),
        )
        .where(
            segments.c.activity_id == activities.c.id,
            segments.c.user_id == activities.c.user_id,
            or_(
                tracks.c.title.icontains(words, autoescape=True),
                artists.c.name.icontains(words, autoescape=True),
            ),
        )
    )
    return or_(
        activities.c.name.icontains(words, autoescape=True),
        activities.c.description.icontains(words, autoescape=True),
        song.exists(),
    )


def _facts(activity: Activity, route: list[list[float]] | None) -> dict[str, Any]:
    channels = frames.channels(activity.samples)
    return {
        **{name: getattr(activity, name) for name in _FACTS},
        "source": activity.kind,
        "notes": list(activity.notes),
        "channels": list(channels),
        "has_gps": "latitude" in channels and "longitude" in channels,
        "n_points": len(activity.samples),
        "route": route,
    }


def _save_parts(conn: Connection, user_id: int, activity_id: int, activity: Activity) -> None:
    owner = {"user_id": user_id, "activity_id": activity_id}
    streams.save(conn, user_id, activity_id, activity.start_time, activity.samples)
    for table, parts in ((laps, activity.laps), (pool_lengths, activity.lengths)):
        if parts:
            rows = [{**vars(part), **owner, "index": i} for i, part in enumerate(parts)]
            conn.execute(insert(table), rows)
    if activity.pauses:
        rows = [{**owner, "start_s": start, "end_s": end} for start, end in activity.pauses]
        conn.execute(insert(pauses), rows)
