"""Events: Strava tells one address when somebody's activities change.

An app has one subscription. Events are not signed: they say what to look at, not what is true.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from runsous.errors import Rejected
from runsous.net.http import Http
from runsous.services.asking import ask
from runsous.services.strava import oauth
from runsous.services.strava.client import problem

_PATH: Final = "/push_subscriptions"
_LONGEST_URL: Final = 255
_OBJECTS: Final = ("activity", "athlete")
_ASPECTS: Final = ("create", "update", "delete")
_MOST: Final = 1 << 63
_LATEST: Final = 1 << 33


@dataclass(frozen=True)
class Event:
    """What happened to ``object_id``, an activity's or athlete's number, of athlete ``owner_id``.

    ``updates`` says what changed, in words.
    """

    object_type: str
    object_id: int
    owner_id: int
    subscription_id: int
    updates: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_deauthorization(self) -> bool:
        """Whether it says that the athlete took the permission back."""
        return self.object_type == "athlete" and self.updates.get("authorized") == "false"


@dataclass(frozen=True)
class Subscription:
    """Where events go to."""

    id: int
    callback_url: str


@dataclass(frozen=True)
class Webhooks:
    """The app's subscription. All it does can raise :class:`Rejected` and what ``api`` does."""

    api: Http
    client_id: str
    client_secret: str = field(repr=False)

    def create(self, callback_url: str, verify_token: str) -> Subscription:
        """Subscribes an address, which Strava asks at once whether it knows ``verify_token``
        (see :func:`challenge`). If it is subscribed already, that is the answer.
        """
        if len(callback_url) > _LONGEST_URL:
            raise Rejected(f"The address for events is longer than {_LONGEST_URL} characters.")
        data = {**self._ours, "callback_url": callback_url, "verify_token": verify_token}
        answer = self.api.call("POST", _PATH, data=data, expect="json", judge=oauth.judge)
        if answer.status < 300:
            return Subscription(_number(answer.json()), callback_url)
        known = self.view() if problem(answer)[2] == "already exists" else None
        if known is None:
            raise Rejected(
                "Strava could not verify the address for events: RUNSOUS_BASE_URL must be how the "
                "internet reaches this server, by https, and the server must be up."
            )
        if known.callback_url != callback_url:
            raise Rejected(
                "Strava sends events to another address already, and to one only: delete that "
                "subscription first."
            )
        # Maybe made by an attempt of ours that went unanswered.
        return known

    def view(self) -> Subscription | None:
        """The subscription there is."""
        return ask(self.api, _PATH, _first, judge=oauth.judge, params=self._ours)

    def delete(self, number: int) -> None:
        """Ends a subscription; there may be none of that number."""
        answer = self.api.call("DELETE", f"{_PATH}/{number}", params=self._ours, judge=oauth.judge)
        if answer.status >= 400 and answer.status != 404:
            raise Rejected(f"Strava did not end the subscription ({answer.status}).")

    @property
    def _ours(self) -> dict[str, str]:
        return {"client_id": self.client_id, "client_secret": self.client_secret}


def challenge(asked: Mapping[str, str], verify_token: str) -> dict[str, str] | None:
    """What to answer, within two seconds, to the parameters with which Strava verifies an
    address; ``None`` where somebody else asks, who is to be refused (403).
    """
    given = asked.get("hub.verify_token", "")
    is_ours = hmac.compare_digest(given.encode(), verify_token.encode())
    if not is_ours or asked.get("hub.mode") != "subscribe" or "hub.challenge" not in asked:
        return None
    return {"hub.challenge": asked["hub.challenge"]}


def event(told: Any) -> Event | None:
    """The event in a JSON that somebody sent, ``None`` where it is none."""
    if not isinstance(told, dict):
        return None
    kind, aspect = told.get("object_type"), told.get("aspect_type")
    numbers = [told.get(name) for name in ("object_id", "owner_id", "subscription_id")]
    known = [number for number in numbers if type(number) is int and 0 <= number < _MOST]
    at = told.get("event_time")
    if kind not in _OBJECTS or aspect not in _ASPECTS or len(known) < len(numbers):
        return None
    if type(at) is not int or not 0 <= at < _LATEST:
        return None
    updates = told.get("updates")
    words = {str(k): str(v) for k, v in updates.items()} if isinstance(updates, dict) else {}
    number, owner, subscription = known
    return Event(kind, number, owner, subscription, words)


def _first(told: Any) -> Subscription | None:
    if not isinstance(told, list):
        raise ValueError("no list of subscriptions")
    return Subscription(_number(told[0]), str(told[0].get("callback_url"))) if told else None


def _number(told: Any) -> int:
    if not isinstance(told, dict) or type(told.get("id")) is not int:
        raise ValueError("no subscription")
    return int(told["id"])
