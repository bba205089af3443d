"""``/connections`` and ``/sync-runs``: services connected, synced, scheduled and let go."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from runsous import jobs
from runsous.errors import Rejected, Unavailable
from runsous.settings import Services
from runsous.store import connections, sync_runs
from runsous.sync import connecting
from runsous.sync.patience import Patience
from tests.sync import connected, make
from tests.web.people import configure
from tests.web.services import SERVICES, queued, sims, user
from tests.web.test_api_reading import API, found, problem

__all__ = ["sims", "user"]

ALL = f"{API}/connections"
RUNS = f"{API}/sync-runs"
APART = ("rate_limits", "service_windows")


@pytest.fixture
def known(engine, user):
    """Connected to Last.fm, by this database alone, as far as it is set up there."""
    configure(services=Services(lastfm_api_key="k"))
    with engine.begin() as conn:
        connections.connect(conn, user, "lastfm", connections.Account("ann", "Ann"), 3600)
    yield
    jobs.close(engine)


def one(web, service: str) -> dict:
    (item,) = [each for each in found(web.get(ALL))["items"] if each["service"] == service]
    return item


def moment(told: str) -> datetime:
    assert told.endswith("Z")
    return datetime.fromisoformat(told)


def test_all_services_are_listed_with_what_they_lack(engine, web):
    items = found(web.get(ALL))["items"]
    assert [item["service"] for item in items] == list(SERVICES)
    assert [item["title"] for item in items] == ["Strava", "Spotify", "Last.fm", "ListenBrainz"]
    assert [item["missing"] for item in items] == [
        ["STRAVA_CLIENT_ID", "STRAVA_CLIENT_SECRET"],
        ["SPOTIFY_CLIENT_ID"],
        ["LASTFM_API_KEY"],
        [],
    ]
    for item in items:
        assert item["is_configured"] is (item["missing"] == [])
        assert (item["is_connected"], item["is_scheduled"], item["scopes"]) == (False, False, [])
        nothing = {name for name, value in item.items() if value is None}
        assert nothing >= {"account_id", "authorized_at", "expires_at", "interval_s", "last_run"}


def test_a_user_name_connects_lastfm(engine, web, sims, user):
    item = found(web.put(f"{ALL}/lastfm", json={"username": " Ann "}))
    assert (item["is_connected"], item["account_name"], item["trouble"]) == (True, "ann", None)
    assert item == one(web, "lastfm")
    assert item["last_run"]["status"] == "queued"
    assert queued(engine) == [("run_sync", {"user_id": user, "service": "lastfm"})]


def test_a_token_tells_who_one_is_at_listenbrainz(engine, web, sims):
    token = sims.world.people["ann"].listenbrainz_token
    item = found(web.put(f"{ALL}/listenbrainz", json={"token": token}))
    assert item["account_id"] == "ann"
    assert token not in web.get(ALL).text
    item = found(web.put(f"{ALL}/listenbrainz", json={"username": "ann", "token": None}))
    assert item["account_id"] == "ann"
    wrong = web.put(f"{ALL}/listenbrainz", json={"username": "ben", "token": token})
    assert "belongs to ann" in problem(wrong, 400)["detail"]


def test_who_is_not_there_is_not_connected(engine, web, sims, user):
    before = make.tables(engine, *APART)
    for service in ("lastfm", "listenbrainz"):
        unknown = web.put(f"{ALL}/{service}", json={"username": "nobody"})
        assert "knows nobody by this name" in problem(unknown, 422)["detail"]
        problem(web.put(f"{ALL}/{service}", json={"username": "a/b"}), 400)
        problem(web.put(f"{ALL}/{service}", json={"username": ""}), 400)
    assert "own page" in problem(web.put(f"{ALL}/strava", json={"username": "ann"}), 400)["detail"]
    assert make.tables(engine, *APART) == before


def test_what_cannot_be_is_refused_before_anything_happens(engine, web, known):
    before = make.tables(engine)
    for change in (
        {"username": "a\x00"},
        {"username": "a" * 101},
        {"username": "\ud800"},
        {"token": "é"},
        {"token": "a\nb"},
        {"username": "ann", "interval_s": 899},
        {"username": "ann", "interval_s": 86_401},
        {"is_scheduled": "perhaps"},
        {"name": "ann"},
        [],
    ):
        sent = {"content": json.dumps(change), "headers": {"content-type": "application/json"}}
        problem(web.put(f"{ALL}/lastfm", **sent), 422)
    assert make.tables(engine) == before


def test_how_often_is_synced_can_be_changed(engine, web, known):
    began = datetime.now(UTC)
    item = found(web.put(f"{ALL}/lastfm", json={"interval_s": 900}))
    assert (item["is_scheduled"], item["interval_s"]) == (True, 900)
    in_a_quarter = moment(item["next_run_at"]) - began
    assert timedelta(minutes=15) <= in_a_quarter < timedelta(minutes=16)
    item = found(web.put(f"{ALL}/lastfm", json={"is_scheduled": False}))
    assert (item["is_scheduled"], item["interval_s"], item["next_run_at"]) == (False, 900, None)
    item = found(web.put(f"{ALL}/lastfm", json={"is_scheduled": True, "interval_s": 86_400}))
    assert (item["is_scheduled"], item["interval_s"]) == (True, 86_400)
    assert found(web.put(f"{ALL}/lastfm", json={})) == item
    assert queued(engine) == []


def test_what_is_in_trouble_runs_no_more_by_itself(engine, web, user, known):
    with engine.begin() as conn:
        connections.set_trouble(conn, user, "lastfm", "Connect again.")
    item = one(web, "lastfm")
    assert (item["trouble"], item["next_run_at"]) == ("Connect again.", None)
    assert item["is_connected"]


def test_a_run_is_begun_followed_and_listed(engine, web, sims, user):
    connected.connect(engine, user, sims, "lastfm")
    connected.finish(engine, user, "lastfm")
    answer = web.post(f"{ALL}/lastfm/sync")
    assert answer.status_code == 202
    asked = answer.json()
    assert asked["status_url"] == f"{RUNS}/{asked['id']}"
    assert (asked["reason"], asked["status"]) == ("user", "queued")
    # The one under way is the one.
    assert web.post(f"{ALL}/lastfm/sync").json()["id"] == asked["id"]
    assert queued(engine) == [("run_sync", {"user_id": user, "service": "lastfm"})]
    connected.finish(engine, user, "lastfm")
    run = found(web.get(asked["status_url"]))
    assert (run["status"], run["message"], run["is_cancelled"]) == ("done", None, False)
    assert moment(run["created_at"]) <= moment(run["started_at"]) <= moment(run["finished_at"])
    items = found(web.get(RUNS))["items"]
    assert [item["status"] for item in items] == ["done", "done"]
    assert items[0] == run
    assert items[1]["listens_new"] == 20
    assert found(web.get(RUNS, params={"limit": 1}))["items"] == [run]
    assert found(web.get(RUNS, params={"service": "strava"}))["items"] == []
    item = one(web, "lastfm")
    assert item["last_run"] == run
    newest = max(each.start_s for each in sims.world.people["ann"].listens["lastfm"])
    assert moment(item["last_seen_at"]).timestamp() == newest


def test_a_run_is_cancelled_even_while_it_waits(engine, web, user, known):
    problem(web.delete(f"{ALL}/lastfm/sync"), 404)
    number = web.post(f"{ALL}/lastfm/sync").json()["id"]
    with engine.begin() as conn:
        later = datetime.now(UTC) + timedelta(hours=6)
        sync_runs.wait(conn, user, number, later, "Last.fm allows no more calls.")
    answer = web.delete(f"{ALL}/lastfm/sync")
    assert (answer.status_code, answer.json()["is_cancelled"]) == (202, True)
    assert connected.finish(engine, user, "lastfm")["status"] == "cancelled"
    assert found(web.get(answer.json()["status_url"]))["status"] == "cancelled"


def test_budget_and_time_of_the_newest_activity_are_told(engine, web, sims, user):
    connected.connect(engine, user, sims, "strava")
    connected.finish(engine, user, "strava")
    item = one(web, "strava")
    used, allowed = item["last_run"]["budget"]["15 minutes"]
    assert 0 < used < allowed == 200
    newest = max(each.start_s for each in sims.world.people["ann"].activities.values())
    assert moment(item["last_seen_at"]).timestamp() == newest
    assert item["scopes"] == ["read", "activity:read", "activity:read_all"]
    assert item["expires_at"] is None


def test_both_names_of_an_activity_are_told(engine, web, sims, user):
    connected.connect(engine, user, sims, "strava")
    connected.finish(engine, user, "strava")
    newest, *others = found(web.get(f"{API}/activities"))["items"]
    assert (newest["name"], newest["names"]) == ("Run 2", {"strava": "Run 2"})
    here = f"{API}/activities/{newest['id']}"
    assert found(web.patch(here, json={"name": "Mine"}))["names"] == {"strava": "Run 2"}
    sims.world.edit("ann", int(newest["external_id"]), name="Race")
    connected.again(engine, user, "strava")
    item = found(web.get(here))
    assert (item["name"], item["names"]) == ("Mine", {"strava": "Race"})
    assert found(web.get(f"{API}/activities"))["items"] == [item, *others]


def test_spotify_is_to_be_connected_anew_within_six_months(engine, web, sims, user):
    connected.connect(engine, user, sims, "spotify")
    item = one(web, "spotify")
    lasts = moment(item["expires_at"]) - moment(item["authorized_at"])
    assert timedelta(days=180) < lasts <= timedelta(days=184)


@pytest.mark.parametrize(("data", "left"), [({"data": "keep"}, 3), ({"data": "purge"}, 0), ({}, 0)])
def test_who_disconnects_strava_keeps_its_data_by_saying_so(engine, web, sims, user, data, left):
    connected.connect(engine, user, sims, "strava")
    connected.finish(engine, user, "strava")
    assert web.delete(f"{ALL}/strava", params=data).status_code == 204
    assert not one(web, "strava")["is_connected"]
    assert found(web.get(f"{API}/activities"))["total"] == left
    assert len(sims.calls.of("strava", "/oauth/revoke")) == 1
    problem(web.delete(f"{ALL}/strava", params=data), 404)


def test_what_does_not_exist_is_not_found(engine, web, sims):
    for service in ("nobody", "STRAVA", "%00", "strava%2Fx"):
        for method, path in (("PUT", ""), ("DELETE", ""), ("POST", "/sync"), ("DELETE", "/sync")):
            answer = web.request(method, f"{ALL}/{service}{path}", json={})
            problem(answer, 404)
    for method, path in (("PUT", ""), ("DELETE", ""), ("POST", "/sync"), ("DELETE", "/sync")):
        answer = web.request(method, f"{ALL}/strava{path}", json={})
        assert "not connected" in problem(answer, 404)["detail"]
    problem(web.get(f"{RUNS}/1"), 404)
    problem(web.get(RUNS, params={"service": "nobody"}), 422)
    problem(web.delete(f"{ALL}/strava", params={"data": "burn"}), 422)


def test_without_its_settings_a_service_is_not_called(engine, web, known):
    configure(services=Services())
    for answer in (
        web.put(f"{ALL}/lastfm", json={"username": "ann"}),
        web.post(f"{ALL}/lastfm/sync"),
    ):
        assert "LASTFM_API_KEY" in problem(answer, 409)["detail"]
    # What needs no call can be done.
    assert found(web.put(f"{ALL}/lastfm", json={"is_scheduled": False}))["is_connected"]
    assert web.delete(f"{ALL}/lastfm").status_code == 204


def test_a_service_that_does_not_do_its_part_is_said(engine, web, user, known, monkeypatch):
    patience = Patience(engine, "lastfm")
    patience.close(datetime.now(UTC) + timedelta(hours=3))
    answer = web.put(f"{ALL}/lastfm", json={"username": "ann"})
    assert "Last.fm allows no more calls before" in problem(answer, 503)["detail"]
    assert 10_790 < int(answer.headers["retry-after"]) <= 10_800
    for error in (Unavailable("It is away."), Rejected("It refuses.")):

        def name_user(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(connecting, "name_user", name_user)
        answer = web.put(f"{ALL}/lastfm", json={"username": "ann"})
        assert problem(answer, 502)["detail"] == str(error)
