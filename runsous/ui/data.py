"""Everything pages read and do, and all caching. Every cached function takes the user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO
from uuid import UUID

import pandas as pd
import streamlit as st

from runsous import jobs, settings
from runsous.analysis.offsets import Suggestion
from runsous.reports import activity as activity_report
from runsous.reports import library
from runsous.store import activities, database, imports, listens, plays, users
from runsous.store import uploads as handed_in
from runsous.sync import listening, sample, songs, uploads, workouts
from runsous.ui.session import User

_TTL = 3600
_Row = dict[str, Any]
AsOf = tuple[int, int, int, int]
"""Whose, at which version of their data, which activity, at which revision."""


def overview(user: User) -> library.Overview:
    """What is in the library."""
    return _overview(user.id, user.version)


@st.cache_data(ttl=_TTL, max_entries=64, show_spinner=False)
def _overview(user_id: int, version: int) -> library.Overview:
    with database.current().begin() as conn:
        return library.overview(conn, user_id)


def activity_page(
    user: User, wanted: activities.Filter, sort: str, offset: int, limit: int
) -> library.Page:
    """One page of the picker."""
    return _activity_page(user.id, user.version, wanted, sort, (offset, limit))


@st.cache_data(ttl=_TTL, max_entries=256, show_spinner=False)
def _activity_page(
    user_id: int, version: int, wanted: activities.Filter, sort: str, page: tuple[int, int]
) -> library.Page:
    with database.current().begin() as conn:
        return library.activity_page(conn, user_id, wanted, sort=sort, page=page)


def activity_facts(user: User, activity_id: int) -> _Row:
    """The activity's row, never cached."""
    with database.current().begin() as conn:
        return activity_report.facts(conn, user.id, activity_id)


def service_names(user: User, activity_id: int) -> dict[str, str]:
    """What services call the activity, by service."""
    with database.current().begin() as conn:
        return activity_report.names(conn, user.id, [activity_id]).get(activity_id, {})


def activity_view(user: User, activity_id: int, revision: int) -> activity_report.View:
    """Samples and segments of one activity, as they are by now."""
    return _activity_view(as_of(user, activity_id, revision))


def as_of(user: User, activity_id: int, revision: int) -> AsOf:
    """The key of what is cached about one activity.

    The activity's own revision tells of its samples and its cuts; the user's version also of
    what is known about the songs: names, sources, how sure a start is.
    """
    return user.id, user.version, activity_id, revision


# A long ride with all channels takes some 10 MB.
@st.cache_resource(ttl=_TTL, max_entries=8, show_spinner=False)
def _activity_view(seen: AsOf) -> activity_report.View:
    user_id, _, activity_id, _ = seen
    with database.current().begin() as conn:
        return activity_report.view(conn, user_id, activity_id)


def plays_page(user: User, wanted: plays.Filter, offset: int, limit: int) -> tuple[list[_Row], int]:
    """One page of the timeline, newest first, and how many plays there are."""
    return _plays_page(user.id, user.version, wanted, (offset, limit))


@st.cache_data(ttl=_TTL, max_entries=256, show_spinner=False)
def _plays_page(
    user_id: int, version: int, wanted: plays.Filter, page: tuple[int, int]
) -> tuple[list[_Row], int]:
    with database.current().begin() as conn:
        rows = plays.newest(conn, user_id, wanted, page=page)
        return rows, plays.count(conn, user_id, wanted)


def between_days(user: User, days: Sequence[date]) -> tuple[datetime | None, datetime | None]:
    """The half-open range of instants that whole days of the user's zone cover, for plays.

    Activities have zones of their own: see :class:`activities.Filter`.
    """
    if not days:
        return None, None
    last = days[-1] + timedelta(days=1)
    since = datetime.combine(days[0], time(), user.zone)
    return since, datetime.combine(last, time(), user.zone)


def start_import(user: User, files: Sequence[tuple[str, BinaryIO]]) -> UUID:
    """Takes files in and queues their import."""
    engine = database.current()
    import_id = uploads.receive(engine, user.id, settings.current(), "browser", files)
    jobs.defer_import(engine, user.id, import_id)
    return import_id


def retry_import(user: User, import_id: UUID) -> None:
    """Reads again what failed or was not reached."""
    engine = database.current()
    with engine.begin() as conn:
        imports.requeue(conn, user.id, import_id)
    jobs.defer_import(engine, user.id, import_id)


def cancel_import(user: User, import_id: UUID) -> None:
    """Stops an import after the file it is at."""
    with database.current().begin() as conn:
        imports.cancel(conn, user.id, import_id)


def remove_import(user: User, import_id: UUID) -> None:
    """Forgets a finished import and what was kept of it for a retry."""
    uploads.remove(database.current(), user.id, settings.current(), import_id)


def newest_imports(user: User, limit: int = 20) -> list[_Row]:
    """The latest imports with progress and counts."""
    with database.current().begin() as conn:
        return imports.newest(conn, user.id, limit)


def import_files(user: User, import_id: UUID) -> list[imports.FileResult]:
    """What became of each file of an import."""
    with database.current().begin() as conn:
        return imports.files(conn, user.id, import_id)


def import_uploads(user: User, import_id: UUID) -> list[_Row]:
    """Progress of each file handed in."""
    with database.current().begin() as conn:
        return handed_in.of_import(conn, user.id, import_id)


def add_sample(user: User, tell: Callable[[float], None]) -> None:
    """Puts the sample runner's season beside the user's own data; ``tell`` hears the share done."""
    sample.add(database.current(), user.id, tell)


def remove_sample(user: User) -> None:
    """Takes the sample away again."""
    sample.remove(database.current(), user.id)


def preview_offset(user: User, view: activity_report.View, offset_s: float) -> pd.DataFrame:
    """The segments as they would be with another offset."""
    with database.current().begin() as conn:
        return activity_report.preview(conn, user.id, view, offset_s)


def suggest_offset(user: User, view: activity_report.View) -> Suggestion | None:
    """A shift that would put songs on an activity without any, where it is evident."""
    return _suggest_offset(user.id, user.version, view.facts["id"], view)


@st.cache_data(ttl=_TTL, max_entries=256, show_spinner=False)
def _suggest_offset(
    user_id: int, version: int, activity_id: int, _view: activity_report.View
) -> Suggestion | None:
    with database.current().begin() as conn:
        return activity_report.suggestion(conn, user_id, _view)


def shift_songs(user: User, activity_id: int, offset_s: float) -> None:
    """Keeps another offset for one activity."""
    with database.current().begin() as conn:
        songs.shift(conn, user.id, activity_id, offset_s)


def rename_activity(user: User, activity_id: int, name: str | None) -> None:
    """Gives an activity another name."""
    with database.current().begin() as conn:
        activities.rename(conn, user.id, activity_id, name or None)
        users.touch(conn, user.id)


def delete_activity(user: User, activity_id: int) -> None:
    """Removes an activity."""
    with database.current().begin() as conn:
        workouts.delete(conn, user.id, activity_id)


def source_offsets(user: User) -> dict[str, float]:
    """Seconds added to the stamps of each source."""
    with database.current().begin() as conn:
        return listens.offsets(conn, user.id)


def shift_source(user: User, source: str, offset_s: float) -> None:
    """Sets a source's clock offset and places the songs anew."""
    engine = database.current()
    with engine.begin() as conn:
        listening.shift_source(conn, user.id, source, offset_s)
    songs.settle(engine, user.id)


def save_settings(user: User, **values: Any) -> None:
    """Keeps preferences; ``None`` puts one back to its default."""
    with database.current().begin() as conn:
        users.save_settings(conn, user.id, values)
