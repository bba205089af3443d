"""Who asks too often, counted in the database that all processes share."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import text

from runsous.accounts import limits
from runsous.accounts.limits import API, SIGN_IN, Limit
from runsous.store import limits as counters
from tests.running import ROOT, environment

FEW = Limit("few", 3, timedelta(minutes=1))

ASK = """
import sys
from concurrent.futures import ThreadPoolExecutor
from runsous import settings
from runsous.accounts import limits
from runsous.store import database

engine = database.open(settings.current())
print("ready", flush=True)
sys.stdin.readline()
with ThreadPoolExecutor(4) as threads:
    asked = threads.map(lambda _: limits.check(engine, limits.API, "user 1"), range(600))
    print(sum(verdict.is_allowed for verdict in asked))
database.close(engine)
"""


def rewind(engine, seconds: float) -> None:
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE rate_limits SET resets_at = resets_at - make_interval(secs => :s)"),
            {"s": seconds},
        )


def test_the_limits_are_those_that_were_promised():
    assert (SIGN_IN.most, SIGN_IN.window) == (5, timedelta(seconds=60))
    assert (API.most, API.window) == (1000, timedelta(seconds=3600))


def test_so_many_are_allowed_and_no_more_until_the_window_is_over(engine):
    allowed = [limits.check(engine, FEW, "ana").is_allowed for _ in range(5)]
    assert allowed == [True, True, True, False, False]
    rewind(engine, 59)
    assert not limits.check(engine, FEW, "ana").is_allowed
    rewind(engine, 2)
    assert limits.check(engine, FEW, "ana").is_allowed


def test_nobody_uses_up_anothers_share_nor_that_of_another_limit(engine):
    for _ in range(4):
        limits.check(engine, FEW, "ana")
    assert limits.check(engine, FEW, "bo").is_allowed
    assert limits.check(engine, Limit("other", 3, FEW.window), "ana").is_allowed


def test_the_headers_say_what_is_left_and_when_to_come_again(engine):
    seen = [limits.check(engine, FEW, "ana").headers for _ in range(4)]
    assert {headers["RateLimit-Policy"] for headers in seen} == {'"few";q=3;w=60'}
    left = [re.fullmatch(r'"few";r=(\d+);t=(\d+)', headers["RateLimit"]) for headers in seen]
    assert [int(match[1]) for match in left] == [2, 1, 0, 0]
    assert all(55 <= int(match[2]) <= 60 for match in left)
    assert ["Retry-After" in headers for headers in seen] == [False, False, False, True]
    assert seen[3]["Retry-After"] == left[3][2]


def test_what_is_counted_tells_nobody_who_asked(engine):
    limits.check(engine, SIGN_IN, "e-mail ana@example.org")
    with engine.begin() as conn:
        (row,) = conn.execute(text("SELECT rate_limits::text FROM rate_limits"))
    assert "ana" not in row[0]
    assert b"ana".hex() not in row[0]


def test_windows_that_are_over_are_forgotten(engine):
    limits.check(engine, FEW, "ana")
    with engine.begin() as conn:
        counters.clear(conn)
        assert conn.execute(text("SELECT count(*) FROM rate_limits")).scalar() == 1
    rewind(engine, 61)
    with engine.begin() as conn:
        counters.clear(conn)
        assert conn.execute(text("SELECT count(*) FROM rate_limits")).scalar() == 0


@pytest.mark.usefixtures("engine")
def test_two_processes_together_allow_a_thousand_an_hour(home, database_url):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ASK],
            env=environment(home, DATABASE_URL=database_url),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    allowed = [int(process.communicate(timeout=120)[0]) for process in processes]
    assert sum(allowed) == 1000
    # Both were at it, or nothing was shown.
    assert min(allowed) > 0
