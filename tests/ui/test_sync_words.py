"""What is said of a service and its runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from runsous.ui import sync_words as words
from runsous.ui.connections_data import State

PRAGUE = ZoneInfo("Europe/Prague")
NOW = datetime(2026, 11, 21, 19, 0, tzinfo=UTC)
"""Eight in the evening there."""

HOUR = timedelta(hours=1)
ROW = {"trouble": None, "is_scheduled": True, "interval_s": 3600, "next_run_at": NOW + 6 * HOUR}
FAILED = {"status": "failed", "message": "Strava has switched this app off."}


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (-21, "yesterday 23:00"),
        (0, "today 20:00"),
        (3.99, "today 23:59"),
        (4, "tomorrow 00:00"),
        (27, "tomorrow 23:00"),
        (28, "Mon 23 Nov 00:00"),
    ],
)
def test_days_next_to_this_one_have_names(hours, said):
    assert words.when(NOW + hours * HOUR, PRAGUE, NOW) == said


def test_what_failed_is_tried_next_at_a_time_that_need_not_be_the_usual():
    well = State("strava", "Strava", [], ROW)
    assert words.next_run(well, PRAGUE, NOW) == "every hour, next tomorrow 02:00"
    failed = State("strava", "Strava", [], ROW, last=FAILED)
    assert words.next_run(failed, PRAGUE, NOW) == "next try tomorrow 02:00"


def test_an_activity_is_told_by_its_day_and_a_play_to_the_minute():
    seen = NOW - 21 * HOUR
    strava = State("strava", "Strava", [], ROW, seen_at=seen)
    assert words.newest(strava, PRAGUE, NOW) == "Newest activity: yesterday"
    lastfm = State("lastfm", "Last.fm", [], ROW, seen_at=seen)
    assert words.newest(lastfm, PRAGUE, NOW) == "Newest play: yesterday 23:00"


def test_a_run_that_waits_says_how_far_what_has_come():
    run = {
        "status": "waiting",
        "is_cancelled": False,
        "resume_at": datetime(2090, 6, 1, 10, tzinfo=UTC),
        "message": "Strava could not be reached.",
        "phase": "Bringing in laps and descriptions",
        "done": 12,
        "total": 47,
    }
    share, said = words.progress(State("strava", "Strava", [], ROW, run), PRAGUE)
    assert share == pytest.approx(12 / 47)
    assert said == (
        "Strava could not be reached. Trying again at 12:00"
        " · bringing in laps and descriptions: 12 of 47"
    )
