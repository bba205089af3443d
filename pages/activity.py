"""One activity: the route coloured by song, charts and songs, linked by selection."""

import streamlit as st

from runsous.ui import data, session
from runsous.ui.components import activity_actions, activity_facts, activity_figure, cards

user = session.require_user()
shown = activity_facts.chosen(user)
if shown is None:
    cards.nothing(
        "here", "search_off", "There is no such activity.", ("activities.py", "All activities")
    )
    st.stop()

activity_facts.header(user, shown)
activity_facts.other_names(user, shown)
view = data.activity_view(user, shown["id"], shown["revision"])
activity_facts.figures(user, shown, view)
activity_facts.credit(view)
activity_facts.missing(user, view)
activity_facts.beatless(view)
activity_figure.linked(user, view)
activity_actions.downloads(view)
activity_actions.offset(user, view)
activity_actions.origin(user, shown, view)
