"""Add data: drop zone, progress, result per file, past imports with reasons and retry."""

import streamlit as st

from runsous.ui import session
from runsous.ui.components import imports

user = session.require_user()

st.title("Add data")
imports.drop_zone(user)
imports.running(user)
imports.where_to_get_files()
imports.past(user)
