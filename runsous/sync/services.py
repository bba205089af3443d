"""The services as a run calls them: where they are, how we are known there, who let us in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from runsous import settings
from runsous.net.http import Http
from runsous.net.oauth import Token
from runsous.services.lastfm.client import Lastfm
from runsous.services.listenbrainz.client import ListenBrainz
from runsous.services.spotify import oauth as spotify_oauth
from runsous.services.strava import oauth as strava_oauth
from runsous.sync.patience import RULES, Patience
from runsous.sync.running import Run
from runsous.sync.tokens import Permission

STRAVA, SPOTIFY, LASTFM, LISTENBRAINZ = "strava", "spotify", "lastfm", "listenbrainz"
NAMES = {name: RULES[name].title for name in (STRAVA, SPOTIFY, LASTFM, LISTENBRAINZ)}
"""Those that people connect; the others tell anybody of songs."""


_BRIEF: dict[str, Any] = {"timeout": (3.0, 5.0), "attempts": 2}


def http(service: str, base_url: str, patience: Patience) -> Http:
    """A way to a service that keeps to what it allows."""
    return Http(
        base_url,
        patience,
        name=RULES[service].title,
        contact=settings.current().base_url,
        stopping=patience.stopping,
        **(_BRIEF if patience.is_brief else {}),
    )


def missing(service: str) -> list[str]:
    """The settings without which a service cannot be connected here."""
    ours = settings.current().services
    needed = {
        STRAVA: {
            "STRAVA_CLIENT_ID": ours.strava_client_id,
            "STRAVA_CLIENT_SECRET": ours.strava_client_secret,
        },
        SPOTIFY: {"SPOTIFY_CLIENT_ID": ours.spotify_client_id},
        LASTFM: {"LASTFM_API_KEY": ours.lastfm_api_key},
    }
    return [name for name, value in needed.get(service, {}).items() if not value]


def strava_api(patience: Patience) -> Http:
    """Strava's API."""
    return http(STRAVA, settings.current().services.strava_api_url, patience)


def strava_site(patience: Patience) -> Http:
    """Where Strava gives out and takes back permissions."""
    return http(STRAVA, settings.current().services.strava_url, patience.for_tokens())


def spotify_site(patience: Patience) -> Http:
    """Where Spotify gives out permissions."""
    return http(SPOTIFY, settings.current().services.spotify_accounts_url, patience)


def spotify_api(patience: Patience) -> Http:
    """Spotify's API."""
    return http(SPOTIFY, settings.current().services.spotify_api_url, patience)


def lastfm(patience: Patience, session_key: str | None = None) -> Lastfm:
    """Last.fm as this installation, and with a key as one of its users."""
    ours = settings.current().services
    api = http(LASTFM, ours.lastfm_api_url, patience)
    return Lastfm(api, ours.lastfm_api_key or "", ours.lastfm_shared_secret, session_key)


def listenbrainz(patience: Patience, token: str | None = None) -> ListenBrainz:
    """ListenBrainz, and with a token as one of its users."""
    base = settings.current().services.listenbrainz_api_url
    return ListenBrainz(http(LISTENBRAINZ, base, patience), token)


def renewal(service: str, patience: Patience) -> Callable[[str], Token]:
    """What makes a new token of a refresh token."""
    ours = settings.current().services
    if service == STRAVA:
        return partial(
            strava_oauth.refresh,
            strava_site(patience),
            ours.strava_client_id or "",
            ours.strava_client_secret or "",
        )
    return partial(spotify_oauth.refresh, spotify_site(patience), ours.spotify_client_id or "")


def permission(run: Run, service: str) -> Permission:
    """What the user of a run allowed at a service."""
    # Never in haste: who does not wait for an answer here has lost the permission.
    patience = run.patience if service == run.service else Patience(run.engine, service)
    return Permission(run.engine, run.user_id, service, run.keys, renewal(service, patience))
