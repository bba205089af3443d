"""The simulated Strava's subscription, and the events that come of what happens in its world."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from runsous.demo.services.server import Simulators
from tests.demo.services.clients import StravaApp

RUN = 16_000_000_011


class Callback:
    """An app's callback; ``status`` is what it answers to events, ``seen`` are those."""

    def __init__(self) -> None:
        self.status = 200
        self.seen: list[dict[str, Any]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = dict(parse_qsl(urlsplit(self.path).query))
                assert asked["hub.mode"] == "subscribe"
                good = asked["hub.verify_token"] == "mine"
                self._answer(200, {"hub.challenge": asked["hub.challenge"] if good else "no"})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                owner.seen.append(json.loads(body))
                self._answer(owner.status, {})

            def _answer(self, status: int, body: dict[str, str]) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/strava"


@pytest.fixture
def callback() -> Iterator[Callback]:
    found = Callback()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()


def subscribe(app: StravaApp, url: str, verify_token: str = "mine") -> requests.Response:
    return requests.post(
        app.env["STRAVA_API_URL"] + "/push_subscriptions",
        data=client(app) | {"callback_url": url, "verify_token": verify_token},
    )


def client(app: StravaApp) -> dict[str, str]:
    return {
        "client_id": app.env["STRAVA_CLIENT_ID"],
        "client_secret": app.env["STRAVA_CLIENT_SECRET"],
    }


def test_there_is_one_subscription_made_after_a_handshake(app: StravaApp, callback: Callback):
    url = app.env["STRAVA_API_URL"] + "/push_subscriptions"
    assert requests.get(url, params=client(app)).json() == []
    refused = subscribe(app, callback.url, "not mine")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "not verifiable")
    made = subscribe(app, callback.url)
    assert (made.status_code, made.json()) == (201, {"id": 1})
    again = subscribe(app, callback.url)
    assert (again.status_code, again.json()["errors"][0]["code"]) == (400, "already exists")
    assert requests.get(url, params=client(app)).json()[0]["callback_url"] == callback.url
    assert requests.delete(f"{url}/1", params=client(app)).status_code == 204
    assert requests.get(url, params=client(app)).json() == []


def test_what_happens_to_activities_is_told(app: StravaApp, sims: Simulators, callback: Callback):
    subscribe(app, callback.url)
    sims.world.edit("ann", RUN, name="New", visibility="only_me")
    sims.strava.pushes.wait()
    assert callback.seen == [
        {
            "object_type": "activity",
            "object_id": RUN,
            "aspect_type": "update",
            "updates": {"title": "New", "private": "true"},
            "owner_id": 101,
            "subscription_id": 1,
            "event_time": 1_795_200_300,
        }
    ]
    sims.world.delete("ann", RUN)
    sims.strava.pushes.wait()
    assert callback.seen[-1]["aspect_type"] == "delete"
    sims.strava.revoke("ann")
    sims.strava.pushes.wait()
    assert callback.seen[-1]["object_type"] == "athlete"
    assert callback.seen[-1]["updates"] == {"authorized": "false"}


def test_an_event_is_tried_three_times(app: StravaApp, sims: Simulators, callback: Callback):
    subscribe(app, callback.url)
    callback.status = 500
    assert sims.strava.pushes.send({"forged": True}) == [500, 500, 500]


def test_nothing_is_told_of_people_who_did_not_allow_it(
    app: StravaApp, sims: Simulators, callback: Callback
):
    subscribe(app, callback.url)
    activity = sims.world.people["ann"].activities[RUN]
    sims.world.add("ben", activity)
    sims.strava.pushes.wait()
    assert callback.seen == []
