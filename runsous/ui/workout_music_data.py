"""What pages read about music on workouts and elsewhere."""

from __future__ import annotations

from datetime import tzinfo

import streamlit as st

from runsous.reports import workout_music as report
from runsous.store import database
from runsous.ui.session import User


def workout_music(user: User) -> report.WorkoutMusic:
    """What the user hears on workouts and elsewhere."""
    return _workout_music(user.id, (user.version, user.home_zone), user.zone)


@st.cache_data(ttl=3600, max_entries=64, show_spinner=False)
def _workout_music(
    user_id: int, seen: tuple[int, str | None], _zone: tzinfo
) -> report.WorkoutMusic:
    with database.current().begin() as conn:
        return report.workout_music(conn, user_id, _zone)
