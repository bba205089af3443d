"""The way of an activity, thinned to look for one stretch in thousands of them."""

import numpy as np
import pytest

from runsous.analysis.ways import COLUMNS, bounds, packed, unpacked, way
from tests.analysis.make import METRE_NORTH, PRAGUE, make_samples


def north(time, metres, **channels):
    """Samples on a straight way due north from Prague."""
    metres = np.asarray(metres, dtype=float)
    channels = {"longitude": PRAGUE[1], **channels}
    return make_samples(
        time, distance_m=metres, latitude=PRAGUE[0] + metres * METRE_NORTH, **channels
    )


def column(rows, name):
    return rows[:, COLUMNS.index(name)].tolist()


def test_there_is_a_row_every_25_metres_from_the_first_to_the_last():
    rows = way(north(np.arange(41), 5.0 * np.arange(41), heartrate=100.0 + np.arange(41)), ())
    assert column(rows, "distance_m") == pytest.approx([0, 25, 50, 75, 100, 125, 150, 175, 200])
    assert column(rows, "time_s") == pytest.approx([0, 5, 10, 15, 20, 25, 30, 35, 40])
    assert column(rows, "moving_s") == column(rows, "time_s")
    assert column(rows, "heartrate") == pytest.approx([100 + at for at in range(0, 41, 5)])
    assert column(rows, "latitude") == pytest.approx(
        [PRAGUE[0] + METRE_NORTH * at for at in range(0, 201, 25)]
    )
    assert set(column(rows, "longitude")) == {PRAGUE[1]}


def test_what_is_left_after_the_last_whole_25_metres_has_no_row():
    assert column(way(north([0, 10, 20], [0, 30, 60]), ()), "distance_m") == [0, 25, 50]


def test_standing_takes_time_and_no_way():
    # 50 m, half a minute at a light, 50 m.
    time, metres = [0, 10, 20, 50, 60, 70], [0, 25, 50, 50, 75, 100]
    rows = way(north(time, metres), ())
    assert column(rows, "distance_m") == [0, 25, 50, 75, 100]
    assert np.diff(column(rows, "time_s")).sum() == pytest.approx(70)
    assert column(rows, "time_s")[:3] == pytest.approx([0, 10, 20])
    assert column(rows, "time_s")[-1] == pytest.approx(70)


def test_a_pause_stops_the_clock_of_movement_alone():
    time, metres = [0, 10, 20, 320, 330], [0, 25, 50, 75, 100]
    rows = way(north(time, metres), ((20.0, 310.0),))
    assert column(rows, "time_s") == pytest.approx([0, 10, 20, 320, 330])
    assert column(rows, "moving_s") == pytest.approx([0, 10, 20, 30, 40])


def test_a_distance_that_once_goes_back_is_no_way_back():
    rows = way(north([0, 10, 20, 30, 40], [0, 40, 35, 60, 100]), ())
    assert column(rows, "distance_m") == [0, 25, 50, 75, 100]
    assert (np.diff(column(rows, "time_s")) > 0).all()


def test_across_the_date_line_the_way_goes_on():
    longitude = np.array([179.999, 179.9995, -179.9999, -179.999])
    samples = north([0, 10, 20, 30], [0, 40, 80, 150], longitude=longitude)
    assert np.abs(np.diff(column(way(samples, ()), "longitude"))).max() < 0.001


def test_heart_rate_is_there_where_some_is_told_and_missing_where_none_is():
    beats = np.array([120.0, np.nan, 140.0, np.nan])
    told = way(north([0, 10, 20, 30], [0, 25, 50, 75], heartrate=beats), ())
    assert column(told, "heartrate") == pytest.approx([120, 130, 140, 140])
    assert np.isnan(way(north([0, 10], [0, 25]), ())[:, -1]).all()


@pytest.mark.parametrize(
    "samples",
    [
        make_samples(np.empty(0)),
        make_samples(np.arange(100.0), distance_m=np.arange(100.0), heartrate=140.0),
        make_samples(np.arange(100.0), latitude=PRAGUE[0], longitude=PRAGUE[1]),
        north([0], [0]),
    ],
    ids=["no samples", "no positions", "no distance", "one point"],
)
def test_without_positions_and_distance_there_is_no_way(samples):
    rows = way(samples, ())
    assert rows.shape == (0, len(COLUMNS))
    assert bounds(rows) is None
    assert unpacked(packed(rows)).shape == rows.shape


def test_who_never_left_the_spot_has_one_row():
    assert column(way(north([0, 10, 20], [0, 0, 0]), ()), "distance_m") == [0]


def test_what_is_stored_is_the_way_to_two_metres_and_a_hundredth_of_a_second_an_hour_in():
    time = np.arange(3601)
    # Far east, where a number of degrees has the fewest digits left.
    rows = way(north(time, 3.0 * time, heartrate=150.0, longitude=179.9), ())
    back = unpacked(packed(rows))
    assert len(packed(rows)) == 24 * len(rows)
    assert back.shape == rows.shape
    off = np.abs(back - rows).max(axis=0)
    metres = off[[3, 4]] / METRE_NORTH
    assert (metres < 2).all()
    assert (off[[0, 1]] < 0.01).all()
    assert off[2] < 0.01
    assert off[5] == 0


def test_missing_heart_rates_are_missing_after_storing():
    assert np.isnan(unpacked(packed(way(north([0, 10], [0, 25]), ())))[:, -1]).all()


def test_bounds_are_the_southernmost_and_so_on():
    metres = np.array([0, 100, 200, 300])
    longitude = np.array([14.42, 14.40, 14.45, 14.43])
    south, west, north_, east = bounds(
        way(north([0, 40, 80, 120], metres, longitude=longitude), ())
    )
    assert (south, north_) == pytest.approx((PRAGUE[0], PRAGUE[0] + 300 * METRE_NORTH))
    assert (west, east) == pytest.approx((14.40, 14.45))
