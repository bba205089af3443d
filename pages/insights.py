"""Insights: what music does to your activities."""

import streamlit as st

from runsous.ui import insights_data, session
from runsous.ui.components import cards, insights, workout_music

user = session.require_user()

st.title("What music does")
insights.waiting(user)
options = insights_data.options(user)
if not options.sports:
    cards.nothing(
        "measured",
        "insights",
        "There are no activities with songs on them yet.",
        ("add_data.py", "Add music or workouts"),
    )
    st.stop()

view = insights.view()
if view == "life":
    workout_music.show(user)
    st.stop()

at = insights_data.seen(user, insights.choose(user, options))
if view == "effects":
    insights.effects(user, at)
elif view == "songs":
    insights.songs(user, at)
insights.method(at)
