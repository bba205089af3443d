from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from runsous import frames
from runsous.analysis.recording import complete
from tests.analysis.make import (
    indoors,
    make_activity,
    make_pool_swim,
    make_run,
    make_samples,
    with_gap,
    with_values,
)


def test_distance_is_the_file_s_own_where_it_has_one():
    run = make_run(600)
    own = run.samples["time_s"] * 3.1
    activity = complete(replace(run, samples=run.samples.assign(distance_m=own)), home_zone=None)
    assert activity.samples["distance_m"].tolist() == own.tolist()
    assert activity.distance_m == pytest.approx(1860)
    assert activity.samples["speed_mps"].to_numpy() == pytest.approx(np.full(601, 3.1))


def test_the_file_s_total_wins_over_its_samples():
    assert make_activity(600, distance_m=1850.0).distance_m == 1850


@pytest.mark.parametrize("total", [0.0, -1.0, float("nan"), float("inf")])
def test_a_total_that_says_nothing_loses_to_what_was_measured(total):
    assert make_activity(600, distance_m=total).distance_m == pytest.approx(1800, abs=0.01)


def test_a_sport_without_distance_keeps_its_zero_and_invents_no_speed():
    gym = replace(indoors(distance_m=0.0, heartrate=110.0), sport="strength", distance_m=0.0)
    activity = complete(gym, home_zone=None)
    assert activity.distance_m == 0
    assert activity.average_speed_mps is None
    assert activity.samples["speed_mps"].isna().all()


def test_small_steps_back_are_levelled_and_holes_filled():
    time = np.arange(6.0)
    distance = np.array([0.0, 3.0, 2.0, np.nan, 9.0, 12.0])
    run = replace(indoors(5), samples=make_samples(time, distance_m=distance))
    assert complete(run, home_zone=None).samples["distance_m"].tolist() == [0, 3, 3, 6, 9, 12]


def test_a_distance_that_falls_back_to_nothing_is_taken_from_the_positions():
    run = make_run(600)
    broken = run.samples["time_s"] % 250 * 3
    activity = complete(replace(run, samples=run.samples.assign(distance_m=broken)), home_zone=None)
    assert activity.distance_m == pytest.approx(1800, abs=0.01)


def test_a_leg_whose_distance_counts_on_from_the_one_before_begins_at_zero():
    leg = indoors(600, distance_m=14_235 + np.arange(601.0) * 3)
    activity = complete(replace(leg, distance_m=1800.0), home_zone=None)
    assert activity.samples["distance_m"].iloc[[0, -1]].tolist() == [0, 1800]
    assert complete(leg, home_zone=None).distance_m == 1800


def test_distance_is_integrated_from_speed_without_gps_and_not_over_pauses():
    run = replace(indoors(600, speed_mps=3.0), pauses=((100.0, 200.0),))
    activity = complete(run, home_zone=None)
    assert activity.distance_m == pytest.approx(1500)
    at = activity.samples.set_index("time_s")["distance_m"]
    assert at[100] == pytest.approx(300)
    assert at[200] == pytest.approx(300)


def test_positions_recorded_during_a_pause_add_no_distance():
    activity = make_activity(600, pauses=((100.0, 200.0),))
    assert activity.distance_m == pytest.approx(1500, abs=0.01)
    during = activity.samples[activity.samples["time_s"].between(101, 199)]
    assert (during["speed_mps"] == 0).all()
    assert during["distance_m"].nunique() == 1


def test_the_straight_line_across_a_pause_counts_nothing_and_makes_no_spike():
    run = replace(with_gap(make_run(), 100, 400), pauses=((100.0, 400.0),))
    activity = complete(run, home_zone=None)
    assert activity.distance_m == pytest.approx(900, abs=0.01)
    assert activity.samples["speed_mps"].to_numpy() == pytest.approx(np.full(302, 3.0), abs=1e-3)


def test_a_distance_that_jumped_while_paused_makes_no_spike_of_speed():
    time = np.concatenate((np.arange(101.0), np.arange(400.0, 501.0)))
    distance = np.where(time <= 100, time * 3, 300 + 5000 + (time - 400) * 3)
    ride = replace(
        indoors(1), samples=make_samples(time, distance_m=distance), pauses=((100.0, 400.0),)
    )
    speed = complete(ride, home_zone=None).samples["speed_mps"]
    assert speed.to_numpy() == pytest.approx(np.full(202, 3.0))


def test_derived_speed_follows_a_change_within_seconds():
    time = np.arange(121.0)
    metres = np.where(time <= 60, time * 2, 120 + (time - 60) * 5)
    run = replace(indoors(1), samples=make_samples(time, distance_m=metres))
    speed = complete(run, home_zone=None).samples["speed_mps"]
    assert speed.iloc[:58].to_numpy() == pytest.approx(np.full(58, 2.0))
    assert speed.iloc[63:].to_numpy() == pytest.approx(np.full(58, 5.0))
    assert speed.iloc[60] == pytest.approx(3.5)


def test_speed_is_the_file_s_own_and_only_its_holes_are_derived():
    run = make_run(600)
    own = np.full(601, 2.5)
    own[300] = np.nan
    activity = complete(replace(run, samples=run.samples.assign(speed_mps=own)), home_zone=None)
    assert activity.samples["speed_mps"].iloc[299] == 2.5
    assert activity.samples["speed_mps"].iloc[300] == pytest.approx(3.0, abs=1e-3)


def test_a_speed_of_zeros_on_a_route_is_derived():
    run = make_run(600)
    activity = complete(replace(run, samples=run.samples.assign(speed_mps=0.0)), home_zone=None)
    assert activity.samples["speed_mps"].to_numpy() == pytest.approx(np.full(601, 3.0), abs=1e-3)


def test_where_nothing_tells_distance_and_speed_are_missing():
    activity = complete(indoors(600, heartrate=120.0), home_zone=None)
    assert activity.samples[["distance_m", "speed_mps"]].isna().all(axis=None)
    assert activity.distance_m is None


def test_before_the_first_and_after_the_last_fix_distance_is_unknown():
    activity = complete(with_values(latitude={0: np.nan, 1: np.nan, 600: np.nan}), home_zone=None)
    assert activity.samples["distance_m"].isna().tolist()[:3] == [True, True, False]
    assert np.isnan(activity.samples["speed_mps"].iloc[600])
    assert activity.distance_m == pytest.approx(597 * 3, abs=0.01)


def test_a_pool_swim_covers_its_active_lengths():
    activity = complete(make_pool_swim(active=4, rest_s=20.0), home_zone=None)
    assert activity.distance_m == 100
    at = activity.samples.set_index("time_s")["distance_m"]
    assert at[15] == pytest.approx(12.5)
    assert at[30] == pytest.approx(25)
    assert at[40] == pytest.approx(25)
    assert activity.cadence_unit == "strokes/min"


def test_a_pool_swim_without_samples_still_has_its_distance():
    swim = replace(make_pool_swim(active=4, rest_s=20.0), samples=frames.samples())
    activity = complete(swim, home_zone=None)
    assert activity.distance_m == 100
    assert activity.elapsed_time_s == 200


def test_all_lengths_survive_idle_ones_too():
    activity = complete(make_pool_swim(active=4, rest_s=20.0), home_zone=None)
    assert [length.is_active for length in activity.lengths] == [True, False] * 4
