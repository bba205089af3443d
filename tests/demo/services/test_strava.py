"""The simulated Strava keeps the contract of the real one, over real HTTP."""

from __future__ import annotations

import pytest
import requests

from runsous.demo.services.faults import Fault
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock
from tests.demo.services.clients import StravaApp, query

RUN = 16_000_000_011
"""The newest activity, which began two hours before 2026-11-19T18:45:00Z."""

INVALID_TOKEN = {
    "message": "Authorization Error",
    "errors": [{"resource": "Athlete", "field": "access_token", "code": "invalid"}],
}


def ids(answer: requests.Response) -> list[int]:
    return [each["id"] for each in answer.json()]


def test_the_page_asks_which_scopes_and_who(sims: Simulators):
    page = requests.get(StravaApp(sims).page())
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.count('type="checkbox"') == 2
    assert "Allow as Ann Sample" in page.text


def test_the_way_back_says_what_was_left_ticked_and_brings_the_state(sims: Simulators):
    back = query(sims.allow(StravaApp(sims).page(), "ann", ["read"]))
    assert (back["scope"], back["state"]) == ("read", "mine")
    assert query(sims.deny(StravaApp(sims).page())) == {"error": "access_denied", "state": "mine"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"client_id": "7"}, "client_id"),
        ({"redirect_uri": "https://elsewhere.example/cb"}, "redirect_uri"),
        ({"scope": "activity:everything"}, "scope"),
    ],
)
def test_an_odd_way_in_is_refused(sims: Simulators, changed: dict[str, str], field: str):
    answer = requests.get(StravaApp(sims).page(**changed))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_a_code_works_once(sims: Simulators):
    app = StravaApp(sims)
    code = query(sims.allow(app.page(), "ann"))["code"]
    first = app.token(grant_type="authorization_code", code=code)
    assert first.json()["athlete"]["id"] == 101
    assert first.json()["scope"] == "read,activity:read_all"
    second = app.token(grant_type="authorization_code", code=code)
    assert (second.status_code, second.json()["errors"][0]["field"]) == (400, "code")


def test_the_client_secret_is_checked(app: StravaApp):
    answer = app.token(client_secret="guessed", grant_type="refresh_token")
    assert (answer.status_code, answer.json()["errors"][0]["resource"]) == (401, "Application")


def test_a_refresh_changes_nothing_with_more_than_an_hour_left(app: StravaApp, clock: Clock):
    clock.advance(4 * 3600)
    again = app.refresh(app.tokens["refresh_token"]).json()
    assert again["access_token"] == app.tokens["access_token"]
    assert again["refresh_token"] == app.tokens["refresh_token"]
    assert again["expires_in"] == 2 * 3600


def test_a_refresh_in_the_last_hour_ends_the_old_refresh_token_at_once(
    app: StravaApp, sims: Simulators, clock: Clock
):
    clock.advance(5 * 3600 + 1)
    old = app.tokens
    new = app.refresh(old["refresh_token"]).json()
    assert new["access_token"] != old["access_token"]
    assert new["expires_at"] == 1_795_200_300 + 5 * 3600 + 1 + 6 * 3600
    assert app.get("/athlete").status_code == 200
    assert app.refresh(old["refresh_token"]).status_code == 400
    assert len(sims.calls.violations) == 1


def test_an_access_token_ends_after_six_hours(app: StravaApp, clock: Clock):
    clock.advance(6 * 3600)
    answer = app.get("/athlete")
    assert (answer.status_code, answer.json()) == (401, INVALID_TOKEN)
    assert "x-ratelimit-limit" not in answer.headers


@pytest.mark.parametrize("token", ["access_token", "refresh_token"])
def test_either_token_revokes_both(app: StravaApp, token: str):
    client = (app.env["STRAVA_CLIENT_ID"], app.env["STRAVA_CLIENT_SECRET"])
    url = app.env["STRAVA_URL"] + "/oauth/revoke"
    assert requests.post(url, data={"token": "unknown"}, auth=client).status_code == 200
    assert requests.post(url, data={"token": "x"}, auth=("1", "2")).status_code == 401
    assert requests.post(url, auth=client).status_code == 400
    assert app.get("/athlete").status_code == 200
    answer = requests.post(url, data={"token": app.tokens[token]}, auth=client)
    assert (answer.status_code, answer.content) == (200, b"")
    assert app.get("/athlete").status_code == 401
    assert app.refresh(app.tokens["refresh_token"]).status_code == 400


def test_the_old_way_to_revoke_works_too(app: StravaApp):
    headers = {"Authorization": f"Bearer {app.tokens['access_token']}"}
    answer = requests.post(app.env["STRAVA_URL"] + "/oauth/deauthorize", headers=headers)
    assert answer.json() == {"access_token": app.tokens["access_token"]}
    assert app.get("/athlete").status_code == 401


def test_activities_come_newest_first_page_by_page_until_an_empty_one(app: StravaApp):
    pages = [ids(app.get("/athlete/activities", per_page=5, page=n)) for n in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [5, 5, 2, 0]
    assert [each for page in pages for each in page] == list(range(RUN, RUN - 12, -1))


def test_before_and_after_bound_the_list_and_after_turns_it_round(app: StravaApp):
    start = 1_795_200_300 - 86_400 - 2 * 3600
    day = 2 * 86_400
    assert ids(app.get("/athlete/activities", before=start)) == list(range(RUN - 1, RUN - 12, -1))
    found = ids(app.get("/athlete/activities", after=start - 2 * day, before=start + 1))
    assert found == [RUN - 1, RUN]


def test_a_summary_has_local_time_with_a_z_and_no_keys_without_data(app: StravaApp):
    summary = app.get("/athlete/activities", per_page=1).json()[0]
    assert summary["start_date"] == "2026-11-19T16:45:00Z"
    assert summary["start_date_local"] == "2026-11-19T17:45:00Z"
    assert (summary["timezone"], summary["utc_offset"]) == ("(GMT+01:00) Europe/Berlin", 3600.0)
    assert "max_heartrate" not in summary
    assert "laps" not in summary


def test_a_hidden_start_is_a_second_past_midnight_in_both_times(app: StravaApp, sims: Simulators):
    sims.world.edit("ann", RUN, is_start_hidden=True)
    found = app.get(f"/activities/{RUN}").json()
    assert found["start_date"] == found["start_date_local"] == "2026-11-19T00:00:01Z"


def test_streams_come_by_type_or_as_a_list_and_share_their_length(app: StravaApp):
    path, keys = f"/activities/{RUN}/streams", "time,latlng,watts"
    by_type = app.get(path, keys=keys, key_by_type="true").json()
    assert set(by_type) == {"time", "latlng", "distance"}
    assert len({len(stream["data"]) for stream in by_type.values()}) == 1
    assert by_type["time"]["data"][0] == 0
    listed = app.get(path, keys=keys).json()
    assert {each["type"] for each in listed} == set(by_type)
    assert set(app.get(path, key_by_type="true").json()) == {"distance"}


def test_what_was_entered_by_hand_has_no_streams(app: StravaApp, sims: Simulators):
    sims.world.edit("ann", RUN, streams=None)
    answer = app.get(f"/activities/{RUN}/streams", keys="time", key_by_type="true")
    assert answer.status_code == 404
    assert answer.json() == {"message": "Resource Not Found", "errors": []}
    assert app.get(f"/activities/{RUN}").json()["manual"] is True


def test_only_me_needs_read_all_and_reading_needs_a_scope(sims: Simulators):
    sims.world.edit("ann", RUN, visibility="only_me")
    page = StravaApp(sims).page("read,activity:read")
    app = StravaApp(sims)
    app.tokens = app.token(
        grant_type="authorization_code", code=query(sims.allow(page, "ann"))["code"]
    ).json()
    assert RUN not in ids(app.get("/athlete/activities"))
    assert app.get(f"/activities/{RUN}").status_code == 404
    unticked = StravaApp(sims).connect("ann", ["read"]).get("/athlete/activities")
    assert unticked.status_code == 401
    assert unticked.json()["errors"][0]["field"] == "activity:read_permission"


def test_others_activities_are_not_there(sims: Simulators):
    ben = StravaApp(sims).connect("ben")
    assert ben.get("/athlete/activities").json() == []
    assert ben.get(f"/activities/{RUN}").status_code == 404


def test_a_hundred_reads_a_quarter_and_a_thousand_a_day(
    app: StravaApp, sims: Simulators, clock: Clock
):
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {app.tokens['access_token']}"
        url = app.env["STRAVA_API_URL"] + "/athlete"
        for _ in range(99):
            session.get(url)
        last = session.get(url)
        assert last.headers["X-ReadRateLimit-Usage"] == "100,100"
        assert last.headers["X-RateLimit-Limit"] == "200,2000"
        assert sims.calls.violations == []
        over = session.get(url)
        assert (over.status_code, over.json()["message"]) == (429, "Rate Limit Exceeded")
        assert "Retry-After" not in over.headers
        assert len(sims.calls.violations) == 1
        clock.advance(899)
        assert session.get(url).status_code == 429
        clock.advance(1)
        assert session.get(url).headers["X-ReadRateLimit-Usage"] == "1,103"


def test_the_day_ends_at_midnight_utc(app: StravaApp, sims: Simulators, clock: Clock):
    sims.strava.windows.enter(clock())
    clock.advance(5.25 * 3600)
    assert app.get("/athlete").headers["X-ReadRateLimit-Usage"] == "1,1"


def test_limits_need_not_be_told(app: StravaApp, sims: Simulators):
    sims.strava.limit_headers = "not_on_streams"
    assert "x-ratelimit-usage" in app.get("/athlete").headers
    path = f"/activities/{RUN}/streams"
    assert "x-ratelimit-usage" not in app.get(path, keys="time", key_by_type="true").headers


def test_an_inactive_app_gets_tokens_but_no_data(app: StravaApp, sims: Simulators):
    sims.strava.is_active = False
    answer = app.get("/athlete")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "Inactive")
    assert app.refresh(app.tokens["refresh_token"]).status_code == 200


def test_a_limit_said_to_be_spent_stays_so_for_the_quarter(
    app: StravaApp, sims: Simulators, clock: Clock
):
    sims.faults.plan(Fault("spent", "strava"))
    assert app.get("/athlete").headers["X-ReadRateLimit-Usage"].startswith("100,")
    assert app.get("/athlete").status_code == 429
    clock.advance(900)
    assert app.get("/athlete").status_code == 200
