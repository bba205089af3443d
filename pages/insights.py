"""Insights: what music does to your activities."""

import streamlit as st

from runsous.ui import insights_data, session
from runsous.ui.components import cards, hill, insight_songs, insights, workout_music

user = session.require_user()

st.title("What music does")
is_waiting = insights.waiting(user)
options = insights_data.options(user)
if not options.sports:
    if is_waiting:
        st.stop()
    cards.nothing(
        "measured",
        "insights",
        "There are no activities with songs on them yet.",
        ("add_data.py", "Add music or workouts"),
    )
    st.stop()

view = insights.view()
if view == "hills":
    hill.show(user)
elif view == "life":
    workout_music.show(user)
else:
    at = insights_data.seen(user, insights.choose(user, options))
    (insights.effects if view == "effects" else insight_songs.show)(user, at)
    insights.method(at, of_songs=view == "songs")
