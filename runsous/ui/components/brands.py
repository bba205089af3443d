"""Services as they want to be named: their signs in our own simple strokes, buttons, links.

The strokes are drawn here, so that no page asks a service for a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from runsous import settings
from runsous.store.activity_files import File
from runsous.ui.components.frame import image
from runsous.ui.connections_data import LASTFM, LISTENBRAINZ, SPOTIFY, STRAVA

_STRAVA = (
    '<path d="M9 3 L15.4 15.4 H11.6 L9 10.2 L6.4 15.4 H2.6 Z" fill="{0}"/>'
    '<path d="M13.5 20.5 L10.2 14.2 H13 L13.5 15.3 L14 14.2 H16.8 Z" fill="{0}" opacity=".65"'
    ' transform="translate(1.6 0)"/>'
)
_SPOTIFY = (
    '<circle cx="12" cy="12" r="11" fill="{0}"/><g fill="none" stroke="{1}" stroke-linecap="round">'
    '<path d="M5.6 8.6 Q12.4 6.4 18.8 9.9" stroke-width="2.1"/>'
    '<path d="M6.3 12.3 Q12.2 10.4 17.6 13.4" stroke-width="1.8"/>'
    '<path d="M7 15.8 Q12 14.3 16.5 16.8" stroke-width="1.5"/></g>'
)
_LASTFM = (
    '<rect x="1" y="1" width="22" height="22" rx="6" fill="{0}"/>'
    '<path d="M11 15.4 C8 17.6 4.6 15.6 4.6 12 C4.6 8.4 9 6.6 10.8 9.8 L13 14 C14.4 16.4 19.4 16.4'
    ' 19.4 13.4 C19.4 10.8 15.2 11.8 15.2 9.4 C15.2 7.2 18.4 7.4 19 8.8" fill="none"'
    ' stroke="{1}" stroke-width="1.9" stroke-linecap="round"/>'
)
_LISTENBRAINZ = (
    '<path d="M11.4 1.5 L2.6 6.5 V17.5 L11.4 22.5 Z" fill="#353070"/>'
    '<path d="M12.6 1.5 L21.4 6.5 V17.5 L12.6 22.5 Z" fill="#EB743B"/>'
)


def _sign(body: str, *colours: str) -> str:
    return image(body.format(*colours), "0 0 24 24")


_SIGNS = {
    STRAVA: _sign(_STRAVA, "#FC4C02"),
    SPOTIFY: _sign(_SPOTIFY, "#1ED760", "#000000"),
    LASTFM: _sign(_LASTFM, "#D51007", "#FFFFFF"),
    LISTENBRAINZ: _sign(_LISTENBRAINZ),
}
_ON_BUTTONS = {
    STRAVA: _sign(_STRAVA, "#FFFFFF"),
    SPOTIFY: _sign(_SPOTIFY, "#000000", "#1ED760"),
    LASTFM: _sign(_LASTFM, "#FFFFFF", "#D51007"),
}
_BUTTONS = {
    STRAVA: "Connect with Strava",
    SPOTIFY: "Connect with Spotify",
    LASTFM: "Sign in at Last.fm",
}

SPOTIFY_COLUMN = "Spotify"
"""The column of a table that leads to songs there."""
SPOTIFY_LINKS = {SPOTIFY_COLUMN: st.column_config.LinkColumn(display_text="Open", width=70)}


def sign(service: str) -> str:
    """A service's sign as an image's address."""
    return _SIGNS[service]


def connect_button(service: str) -> None:
    """The way to the service's own page, in the colours it asks for."""
    st.html(
        f'<a class="rs-connect {service}" href="/oauth/{service}/start">'
        f'<img src="{_ON_BUTTONS[service]}" alt="">{_BUTTONS[service]}</a>'
    )


def sign_in_link(service: str, question: str) -> None:
    """The same way for the few who need it."""
    st.html(
        f'<div class="rs-quiet">{escape(question)}'
        f' <a href="/oauth/{service}/start">{_BUTTONS[service]}</a></div>'
    )


def profile(service: str, account_id: str) -> str | None:
    """Where somebody is seen at a service, if that can be told."""
    ours = settings.current().services
    if service == STRAVA:
        return f"{ours.strava_url}/athletes/{account_id}"
    if service == LASTFM:
        return f"{ours.lastfm_url}/user/{account_id}"
    return f"https://listenbrainz.org/user/{account_id}" if service == LISTENBRAINZ else None


def told_by_strava(files: Sequence[File]) -> str | None:
    """The number under which Strava itself told of an activity, if it did."""
    return next((f.sha256.partition(":")[2] for f in files if f.kind == STRAVA), None)


def view_on_strava(number: str) -> str:
    """A link to the activity there, as HTML."""
    base = settings.current().services.strava_url
    return (
        f'<a class="rs-strava" href="{escape(base)}/activities/{escape(number)}" target="_blank"'
        ' rel="noopener">View on Strava</a>'
    )


def powered_by_strava(number: str | None = None) -> None:
    """What stands where Strava's data shows, with a link to the one activity it is of."""
    link = f"{view_on_strava(number)} · " if number is not None else ""
    st.html(
        f'<div class="rs-brand">{link}<span>Powered by <img src="{_SIGNS[STRAVA]}" alt="">'
        " <b>Strava</b></span></div>"
    )


def song_at_spotify(spotify_id: str | None) -> str:
    """Where a song is found there; empty where that is not known."""
    return f"https://open.spotify.com/track/{spotify_id}" if isinstance(spotify_id, str) else ""


def open_at_spotify(address: str) -> None:
    """A link to a song there."""
    st.html(
        f'<div class="rs-brand"><a href="{escape(address)}" target="_blank" rel="noopener">'
        f'<img src="{_SIGNS[SPOTIFY]}" alt=""> Open in Spotify</a></div>',
        width="content",
    )


def named_by_spotify() -> None:
    """What stands where songs show that Spotify knows."""
    st.html(
        f'<div class="rs-brand"><span><img src="{_SIGNS[SPOTIFY]}" alt=""> Song details from'
        " <b>Spotify</b></span></div>"
    )
