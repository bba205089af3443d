"""The subscription to Strava's events, and the events themselves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest

from runsous.demo.services.faults import Fault
from runsous.errors import Rejected, Unavailable
from runsous.net.http import Http, OpenGate
from runsous.services.strava.webhooks import Subscription, Webhooks, challenge, event
from tests.net.faulty import Faulty, answer

WORD = "a-word-of-ours"
EVENT = {
    "object_type": "activity",
    "object_id": 99,
    "aspect_type": "update",
    "updates": {"title": "New", "private": "true"},
    "owner_id": 101,
    "subscription_id": 1,
    "event_time": 1_795_200_000,
}


@pytest.fixture
def callback() -> Iterator[str]:
    """The address of a server that answers as :func:`challenge` says."""
    import json

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self):
            told = challenge(dict(parse_qsl(urlsplit(self.path).query)), WORD)
            self.send_response(200 if told else 403)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield f"http://127.0.0.1:{server.server_port}/webhooks/strava"
    server.shutdown()
    server.server_close()


@pytest.fixture
def webhooks(api, client):
    return Webhooks(api, *client)


def test_a_subscription_is_made_seen_and_ended(webhooks, callback):
    assert webhooks.view() is None
    made = webhooks.create(callback, WORD)
    assert made == webhooks.view() == Subscription(1, callback)
    webhooks.delete(made.id)
    assert webhooks.view() is None
    webhooks.delete(made.id)


def test_one_that_exists_is_the_answer_if_it_is_ours_and_else_in_the_way(webhooks, callback, sims):
    sims.faults.plan(Fault("truncated", "strava", where="/push_subscriptions"))
    assert webhooks.create(callback, WORD).id == 1
    assert webhooks.create(callback, WORD).id == 1
    with pytest.raises(Rejected, match="delete that subscription"):
        webhooks.create(callback + "/other", WORD)


@pytest.mark.parametrize(("path", "word"), [("", "another word"), ("x" * 300, WORD)])
def test_an_address_that_cannot_be_verified_is_refused(webhooks, callback, path, word):
    with pytest.raises(Rejected, match="address"):
        webhooks.create(callback + path, word)


def test_a_wrong_secret_shows(api, client, callback):
    wrong = Webhooks(api, client[0], "guessed")
    for act in (wrong.view, lambda: wrong.create(callback, WORD), lambda: wrong.delete(1)):
        with pytest.raises(Rejected, match="STRAVA_CLIENT_SECRET"):
            act()
    assert "guessed" not in repr(wrong)


@pytest.mark.parametrize("odd", [{}, [7], [{"id": "x"}], [{}]])
def test_a_list_that_is_none_is_nonsense(odd):
    with Faulty(answer(odd)) as server, pytest.raises(Unavailable):
        Webhooks(Http(server.url, OpenGate(), sleep=lambda _: None), "1", "2").view()


def test_a_challenge_is_answered_to_who_knows_our_word():
    asked = {"hub.mode": "subscribe", "hub.challenge": "x", "hub.verify_token": WORD}
    assert challenge(asked, WORD) == {"hub.challenge": "x"}
    assert challenge(asked | {"hub.verify_token": "guessed"}, WORD) is None
    assert challenge(asked | {"hub.verify_token": "é"}, WORD) is None
    assert challenge(asked | {"hub.mode": "unsubscribe"}, WORD) is None
    assert challenge({"hub.mode": "subscribe", "hub.verify_token": WORD}, WORD) is None
    assert challenge({}, WORD) is None


def test_an_event_tells_what_to_look_at():
    found = event(EVENT)
    assert (found.object_type, found.object_id) == ("activity", 99)
    assert (found.owner_id, found.subscription_id) == (101, 1)
    assert found.updates == {"title": "New", "private": "true"}
    assert not found.is_deauthorization
    assert event(EVENT | {"updates": None}).updates == {}


def test_who_takes_the_permission_back_is_told():
    gone = {"object_type": "athlete", "object_id": 101, "updates": {"authorized": "false"}}
    assert event(EVENT | gone).is_deauthorization
    assert not event(EVENT | gone | {"updates": {"authorized": "true"}}).is_deauthorization
    assert not event(EVENT | {"updates": {"authorized": "false"}}).is_deauthorization


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [EVENT],
        {},
        EVENT | {"object_type": "segment"},
        EVENT | {"object_type": []},
        EVENT | {"aspect_type": "explode"},
        EVENT | {"object_id": "99"},
        EVENT | {"object_id": -1},
        EVENT | {"object_id": 1 << 63},
        EVENT | {"owner_id": True},
        EVENT | {"subscription_id": None},
        EVENT | {"event_time": "now"},
        EVENT | {"event_time": 1 << 60},
        {name: value for name, value in EVENT.items() if name != "event_time"},
    ],
)
def test_what_is_no_event_is_nothing(odd):
    assert event(odd) is None
