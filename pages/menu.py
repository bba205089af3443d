"""The frame around every page: the look, and where one can go. Who is here each page asks."""

import streamlit as st

from runsous.ui import session
from runsous.ui.components import frame, style

st.set_page_config(page_title="Run Sous BPM", page_icon=frame.ICON, layout="wide")
style.apply()
session.show_once()
st.logo(frame.LOGO_DARK if session.theme() == "dark" else frame.LOGO, size="large")

page = st.navigation(
    [
        st.Page("home.py", title="Home", icon=":material/home:", default=True),
        st.Page("activities.py", title="Activities", icon=":material/route:"),
        st.Page("insights.py", title="Insights", icon=":material/insights:"),
        st.Page("listening.py", title="Listening", icon=":material/graphic_eq:"),
        st.Page("tempo.py", title="Tempo", icon=":material/speed:"),
        st.Page("add_data.py", title="Add data", icon=":material/add_circle:"),
        st.Page("connections.py", title="Connections", icon=":material/sync:"),
        st.Page("preferences.py", title="Preferences", icon=":material/tune:"),
        st.Page("account.py", title="Account", icon=":material/person:"),
        st.Page("activity.py", title="Activity", visibility="hidden"),
        st.Page("track.py", title="Song", visibility="hidden"),
    ],
    position="top",
)
session.turn_to(page.url_path)
page.run()
