"""Connecting a service, and letting go of it.

Strava, Spotify and (for private listening) Last.fm send the user to their own page and back;
Last.fm and ListenBrainz need no more than a user name.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from runsous import settings
from runsous.errors import InputError, NotFound, ServiceError
from runsous.keys import CannotOpen, Keyring
from runsous.net.http import Http, OpenGate
from runsous.net.oauth import Departure, Token
from runsous.services.lastfm import client as lastfm_client
from runsous.services.spotify import oauth as spotify_oauth
from runsous.services.spotify.client import Spotify
from runsous.services.strava import oauth as strava_oauth
from runsous.store import audit, connections, oauth_states, remote_activities, sync_runs, users
from runsous.store.connections import Account
from runsous.sync import listening, services, tokens, workouts
from runsous.sync.patience import Patience

_log = logging.getLogger(__name__)

INTERVALS_S = {
    services.STRAVA: 3600,
    # Spotify tells of the last 50 plays only: some two hours.
    services.SPOTIFY: 1800,
    services.LASTFM: 3600,
    services.LISTENBRAINZ: 3600,
}
"""How often each is synced by itself, until its user chooses otherwise."""

_SENT = frozenset({services.STRAVA, services.SPOTIFY, services.LASTFM})


@dataclass(frozen=True)
class Leaving:
    """Where to send the user, and what their browser has to bring back in a cookie."""

    url: str
    cookie: str


def check(service: str) -> None:
    """Raises :class:`NotFound` for an unknown service, :class:`InputError` where this server
    is not registered with it.
    """
    if service not in services.NAMES:
        raise NotFound("There is no such service.")
    lacking = services.missing(service)
    if lacking:
        raise InputError(
            f"{services.NAMES[service]} cannot be connected: whoever runs this server must set"
            f" {' and '.join(lacking)}."
        )


def leave(conn: Connection, user_id: int, service: str) -> Leaving:
    """Sends the user to the service's own page, which asks them to let us in."""
    check(service)
    if service not in _SENT or (service == services.LASTFM and not _has_lastfm_secret()):
        raise InputError(f"{services.NAMES[service]} is connected by user name.")
    departure, cookie = _departure(service), secrets.token_urlsafe(32)
    digest = _digest(cookie, departure.state)
    secret = (departure.verifier, _keys())
    oauth_states.save(conn, user_id, service, digest, secret)
    return Leaving(departure.url, cookie)


def arrive(
    engine: Engine, user_id: int, service: str, cookie: str, brought: Mapping[str, str]
) -> None:
    """Connects the user who is back from the service's page with what it gave them.

    :class:`InputError` where they were not sent by us, from this browser and lately, or did not
    allow it; what calling the service raises.
    """
    check(service)
    title = services.NAMES[service]
    with engine.begin() as conn:
        digest = _digest(cookie, brought.get("state", ""))
        is_known, verifier = oauth_states.take(conn, user_id, service, digest, _keys())
    if not is_known:
        raise InputError(
            f"This way back from {title} was not begun here, or more than ten minutes ago:"
            " press Connect once more."
        )
    if "error" in brought:
        raise InputError(f"You did not let Run Sous BPM in at {title}; nothing was connected.")
    patience = Patience(engine, service)
    if service == services.LASTFM:
        name, key = services.lastfm(patience).session(brought.get("token", ""))
        _connect(engine, user_id, service, Account(name, name, ("private",)), key)
        return
    token, account = _exchanged(service, patience, brought, verifier)
    _connect(engine, user_id, service, account, tokens.as_text(token))


def name_user(engine: Engine, user_id: int, service: str, username: str, token: str | None) -> None:
    """Connects Last.fm or ListenBrainz by user name, ListenBrainz with a token if there is one.

    :class:`InputError` for a name that cannot be, what calling the service raises else.
    """
    check(service)
    name = username.strip()
    if service not in (services.LASTFM, services.LISTENBRAINZ):
        raise InputError(f"{services.NAMES[service]} is connected on its own page.")
    patience = Patience(engine, service)
    secret = (token or "").strip() or None
    if service == services.LASTFM:
        _check_name(name)
        account = services.lastfm(patience).user(name).name
    elif secret is not None:
        known = services.listenbrainz(patience, secret).validate()
        if known is None:
            raise InputError(
                "ListenBrainz does not know this token: copy it once more from your settings there."
            )
        if name and name.casefold() != known.casefold():
            raise InputError(f"This token belongs to {known}, not to {name}.")
        account = known
    else:
        _check_name(name)
        services.listenbrainz(patience).listens(name, count=1)
        account = name
    _connect(engine, user_id, service, Account(account, account), secret)


def disconnect(engine: Engine, user_id: int, service: str, *, is_kept: bool) -> bool:
    """Ends a connection, here and at the service; what it told stays as the user's own, or goes.

    Activities that files tell of too, and plays of files, stay anyway. False where the service
    should have been told and could not be.
    """
    with engine.begin() as conn:
        connections.one(conn, user_id, service)
        sync_runs.cancel(conn, user_id, service)
    is_told = service != services.STRAVA or revoke(engine, user_id)
    with engine.begin() as conn:
        users.lock(conn, user_id)
        connections.delete(conn, user_id, service)
        audit.note(conn, user_id, "disconnected", services.NAMES[service])
        _let_go(conn, user_id, service, is_kept=is_kept)
        users.touch(conn, user_id)
    return is_told


def purge(engine: Engine, user_id: int, service: str) -> None:
    """Deletes what a service told of a user who took the permission back over there."""
    with engine.begin() as conn:
        users.lock(conn, user_id)
        connections.delete(conn, user_id, service)
        audit.note(conn, user_id, "disconnected", f"{services.NAMES[service]}, from over there")
        _let_go(conn, user_id, service, is_kept=False)
        users.touch(conn, user_id)


def ends_at(service: str, authorized_at: datetime) -> datetime | None:
    """When a permission given then ends at the latest, whatever is done with it; ``None`` where
    it goes on until it is taken back.
    """
    return authorized_at + spotify_oauth.LASTS if service == services.SPOTIFY else None


def _let_go(conn: Connection, user_id: int, service: str, *, is_kept: bool) -> None:
    if service != services.STRAVA:
        listening.leave_service(conn, user_id, service, is_kept=is_kept)
    elif not is_kept:
        for number in remote_activities.forget(conn, user_id, service):
            workouts.forget_told(conn, user_id, remote_activities.key(service, number))


def _connect(
    engine: Engine, user_id: int, service: str, account: Account, secret: str | None
) -> None:
    with engine.begin() as conn:
        users.lock(conn, user_id)
        _, is_other = connections.connect(conn, user_id, service, account, INTERVALS_S[service])
        if is_other and service != services.STRAVA:
            # What the other account told is not to be held against what this one tells.
            listening.leave_service(conn, user_id, service, is_kept=True)
        unfinished = sync_runs.current(conn, user_id, service)
        if is_other and unfinished is not None:
            sync_runs.finish(conn, user_id, unfinished["id"], "cancelled")
        if secret is not None:
            connections.save(conn, user_id, service, secret, _keys())
        audit.note(conn, user_id, "connected", services.NAMES[service])
        sync_runs.begin(conn, user_id, service, "user")
        users.touch(conn, user_id)


def _departure(service: str) -> Departure:
    ours = settings.current().services
    back = redirect_uri(service)
    if service == services.STRAVA:
        return strava_oauth.departure(ours.strava_url, ours.strava_client_id or "", back)
    if service == services.SPOTIFY:
        return spotify_oauth.departure(
            ours.spotify_accounts_url, ours.spotify_client_id or "", back
        )
    state = secrets.token_urlsafe(24)
    url = lastfm_client.auth_url(
        ours.lastfm_url, ours.lastfm_api_key or "", f"{back}?state={state}"
    )
    return Departure(url, state)


def redirect_uri(service: str) -> str:
    """Where a service sends people back to; it must be told so when registering with it."""
    return f"{settings.current().base_url}/oauth/{service}/callback"


def _exchanged(
    service: str, patience: Patience, brought: Mapping[str, str], verifier: str | None
) -> tuple[Token, Account]:
    ours = settings.current().services
    code = brought.get("code", "")
    if service == services.STRAVA:
        site = services.strava_site(patience)
        granted = strava_oauth.exchange(
            site, ours.strava_client_id or "", ours.strava_client_secret or "", code
        )
        scopes = tuple(brought.get("scope", "").split(",")) if brought.get("scope") else ()
        strava_oauth.check_scopes(granted.token.scopes or scopes)
        return granted.token, Account(
            granted.athlete_id, granted.name, granted.token.scopes or scopes
        )
    token = spotify_oauth.exchange(
        services.spotify_site(patience),
        ours.spotify_client_id or "",
        code,
        redirect_uri(service),
        verifier or "",
    )
    person = Spotify(services.spotify_api(patience), token.access).me()
    return token, Account(person.id, person.name, token.scopes)


def revoke(engine: Engine, user_id: int) -> bool:
    """Tells Strava, if it is connected, that we want no entry any more; the others have no way
    to say so. Nobody is kept waiting for it, nor by its limits. Whether it knows.
    """
    ours = settings.current().services
    with engine.begin() as conn:
        try:
            secret = connections.secret(conn, user_id, services.STRAVA, _keys())
        except CannotOpen:
            return False
    try:
        if secret is not None:
            strava_oauth.revoke(
                Http(ours.strava_url, OpenGate(), name="Strava"),
                ours.strava_client_id or "",
                ours.strava_client_secret or "",
                tokens.from_text(secret),
            )
    except ServiceError as error:
        # Who wants to be gone is not kept for it: without its tokens the permission is of no use.
        _log.warning("Strava was not told of a disconnection: %s", type(error).__name__)
        return False
    return True


def _check_name(name: str) -> None:
    if not name or len(name) > 100 or any(ch in name for ch in "/?#\\ \t\r\n"):
        raise InputError("Give the user name as it stands in the address of your profile there.")


def _has_lastfm_secret() -> bool:
    return settings.current().services.lastfm_shared_secret is not None


def _keys() -> Keyring:
    return Keyring(settings.secret_keys(settings.current()))


def _digest(cookie: str, state: str) -> bytes:
    return hashlib.sha256(f"{cookie}\0{state}".encode()).digest()
