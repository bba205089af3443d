"""Account: who one is here, tokens, all one's data to take along or delete, what happened."""

import streamlit as st

from runsous.ui import session
from runsous.ui.components import account, own_data

user = session.require_user()

st.title("Account" if user.email else "Your data")
with st.container(width=720):
    if user.email:
        account.who(user)
        account.tokens(user)
    own_data.take_along(user)
    own_data.retention(user)
    account.log(user)
    own_data.farewell(user)
