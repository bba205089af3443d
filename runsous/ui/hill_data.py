"""What the songs of a hill are drawn from; cached until the user's data changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from runsous import frames
from runsous.analysis import stretches
from runsous.reports import hills
from runsous.reports.activity import View
from runsous.store import database, ways
from runsous.ui import data
from runsous.ui.session import User

_TTL = 3600
_FIRST_M = 1000.0

Between = tuple[float, float]
"""From and to, in metres from the start."""


@dataclass(frozen=True)
class Ground:
    """The way of one activity: what was recorded of it, how long it is in metres, and its steepest
    climb (or its first kilometre).
    """

    view: View
    length_m: float
    steepest: Between

    def climb_m(self, between: Between) -> float:
        """By how many metres it rises between two distances; NaN where nobody knows."""
        known = self.view.samples.dropna(subset=["distance_m", "altitude_m"])
        if known.empty:
            return float("nan")
        distance = known["distance_m"].cummax().to_numpy()
        since, until = np.interp(between, distance, known["altitude_m"].to_numpy()).tolist()
        return float(until - since)

    def parts(self, between: Between) -> pd.DataFrame:
        """The stretch and what lies before and behind it, as if it were a song
        (:data:`frames.SEGMENTS`, the stretch's ``index`` is 1).
        """
        known = self.view.samples.dropna(subset=["distance_m"])
        distance = known["distance_m"].cummax().to_numpy()
        since, until = np.interp(between, distance, known["time_s"].to_numpy()).tolist()
        parts = frames.of(
            frames.SEGMENTS,
            index=[0, 1, 2],
            track_id=[None, 1, None],
            start_s=[0.0, since, until],
            end_s=[since, until, float(self.view.facts["elapsed_time_s"])],
            title=["The rest of the way", "The stretch", "The rest of the way"],
        )
        return parts[parts["end_s"] > parts["start_s"]].reset_index(drop=True)


def routes(user: User) -> list[dict[str, Any]]:
    """The routes with songs (``store.ways.routes``), those with most activities first."""
    return _routes(user.id, user.version)


@st.cache_data(ttl=_TTL, max_entries=64, show_spinner=False)
def _routes(user_id: int, version: int) -> list[dict[str, Any]]:
    with database.current().begin() as conn:
        found = ways.routes(conn, user_id)
    return frames.records(found[found["n_songs"] > 0])


def ground(user: User, activity_id: int) -> Ground:
    """The way of one activity; :class:`NotFound` unless it is the user's."""
    facts = data.activity_facts(user, activity_id)
    view = data.activity_view(user, activity_id, facts["revision"])
    distance, altitude = (view.samples[c].to_numpy() for c in ("distance_m", "altitude_m"))
    length_m = float(np.nanmax(distance))
    climb = stretches.steepest(distance, altitude)
    return Ground(view, length_m, climb or (0.0, min(_FIRST_M, length_m)))


def hill(user: User, activity_id: int, between: Between) -> hills.Hill:
    """The songs of a stretch; :class:`InputError` where it is too short."""
    return _hill(user.id, user.version, activity_id, between)


@st.cache_data(ttl=_TTL, max_entries=64, show_spinner=False)
def _hill(user_id: int, version: int, activity_id: int, between: Between) -> hills.Hill:
    with database.current().begin() as conn:
        return hills.hill(conn, user_id, activity_id, *between)
