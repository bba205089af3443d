"""Preferences: units, home zone, clock offsets of sources, sample data."""

import streamlit as st

from runsous.ui import data, session
from runsous.ui.components import preferences

user = session.require_user()
overview = data.overview(user)

st.title("Preferences")
with st.container(width=560):
    preferences.display(user)
    preferences.offsets(user, list(overview.sources))
    preferences.sample(user, overview)
