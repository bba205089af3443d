"""What strangers see instead of a page: the way to sign in, by password or by a provider."""

from __future__ import annotations

import logging
import time
from typing import Any, NoReturn

import streamlit as st
from streamlit.errors import StreamlitAuthError

from runsous import settings
from runsous.accounts import entry
from runsous.errors import InputError
from runsous.store import database, sessions

_log = logging.getLogger(__name__)

_FRESH_S = 300
"""A provider's word is good for so long; later one has to ask it again."""


def ask() -> NoReturn:
    """Shows the way to sign in and stops the page."""
    provider = settings.current().oidc_name
    why = "Your session is over, or was ended from another browser."
    if provider and (claims := _vouched()):
        try:
            _hand_over(claims)
        except InputError as error:
            why = str(error)
        else:
            st.html(
                f'<script>{entry.GO_ON}</script><a href="/auth/provider">Go on</a>',
                unsafe_allow_javascript=True,
            )
            st.stop()
    if provider and st.query_params.get("sign-in") == "provider":
        try:
            st.login()
            st.stop()
        except StreamlitAuthError as error:
            _log.error("the way to %s is not set up: %s", provider, error)
            why = f"The way to {provider} is not set up; ask whoever runs this server."
    st.title("You are signed out")
    st.write(why)
    st.html('<a class="rs-button" href="/auth/login">Sign in</a>')
    st.stop()


def _vouched() -> dict[str, Any]:
    """What the provider said just now of who is here; empty for anybody else."""
    claims: dict[str, Any] = dict(st.user)
    is_fresh = time.time() - float(claims.get("iat") or 0) <= _FRESH_S
    return claims if claims.get("is_logged_in") and is_fresh else {}


def _hand_over(claims: dict[str, Any]) -> None:
    """Lets this browser in as whom the provider named; :class:`InputError` tells why not."""
    engine = database.current()
    # Some providers say it as text; some that check each e-mail do not say it at all.
    is_theirs = claims.get("email_verified", True) in (True, "true")
    email = claims.get("email") if is_theirs else None
    user_id = entry.vouched_for(engine, str(claims["iss"]), str(claims["sub"]), email)
    with engine.begin() as conn:
        sessions.hand_over(conn, user_id, entry.digest(entry.provider_cookies(st.context.cookies)))
