"""What whoever runs the server does so that a service can be connected."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from runsous.ui import connections_data as data
from runsous.ui.connections_data import LASTFM, SPOTIFY, STRAVA, State

_STEPS = {
    STRAVA: "Make an [API application](https://www.strava.com/settings/api) at Strava, for which"
    " its owner needs a subscription. Its authorization callback domain is `{host}`.",
    SPOTIFY: "Create an app for the Web API on [Spotify’s"
    " dashboard](https://developer.spotify.com/dashboard), for which its owner needs Premium, and"
    " add each user under User Management. Its redirect URI is",
    LASTFM: "Make an [API account](https://www.last.fm/api/account/create) at Last.fm.",
}
_LOOPBACK = ("127.0.0.1", "::1")


def steps(state: State) -> None:
    """How this server is registered with a service, and which settings it lacks."""
    back = data.redirect_uri(state.service)
    st.markdown("It is not set up on this server. Whoever runs it does two things:")
    told = _STEPS[state.service].format(host=urlsplit(back).hostname)
    st.markdown(f"1. {told}")
    if state.service == SPOTIFY:
        st.code(back, language=None, wrap_lines=True)
        if not _is_taken_by_spotify(back):
            st.warning(
                "Spotify takes only https, or 127.0.0.1 on this machine: set `RUNSOUS_BASE_URL`"
                " to such an address."
            )
    names = " and ".join(f"`{name}`" for name in state.missing)
    more = ""
    if state.service == LASTFM and not data.has_sign_in(LASTFM):
        more = " (and `LASTFM_SHARED_SECRET` for those who hide their listening)"
    st.markdown(f"2. Set {names}{more} to what is shown there, and start the server again.")


def _is_taken_by_spotify(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or parts.hostname in _LOOPBACK
