from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from runsous.analysis.recording import complete
from runsous.model import Workout
from tests.analysis.make import (
    METRE_NORTH,
    PRAGUE,
    START,
    make_activity,
    make_run,
    make_samples,
    with_gap,
)


def standing_still(run, since, until):
    """The same, and the places after the gap are those of a runner who stood in it."""
    cut = with_gap(run, since, until)
    held = np.where(cut.samples["time_s"] >= until, (until - since) * 3.0 * METRE_NORTH, 0)
    return replace(cut, samples=cut.samples.assign(latitude=cut.samples["latitude"] - held))


def test_explicit_pauses_are_cut_sorted_and_joined():
    pauses = ((300.0, 320.0), (-5.0, 10.0), (310.0, 330.0), (330.0, 340.0), (50.0, 50.0))
    activity = make_activity(600, pauses=pauses, elapsed_time_s=600.0)
    assert activity.pauses == ((0, 10), (300, 340))
    assert activity.moving_time_s == 550


def test_no_pause_is_inferred_where_the_file_says_there_was_none():
    run = standing_still(make_run(), 100, 200)
    assert complete(replace(run, pauses=()), home_zone=None).pauses == ()


def test_standing_through_a_gap_is_a_pause():
    activity = complete(standing_still(make_run(), 100, 200), home_zone=None)
    assert activity.pauses == ((100, 200),)
    assert activity.moving_time_s == 500
    assert activity.distance_m == pytest.approx(1500, abs=0.01)


def test_what_was_covered_across_a_gap_of_the_same_stretch_counts_though_its_time_is_a_pause():
    run = with_gap(make_run(), 100, 200)
    crept = np.where(run.samples["time_s"] >= 200, (300 - 40) * METRE_NORTH, 0)
    run = replace(run, samples=run.samples.assign(latitude=run.samples["latitude"] - crept))
    activity = complete(run, home_zone=None)
    assert activity.pauses == ((100, 200),)
    assert activity.moving_time_s == 500
    assert activity.distance_m == pytest.approx(1540, abs=0.01)
    at = activity.samples.set_index("time_s")
    assert at.loc[[100.0, 200.0], "distance_m"].tolist() == pytest.approx([300, 340], abs=0.01)
    assert at["speed_mps"].to_numpy() == pytest.approx(np.full(502, 3.0), abs=1e-3)


def test_standing_for_a_moment_is_no_pause():
    assert complete(standing_still(make_run(), 100, 115), home_zone=None).pauses == ()


def test_running_on_through_a_gap_is_no_pause():
    activity = complete(with_gap(make_run(), 100, 200), home_zone=None)
    assert activity.pauses == ()
    assert activity.distance_m == pytest.approx(1800, abs=0.01)


def test_the_gaps_of_smart_recording_are_no_pauses():
    run = make_run(1800)
    sparse = run.samples[run.samples["time_s"] % 18 == 0].reset_index(drop=True)
    standing = replace(run, samples=sparse.assign(latitude=PRAGUE[0]))
    assert complete(standing, home_zone=None).pauses == ()


def test_a_logger_that_writes_every_half_minute_leaves_no_gaps():
    time = np.arange(0, 3600, 30.0)
    slowly = make_samples(time, latitude=50 + time * 0.4 * METRE_NORTH, longitude=14.0)
    hike = Workout(kind="gpx", start_time=START, sport="hike", samples=slowly)
    activity = complete(hike, home_zone=None)
    assert activity.pauses == ()
    assert activity.distance_m == pytest.approx(0.4 * 3570, abs=0.1)


def test_a_slow_swimmer_whose_watch_was_under_water_did_not_stop():
    run = make_run(speed_mps=0.4, sport="swim")
    assert complete(with_gap(run, 100, 160), home_zone=None).pauses == ()


@pytest.mark.parametrize("at", [100.0, 150.0])
def test_a_break_of_the_track_is_a_pause_though_the_runner_went_elsewhere(at):
    cut = replace(with_gap(make_run(), 100, 200), breaks_s=(at,))
    activity = complete(cut, home_zone=None)
    assert activity.pauses == ((100, 200),)
    assert activity.distance_m == pytest.approx(1500, abs=0.01)


def test_a_break_without_a_gap_is_no_pause():
    assert make_activity(breaks_s=(100.0, 200.0)).pauses == ()
    cut = replace(with_gap(make_run(), 100, 104), breaks_s=(100.0,))
    assert complete(cut, home_zone=None).pauses == ()


def test_breaks_at_the_first_and_last_sample():
    cut = replace(with_gap(make_run(), 0, 60), breaks_s=(0.0, 600.0, 700.0, -3.0))
    assert complete(cut, home_zone=None).pauses == ((0, 60),)


def test_without_gps_a_gap_alone_is_no_pause():
    run = with_gap(make_run(gps=False), 100, 200)
    assert complete(run, home_zone=None).pauses == ()
    assert complete(replace(run, breaks_s=(100.0,)), home_zone=None).pauses == ((100, 200),)


def test_a_timer_as_long_as_the_activity_means_no_pause():
    run = replace(standing_still(make_run(), 100, 200), timer_time_s=595.0)
    activity = complete(run, home_zone=None)
    assert activity.pauses == ()
    assert activity.moving_time_s == 595


def test_moving_time_is_the_timer_of_the_file():
    run = replace(standing_still(make_run(), 100, 200), timer_time_s=507.0)
    activity = complete(run, home_zone=None)
    assert activity.pauses == ((100, 200),)
    assert activity.moving_time_s == 507
    assert activity.average_speed_mps == pytest.approx(1500 / 507, abs=1e-4)


@pytest.mark.parametrize(("timer", "moving"), [(601.0, 600), (60_000.0, 500), (0.0, 500)])
def test_a_timer_that_cannot_be_true_is_not_believed(timer, moving):
    run = make_run(600, pauses=((100.0, 200.0),), timer_time_s=timer)
    assert complete(run, home_zone=None).moving_time_s == moving


def test_a_recording_that_is_all_pause_has_no_speed():
    activity = make_activity(600, pauses=((0.0, 600.0),))
    assert activity.moving_time_s == 0
    assert activity.average_speed_mps is None
