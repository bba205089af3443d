"""Connections: the services, how each stands, what they brought."""

import streamlit as st

from runsous.ui import session
from runsous.ui.components import connections, sync_runs

user = session.require_user()

st.title("Connections")
connections.arrival(user)
connections.grid(user)
sync_runs.history(user)
