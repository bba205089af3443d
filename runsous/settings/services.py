"""The web services: how this installation is registered with each, and where they are."""

from __future__ import annotations

from dataclasses import dataclass, field, fields


@dataclass(frozen=True)
class Services:
    """Without its ids and keys a service cannot be connected; addresses can be simulators."""

    strava_client_id: str | None = None
    strava_client_secret: str | None = field(default=None, repr=False)
    strava_url: str = "https://www.strava.com"
    strava_api_url: str = "https://www.strava.com/api/v3"
    spotify_client_id: str | None = None
    spotify_accounts_url: str = "https://accounts.spotify.com"
    spotify_api_url: str = "https://api.spotify.com/v1"
    lastfm_api_key: str | None = field(default=None, repr=False)
    lastfm_shared_secret: str | None = field(default=None, repr=False)
    lastfm_url: str = "https://www.last.fm"
    lastfm_api_url: str = "https://ws.audioscrobbler.com/2.0/"
    listenbrainz_api_url: str = "https://api.listenbrainz.org"
    musicbrainz_api_url: str = "https://musicbrainz.org/ws/2"
    deezer_api_url: str = "https://api.deezer.com"
    reccobeats_api_url: str = "https://api.reccobeats.com"
    acousticbrainz_api_url: str = "https://acousticbrainz.org/api/v1"

    @classmethod
    def names(cls) -> set[str]:
        """The names of its fields."""
        return {each.name for each in fields(cls)}
