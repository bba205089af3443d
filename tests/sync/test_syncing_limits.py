"""Services that allow only so much: never a call more, and everything in the end."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from runsous import settings
from runsous.demo.services.faults import Fault
from runsous.demo.services.windows import Windows
from runsous.demo.services.world import Clock
from runsous.store import database, sync_runs
from runsous.sync import patience, running, syncing
from tests.sync import connected, make


class Time:
    """The time of our side and the services', which stands until it is moved."""

    def __init__(self, sims):
        self.clock = sims.world.now
        # Not in a moment at which a quarter turns.
        vars(self.clock).update(vars(Clock(int(self.clock()) // 900 * 900 + 60.0)))

    def __call__(self):
        return self.now(UTC)

    def now(self, zone):
        return datetime.fromtimestamp(self.clock(), zone)

    def until(self, moment):
        self.clock.advance((moment - self()).total_seconds())


@pytest.fixture
def now(monkeypatch, sims):
    found = Time(sims)
    for module in (patience, running):
        monkeypatch.setattr(module, "_now", found)
    monkeypatch.setattr("runsous.services.asking.datetime", found)
    connected.hurry(monkeypatch)
    return found


def current(engine, user, service="strava"):
    with engine.begin() as conn:
        return sync_runs.current(conn, user, service)


def until_it_waits(engine, user, service="strava"):
    """Lets a run go on until it has to wait or is at its end; the run if it waits."""
    while syncing.go_on(engine, user, service, threading.Event()):
        pass
    return current(engine, user, service)


@pytest.mark.parametrize("headers", ["always", "not_on_streams", "never"])
def test_what_strava_allows_in_a_quarter_is_kept_and_the_rest_follows(
    engine, user, sims, now, headers
):
    allow(engine, now, 25)
    sims.strava.windows = Windows((200, 2000), (25, 1000))
    sims.strava.limit_headers = headers
    connected.connect(engine, user, sims, "strava")
    n_waits = 0
    while (run := until_it_waits(engine, user)) is not None:
        n_waits += 1
        assert run["status"] == "waiting"
        quarter = int(now.clock()) // 900 * 900 + 900
        assert run["resume_at"] == datetime.fromtimestamp(quarter + 2, UTC)
        assert run["message"] == f"Strava allows no more calls before {run['resume_at']:%H:%M} UTC."
        now.until(run["resume_at"])
        assert n_waits < 5
    assert n_waits >= 1
    assert connected.differences(engine, user, sims) == []


def allow(engine, now, reads):
    """Lets it be known from before how many reads Strava allows in a quarter."""
    with engine.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO service_windows (service, name, used, allowed, resets_at)"
                " VALUES ('strava', 'reads in 15 minutes', 0, :reads, :at)"
            ),
            {"reads": reads, "at": now() + timedelta(minutes=14, seconds=2)},
        )


def test_what_strava_allows_in_a_day_is_kept(engine, user, sims, now):
    sims.strava.windows = Windows((200, 2000), (100, 30))
    connected.connect(engine, user, sims, "strava")
    run = until_it_waits(engine, user)
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert run["resume_at"] == midnight + timedelta(seconds=2)
    now.until(run["resume_at"])
    assert until_it_waits(engine, user) is None
    assert connected.differences(engine, user, sims) == []


def test_two_processes_together_make_no_more_calls_than_one(engine, sims, now):
    sims.strava.windows = Windows((200, 2000), (25, 1000))
    sims.strava.limit_headers = "never"
    allow(engine, now, 25)
    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('other') RETURNING id"))
        users = [make.user(engine), other.scalar_one()]
    for user in users:
        connected.connect(engine, user, sims, "strava")
    engines = [engine, database.open(settings.current())]
    work = [
        threading.Thread(target=until_it_waits, args=pair)
        for pair in zip(engines, users, strict=True)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    database.close(engines[1])
    assert {current(engine, user)["status"] for user in users} == {"waiting"}
    reads = [c for c in sims.calls.of("strava") if not (c.is_for_tokens or c.is_page)]
    assert len(reads) in (23, 24, 25)
    assert sims.calls.violations == []


@pytest.mark.parametrize("kind", ["busy", "spent"])
def test_a_refusal_of_strava_lets_a_run_wait_for_the_next_quarter(engine, user, sims, now, kind):
    connected.widen(sims)
    sims.strava.windows = Windows((200, 2000), (100, 1000))
    connected.connect(engine, user, sims, "strava")
    sims.faults.plan(Fault(kind, "strava", where="streams", skip=4))
    run = until_it_waits(engine, user)
    assert run["activities_new"] == 4
    before = len(sims.calls.log)
    # Pressing Sync now, or starting anew, does not help.
    with engine.begin() as conn:
        syncing.ask(conn, user, "strava")
    again = until_it_waits(engine, user)
    assert (again["status"], again["resume_at"]) == ("waiting", run["resume_at"])
    assert again["message"] == run["message"]
    assert len(sims.calls.log) == before
    now.until(run["resume_at"])
    assert until_it_waits(engine, user) is None
    assert connected.differences(engine, user, sims) == []


def test_a_wait_of_hours_survives_a_restart(engine, user, sims, now):
    connected.connect(engine, user, sims, "spotify")
    sims.faults.plan(Fault("spent", "spotify", where="recently-played", value=17 * 3600))
    begun = now()
    run = until_it_waits(engine, user, "spotify")
    assert timedelta(hours=17) <= run["resume_at"] - begun <= timedelta(hours=17, minutes=1)
    at = run["resume_at"]
    assert run["message"] == f"Spotify allows no more calls before {at:%H:%M} UTC on {at:%d %B}."
    before = len(sims.calls.log)
    restarted = database.open(settings.current())
    now.until(begun + timedelta(hours=16))
    assert syncing.due(restarted) == []
    with restarted.begin() as conn:
        syncing.ask(conn, user, "spotify")
    # The services of Strava's runs leave it alone too.
    assert until_it_waits(restarted, user, "spotify")["resume_at"] == run["resume_at"]
    assert len(sims.calls.log) == before
    now.until(run["resume_at"])
    assert until_it_waits(restarted, user, "spotify") is None
    database.close(restarted)
    assert len(connected.listens(engine, user, "spotify")) == 50
    assert sims.calls.violations == []


@pytest.mark.parametrize("service", ["lastfm", "listenbrainz"])
@pytest.mark.parametrize("kind", ["busy", "spent"])
def test_a_refusal_of_a_scrobbler_is_waited_for(engine, user, sims, now, service, kind):
    connected.connect(engine, user, sims, service)
    sims.faults.plan(Fault(kind, service, where="ann", skip=1))
    run = until_it_waits(engine, user, service)
    assert (run["status"], run["failures"]) == ("waiting", 0)
    assert run["resume_at"] - now() <= timedelta(seconds=61)
    now.until(run["resume_at"])
    assert until_it_waits(engine, user, service) is None
    assert connected.differences(engine, user, sims) == []


def test_a_user_who_waits_sees_what_is_new_when_the_wait_is_over(engine, user, sims, now):
    """However long the whole history takes."""
    sims.strava.windows = Windows((200, 2000), (12, 1000))
    connected.connect(engine, user, sims, "strava")
    run = until_it_waits(engine, user)
    assert run["status"] == "waiting"
    newest = max(sims.world.people["ann"].activities.values(), key=lambda a: a.start_s)
    number = newest.id + 1
    sims.world.add("ann", replace(newest, id=number, start_s=newest.start_s + 20_000, name="New"))
    now.until(run["resume_at"])
    assert until_it_waits(engine, user)["status"] == "waiting"
    assert "New" in {name for _, _, name, *_ in connected.activities(engine, user)}
