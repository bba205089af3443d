"""Our client at the simulated Strava, over real HTTP; what that never says, a server of bytes."""

from __future__ import annotations

import pytest

from runsous.demo.services.faults import TRANSIENT, Fault
from runsous.errors import NotConnected, Rejected, TooFewScopes, Unavailable
from runsous.net.http import Http, OpenGate
from runsous.net.oauth import TokenRefused
from runsous.services.strava import oauth, parse
from runsous.services.strava.client import Strava
from tests.net.faulty import Faulty, answer
from tests.services.strava.make import SUMMARY, keyed

RUN = 16_000_000_011
"""The newest of the runs, which are every second day."""


@pytest.fixture
def strava(api, token):
    return Strava(api, token.access)


def telling(server: Faulty) -> Strava:
    return Strava(Http(server.url, OpenGate(), name="Strava", sleep=lambda _: None), "hush-4711")


def test_the_list_is_read_downwards_until_nothing_is_left(strava):
    pages, before = [], None
    for _ in range(4):
        page = strava.activities(before, per_page=5)
        pages.append([each["id"] for each in page])
        before = min((int(parse.start(each).timestamp()) for each in page), default=0)
    assert [len(page) for page in pages] == [5, 5, 2, 0]
    assert [each for page in pages for each in page] == list(range(RUN, RUN - 12, -1))


def test_a_page_can_be_asked_for_by_its_number(strava):
    assert [each["id"] for each in strava.activities(number=3, per_page=5)] == [RUN - 10, RUN - 11]


def test_an_activity_comes_with_its_details_and_what_is_gone_does_not(strava, sims):
    assert strava.activity(RUN)["description"] is None
    sims.world.delete("ann", RUN)
    assert strava.activity(RUN) is None
    assert strava.streams(RUN) is None


def test_streams_are_those_that_we_read(strava):
    found = strava.streams(RUN)
    assert set(found) == {"time", "latlng", "distance", "altitude", "heartrate", "cadence"}
    assert len(found["time"]) == len(found["latlng"]) > 1000


def test_what_was_entered_by_hand_has_none(strava, sims):
    sims.world.edit("ann", RUN, streams=None)
    assert strava.streams(RUN) is None


def test_it_knows_whom_it_asks_for(strava):
    assert strava.athlete()["id"] == 101


def test_an_ended_token_is_told_apart_from_a_missing_permission(
    strava, sims, clock, site, client, allow
):
    few = oauth.exchange(site, *client, allow(["read"])).token
    calls = len(sims.calls.log)
    with pytest.raises(NotConnected, match="“activity:read”") as caught:
        Strava(strava.api, few.access).activities()
    assert not isinstance(caught.value, TokenRefused)
    clock.advance(6 * 3600)
    with pytest.raises(TokenRefused):
        strava.activities()
    assert len(sims.calls.log) == calls + 2


def test_an_app_that_was_switched_off_says_what_its_owner_must_do(strava, sims):
    sims.strava.is_active = False
    with pytest.raises(Rejected, match=r"subscribe.*strava\.com/settings/api") as caught:
        strava.streams(RUN)
    assert not isinstance(caught.value, NotConnected)


@pytest.mark.parametrize("kind", sorted({*TRANSIENT, "busy"} - {"expired", "hidden", "repeated"}))
def test_what_passes_is_outlasted(strava, sims, kind):
    sims.faults.plan(Fault(kind, "strava", times=2))
    assert strava.streams(RUN)["time"][0] == 0


@pytest.mark.parametrize(
    "odd",
    [{}, {"message": "?"}, [1], [{"id": "1", "start_date": "2026-06-20T05:30:00Z"}], [{"id": 1}]],
)
def test_a_list_that_is_none_is_asked_for_again(odd):
    with Faulty(answer(odd), answer([SUMMARY])) as server:
        assert telling(server).activities() == [SUMMARY]
    with Faulty(answer(odd)) as server, pytest.raises(Unavailable, match="Strava"):
        telling(server).activities()


def test_streams_that_were_cut_short_are_asked_for_again():
    short = keyed(time=[0, 1, 2], heartrate=[80, 81])
    whole = keyed(time=[0, 1, 2], heartrate=[80, 81, 82])
    with Faulty(answer(short), answer(whole)) as server:
        assert telling(server).streams(1) == {"time": [0, 1, 2], "heartrate": [80, 81, 82]}
    with Faulty(answer(short)) as server, pytest.raises(Unavailable):
        telling(server).streams(1)


@pytest.mark.parametrize(
    ("status", "told", "error"),
    [
        (401, b"Unauthorized", TokenRefused),
        (401, {"message": "Authorization Error", "errors": []}, TokenRefused),
        (401, {"errors": [{"code": "missing"}]}, TooFewScopes),
        (403, {"message": "Forbidden", "errors": "Status"}, Rejected),
        (403, [], Rejected),
        (400, {"message": "Bad Request", "errors": [None]}, Rejected),
    ],
)
def test_errors_of_any_form_are_understood(status, told, error):
    with Faulty(answer(told, status)) as server, pytest.raises(Rejected) as caught:
        telling(server).activities()
    assert type(caught.value) is error
    assert len(server.heard) == 1


@pytest.mark.parametrize("told", [{"message": "Record Not Found", "errors": []}, b"", b"<html>"])
def test_what_is_not_found_is_none_however_it_is_said(told):
    with Faulty(answer(told, 404)) as server:
        assert telling(server).activity(1) is None
        assert telling(server).streams(1) is None
    assert len(server.heard) == 2


def test_a_list_that_is_not_found_is_not_an_empty_one():
    # An address that is wrong must not look as if everything were gone.
    with Faulty(answer(b"", 404)) as server, pytest.raises(Rejected):
        telling(server).activities()


def test_the_token_travels_in_its_header_alone():
    with Faulty(answer([])) as server:
        strava = telling(server)
        strava.activities(before=1_795_200_300)
    assert server.heard[0].headers["authorization"] == "Bearer hush-4711"
    assert server.heard[0].target == "/athlete/activities?per_page=200&page=1&before=1795200300"
    assert "hush" not in repr(strava)
