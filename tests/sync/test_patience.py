"""Services are called as often as they allow, whoever calls them, and as their answers say."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from requests.structures import CaseInsensitiveDict

from runsous import settings
from runsous.demo.services.catalogue import Catalogue
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import World
from runsous.errors import RateLimited
from runsous.net.http import Http
from runsous.services.acousticbrainz.client import AcousticBrainz
from runsous.services.deezer.client import Deezer
from runsous.services.musicbrainz.client import MusicBrainz
from runsous.services.reccobeats.client import ReccoBeats
from runsous.store import database, service_windows
from runsous.sync import patience
from runsous.sync.patience import Patience

NOON = datetime(2026, 11, 21, 12, 5, tzinfo=UTC)
QUARTER = datetime(2026, 11, 21, 12, 15, tzinfo=UTC)
"""The next turn of Strava's windows."""
MBID = "0aae14b1-1393-4b35-9d79-4d581f1b965e"


@pytest.fixture
def clock(monkeypatch):
    """The time by which limits are kept: set, moved, and gone on by whoever waits."""

    class Clock:
        now = NOON

        def wait(self, seconds):
            self.now += timedelta(seconds=seconds)

    found = Clock()
    monkeypatch.setattr(patience, "_now", lambda: found.now)
    return found


def gate(engine, service="strava", clock=None, **options):
    """One process; it does not really wait, but lets the clock go on."""
    made = Patience(engine, service, **options)
    if clock is not None:
        made.stopping = threading.Event()
        made.stopping.wait = clock.wait
    return made


def told(limit, usage, read_limit="100,1000", read_usage=None):
    """Headers as Strava's real answers have them."""
    return CaseInsensitiveDict(
        {
            "X-Ratelimit-Limit": limit,
            "X-Ratelimit-Usage": usage,
            "X-Readratelimit-Limit": read_limit,
            "X-Readratelimit-Usage": read_usage or usage,
        }
    )


def used(engine, n, name):
    """Lets so many calls of a window have been made."""
    rule = patience.RULES["strava"]
    with engine.begin() as conn:
        now = patience._now()
        said = {name: service_windows.Window(rule.windows(now)[name].allowed, n, far(name))}
        service_windows.told(conn, "strava", rule.windows(now), said, now)


def far(name):
    is_quarter = "15" in name
    end = QUARTER if is_quarter else datetime(2026, 11, 22, tzinfo=UTC)
    return end + timedelta(seconds=2)


def calls(*gates):
    """How many calls get through before one is refused, and until when."""
    for n in range(10_000):
        try:
            gates[n % len(gates)].enter()
        except RateLimited as error:
            return n, error
    raise AssertionError("nothing ever refused a call")


def test_processes_count_together_what_no_answer_tells(engine, clock):
    n, error = calls(gate(engine), gate(engine))
    assert n == 100
    assert error.retry_at == QUARTER + timedelta(seconds=2)
    assert "12:15 UTC" in str(error)
    # A user who presses Sync, or a restart, changes nothing.
    assert calls(gate(engine))[0] == 0


def test_the_limits_are_those_that_answers_tell(engine, clock):
    one = gate(engine)
    one.enter()
    one.leave(200, told("400,4000", "8,151", "200,2000"))
    assert one.budget()["reads in 15 minutes"] == [8, 200]
    assert calls(one)[0] == 192


def test_what_others_used_counts(engine, clock):
    one = gate(engine)
    one.enter()
    one.leave(200, told("200,2000", "98,500"))
    assert calls(one)[0] == 2


def test_an_answer_that_knows_of_fewer_calls_does_not_forget_those_under_way(engine, clock):
    one = gate(engine)
    for _ in range(50):
        one.enter()
    one.leave(200, told("200,2000", "1,1"))
    assert calls(one)[0] == 50


def test_the_next_quarter_begins_with_nothing_used(engine, clock):
    calls(gate(engine))
    clock.now = QUARTER + timedelta(seconds=2)
    assert calls(gate(engine))[0] == 100


@pytest.mark.parametrize("apart_s", [-1.9, -0.5, 0.0, 1.9])
def test_while_a_quarter_turns_nobody_calls(engine, clock, apart_s):
    clock.now = QUARTER + timedelta(seconds=apart_s)
    gate(engine, clock=clock).enter()
    assert clock.now >= QUARTER + timedelta(seconds=2)


@pytest.mark.parametrize("apart_s", [-2.1, 2.0])
def test_just_before_and_after_that_calls_go_out_at_once(engine, clock, apart_s):
    clock.now = then = QUARTER + timedelta(seconds=apart_s)
    gate(engine, clock=clock).enter()
    assert clock.now == then


def test_the_day_has_a_limit_too_and_ends_at_midnight_in_utc(engine, clock):
    used(engine, 990, "reads in a day")
    n, error = calls(gate(engine))
    assert n == 10
    assert error.retry_at == datetime(2026, 11, 22, 0, 0, 2, tzinfo=UTC)
    clock.now = QUARTER + timedelta(seconds=2)
    assert calls(gate(engine))[0] == 0


def refused(one, headers=None):
    one.enter()
    with pytest.raises(RateLimited) as found:
        one.leave(429, CaseInsensitiveDict(headers or {}))
    return found.value.retry_at


def test_a_refusal_without_a_word_ends_the_quarter_at_strava(engine, clock):
    assert refused(gate(engine)) == QUARTER + timedelta(seconds=2)
    assert calls(gate(engine))[0] == 0


def test_a_refusal_for_the_day_ends_the_day(engine, clock):
    full = told("200,2000", "120,2000", "100,1000", "50,1000")
    assert refused(gate(engine), full) == datetime(2026, 11, 22, 0, 0, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("service", "headers", "wait_s"),
    [
        ("spotify", {"Retry-After": "61200"}, 61_200),
        ("spotify", {"Retry-After": "61200.5"}, 61_200),
        ("spotify", {}, 60),
        ("lastfm", {}, 60),
        ("listenbrainz", {"X-RateLimit-Reset-In": "7"}, 7),
        ("reccobeats", {"Retry-After": "7"}, 7),
        ("acousticbrainz", {"x-ratelimit-reset-in": "7"}, 7),
        ("deezer", {}, 60),
    ],
)
def test_a_wait_that_is_asked_for_is_kept_by_every_process(engine, service, headers, wait_s):
    begun = datetime.now(UTC)
    retry_at = refused(gate(engine, service), headers)
    assert timedelta(0) <= retry_at - begun - timedelta(seconds=wait_s) < timedelta(seconds=5)
    with pytest.raises(RateLimited) as found:
        Patience(engine, service, is_brief=True).enter()
    assert found.value.retry_at == retry_at


def test_a_wait_may_be_told_as_a_date(engine):
    then = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    retry_at = refused(
        gate(engine, "spotify"), {"Retry-After": f"{then:%a, %d %b %Y %H:%M:%S} GMT"}
    )
    assert timedelta(0) <= retry_at - then < timedelta(seconds=3)


def test_who_may_not_keep_others_waiting_does_not_wait(engine, clock):
    clock.now = QUARTER - timedelta(seconds=1.5)
    with pytest.raises(RateLimited):
        gate(engine, clock=clock, is_brief=True).enter()
    gate(engine, clock=clock).enter()


def test_listenbrainz_allows_for_others_at_the_same_address(engine, clock, monkeypatch):
    monkeypatch.setattr(service_windows, "turn", lambda *_: 0.0)
    one = gate(engine, "listenbrainz")
    one.enter()
    headers = {
        "X-RateLimit-Limit": "30",
        "X-RateLimit-Remaining": "5",
        "X-RateLimit-Reset-In": "90",
    }
    one.leave(200, CaseInsensitiveDict(headers))
    n, error = calls(one)
    assert n == 3
    assert timedelta(seconds=90) <= error.retry_at - clock.now <= timedelta(seconds=92)


def test_last_fm_is_called_four_times_a_second_by_all_together(engine):
    engines = [engine, database.open(settings.current())]
    times = []

    def call(one):
        for _ in range(4):
            one.enter()
            times.append(time.monotonic())

    threads = [threading.Thread(target=call, args=(gate(each, "lastfm"),)) for each in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close(engines[1])
    times.sort()
    assert times[-1] - times[0] >= 7 * 0.25 - 0.1
    assert max(sum(t <= other < t + 1.0 for other in times) for t in times) <= 5


def test_musicbrainz_is_asked_a_second_after_its_last_answer_however_long_that_took(engine):
    gate = Patience(engine, "musicbrainz")
    gate.enter()
    time.sleep(1.3)
    gate.leave(200, {})
    with engine.begin() as conn:
        assert service_windows.turn(conn, "musicbrainz", 1.1) > 0.8


def test_services_that_answer_anybody_are_never_asked_too_often(engine):
    """By two processes at once, of which each asks as fast as it may."""
    engines = [engine, database.open(settings.current())]
    rooms = {
        "musicbrainz": lambda api: MusicBrainz(api).by_isrc("XXABC2600001"),
        "deezer": lambda api: Deezer(api).by_isrc("XXABC2600001"),
        "reccobeats": lambda api: ReccoBeats(api).tracks(["x"]),
        "acousticbrainz": lambda api: AcousticBrainz(api).low_level([MBID]),
    }
    end = time.monotonic() + 6.5

    def call(one, service, url):
        api = Http(url, Patience(one, service), name=service, contact="me@example.org")
        while time.monotonic() < end:
            rooms[service](api)

    with Simulators(World([]), catalogue=Catalogue()) as sims:
        env = sims.environment()
        threads = [
            threading.Thread(target=call, args=(one, name, env[f"{name.upper()}_API_URL"]))
            for one in engines
            for name in rooms
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    database.close(engines[1])
    assert sims.calls.violations == []
    n_calls = {name: len(sims.calls.of(name)) for name in rooms}
    assert n_calls["musicbrainz"] >= 5
    assert n_calls["reccobeats"] >= 20
    assert min(n_calls["deezer"], n_calls["acousticbrainz"]) >= 40


@pytest.mark.parametrize(
    ("headers", "n"),
    [
        ({}, 100),
        (
            {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "9", "x-ratelimit-reset-in": "4"},
            7,
        ),
    ],
)
def test_acousticbrainz_allows_a_hundred_in_ten_seconds_or_what_it_says(
    engine, clock, monkeypatch, headers, n
):
    monkeypatch.setattr(service_windows, "turn", lambda *_: 0.0)
    one = gate(engine, "acousticbrainz", is_brief=True)
    if headers:
        one.enter()
        one.leave(200, CaseInsensitiveDict(headers))
    found, error = calls(one, gate(engine, "acousticbrainz", is_brief=True))
    assert found == n
    assert timedelta(seconds=4) <= error.retry_at - clock.now <= timedelta(seconds=10)


def test_who_is_stopped_does_not_wait(engine, clock):
    one = Patience(engine, "strava", threading.Event())
    one.stopping.set()
    clock.now = QUARTER
    with pytest.raises(RateLimited):
        one.enter()
