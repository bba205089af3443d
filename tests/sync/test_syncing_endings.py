"""Runs that users end in the middle: cancelled, disconnected, or gone with their account."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from runsous import jobs  # noqa: F401 - ties accounts to services
from runsous.accounts import farewell
from runsous.net.http import Http
from runsous.store import service_windows, sync_runs
from runsous.sync import connecting, syncing
from runsous.sync.running import Run
from tests.sync import connected, make

ALL = ("strava", "lastfm", "listenbrainz", "spotify")


@pytest.fixture(autouse=True)
def hurried(monkeypatch, sims):
    connected.hurry(monkeypatch)
    connected.widen(sims)
    # Several pages of each history.
    monkeypatch.setattr("runsous.demo.services.lastfm._MOST_PER_PAGE", 100)
    monkeypatch.setattr("runsous.demo.services.listenbrainz._MOST_PER_PAGE", 100)


@pytest.fixture
def meanwhile(monkeypatch):
    """Lets something happen when an answer of a service has come but is not stored yet."""

    def plan(what, where, skip=2):
        call, left = Http.call, [skip]

        def calling(self, method, path, **options):
            answer = call(self, method, path, **options)
            if where in self.base_url + path:
                left[0] -= 1
                if left[0] == -1:
                    what()
            return answer

        monkeypatch.setattr(Http, "call", calling)

    return plan


WHERE = {"strava": "streams", "lastfm": "lastfm-api", "listenbrainz": "/listens"}


def state(engine):
    """What could be of a service, besides counters and the user's own log."""
    others = ("service_windows", "users", "audit_log", "music_totals")
    return make.tables(engine, *others)


@pytest.mark.parametrize("service", ["strava", "lastfm", "listenbrainz"])
def test_cancelled_it_ends_and_what_came_in_stays_until_it_goes_on(
    engine, user, sims, meanwhile, service
):
    def cancel():
        with engine.begin() as conn:
            sync_runs.cancel(conn, user, service)

    connected.connect(engine, user, sims, service)
    # Scrobblers have to confirm that their first page is the newest.
    meanwhile(cancel, WHERE[service], skip=2 if service == "strava" else 3)
    run = connected.finish(engine, user, service)
    assert run["status"] == "cancelled"
    if service == "strava":
        assert len(connected.activities(engine, user)) == 3
    else:
        assert 200 < len(connected.listens(engine, user, service)) < 400
    assert connected.again(engine, user, service)["status"] == "done"
    assert connected.differences(engine, user, sims) == []


@pytest.mark.parametrize("service", ["strava", "lastfm", "listenbrainz", "spotify"])
def test_disconnected_with_all_data_nothing_of_the_service_is_left(
    engine, user, sims, meanwhile, service
):
    before = state(engine)
    connected.connect(engine, user, sims, service)
    meanwhile(
        lambda: connecting.disconnect(engine, user, service, is_kept=False),
        WHERE.get(service, "recently-played"),
        skip=2 if service in WHERE else 0,
    )
    while syncing.go_on(engine, user, service, threading.Event()):
        pass
    assert connected.all_connections(engine, user) == []
    assert state(engine) == before


@pytest.mark.parametrize("service", ["strava", "lastfm", "listenbrainz"])
def test_after_all_was_read_nothing_is_left_either(engine, user, sims, service):
    before = state(engine)
    connected.connect(engine, user, sims, service)
    connected.finish(engine, user, service)
    connecting.disconnect(engine, user, service, is_kept=False)
    assert state(engine) == before


@pytest.mark.parametrize("service", ["strava", "lastfm"])
def test_disconnected_what_came_in_stays_and_can_go_on_later(
    engine, user, sims, meanwhile, service
):
    connected.connect(engine, user, sims, service)
    meanwhile(lambda: connecting.disconnect(engine, user, service, is_kept=True), WHERE[service])
    while syncing.go_on(engine, user, service, threading.Event()):
        pass
    activities, plays = connected.activities(engine, user), connected.listens(engine, user, service)
    assert len(activities) == 2 or 0 < len(plays) < 500
    connected.connect(engine, user, sims, service)
    assert connected.finish(engine, user, service)["status"] == "done"
    assert connected.differences(engine, user, sims) == []
    if service == "strava":
        # What was kept is not fetched again.
        streams = [call.path for call in sims.calls.of("strava", "streams")]
        assert len(streams) == len(set(streams)) + 1


def test_strava_is_told_of_a_disconnection(engine, user, sims):
    connected.connect(engine, user, sims, "strava")
    connecting.disconnect(engine, user, "strava", is_kept=True)
    assert sims.strava.grants.of_person("ann") == []


def test_strava_is_told_of_a_deleted_account_even_when_its_calls_are_spent(engine, user, sims):
    connected.connect(engine, user, sims, "strava")
    with engine.begin() as conn:
        until = datetime.now(UTC) + timedelta(hours=1)
        service_windows.close(conn, "strava", "closed", until)
    assert connecting.revoke in farewell.leaving
    farewell.leave(engine, user)
    assert sims.strava.grants.of_person("ann") == []


def test_another_account_connected_in_the_middle_gets_its_own_run(engine, user, sims, meanwhile):
    ann = sims.world.people["ann"]
    sims.world.people["ben"] = type(ann)("ben", "Ben", 102, "t-ben")
    connected.connect(engine, user, sims, "strava")
    meanwhile(lambda: connected.connect(engine, user, sims, "strava", "ben"), "streams")
    run = connected.finish(engine, user, "strava")
    assert (run["status"], run["activities_new"]) == ("done", 0)
    assert len(connected.activities(engine, user)) == 2
    known = make.rows(engine, "SELECT DISTINCT account_id FROM remote_activities")
    assert [row["account_id"] for row in known] == ["101"]


@pytest.mark.parametrize("service", ["strava", "lastfm", "listenbrainz"])
def test_an_account_deleted_in_the_middle_leaves_nothing(engine, sims, meanwhile, service, caplog):
    with engine.begin() as conn:
        user = conn.execute(
            text("INSERT INTO users (name, email) VALUES ('a', 'a@b.example') RETURNING id")
        ).scalar_one()
    connected.connect(engine, user, sims, service)
    meanwhile(lambda: farewell.leave(engine, user), WHERE[service])
    while syncing.go_on(engine, user, service, threading.Event()):
        pass
    assert [r for r in caplog.records if r.levelname == "ERROR"] == []
    tables = make.tables(engine, "service_windows")
    assert {name: rows for name, rows in tables.items() if rows} == {}


class Killed(BaseException):
    """Ends a run wherever it is, as the end of its process does."""


@pytest.mark.parametrize("service", ALL)
def test_killed_before_it_is_noted_what_came_in_is_counted(
    engine, user, sims, monkeypatch, service
):
    note, rng = Run.note, random.Random(1)

    def dying(self, **facts):
        if rng.random() < 0.4:
            raise Killed
        note(self, **facts)

    def finish():
        while True:
            try:
                return connected.finish(engine, user, service)
            except Killed:
                continue

    monkeypatch.setattr(Run, "note", dying)
    connected.connect(engine, user, sims, service)
    run, ann = finish(), sims.world.people["ann"]
    new, changed, removed = (run[f"activities_{what}"] for what in ("new", "changed", "removed"))
    assert (new, changed, removed) == (len(connected.activities(engine, user)), 0, 0)
    assert run["listens_new"] == len(connected.listens(engine, user, service))
    assert new + run["listens_new"] >= 20
    if service == "spotify":
        # It takes nothing back.
        return
    with engine.begin() as conn:
        syncing.ask(conn, user, service)
    if service == "strava":
        sims.world.delete("ann", max(ann.activities))
    else:
        sims.world.forget("ann", ann.listens[service][-5], [service])
    run = finish()
    assert (run["activities_removed"], run["listens_removed"]) in ((1, 0), (0, 1))
    assert (run["activities_new"], run["listens_new"]) == (0, 0)
    assert connected.differences(engine, user, sims) == []
