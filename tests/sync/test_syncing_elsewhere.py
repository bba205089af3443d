"""Services that are not quite as ours imagine them: other figures, holes, counts that are wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runsous.demo.services.world import Listen
from runsous.errors import Unavailable
from runsous.services.lastfm.client import Lastfm
from runsous.services.strava.client import Strava
from runsous.store import service_windows
from runsous.store.service_windows import Window
from runsous.sync import running
from tests.sync import connected


@pytest.fixture(autouse=True)
def hurried(monkeypatch, sims):
    connected.hurry(monkeypatch)
    connected.widen(sims)


@pytest.mark.parametrize(
    "told", [{"visibility": "followers_only"}, {"average_cadence": 81.4}, {"name": "Run  7 "}]
)
def test_details_may_say_other_than_the_list(engine, user, sims, told):
    person = sims.world.people["ann"]
    person.activities = {
        number: replace(each, details=told) for number, each in person.activities.items()
    }
    connected.connect(engine, user, sims, "strava")
    assert connected.finish(engine, user, "strava")["status"] == "done"
    before = len(sims.calls.of("strava"))
    # A list of twenty, streams and details of each.
    assert before <= 50
    assert connected.again(engine, user, "strava")["status"] == "done"
    assert len(sims.calls.of("strava")) <= before + 4


def test_activities_that_are_known_come_in_though_the_rest_of_the_list_cannot_be_had(
    engine, user, sims, monkeypatch
):
    starts = sorted(each.start_s for each in sims.world.people["ann"].activities.values())
    ask = Strava.activities

    def asking(self, before, **more):
        if before < starts[10]:
            raise Unavailable("Strava is not answering as it should (502).")
        return ask(self, before, per_page=5, number=more.get("number", 1))

    monkeypatch.setattr(Strava, "activities", asking)
    connected.connect(engine, user, sims, "strava")
    run = connected.finish(engine, user, "strava")
    assert (run["status"], run["failures"]) == ("failed", running._TRIES)
    assert len(connected.activities(engine, user)) >= 10
    # Once for each, and the newest page each time: it was not asked without end.
    assert len(sims.calls.of("strava")) < 80


def test_a_hole_in_a_history_is_gone_around(engine, user, sims):
    listens = sims.world.people["ann"].listens["listenbrainz"]
    hours = timedelta(hours=30).total_seconds()
    half = len(listens) // 2
    sims.world.people["ann"].listens["listenbrainz"] = [
        *(Listen(int(each.start_s - hours), each.song, each.played_s) for each in listens[:half]),
        *listens[half:],
    ]
    sims.listenbrainz.looks_s = 10 * 3600
    connected.connect(engine, user, sims, "listenbrainz")
    assert connected.finish(engine, user, "listenbrainz")["status"] == "done"
    found = connected.listens(engine, user, "listenbrainz")
    assert found == connected.true_listens(sims, "listenbrainz")


def test_a_count_that_is_one_too_many_ends_a_history_all_the_same(engine, user, sims, monkeypatch):
    ask = Lastfm.recent_tracks

    def asking(self, *of, **how):
        page = ask(self, *of, **how)
        return replace(page, n_in_range=(page.n_in_range or 0) + 1)

    monkeypatch.setattr(Lastfm, "recent_tracks", asking)
    connected.connect(engine, user, sims, "lastfm")
    assert connected.finish(engine, user, "lastfm")["status"] == "done"
    assert connected.listens(engine, user, "lastfm") == connected.true_listens(sims, "lastfm")


def test_nobody_waits_to_be_let_in_until_anothers_history_is_read(engine, user, sims):
    later = datetime.now(UTC) + timedelta(hours=9)
    with engine.begin() as conn:
        fresh = {"reads in a day": Window(1000, 1000, later)}
        service_windows.told(conn, "strava", fresh, fresh, datetime.now(UTC))
    connected.connect(engine, user, sims, "strava")
