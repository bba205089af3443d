"""Strava's one subscription to events, simulated, and the events sent to it."""

from __future__ import annotations

import asyncio
import secrets
import threading
from typing import Any, Final

import requests
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runsous.demo.services.desk import Desk, Office
from runsous.demo.services.grants import Grants
from runsous.demo.services.world import Change, Person

_PATIENCE_S: Final = 2.0
_TRIES: Final = 3
_LONGEST_URL: Final = 255


class Pushes:
    """The subscription of one app.

    What happens to activities of people who allowed the app is told by itself; ``send`` tells
    anything else, true or not. ``sent`` are the events with the status of each try (0 = none).
    """

    def __init__(self, office: Office, grants: Grants, client: tuple[str, str]) -> None:
        self._office = office
        self._grants = grants
        self._client = client
        self._next_id = 1
        self._threads: list[threading.Thread] = []
        self.subscription: dict[str, Any] | None = None
        self.sent: list[tuple[dict[str, Any], list[int]]] = []
        office.world.listeners.append(self._tell)

    def routes(self, desk: Desk) -> list[Route]:
        """Create, view and delete."""
        path = "/push_subscriptions"
        return [
            Route(path, desk.at(self._create), methods=["POST"]),
            Route(path, desk.at(self._view), methods=["GET"]),
            Route(path + "/{id:int}", desk.at(self._delete), methods=["DELETE"]),
        ]

    def send(self, event: dict[str, Any]) -> list[int]:
        """Posts an event to the callback, up to three times; the statuses that came back."""
        statuses: list[int] = []
        if self.subscription is None:
            return statuses
        for _ in range(_TRIES):
            try:
                answer = requests.post(
                    self.subscription["callback_url"], json=event, timeout=_PATIENCE_S
                )
                statuses.append(answer.status_code)
            except requests.RequestException:
                statuses.append(0)
            if statuses[-1] == 200:
                break
        self.sent.append((event, statuses))
        return statuses

    def event(
        self, person: Person, object_id: int, aspect: str, updates: dict[str, str]
    ) -> dict[str, Any]:
        """An event as Strava words it; of the athlete if that is the object."""
        return {
            "object_type": "athlete" if object_id == person.athlete_id else "activity",
            "object_id": object_id,
            "aspect_type": aspect,
            "updates": updates,
            "owner_id": person.athlete_id,
            "subscription_id": (self.subscription or {}).get("id", 0),
            "event_time": int(self._office.now),
        }

    def tell_revoked(self, person: Person) -> None:
        """Sends that a person has removed the app."""
        updates = {"authorized": "false"}
        self._send_aside(person, self.event(person, person.athlete_id, "update", updates))

    def wait(self) -> None:
        """Returns once every event is sent."""
        for thread in list(self._threads):
            thread.join()

    def _tell(self, change: Change) -> None:
        event = self.event(change.person, change.activity_id, change.aspect, dict(change.updates))
        self._send_aside(change.person, event)

    def _send_aside(self, person: Person, event: dict[str, Any]) -> None:
        if self.subscription is not None and self._grants.of_person(person.key):
            thread = threading.Thread(target=self.send, args=(event,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _refusal(self, client_id: object, client_secret: object) -> Response | None:
        if str(client_id) != self._client[0]:
            return failure(400, "Bad Request", "Application", "client_id")
        if client_secret != self._client[1]:
            return failure(401, "Authorization Error", "Application", "")
        return None

    async def _create(self, request: Request) -> Response:
        asked = await request.form()
        refusal = self._refusal(asked.get("client_id"), asked.get("client_secret"))
        if refusal is not None:
            return refusal
        if self.subscription is not None:
            return failure(400, "Bad Request", "PushSubscription", "", "already exists")
        url = str(asked.get("callback_url", ""))
        if not 0 < len(url) <= _LONGEST_URL:
            return failure(400, "Bad Request", "PushSubscription", "callback url")
        if not await asyncio.to_thread(_answers, url, str(asked.get("verify_token", ""))):
            return failure(400, "Bad Request", "PushSubscription", "callback url", "not verifiable")
        self.subscription = {
            "id": self._next_id,
            "resource_state": 2,
            "application_id": int(self._client[0]),
            "callback_url": url,
            "created_at": "2026-11-01T08:00:00Z",
            "updated_at": "2026-11-01T08:00:00Z",
        }
        self._next_id += 1
        return JSONResponse({"id": self.subscription["id"]}, 201)

    async def _view(self, request: Request) -> Response:
        asked = request.query_params
        refusal = self._refusal(asked.get("client_id"), asked.get("client_secret"))
        return refusal or JSONResponse([self.subscription] if self.subscription else [])

    async def _delete(self, request: Request) -> Response:
        asked = {**request.query_params, **(await request.form())}
        refusal = self._refusal(asked.get("client_id"), asked.get("client_secret"))
        if refusal is not None:
            return refusal
        if self.subscription is None or self.subscription["id"] != request.path_params["id"]:
            return failure(404, "Record Not Found", "PushSubscription", "id", "not found")
        self.subscription = None
        return Response(status_code=204)


def failure(
    status: int,
    message: str,
    resource: str | None = None,
    field: str = "",
    code: str = "invalid",
) -> Response:
    """An error in Strava's words, with one or no entry in its list."""
    errors = [{"resource": resource, "field": field, "code": code}] if resource else []
    return JSONResponse({"message": message, "errors": errors}, status)


def _answers(url: str, verify_token: str) -> bool:
    """Whether a callback gives the challenge back in time."""
    challenge = secrets.token_hex(8)
    asked = {
        "hub.mode": "subscribe",
        "hub.challenge": challenge,
        "hub.verify_token": verify_token,
    }
    try:
        answer = requests.get(url, params=asked, timeout=_PATIENCE_S)
        given = answer.json().get("hub.challenge")
    except (requests.RequestException, AttributeError):
        return False
    return answer.status_code == 200 and bool(given == challenge)
