from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from runsous.analysis.recording import complete
from runsous.model import Workout
from tests.analysis.make import (
    METRE_NORTH,
    START,
    make_run,
    make_samples,
    with_values,
)


@pytest.mark.parametrize(
    ("channel", "value"),
    [
        ("heartrate", 0.0),
        ("heartrate", 255.0),
        ("heartrate", 24.0),
        ("altitude_m", 12_606.8),
        ("altitude_m", -501.0),
        ("power_w", 65_535.0),
        ("temperature_c", 127.0),
        ("speed_mps", -1.0),
        ("speed_mps", 101.0),
        ("heartrate", np.inf),
    ],
)
def test_values_no_sensor_means_are_missing(channel, value):
    activity = complete(with_values(**{channel: {100: value}}), home_zone=None)
    assert activity.samples[channel].iloc[100] != value
    assert len(activity.samples) == 601


def high(rows):
    """A run in whose first rows the sensor told 240."""
    return complete(with_values(heartrate=dict.fromkeys(range(rows), 240.0)), home_zone=None)


def test_a_heart_rate_too_high_stands_as_it_was_recorded_and_is_doubted():
    run = high(500)
    assert (run.samples["heartrate"].iloc[:500] == 240).all()
    assert run.max_heartrate == 240
    assert run.average_heartrate == pytest.approx((500 * 240 + 101 * 150) / 601)
    assert run.notes == (
        "83% of its heart rates lie above 230 bpm, where no heart beats: "
        "the sensor was probably wrong.",
    )


def test_a_few_heart_rates_too_high_are_not_worth_a_note():
    assert high(30).notes == ()  # 30 of 601 are 4.99 %.
    assert len(high(31).notes) == 1


@pytest.mark.parametrize(
    "place", [(0.0, 0.0), (180.0, 180.0), (50.0, np.nan), (np.nan, 14.0), (-91.0, 14.0)]
)
def test_positions_that_are_none_are_missing_in_both_numbers(place):
    run = with_values(latitude={100: place[0]}, longitude={100: place[1]})
    activity = complete(run, home_zone=None)
    assert activity.samples.loc[100, ["latitude", "longitude"]].isna().all()
    assert activity.distance_m == pytest.approx(1800, abs=0.01)


def test_an_island_of_zeros_is_no_place():
    nowhere = dict.fromkeys(range(100, 110), 0.0)
    activity = complete(with_values(latitude=nowhere, longitude=nowhere), home_zone=None)
    assert activity.samples["latitude"].isna().sum() == 10
    assert activity.distance_m == pytest.approx(1800, abs=0.01)


def test_a_single_leap_and_back_is_no_position():
    activity = complete(with_values(latitude={100: 50.2}), home_zone=None)
    assert np.isnan(activity.samples["latitude"].iloc[100])
    assert activity.distance_m == pytest.approx(1800, abs=0.01)


def test_a_first_fix_at_the_place_of_yesterday_is_no_position():
    activity = complete(with_values(latitude={0: 51.0}), home_zone=None)
    assert np.isnan(activity.samples["latitude"].iloc[0])
    assert activity.distance_m == pytest.approx(1797, abs=0.01)


def test_a_last_fix_far_away_is_no_position():
    activity = complete(with_values(latitude={600: 51.0}), home_zone=None)
    assert activity.distance_m == pytest.approx(1797, abs=0.01)


def test_a_fast_train_with_few_fixes_is_no_leap():
    time = np.arange(0, 600, 10.0)
    samples = make_samples(time, latitude=50 + time * 80 * METRE_NORTH, longitude=14.0)
    train = Workout(kind="gpx", start_time=START, samples=samples)
    activity = complete(train, home_zone=None)
    assert activity.samples["latitude"].notna().all()
    assert activity.distance_m == pytest.approx(590 * 80, abs=0.1)


def test_a_place_reached_during_a_long_gap_is_no_leap():
    run = make_run()
    later = replace(
        run,
        samples=run.samples[run.samples["time_s"] % 300 == 0]
        .assign(latitude=[50.0, 50.1, 50.0])
        .reset_index(drop=True),
    )
    assert complete(later, home_zone=None).samples["latitude"].notna().all()
