"""Whatever goes wrong at the services, and whatever changes there: in the end the same is here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runsous.demo.services.faults import Chance, Fault
from runsous.demo.services.world import Song
from runsous.errors import ServiceError
from tests.sync import connected
from tests.sync.edits import BOTH, Edits

ALL = ("strava", "lastfm", "listenbrainz", "spotify")
DAY_S = 86_400


@pytest.fixture(autouse=True)
def hurried(monkeypatch, sims):
    connected.hurry(monkeypatch)
    connected.widen(sims)
    ann = sims.world.people["ann"]
    ann.listens["spotify"] = ann.listens["spotify"][-40:]


def connect(engine, user, sims, *services):
    """As somebody does who tries again when it does not work."""
    for service in services:
        for attempt in range(6):
            try:
                connected.connect(engine, user, sims, service)
                break
            except ServiceError:
                assert attempt < 5


@pytest.mark.parametrize("seed", range(3))
def test_what_changes_at_services_that_fail_by_chance_is_here_in_the_end(engine, user, sims, seed):
    sims.faults.chance = Chance(seed, 0.25)
    connect(engine, user, sims, *ALL)
    for service in ALL:
        assert connected.finish(engine, user, service)["status"] == "done"
    edits = Edits(sims, seed)
    edits.of_activities()
    edits.of_listening()
    for service in ALL:
        run = connected.again(engine, user, service, all_of_it=seed % 2 == 0)
        assert run["status"] == "done"
    # What arrived at one service while another was asked.
    sims.faults.clear()
    for service in ALL:
        connected.again(engine, user, service)
    assert connected.differences(engine, user, sims) == []


def test_what_is_uploaded_while_the_list_is_read_is_here_when_the_run_ends(engine, user, sims):
    connect(engine, user, sims, "strava")
    connected.finish(engine, user, "strava")
    # While its second page is read.
    sims.faults.plan(Fault("shifted", "strava", where="/athlete/activities", skip=1))
    run = connected.again(engine, user, "strava", all_of_it=True)
    assert run["activities_new"] == 1
    assert connected.differences(engine, user, sims) == []


def test_what_is_played_while_a_history_is_read_is_here_when_the_run_ends(engine, user, sims):
    for service in BOTH:
        sims.faults.plan(Fault("shifted", service, where="ann", skip=2))
        connect(engine, user, sims, service)
        connected.finish(engine, user, service)
    assert len(sims.world.people["ann"].listens["lastfm"]) == 501
    assert connected.differences(engine, user, sims) == []


def test_a_page_that_repeats_the_one_before_hides_nothing(engine, user, sims, monkeypatch):
    monkeypatch.setattr("runsous.demo.services.strava._MOST_PER_PAGE", 6)
    connect(engine, user, sims, "strava")
    faults = [Fault("repeated", "strava", where="/athlete/activities", skip=n) for n in (1, 2, 4)]
    sims.faults.plan(*faults)
    connected.finish(engine, user, "strava")
    assert connected.differences(engine, user, sims) == []


@pytest.mark.parametrize("seed", range(2))
def test_old_answers_given_once_more_hide_nothing_and_take_nothing_away(
    engine, user, sims, seed, monkeypatch
):
    monkeypatch.setattr("runsous.demo.services.listenbrainz._MOST_PER_PAGE", 100)
    sims.faults.chance = Chance(seed, 0.3, ("stale",), most_in_a_row=1, services=BOTH)
    connect(engine, user, sims, *BOTH, "strava")
    for service in ("strava", *BOTH):
        assert connected.finish(engine, user, service)["status"] == "done"
    assert connected.differences(engine, user, sims) == []
    for service in BOTH:
        run = connected.again(engine, user, service, all_of_it=True)
        assert (run["status"], run["listens_removed"]) == ("done", 0)
    assert connected.differences(engine, user, sims) == []


@pytest.mark.parametrize("service", BOTH)
def test_an_old_answer_to_what_is_new_is_not_taken_for_no_news(engine, user, sims, service):
    ann = sims.world.people["ann"]
    new = ann.listens[service].pop()
    # Long before what every run reads again.
    ann.listens[service] = [
        replace(each, start_s=each.start_s - 300 * DAY_S) for each in ann.listens[service]
    ]
    connect(engine, user, sims, service)
    connected.finish(engine, user, service)
    sims.world.hear("ann", new, [service])
    sims.faults.plan(Fault("stale", service, where="ann"))
    assert connected.again(engine, user, service)["listens_new"] == 1
    assert connected.differences(engine, user, sims) == []


def test_more_plays_in_one_second_than_last_fm_tells_at_once(engine, user, sims):
    ann = sims.world.people["ann"]
    crowded = ann.listens["lastfm"][250]
    for nth in range(430):
        song = Song("Crowd", f"Song {nth}", "LP", 180_000)
        sims.world.hear("ann", replace(crowded, song=song), ["lastfm"])
    connect(engine, user, sims, "lastfm")
    connected.finish(engine, user, "lastfm")
    assert connected.differences(engine, user, sims) == []


def test_activities_that_seem_to_begin_together_are_two(engine, user, sims):
    edits = Edits(sims, 1)
    one = edits.upload(days_ago=3)
    other = edits.upload(days_ago=3)
    for activity in (one, other):
        edits.hide(activity)
    connect(engine, user, sims, "strava")
    connected.finish(engine, user, "strava")
    assert connected.differences(engine, user, sims) == []
    for activity in list(sims.world.people["ann"].activities.values())[-2:]:
        edits.hide(activity)
    connected.again(engine, user, "strava")
    assert connected.differences(engine, user, sims) == []


def test_an_activity_of_tomorrow_does_not_keep_the_others_waiting(engine, user, sims):
    newest = max(sims.world.people["ann"].activities)
    sims.world.edit("ann", newest, start_s=int(sims.world.now() + DAY_S))
    connect(engine, user, sims, "lastfm", "strava")
    assert connected.finish(engine, user, "strava")["status"] == "done"
    connected.finish(engine, user, "lastfm")
    assert connected.differences(engine, user, sims) == []


def test_one_that_cannot_be_read_does_not_keep_the_others_waiting(engine, user, sims):
    newest = max(sims.world.people["ann"].activities)
    sims.faults.plan(Fault("html", "strava", where=f"{newest}/streams", times=10_000))
    connect(engine, user, sims, "strava")
    run = connected.finish(engine, user, "strava")
    assert (run["status"], run["activities_new"]) == ("done", 19)
    assert run["message"] == "1 activity could not be read; the next run tries again."
    sims.faults.clear()
    assert connected.again(engine, user, "strava")["message"] is None
    assert connected.differences(engine, user, sims) == []


def test_a_name_that_no_database_holds_is_no_obstacle(engine, user, sims):
    newest = max(sims.world.people["ann"].activities)
    sims.world.edit("ann", newest, name="Run\0 in the dark")
    connect(engine, user, sims, "strava")
    assert connected.finish(engine, user, "strava")["status"] == "done"
    names = {name for _, _, name, *_ in connected.activities(engine, user)}
    assert "Run in the dark" in names
    assert len(names) == 20


def test_a_listening_service_that_is_down_does_not_keep_activities_waiting(engine, user, sims):
    connect(engine, user, sims, "lastfm", "listenbrainz", "strava")
    before = len(sims.calls.log)
    sims.faults.plan(*(Fault("html", service, times=10_000) for service in BOTH))
    assert connected.finish(engine, user, "strava")["status"] == "done"
    asked = [call.service for call in sims.calls.log[before:]]
    assert all(asked.count(service) <= 4 for service in BOTH)
    sims.faults.clear()
    for service in BOTH:
        connected.finish(engine, user, service)
    assert connected.differences(engine, user, sims) == []


@pytest.mark.parametrize("service", ["strava", "lastfm", "listenbrainz", "spotify"])
def test_a_service_that_stays_down_is_given_up_for_now(engine, user, sims, service):
    connect(engine, user, sims, service)
    connected.finish(engine, user, service)
    sims.faults.plan(Fault("html", service, times=10_000))
    before = len(sims.calls.log)
    run = connected.again(engine, user, service)
    assert (run["status"], "not answering" in run["message"]) == ("failed", True)
    known = connected.connection(engine, user, service)
    assert known["trouble"] is None
    assert known["next_run_at"] > run["finished_at"]
    # Five attempts of nine, each later than the one before.
    assert len(sims.calls.log) - before <= 45
    sims.faults.clear()
    assert connected.again(engine, user, service)["status"] == "done"


def test_what_is_hidden_from_us_goes_and_comes_back(engine, user, sims):
    connected.connect(engine, user, sims, "strava", scopes=["read", "activity:read"])
    connected.finish(engine, user, "strava")
    newest = max(sims.world.people["ann"].activities)
    sims.world.edit("ann", newest, visibility="only_me")
    assert connected.again(engine, user, "strava")["activities_removed"] == 1
    assert connected.activities(engine, user) == connected.true_activities(
        sims, is_private_told=False
    )
    sims.world.edit("ann", newest, visibility="everyone")
    assert connected.again(engine, user, "strava")["activities_new"] == 1
    assert connected.differences(engine, user, sims) == []


def test_old_plays_that_come_or_go_are_noticed_by_their_number(engine, user, sims):
    connect(engine, user, sims, "lastfm")
    connected.finish(engine, user, "lastfm")
    ann = sims.world.people["ann"]
    # Long before what every run reads again.
    old = replace(ann.listens["lastfm"][0], start_s=int(sims.world.now() - 300 * DAY_S))
    sims.world.hear("ann", old, ["lastfm"])
    connected.aged(engine, "lastfm", days=2)
    connected.again(engine, user, "lastfm")
    assert connected.differences(engine, user, sims) == []
    sims.world.forget("ann", old, ["lastfm"])
    connected.aged(engine, "lastfm", days=2)
    connected.again(engine, user, "lastfm")
    assert connected.differences(engine, user, sims) == []
