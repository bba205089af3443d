"""The services as a run calls them: where they are, how we are known there, who let us in."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from runsous import settings
from runsous.errors import NotConnected, Rejected, ServiceError, Unavailable
from runsous.histories.pages import Page
from runsous.net.http import Http
from runsous.net.oauth import Token
from runsous.services.lastfm.client import Lastfm
from runsous.services.listenbrainz.client import ListenBrainz
from runsous.services.spotify import oauth as spotify_oauth
from runsous.services.spotify.client import Spotify
from runsous.services.strava import oauth as strava_oauth
from runsous.store import connections, incoming
from runsous.sync import histories, listening, songs
from runsous.sync.histories import History
from runsous.sync.patience import RULES, Patience
from runsous.sync.running import Run
from runsous.sync.tokens import Permission

_log = logging.getLogger(__name__)

STRAVA, SPOTIFY, LASTFM, LISTENBRAINZ = "strava", "spotify", "lastfm", "listenbrainz"
NAMES = {name: rule.title for name, rule in RULES.items()}

_SCROBBLERS = datetime(2002, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


def http(service: str, base_url: str, patience: Patience) -> Http:
    """A way to a service that keeps to what it allows."""
    return Http(
        base_url,
        patience,
        name=NAMES[service],
        contact=settings.current().base_url,
        stopping=patience.stopping,
        sleep=time.sleep,
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
    return http(STRAVA, settings.current().services.strava_url, patience)


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


def permission(run: Run, service: str, patience: Patience) -> Permission:
    """What the user of a run allowed at a service."""
    renew = renewal(service, patience)
    return Permission(run.engine, run.user_id, service, run.keys, renew)


def history(run: Run, service: str) -> History | None:
    """The user's history at Last.fm or ListenBrainz; ``None`` where they are not connected."""
    with run.engine.begin() as conn:
        known = {each["service"]: each for each in connections.of_user(conn, run.user_id)}
        if service not in known or known[service]["trouble"]:
            return None
        secret = connections.secret(conn, run.user_id, service, run.keys)
    patience = run.patience if service == run.service else Patience(run.engine, service)
    make = _lastfm_history if service == LASTFM else _listenbrainz_history
    return make(run, patience, str(known[service]["account_id"]), secret)


def _lastfm_history(run: Run, patience: Patience, name: str, key: str | None) -> History:
    client = lastfm(patience, key)

    def fetch(since: datetime, until: datetime) -> Page:
        # Whether the bounds belong to it is not certain: ask for a second more on either side.
        page = client.recent_tracks(name, int(since.timestamp()) - 1, int(until.timestamp()) + 1)
        if page.n_items == 0 and page.n_in_range != 0:
            raise Unavailable("Last.fm answered an empty page though there is more.")
        return page

    def count() -> int | None:
        return client.recent_tracks(name, limit=1).n_in_range

    return History(run.engine, run.user_id, LASTFM, fetch, _SCROBBLERS, count)


def _listenbrainz_history(run: Run, patience: Patience, name: str, token: str | None) -> History:
    client = listenbrainz(patience, token)

    def fetch(since: datetime, until: datetime) -> Page:
        page = client.listens(name, int(until.timestamp()) + 1)
        began = page.began
        is_odd = began is not None and since.timestamp() <= began < until.timestamp()
        if page.n_items == 0 and is_odd and run.failures < 3:
            raise Unavailable("ListenBrainz answered an empty page though there is more.")
        return page

    return History(run.engine, run.user_id, LISTENBRAINZ, fetch, _SCROBBLERS)


def read_plays_of_spotify(run: Run, patience: Patience) -> listening.Kept:
    """Keeps the last plays Spotify tells of; there are never more than 50."""
    own = permission(run, SPOTIFY, patience)
    page = own.use(lambda token: Spotify(spotify_api(patience), token).recently_played())
    now = datetime.now(UTC)
    with run.engine.begin() as conn:
        told = incoming.Told(incoming.SERVICE)
        kept = listening.keep(conn, run.user_id, page.listens, now, told)
        if page.oldest is not None:
            since = datetime.fromtimestamp(page.oldest, UTC)
            connections.cover(conn, run.user_id, SPOTIFY, since, now)
    songs.settle(run.engine, run.user_id, run.stopping)
    return kept


def read_listening(run: Run, since: datetime, until: datetime) -> None:
    """Reads what was played then, from wherever the user's listening is known, so that the
    songs are there when the activity comes. What cannot be had now comes with its own run.
    """
    for service in (LASTFM, LISTENBRAINZ):
        try:
            found = history(run, service)
            if found is not None:
                histories.read(found, since, min(until, datetime.now(UTC)), run)
        except ServiceError as error:
            _log.info("%s cannot be read now: %s", service, type(error).__name__)


def read_newest_listening(run: Run) -> None:
    """The same for what was played last."""
    now = datetime.now(UTC)
    read_listening(run, now - _DAY, now)
    with run.engine.begin() as conn:
        known = {each["service"]: each for each in connections.of_user(conn, run.user_id)}
    if SPOTIFY in known and not known[SPOTIFY]["trouble"]:
        try:
            read_plays_of_spotify(run, Patience(run.engine, SPOTIFY, run.stopping))
        except (NotConnected, Rejected, ServiceError) as error:
            _log.info("spotify cannot be read now: %s", type(error).__name__)
