"""From the services to the store: after a run the database says what the services say."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from runsous.errors import NotFound
from runsous.store import connections, sync_runs
from runsous.sync import syncing, workouts
from tests.sync import connected


def test_activities_and_plays_come_in_as_they_are(engine, user, sims):
    for service in ("lastfm", "listenbrainz", "spotify", "strava"):
        connected.connect(engine, user, sims, service)
        assert connected.finish(engine, user, service)["status"] == "done"
    assert connected.differences(engine, user, sims) == []
    # Three services tell of the same plays.
    assert connected.plays(engine, user) == connected.true_listens(sims, "lastfm")


def test_a_second_run_asks_for_nothing_that_is_known(engine, user, sims):
    for service in ("lastfm", "strava"):
        connected.connect(engine, user, sims, service)
        connected.finish(engine, user, service)
    before = len(sims.calls.log)
    for service in ("lastfm", "strava"):
        run = connected.again(engine, user, service)
        assert (run["activities_changed"], run["listens_new"]) == (0, 0)
    asked = sims.calls.log[before:]
    assert not [call for call in asked if "/activities/" in call.path]
    # Two weeks of plays, and a month of the list to its end.
    assert len(asked) <= 8


def test_the_newest_activity_is_here_after_a_few_calls_its_songs_too(
    engine, user, sims, monkeypatch
):
    for service in ("lastfm", "listenbrainz", "spotify", "strava"):
        connected.connect(engine, user, sims, service)
    before, seen = len(sims.calls.log), []
    keep = workouts.keep_told

    def keeping(conn, *told):
        kept = keep(conn, *told)
        plays = conn.execute(text("SELECT count(*) FROM segments WHERE track_id IS NOT NULL"))
        seen.append((len(sims.calls.log) - before, told[1].sha256, plays.scalar_one()))
        return kept

    monkeypatch.setattr(workouts, "keep_told", keeping)
    connected.finish(engine, user, "strava")
    newest = max(sims.world.people["ann"].activities)
    n_calls, name, n_songs = seen[0]
    assert name == f"strava:{newest}"
    # The list, its samples, the last of Spotify, and two of each scrobbler.
    assert n_calls <= 7
    assert n_songs > 3


def test_plays_read_around_activities_are_counted_by_the_run_that_read_them(engine, user, sims):
    for service in ("lastfm", "strava"):
        connected.connect(engine, user, sims, service)
    around = connected.finish(engine, user, "strava")["listens_new"]
    rest = connected.finish(engine, user, "lastfm")["listens_new"]
    assert around > 0
    assert around + rest == len(connected.listens(engine, user, "lastfm"))


def test_a_run_that_waits_ends_at_once_when_nobody_wants_it(engine, user, sims):
    connected.connect(engine, user, sims, "strava")
    with engine.begin() as conn:
        run = sync_runs.current(conn, user, "strava")["id"]
        in_an_hour = datetime.now(UTC) + timedelta(hours=1)
        sync_runs.wait(conn, user, run, in_an_hour, "Strava allows no more calls.")
    assert not syncing.go_on(engine, user, "strava", threading.Event())
    with engine.begin() as conn:
        sync_runs.cancel(conn, user, "strava")
    syncing.go_on(engine, user, "strava", threading.Event())
    assert connected.finish(engine, user, "strava")["status"] == "cancelled"
    assert sims.calls.violations == []


def test_a_run_by_schedule_begins_only_when_it_is_due(engine, user, sims):
    connected.connect(engine, user, sims, "lastfm")
    connected.finish(engine, user, "lastfm")
    with engine.begin() as conn, pytest.raises(NotFound):
        # As by a look at the schedule from before the run ended.
        sync_runs.begin(conn, user, "lastfm", "schedule")
    assert syncing.due(engine) == []
    with engine.begin() as conn:
        connections.set_next_run(conn, user, "lastfm", datetime.now(UTC))
    assert syncing.due(engine) == [(user, "lastfm")]
