"""What strangers see instead of a page: the way to sign in, by password or by a provider."""

from __future__ import annotations

import time
from typing import Any, NoReturn

import streamlit as st

from runsous import settings
from runsous.accounts import entry
from runsous.store import database, sessions

_FRESH_S = 300
"""A provider's word is good for so long; later one has to ask it again."""


def ask() -> NoReturn:
    """Shows the way to sign in and stops the page."""
    provider = settings.current().oidc_name
    if provider and _is_vouched_for():
        st.html(
            f'<script>{entry.GO_ON}</script><a href="/auth/provider">Go on</a>',
            unsafe_allow_javascript=True,
        )
    elif provider and st.query_params.get("sign-in") == "provider":
        st.login()
    else:
        st.title("You are signed out")
        st.write("Your session is over, or was ended from another browser.")
        st.html('<a class="rs-button" href="/auth/login">Sign in</a>')
    st.stop()


def _is_vouched_for() -> bool:
    """Whether the provider just named someone who may come in; lets this browser in if so."""
    claims: dict[str, Any] = dict(st.user) if st.user.is_logged_in else {}
    if not claims or time.time() - float(claims.get("iat", 0)) > _FRESH_S:
        return False
    engine = database.current()
    email = claims.get("email") if claims.get("email_verified", True) else None
    user_id = entry.vouched_for(engine, str(claims["iss"]), str(claims["sub"]), email)
    if user_id is None:
        st.warning("This server has no account for you; ask whoever runs it.")
        return False
    vouched = entry.provider_cookies(st.context.cookies)
    with engine.begin() as conn:
        sessions.hand_over(conn, user_id, entry.digest(vouched))
    return True
