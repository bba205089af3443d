from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from runsous.ui import format as words

BERLIN = ZoneInfo("Europe/Berlin")
NAN = math.nan


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (words.pace(312, "km"), "5:12 /km"),
        (words.pace(312, "miles"), "8:22 /mi"),
        (words.pace(359.6, "km"), "6:00 /km"),
        (words.swim_pace(1050, "km"), "1:45 /100 m"),
        (words.swim_pace(1050, "miles"), "1:36 /100 yd"),
        (words.speed(6.75, "km"), "24.3 km/h"),
        (words.speed(6.75, "miles"), "15.1 mph"),
        (words.distance(850.4, "km"), "850 m"),
        (words.distance(999.7, "km"), "1.00 km"),
        (words.distance(10_421, "km"), "10.42 km"),
        (words.distance(128_430, "km"), "128.4 km"),
        (words.distance(10_421, "miles"), "6.48 mi"),
        (words.distance(0, "km"), "0 m"),
        (words.elevation(123.4, "km"), "123 m"),
        (words.elevation(123.4, "miles"), "405 ft"),
        (words.elevation(-3.0, "km"), "-3 m"),
        (words.whole(151.6, "bpm"), "152 bpm"),
        (words.duration(245), "4:05"),
        (words.duration(3723), "1:02:03"),
        (words.duration(59.6), "1:00"),
        (words.duration(3599.6), "1:00:00"),
        (words.duration(-75), "−1:15"),
        (words.minutes(40), "40 s"),
        (words.minutes(59.7), "1 min"),
        (words.minutes(2520), "42 min"),
        (words.minutes(3900), "1 h 5 min"),
        (words.minutes(3599), "1 h"),
        (words.certainty("exact", 1.0), "exact ± 1 s"),
        (words.certainty("uncertain", 300.0), "uncertain ± 5 min"),
        (words.certainty("estimated", NAN), "estimated"),
    ],
)
def test_numbers_read_as_people_write_them(told, expected):
    assert told == expected


@pytest.mark.parametrize("nothing", [None, NAN, math.inf])
def test_what_is_missing_is_a_dash(nothing):
    told = {
        words.pace(nothing, "miles"),
        words.swim_pace(nothing, "km"),
        words.speed(nothing, "km"),
        words.movement(nothing, "run", "km"),
        words.distance(nothing, "km"),
        words.elevation(nothing, "miles"),
        words.whole(nothing, "bpm"),
        words.duration(nothing),
        words.minutes(nothing),
        words.clock(None, UTC),
        words.day(None, UTC, datetime.now(UTC)),
        words.certainty(None, 2.0),
    }
    assert told == {words.MISSING}


@pytest.mark.parametrize(
    ("sport", "expected"),
    [("run", "5:33 /km"), ("hike", "5:33 /km"), ("swim", "0:33 /100 m"), ("ride", "10.8 km/h")],
)
def test_each_sport_has_its_own_measure_of_speed(sport, expected):
    assert words.movement(3.0, sport, "km") == expected


def test_standing_still_has_a_speed_but_no_pace():
    assert words.movement(0.0, "run", "km") == words.MISSING
    assert words.movement(0.0, "ride", "km") == "0.0 km/h"


def test_the_clock_is_the_one_of_the_activity():
    at = datetime(2026, 6, 14, 16, 4, 9, tzinfo=UTC)
    assert words.clock(at, BERLIN) == "18:04"
    assert words.clock(at, BERLIN, with_seconds=True) == "18:04:09"


def test_a_day_is_counted_in_the_zone_not_in_utc():
    now = datetime(2026, 6, 14, 23, 30, tzinfo=UTC)  # already the 15th in Berlin
    assert words.day(now, BERLIN, now) == "Today"
    assert words.day(now - timedelta(hours=2), BERLIN, now) == "Yesterday"
    assert words.day(now - timedelta(days=5), BERLIN, now) == "Wed 10 Jun"
    assert words.day(now - timedelta(days=365), BERLIN, now) == "Sun 15 Jun 2025"


@pytest.mark.parametrize(
    ("hour", "sport", "expected"),
    [
        (0, "run", "Night run"),
        (5, "run", "Morning run"),
        (12, "walk", "Lunch walk"),
        (17, "ride", "Afternoon ride"),
        (18, "other", "Evening activity"),
        (23, "strength", "Night strength training"),
    ],
)
def test_an_unnamed_activity_is_named_after_its_hour(hour, sport, expected):
    assert words.default_name(datetime(2026, 6, 14, hour, 30, tzinfo=BERLIN), sport) == expected


def test_the_zone_falls_back_to_the_offset_and_then_to_utc():
    noon = datetime(2026, 6, 14, 12, tzinfo=UTC)
    assert words.clock(noon, words.zone("Europe/Berlin", 0)) == "14:00"
    assert words.clock(noon, words.zone("Asia/Calcutta")) == "17:30"
    assert words.clock(noon, words.zone("Mars/Olympus", -3600)) == "11:00"
    assert words.clock(noon, words.zone("../../etc/passwd", 3600)) == "13:00"
    assert words.clock(noon, words.zone(None, NAN)) == "12:00"
    assert words.zone(None, 10_000_000) is UTC
