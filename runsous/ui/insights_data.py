"""What the page Insights reads; everything is cached until the user's data changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from runsous import frames, jobs
from runsous.analysis import effects as measuring
from runsous.analysis.effects import Band, Effect
from runsous.analysis.in_step import InStep
from runsous.analysis.power_songs import Ranking
from runsous.reports import insights as report
from runsous.reports.insights import Chosen, LeftOut, Songs
from runsous.store import database, efforts, ways
from runsous.ui import insight_charts
from runsous.ui.session import User

_TTL = 3600

DOSES = {dose.name: dose for dose in measuring.DOSES}
OUTCOMES = {outcome.name: outcome for outcome in measuring.OUTCOMES}

AsOf = tuple[int, int, Chosen]
"""Whose, at which version of their data, and which activities."""


@dataclass(frozen=True)
class Options:
    """What there is to choose from: sports, that with most measured songs first, and kinds and
    routes, the most frequent first.

    A route, run at least twice, has a row of :func:`store.ways.routes`.
    """

    sports: list[str]
    kinds: list[str]
    routes: dict[int, dict[str, Any]]


def options(user: User) -> Options:
    """What there is to choose from."""
    found = _songs(user.id, user.version)
    return Options(
        report.sports(found),
        found.activities["kind"].dropna().value_counts().index.tolist(),
        _routes(user.id, user.version),
    )


@st.cache_data(ttl=_TTL, max_entries=64, show_spinner=False)
def _routes(user_id: int, version: int) -> dict[int, dict[str, Any]]:
    with database.current().begin() as conn:
        found = ways.routes(conn, user_id)
    again = found[(found["n_activities"] > 1) & (found["n_songs"] > 0)]
    return {row["route"]: row for row in frames.records(again)}


def waiting(user: User) -> int:
    """How many activities are still to be measured, now; sees to it that they are."""
    with database.current().begin() as conn:
        number = efforts.n_stale(conn, user.id)
    if number:
        jobs.defer_measuring(database.current(), user.id)
    return number


def seen(user: User, chosen: Chosen) -> AsOf:
    """By what everything is cached."""
    return user.id, user.version, chosen


def counts(at: AsOf) -> tuple[int, int, LeftOut]:
    """Songs that count, on how many activities, and those that do not."""
    found = _chosen(at)
    on = found.efforts["activity_id"].nunique()
    return len(found.efforts), on, report.left_out(found)


@st.cache_data(ttl=_TTL, max_entries=64, show_spinner=False)
def effects(at: AsOf, dose: str) -> dict[str, Effect]:
    """What goes with more of a dose, by outcome."""
    found = report.effects(_chosen(at), DOSES[dose])
    return {each.outcome.name: each for each in found}


@st.cache_data(ttl=_TTL, max_entries=64, show_spinner=False)
def bands(at: AsOf, dose: str, outcome: str) -> list[Band]:
    """The outcome by bands of the dose."""
    return report.bands(_chosen(at), DOSES[dose], OUTCOMES[outcome])


@st.cache_data(ttl=_TTL, max_entries=64, show_spinner=False)
def in_step(at: AsOf) -> InStep:
    """How much one moves in time with songs."""
    with database.current().begin() as conn:
        return report.in_step(conn, at[0], _chosen(at))


@st.cache_data(ttl=_TTL, max_entries=64, show_spinner=False)
def rankings(at: AsOf) -> tuple[Ranking, Ranking]:
    """Power songs and calming songs."""
    with database.current().begin() as conn:
        found = _chosen(at)
        return report.power(conn, at[0], found), report.calming(conn, at[0], found)


@st.cache_data(ttl=_TTL, max_entries=64, show_spinner=False)
def mean_speed(at: AsOf) -> float:
    """Metres per second of all songs, on the flat."""
    return float(_chosen(at).efforts["flat_mps"].mean())


@st.cache_data(ttl=_TTL, max_entries=64, show_spinner=False)
def points(at: AsOf, dose: str, outcome: str, colour: str) -> tuple[pd.DataFrame, int]:
    """What is drawn of songs on activities, at most 800 of them, picked at random; and how many
    there are.

    ``x, y`` as :func:`runsous.analysis.effects.per_activity`; ``c`` is a colour by ``date`` or by
    ``song``, ``song`` its name and ``day`` when.
    """
    found = _chosen(at)
    rows = measuring.per_activity(found.efforts, DOSES[dose], OUTCOMES[outcome])
    # Those with others to compare with.
    rows = rows[rows["n"] >= 2]
    n_all = len(rows)
    if n_all > insight_charts.MOST_POINTS:
        rows = rows.sample(insight_charts.MOST_POINTS, random_state=20).sort_index()
    facts = found.activities[["activity_id", "start_time", "utc_offset_s"]]
    rows = rows.merge(facts, on="activity_id", how="left")
    with database.current().begin() as conn:
        names = efforts.songs(conn, at[0], rows["track_id"].unique().tolist())
    rows = rows.merge(names, on="track_id", how="left")
    offset = pd.to_timedelta(rows["utc_offset_s"].fillna(0).astype("float64"), unit="s")
    is_by_song = colour == "song"
    by = insight_charts.by_song(rows["track_id"]) if is_by_song else None
    drawn = pd.DataFrame(
        {
            "x": rows["x"],
            "y": rows["y"],
            "c": by or insight_charts.by_date(rows["start_time"]),
            "song": rows["title"] + " – " + rows["artist"],
            "day": (rows["start_time"] + offset).dt.strftime("%Y-%m-%d"),
        }
    )
    return drawn, n_all


# Forty thousand songs take some 6 MB.
@st.cache_resource(ttl=_TTL, max_entries=8, show_spinner=False)
def _songs(user_id: int, version: int) -> Songs:
    with database.current().begin() as conn:
        return report.songs(conn, user_id)


@st.cache_resource(ttl=_TTL, max_entries=8, show_spinner=False)
def _chosen(at: AsOf) -> Songs:
    user_id, version, chosen = at
    return report.choose(_songs(user_id, version), chosen)
