"""Tempo: how far the look-up of songs is, and what is left to settle."""

import streamlit as st

from runsous.ui import session
from runsous.ui.components import tempo

user = session.require_user()

st.title("Tempo")
tempo.look_up(user)
tempo.disputes(user)
tempo.lists(user)
