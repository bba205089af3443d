"""Permissions and tokens, asked of a server on loopback."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from runsous.errors import NotConnected, Rejected, ServiceError, Unavailable
from runsous.net.http import Http, OpenGate
from runsous.net.oauth import Token, TokenOffice, departure
from tests.net.faulty import Faulty, answer, hang_up

SECRET = "hush-hush-4711"
TOKEN = {
    "access_token": "access-1",
    "token_type": "Bearer",
    "expires_in": 3600,
    "refresh_token": "r1",
    "scope": "read,activity:read_all",
}


def office(server: Faulty, **more) -> TokenOffice:
    http = Http(server.url, OpenGate(), name="Spotify", sleep=lambda seconds: None)
    return TokenOffice(http, "/api/token", "our-id", **more)


def asked(server: Faulty, number: int = -1) -> dict[str, str]:
    return {
        name: values[0] for name, values in parse_qs(server.heard[number].body.decode()).items()
    }


def test_the_page_is_asked_for_what_the_service_wants_to_know():
    sent = departure(
        "http://127.0.0.1:9/oauth/authorize",
        "our-id",
        "http://127.0.0.1:8501/oauth/strava/callback",
        "read,activity:read_all",
        approval_prompt="auto",
    )
    page = urlsplit(sent.url)
    assert f"{page.scheme}://{page.netloc}{page.path}" == "http://127.0.0.1:9/oauth/authorize"
    assert {name: values[0] for name, values in parse_qs(page.query).items()} == {
        "client_id": "our-id",
        "redirect_uri": "http://127.0.0.1:8501/oauth/strava/callback",
        "response_type": "code",
        "scope": "read,activity:read_all",
        "approval_prompt": "auto",
        "state": sent.state,
    }
    assert sent.verifier is None
    assert sent.state not in repr(sent)


def test_every_departure_has_a_state_and_a_verifier_of_its_own_that_prove_each_other():
    trips = [
        departure("https://x/authorize", "id", "https://y/cb", "s", has_pkce=True) for _ in "ab"
    ]
    assert len({trip.state for trip in trips}) == len({trip.verifier for trip in trips}) == 2
    assert all(len(trip.state) >= 30 for trip in trips)
    query = parse_qs(urlsplit(trips[0].url).query)
    # RFC 7636, section 4.2.
    digest = hashlib.sha256(trips[0].verifier.encode()).digest()
    assert query["code_challenge"] == [base64.urlsafe_b64encode(digest).decode().rstrip("=")]
    assert query["code_challenge_method"] == ["S256"]
    assert 43 <= len(trips[0].verifier) <= 128


def test_a_code_becomes_a_token():
    with Faulty(answer(TOKEN)) as server:
        token = office(server).exchange("c+1", redirect_uri="https://y/cb", verifier="v" * 43)
    assert asked(server) == {
        "grant_type": "authorization_code",
        "code": "c+1",
        "redirect_uri": "https://y/cb",
        "code_verifier": "v" * 43,
        "client_id": "our-id",
    }
    assert (server.heard[0].method, server.heard[0].target) == ("POST", "/api/token")
    assert (token.access, token.refresh) == ("access-1", "r1")
    assert token.scopes == ("read", "activity:read_all")
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    assert abs(token.expires_at - in_an_hour) < timedelta(seconds=10)


def test_a_client_secret_goes_into_the_form():
    with Faulty(answer(TOKEN)) as server:
        office(server, client_secret=SECRET).exchange("c")
        office(server, client_secret=SECRET).refresh("r0")
    assert asked(server, 0) == {
        "grant_type": "authorization_code",
        "code": "c",
        "client_id": "our-id",
        "client_secret": SECRET,
    }
    assert asked(server, 1) == {
        "grant_type": "refresh_token",
        "refresh_token": "r0",
        "client_id": "our-id",
        "client_secret": SECRET,
    }


@pytest.mark.parametrize(("new", "kept"), [("r2", "r2"), (None, "r1"), ("", "r1")])
def test_the_new_refresh_token_replaces_the_old_where_there_is_one(new, kept):
    with Faulty(answer(TOKEN | {"refresh_token": new})) as server:
        assert office(server).refresh("r1").refresh == kept
    with Faulty(answer({"access_token": "a2"})) as server:
        assert office(server).refresh("r1") == Token("a2", "r1")


def test_where_only_the_moment_of_the_end_is_told_that_is_taken():
    with Faulty(answer({"access_token": "a", "expires_at": 1795260000})) as server:
        token = office(server).exchange("c")
    assert token.expires_at == datetime(2026, 11, 21, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "status", "error"),
    [
        ({"error": "invalid_grant", "error_description": SECRET}, 400, NotConnected),
        ({"error": "invalid_grant"}, 200, NotConnected),
        ({"error": "invalid_client"}, 400, Rejected),
        ({"message": "Bad Request"}, 401, Rejected),
        (b"Forbidden", 403, Rejected),
    ],
)
def test_a_refusal_is_told_apart_from_a_permission_that_ended(told, status, error):
    with Faulty(answer(told, status)) as server, pytest.raises(Rejected) as caught:
        office(server).refresh("r1")
    assert type(caught.value) is error
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    "fault",
    [
        hang_up,
        answer(b"<html>", 502),
        answer({"error": "server_error"}, 503),
        answer(b"", 429),
        answer(b"<html>Down"),
        answer(json.dumps(TOKEN).encode()[:40]),
        answer([]),
        answer({}),
        answer({"access_token": None}),
    ],
)
def test_what_may_pass_is_tried_again(fault):
    with Faulty(fault, answer(TOKEN)) as server:
        assert office(server).refresh("r0").access == "access-1"
    assert len(server.heard) == 2


def test_a_lifetime_that_is_no_number_is_no_token():
    with Faulty(answer(TOKEN | {"expires_in": "soon"})) as server, pytest.raises(Unavailable):
        office(server).refresh("r0")


def test_a_room_can_say_what_an_answer_means():
    def judge(told):
        if told.status == 400:
            raise NotConnected("Once every six months.")

    with Faulty(answer({"error": "invalid_grant"}, 400)) as server:
        desk = office(server, judge=judge)
        with pytest.raises(NotConnected, match="six months"):
            desk.refresh("r0")


@pytest.mark.parametrize("told", [answer(TOKEN), answer(b"", 401), answer(SECRET.encode())])
def test_no_token_or_secret_is_in_a_log_or_shown_by_mistake(told, caplog):
    caplog.set_level(logging.DEBUG)
    with Faulty(told) as server:
        desk = office(server, client_secret=SECRET)
        shown = repr(desk)
        try:
            shown += repr(desk.refresh(SECRET)) + repr(desk.exchange(SECRET))
        except ServiceError as error:
            logging.getLogger("sync").error("failed", exc_info=error)
    assert "access-1" not in shown
    assert SECRET not in shown + caplog.text
