"""Activities: find one by words, sport, days or songs."""

import streamlit as st

from runsous.ui import data, session
from runsous.ui.components import cards, picker

user = session.require_user()
overview = data.overview(user)

st.title("Activities")
if not overview.sports:
    cards.nothing(
        "yet", "route", "There are no activities yet.", ("add_data.py", "Add workouts or music")
    )
    st.stop()

wanted, sort = picker.filters(overview.sports)
page_number = picker.page_number("activities", (wanted, sort))
found = data.activity_page(user, wanted, sort, page_number * picker.PAGE, picker.PAGE)
if not found.total:
    cards.nothing("found", "search_off", picker.NOTHING_FITS)
cards.grid(user, found.items)
picker.pager("activities", page_number, found.total)
