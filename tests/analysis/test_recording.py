from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsous import frames
from runsous.analysis import cleaning
from runsous.analysis.recording import complete
from runsous.errors import InputError
from runsous.model import Lap, PoolLength, Workout
from tests.analysis.make import (
    START,
    indoors,
    make_activity,
    make_run,
    make_samples,
    with_values,
)


def test_elapsed_time_is_never_shorter_than_the_samples():
    assert make_activity(600, elapsed_time_s=590.0).elapsed_time_s == 600
    assert make_activity(600, elapsed_time_s=612.5).elapsed_time_s == 612.5


def test_laps_lengths_and_pauses_reach_as_far_as_they_say():
    assert make_activity(600, laps=(Lap(500, 130),)).elapsed_time_s == 630
    assert make_activity(600, pauses=((590.0, 640.0),)).elapsed_time_s == 640
    assert make_activity(600, lengths=(PoolLength(590, 25, True),)).elapsed_time_s == 615


def test_laps_lengths_and_pauses_do_not_stretch_a_stated_duration():
    parts = {"laps": (Lap(500, 102.2),), "pauses": ((590.0, 602.0),)}
    activity = make_activity(600, elapsed_time_s=600.5, **parts)
    assert activity.elapsed_time_s == 600.5
    assert activity.laps == (Lap(500, 100.5),)
    assert activity.pauses == ((590, 600.5),)
    assert (
        make_activity(
            600, elapsed_time_s=600.5, lengths=(PoolLength(590, 25, True),)
        ).elapsed_time_s
        == 600.5
    )


def test_one_lap_with_a_wrong_scale_does_not_stretch_a_stated_duration():
    laps = (Lap(0, 300), Lap(300, 30_000))
    activity = make_activity(600, elapsed_time_s=600.0, laps=laps)
    assert activity.elapsed_time_s == 600
    assert [(lap.start_s, lap.elapsed_s) for lap in activity.laps] == [(0, 300), (300, 300)]


def test_a_recording_of_one_gap_without_samples_is_its_duration():
    empty = Workout(kind="strava_export", start_time=START, sport="run", elapsed_time_s=1800.0)
    activity = complete(empty, home_zone="Europe/Berlin")
    assert (activity.elapsed_time_s, activity.moving_time_s) == (1800, 1800)
    assert activity.distance_m is None
    assert activity.average_speed_mps is None
    assert activity.cadence_unit is None


@pytest.mark.parametrize("elapsed", [None, 0.0, -5.0, float("nan")])
def test_nothing_at_all_is_refused(elapsed):
    with pytest.raises(InputError, match="no samples and no duration"):
        complete(Workout(kind="gpx", start_time=START, elapsed_time_s=elapsed), home_zone=None)


def test_points_that_all_carry_one_moment_are_refused():
    samples = make_samples([0.0, 0.000343], latitude=50.0, longitude=14.0)
    with pytest.raises(InputError, match="no samples and no duration"):
        complete(Workout(kind="gpx", start_time=START, samples=samples), home_zone=None)


@pytest.mark.parametrize("times", [[0.0, 2e9], [-2e9, 0.0]])
def test_more_than_a_fortnight_is_refused(times):
    samples = make_samples(times, heartrate=120.0)
    with pytest.raises(InputError, match="14"):
        complete(Workout(kind="fit", start_time=START, samples=samples), home_zone=None)


def test_a_start_in_the_year_one_is_refused():
    with pytest.raises(InputError, match="year 1"):
        complete(make_run(start_time=datetime(1, 1, 1, tzinfo=UTC)), home_zone=None)


def test_samples_before_the_start_move_the_start():
    run = make_run(600)
    early = replace(
        run,
        samples=run.samples.assign(time_s=run.samples["time_s"] - 2.25),
        elapsed_time_s=597.75,
        pauses=((10.0, 20.0),),
        laps=(Lap(0, 100),),
    )
    activity = complete(early, home_zone=None)
    assert activity.start_time == START - timedelta(seconds=2.25)
    assert activity.samples["time_s"].iloc[[0, -1]].tolist() == [0, 600]
    assert activity.elapsed_time_s == 600
    assert activity.pauses == ((12.25, 22.25),)
    assert activity.laps == (Lap(2.25, 100),)


def test_the_start_is_told_in_utc_to_the_microsecond():
    start = datetime(2024, 6, 1, 8, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    activity = make_activity(start_time=start)
    assert activity.start_time == start
    assert activity.start_time.tzinfo is UTC
    assert activity.start_time.microsecond == 123456


def test_heart_rate_is_of_the_samples_and_stated_only_without_them():
    beats = np.concatenate((np.full(300, 140.0), np.full(301, 160.0)))
    stated = {"average_heartrate": 99.0, "max_heartrate": 199.0}
    activity = complete(replace(indoors(600, heartrate=beats), **stated), home_zone=None)
    assert activity.average_heartrate == pytest.approx(beats.mean())
    assert activity.max_heartrate == 160
    silent = complete(replace(indoors(600, cadence=80.0), **stated), home_zone=None)
    assert (silent.average_heartrate, silent.max_heartrate) == (99, 199)


def test_the_place_decides_the_zone_with_its_summer_time():
    summer = make_activity()
    winter = make_activity(start_time=datetime(2024, 1, 15, 6, 30, tzinfo=UTC))
    assert (summer.time_zone, summer.utc_offset_s) == ("Europe/Prague", 7200)
    assert (winter.time_zone, winter.utc_offset_s) == ("Europe/Prague", 3600)


def test_a_file_that_claims_offset_zero_in_bohemia_loses():
    assert make_activity(utc_offset_s=0).utc_offset_s == 7200


def test_without_gps_the_file_s_offset_is_kept_and_no_zone_invented():
    activity = make_activity(gps=False, utc_offset_s=-18_000, home_zone="Europe/Berlin")
    assert (activity.time_zone, activity.utc_offset_s) == (None, -18_000)


def test_without_gps_a_zone_that_is_named_counts_unless_the_offset_speaks_against_it():
    named = {"gps": False, "home_zone": "Europe/Berlin", "time_zone": "america/New_York"}
    activity = make_activity(**named)
    assert (activity.time_zone, activity.utc_offset_s) == ("America/New_York", -14_400)
    assert make_activity(**named, utc_offset_s=-14_400).time_zone == "America/New_York"
    other = make_activity(**named, utc_offset_s=-18_000)
    assert (other.time_zone, other.utc_offset_s) == (None, -18_000)
    unknown = make_activity(**named | {"time_zone": "Middle/Earth"})
    assert (unknown.time_zone, unknown.utc_offset_s) == ("Europe/Berlin", 7200)
    assert make_activity(time_zone="America/New_York").time_zone == "Europe/Prague"


def test_without_gps_and_offset_the_home_zone_counts():
    activity = make_activity(gps=False, home_zone="America/New_York")
    assert (activity.time_zone, activity.utc_offset_s) == ("America/New_York", -14_400)


def test_an_offset_no_place_has_is_not_believed():
    activity = make_activity(gps=False, utc_offset_s=-900_000_000, home_zone="UTC")
    assert (activity.time_zone, activity.utc_offset_s) == ("UTC", 0)


def test_without_any_hint_the_zone_is_unknown():
    activity = make_activity(gps=False)
    assert (activity.time_zone, activity.utc_offset_s) == (None, None)


def test_a_virtual_ride_takes_place_at_home():
    island = make_run(sport="ride", sub_sport="virtual_activity")
    activity = complete(island, home_zone="America/Denver")
    assert activity.time_zone == "America/Denver"


@pytest.mark.parametrize(
    ("start", "device", "is_hidden"),
    [
        (datetime(2024, 5, 31, 22, 0, 1, tzinfo=UTC), "StravaGPX", True),  # midnight in Prague
        (datetime(2024, 6, 1, 0, 0, 1, tzinfo=UTC), "StravaGPX iPhone", True),
        (datetime(2024, 6, 1, 0, 0, 2, tzinfo=UTC), "StravaGPX", False),
        (datetime(2024, 6, 1, 6, 0, 1, tzinfo=UTC), "StravaGPX", False),
        (datetime(2024, 5, 31, 22, 0, 1, tzinfo=UTC), "a watch", False),
        (datetime(2024, 5, 31, 22, 0, 1, tzinfo=UTC), None, False),
    ],
)
def test_a_gpx_from_strava_a_second_past_midnight_hides_its_start(start, device, is_hidden):
    assert make_activity(start_time=start, device=device).is_start_hidden == is_hidden


def test_what_the_file_says_of_itself_is_passed_on():
    facts = {
        "sub_sport": "trail",
        "name": None,
        "description": "wet",
        "device": "a watch",
        "external_id": "17",
        "is_start_hidden": True,
        "notes": ("Half of it was salvaged.",),
    }
    activity = make_activity(**facts)
    assert {name: getattr(activity, name) for name in facts} == facts


def test_laps_come_in_order_and_cut_to_the_activity():
    laps = (Lap(300, 300, 290.0, 900.0), Lap(-10, 310), Lap(-50, 20))
    activity = make_activity(600, elapsed_time_s=600.0, laps=laps)
    assert activity.laps == (Lap(0, 300), Lap(300, 300, 290.0, 900.0))


def test_the_workout_given_is_not_changed():
    run = with_values(heartrate={5: 999.0})
    before = run.samples.copy()
    complete(run, home_zone=None)
    assert run.samples.equals(before)


channel_values = st.floats(allow_nan=True, allow_infinity=True, width=32) | st.floats(0, 260)
moments = st.lists(st.floats(-1e4, 1e5), min_size=2, max_size=30, unique=True)


@st.composite
def workouts(draw):
    times = draw(moments)
    values = {
        name: draw(st.lists(channel_values, min_size=len(times), max_size=len(times)))
        for name in draw(st.sets(st.sampled_from(frames.CHANNELS)))
    }
    spans = st.lists(st.tuples(st.floats(-100, 2e5), st.floats(-100, 2e5)), max_size=5)
    return Workout(
        kind=draw(st.sampled_from(["fit", "gpx", "tcx"])),
        start_time=START,
        sport=draw(st.sampled_from(["run", "ride", "swim", "elliptical", "other"])),
        samples=frames.samples(time_s=times, **values),
        elapsed_time_s=draw(st.none() | st.floats(-10, 2e5) | st.just(float("nan"))),
        timer_time_s=draw(st.none() | st.floats(-10, 2e5)),
        distance_m=draw(st.none() | st.floats(allow_nan=True)),
        pauses=draw(st.none() | spans.map(tuple)),
        breaks_s=tuple(draw(st.lists(st.floats(-100, 2e5), max_size=4))),
        laps=tuple(Lap(a, b) for a, b in draw(spans)),
        lengths=tuple(PoolLength(a, b, is_active=a < b) for a, b in draw(spans)),
        pool_length_m=draw(st.none() | st.floats(-5, 60)),
    )


def completed(workout):
    """The activity, or ``None`` where the random times make no recording."""
    try:
        return complete(workout, home_zone=None)
    except InputError:
        return None


@given(workouts())
def test_completing_never_loses_a_value_that_can_be_true(workout):
    activity = completed(workout)
    if activity is None:
        return
    assert len(activity.samples) == len(workout.samples)
    for name, (low, high) in cleaning.RANGES.items():
        if name in ("latitude", "longitude", "cadence", "distance_m"):
            continue
        given_values = workout.samples[name]
        valid = given_values.between(low, high)
        kept = activity.samples[name]
        if name == "speed_mps" and not (given_values[valid] > 0).any():
            continue  # zeros throughout give way to the speed of a distance covered
        assert (kept[valid] == given_values[valid]).all()


@given(workouts())
def test_distance_never_decreases_whatever_the_file_says(workout):
    activity = completed(workout)
    if activity is None:
        return
    known = activity.samples["distance_m"].dropna().to_numpy()
    assert np.all(np.diff(known) >= 0)


@given(workouts())
def test_everything_lies_inside_the_activity(workout):
    activity = completed(workout)
    if activity is None:
        return
    elapsed = activity.elapsed_time_s
    edges = [0.0, *(edge for pause in activity.pauses for edge in pause), elapsed]
    assert edges == sorted(edges)
    assert all(start < end for start, end in activity.pauses)
    assert len(set(edges[1:-1])) == 2 * len(activity.pauses)
    assert activity.samples["time_s"].between(0, elapsed).all()
    assert 0 <= activity.moving_time_s <= elapsed
    for part in (*activity.laps, *activity.lengths):
        assert part.start_s >= 0
        assert part.start_s + part.elapsed_s <= elapsed * (1 + 1e-12)
