"""What an event of Strava means here: something is to be looked at, never that it is true.

Events are not signed, and an athlete's number is no secret. So those of another subscription than
ours are dropped, and one only lets us ask Strava, of what is not about to be asked for anyway.
"""

from __future__ import annotations

import ipaddress
import json
import logging
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Engine

from runsous import settings
from runsous.errors import InputError, NotConnected, NotFound
from runsous.keys import Keyring
from runsous.net.oauth import Token
from runsous.services.strava import webhooks
from runsous.services.strava.client import Strava
from runsous.services.strava.webhooks import Event, Subscription, Webhooks
from runsous.store import connections, event_subscriptions, remote_activities, sync_runs
from runsous.store.remote_activities import DISMISSED, EXPIRED, LOOK, Feed
from runsous.sync import connecting, services
from runsous.sync.patience import Patience
from runsous.sync.tokens import Permission

_log = logging.getLogger(__name__)

PATH = "/webhooks/strava"
"""Where Strava sends events to, below the base URL."""

MOST_OPEN = 100
"""With so many activities waiting to be looked at, the list tells of further ones."""

_STRAVA = services.STRAVA


class _Ended(Exception):
    """Strava gives no more tokens for this user."""


def read(engine: Engine, body: bytes) -> Event | None:
    """The event that somebody sent; ``None`` where it is none, or of another subscription than
    ours as far as that is known.
    """
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    event = webhooks.event(told)
    if event is None:
        return None
    with engine.begin() as conn:
        ours = event_subscriptions.number(conn, _STRAVA)
    return event if ours in (None, event.subscription_id) else None


def concerned(engine: Engine, event: Event) -> list[int]:
    """The users who are connected as the athlete it tells of."""
    with engine.begin() as conn:
        return [user for user, _ in connections.of_account(conn, _STRAVA, str(event.owner_id))]


def look(engine: Engine, user_id: int, event: Event) -> bool:
    """Lets the activity it tells of be asked for, and begins a run; whether one is to go on."""
    if event.object_type != "activity":
        return False
    with engine.begin() as conn:
        try:
            connection = connections.one(conn, user_id, _STRAVA)
        except NotFound:
            return False
        known = remote_activities.one(conn, user_id, _STRAVA, event.object_id)
        if known is not None and known.state in (LOOK, DISMISSED, EXPIRED):
            return False
        if remote_activities.count(conn, user_id, _STRAVA).get(LOOK, 0) >= MOST_OPEN:
            return False
        feed = Feed(user_id, _STRAVA, connection["account_id"])
        remote_activities.look_at(conn, feed, event.object_id, datetime.now(UTC))
        if connection["trouble"] is not None:
            return False
        sync_runs.begin(conn, user_id, _STRAVA, "event")
        return True


def check_permission(engine: Engine, user_id: int) -> None:
    """Asks Strava whether the user, as somebody said, does not let us in any more; then what it
    told goes. Raises what calling the service does where that cannot be found out now.
    """
    patience = Patience(engine, _STRAVA)
    renew = services.renewal(_STRAVA, patience)

    def renew_or_end(refresh_token: str) -> Token:
        try:
            return renew(refresh_token)
        except NotConnected:
            raise _Ended from None

    own = Permission(engine, user_id, _STRAVA, _keys(), renew_or_end)
    try:
        own.use(lambda token: Strava(services.strava_api(patience), token).athlete())
    except _Ended:
        connecting.purge(engine, user_id, _STRAVA)
        _log.info("user %s took the permission back at Strava", user_id)
    except NotConnected:
        # It reaches less far, or cannot be opened here: neither is its end.
        pass


def challenge(asked: dict[str, str]) -> dict[str, str] | None:
    """The answer to Strava, which verifies our address; ``None`` for anybody else."""
    return webhooks.challenge(asked, _verify_token())


def subscribe(engine: Engine, callback: str | None = None) -> Subscription:
    """Lets Strava send events to ``callback``, or to this server's public address.

    :class:`InputError` where it has none; what calling the service raises.
    """
    ours = _webhooks(engine)
    made = ours.create(callback or _public_address(), _verify_token())
    _remember(engine, made)
    return made


def subscription(engine: Engine) -> Subscription | None:
    """Where events are sent to; ``None`` where there is no subscription. Whatever it is, from
    now on no other is believed.
    """
    known = _webhooks(engine).view()
    _remember(engine, known)
    return known


def unsubscribe(engine: Engine) -> Subscription | None:
    """Ends the subscription; what it was, ``None`` if there was none."""
    ours = _webhooks(engine)
    known = ours.view()
    if known is not None:
        ours.delete(known.id)
    _remember(engine, None)
    return known


def _remember(engine: Engine, known: Subscription | None) -> None:
    with engine.begin() as conn:
        event_subscriptions.keep(conn, _STRAVA, None if known is None else known.id)


def _public_address() -> str:
    base = settings.current().base_url
    url = urlsplit(base)
    if url.scheme != "https" or _is_loopback(url.hostname or ""):
        raise InputError(
            "Strava sends events to a public https address alone: set RUNSOUS_BASE_URL to how the"
            f" internet reaches this server (it is {base})."
        )
    return base + PATH


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _webhooks(engine: Engine) -> Webhooks:
    connecting.check(_STRAVA)
    ours = settings.current().services
    api = services.strava_api(Patience(engine, _STRAVA))
    return Webhooks(api, ours.strava_client_id or "", ours.strava_client_secret or "")


def _verify_token() -> str:
    """The same in every process and after a restart, without being kept anywhere."""
    client = settings.current().services.strava_client_id or ""
    return _keys().digest("strava webhook", client).hex()


def _keys() -> Keyring:
    return Keyring(settings.secret_keys(settings.current()))
