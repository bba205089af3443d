"""Home: what is here, the newest activities with their songs, and the next step."""

import streamlit as st

from runsous.ui import data, session
from runsous.ui.components import connections, home

user = session.require_user()
overview = data.overview(user)

connections.notice(user)
if not overview.has_own and not overview.has_sample:
    home.welcome(user)
    st.stop()

home.figures(user, overview)
home.importing(user)
home.sample_note(user, overview)
home.next_step(user, overview)
home.newest(user, data.activity_page(user, home.EVERYTHING, "newest", 0, 6))
