"""Listening: the merged timeline of plays, to check what was imported."""

import streamlit as st

from runsous.ui import data, session
from runsous.ui.components import cards, picker, timeline

user = session.require_user()
overview = data.overview(user)

st.title("Listening")
if not overview.sources:
    cards.nothing(
        "yet",
        "graphic_eq",
        "There is no listening history yet.",
        ("add_data.py", "Add music or workouts"),
    )
    st.stop()

timeline.sources(user, overview.sources)
wanted = picker.play_filters(user, list(overview.sources))
page_number = picker.page_number("plays", wanted)
rows, total = data.plays_page(user, wanted, page_number * timeline.PAGE, timeline.PAGE)
timeline.table(user, rows)
picker.pager("plays", page_number, total, timeline.PAGE)
