"""What pages read and do about tempos."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from runsous.analysis import lock
from runsous.reports import beat, lookups
from runsous.reports import disputes as disputing
from runsous.reports import track as one_track
from runsous.reports.activity import View
from runsous.store import database, song_words, tracks, users
from runsous.sync import tempo
from runsous.ui import data
from runsous.ui.session import User

SLOWEST, FASTEST = tempo.SLOWEST, tempo.FASTEST
BY_EAR = tempo.MANUAL
TAPPED = tempo.TAPPED
MOST_DISPUTES = 100


def track(user: User, track_id: int) -> one_track.Track:
    """All there is to a track; :class:`NotFound` unless it is the user's."""
    with database.current().begin() as conn:
        return one_track.track(conn, user.id, track_id)


def in_time(user: User, shown: one_track.Track, first: int, count: int) -> beat.Shares:
    """How much of the song was in time with it, on these of its stretches."""
    bpm = shown.facts["tempo_bpm"]
    if bpm is None:
        return {}
    seen = (user.version, shown.facts["id"], bpm, first, count)
    return _in_time(user.id, seen, shown)


@st.cache_data(ttl=3600, max_entries=128, show_spinner=False)
def _in_time(
    user_id: int, seen: tuple[int, int, float, int, int], _shown: one_track.Track
) -> beat.Shares:
    _, _, bpm, first, count = seen
    with database.current().begin() as conn:
        return beat.in_time(conn, user_id, _shown.stretches[first : first + count], bpm)


def of_activity(user: User, view: View) -> pd.DataFrame:
    """How much of each song was in time with it: as ``analysis.lock.per_tile``."""
    return _of_activity(data.as_of(user, view.facts["id"], view.facts["revision"]), view)


@st.cache_data(ttl=3600, max_entries=64, show_spinner=False)
def _of_activity(as_of: data.AsOf, _view: View) -> pd.DataFrame:
    return lock.per_tile(_view.samples, _view.segments, _view.pauses)


def say(user: User, track_id: int, bpm: float, source: str = BY_EAR) -> None:
    """Takes the user's word on a tempo; :class:`InputError` unless it can be one."""
    with database.current().begin() as conn:
        tempo.say(conn, user.id, track_id, bpm, source)


def unsay(user: User, track_id: int) -> None:
    """Goes back to what sources say."""
    with database.current().begin() as conn:
        tempo.unsay(conn, user.id, track_id)


def disputes(user: User) -> list[disputing.Dispute]:
    """Songs on whose tempo sources disagree, those run to most first, :data:`MOST_DISPUTES` at
    most.
    """
    return _disputes(user.id, user.version)


def count_disputes(user: User) -> int:
    """How long :func:`disputes` is now, which may be another number than when it was asked for."""
    with database.current().begin() as conn:
        return min(tracks.count_disputed(conn, user.id), MOST_DISPUTES)


@st.cache_data(ttl=3600, max_entries=64, show_spinner=False)
def _disputes(user_id: int, version: int) -> list[disputing.Dispute]:
    with database.current().begin() as conn:
        return disputing.disputes(conn, user_id, MOST_DISPUTES)


def progress(user: User) -> lookups.Progress:
    """How far the look-up of the user's songs is, or was a few seconds ago."""
    return _progress(user.id, user.version)


# Shorter than the page takes to ask again.
@st.cache_data(ttl=3, max_entries=64, show_spinner=False)
def _progress(user_id: int, version: int) -> lookups.Progress:
    with database.current().begin() as conn:
        return lookups.progress(conn, user_id, datetime.now(UTC))


def look_up(user: User, *, is_on: bool) -> None:
    """Whether the user's songs are looked up from now on."""
    with database.current().begin() as conn:
        users.save_settings(conn, user.id, {lookups.SWITCH: None if is_on else "off"})


def lists(user: User) -> list[dict[str, Any]]:
    """The lists of tempos the user brought, see :func:`song_words.lists`."""
    with database.current().begin() as conn:
        return song_words.lists(conn, user.id, tempo.CSV)


def forget_list(user: User, name: str | None) -> None:
    """Takes a list back."""
    with database.current().begin() as conn:
        tempo.forget_list(conn, user.id, name)
