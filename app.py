"""The server: pages, REST API and background work on one port. ``streamlit run app.py``."""

import streamlit as st

from runsous import serve
from runsous.web import routes

serve.prepare()
app = st.App(
    "pages/menu.py",
    routes=routes.routes(),
    middleware=routes.middleware(),
    lifespan=serve.lifespan,
)
