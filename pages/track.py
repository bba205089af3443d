"""One song: how fast it is and who says so, and every run it was played on."""

import streamlit as st

from runsous.ui import session
from runsous.ui.components import cards, track

user = session.require_user()
shown = track.chosen(user)
if shown is None:
    cards.nothing("here", "search_off", "There is no such song.", ("listening.py", "All you heard"))
    st.stop()

track.header(user, shown)
track.tempo(user, shown)
track.evidence(user, shown)
track.runs(user, shown)
