from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsous.analysis import geo


def by_the_law_of_cosines(lat1, lon1, lat2, lon2):
    """The same sphere by another formula, good for distances that are not tiny."""
    a, b, turn = math.radians(lat1), math.radians(lat2), math.radians(lon2 - lon1)
    cosine = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)
    return 6_371_008.8 * math.acos(max(-1.0, min(1.0, cosine)))


def deviations_m(latitude, longitude, mask):
    """How far each position lies from the drawn line, on the ground, by sampling the line."""
    rows = np.flatnonzero(mask)
    worst = np.zeros(len(latitude))
    for start, stop in pairwise(rows):
        share = np.linspace(0, 1, 2001)
        line_lat = latitude[start] + share * (latitude[stop] - latitude[start])
        line_lon = longitude[start] + share * (longitude[stop] - longitude[start])
        for row in range(start + 1, stop):
            here = np.full(share.size, latitude[row]), np.full(share.size, longitude[row])
            worst[row] = geo.haversine_m(*here, line_lat, line_lon).min()
    return worst


def wiggly(points, seed=1, step_m=10.0, latitude=50.0, longitude=14.0):
    """A route that turns at random, ``step_m`` between points."""
    turns = np.cumsum(np.random.default_rng(seed).normal(0, 0.3, points))
    north = np.cumsum(np.cos(turns)) * step_m / 111_195
    east = np.cumsum(np.sin(turns)) * step_m / 111_195 / math.cos(math.radians(latitude))
    return latitude + north, longitude + east


@pytest.mark.parametrize(
    "pair",
    [(50.0, 14.0, 50.0, 14.1), (50.0, 14.0, 51.0, 15.0), (-33.0, 151.0, 40.0, -74.0)],
)
def test_distances_are_great_circles(pair):
    measured = geo.haversine_m(*(np.array([number]) for number in pair))[0]
    assert measured == pytest.approx(by_the_law_of_cosines(*pair), rel=1e-6)


def test_a_degree_of_latitude_is_111_kilometres():
    degree = geo.haversine_m(np.array([0.0]), np.array([0.0]), np.array([1.0]), np.array([0.0]))
    assert degree[0] == pytest.approx(111_195.08, abs=0.01)


def test_opposite_ends_of_the_earth_are_half_its_circumference_apart():
    half = geo.haversine_m(np.array([0.0]), np.array([0.0]), np.array([0.0]), np.array([180.0]))
    assert half[0] == pytest.approx(math.pi * 6_371_008.8)


def test_a_straight_line_needs_its_ends_only():
    latitude = np.linspace(50, 50.01, 100)
    mask = geo.simplify(latitude, np.full(100, 14.0), 1.0)
    assert np.flatnonzero(mask).tolist() == [0, 99]


def test_a_corner_is_kept():
    latitude = np.array([50.0, 50.001, 50.002, 50.002, 50.002])
    longitude = np.array([14.0, 14.0, 14.0, 14.001, 14.002])
    assert geo.simplify(latitude, longitude, 5.0).tolist() == [True, False, True, False, True]


@pytest.mark.parametrize("end", [50.0, 50.005])
def test_there_and_back_again_keeps_the_turning_point(end):
    latitude = np.concatenate((np.linspace(50, 50.01, 50), np.linspace(50.01, end, 50)))
    mask = geo.simplify(latitude, np.full(100, 14.0), 5.0)
    assert mask[49] or mask[50]


@pytest.mark.parametrize(("bump_m", "is_kept"), [(4.9, False), (5.1, True)])
def test_what_lies_within_the_tolerance_is_not_drawn(bump_m, is_kept):
    latitude = np.array([0.0, bump_m / 111_195.08, 0.0])
    mask = geo.simplify(latitude, np.array([0.0, 0.001, 0.002]), 5.0)
    assert mask.tolist() == [True, is_kept, True]


def test_rows_that_must_stay_stay_and_rows_without_position_never_do():
    latitude = np.linspace(50, 50.01, 100)
    latitude[40] = np.nan
    mask = geo.simplify(latitude, np.full(100, 14.0), 5.0, keep=np.array([17, 40, 63]))
    assert np.flatnonzero(mask).tolist() == [0, 17, 63, 99]


@given(
    seed=st.integers(0, 10_000),
    points=st.integers(2, 80),
    tolerance_m=st.floats(0.5, 60),
    latitude=st.sampled_from([0.0, 50.0, -70.0]),
)
def test_no_position_lies_further_off_than_the_tolerance(seed, points, tolerance_m, latitude):
    lat, lon = wiggly(points, seed, step_m=30.0, latitude=latitude)
    mask = geo.simplify(lat, lon, tolerance_m)
    # The line is sampled, at up to a metre and a half from sample to sample.
    assert deviations_m(lat, lon, mask).max() <= math.hypot(tolerance_m, 1.0)


def test_the_tolerance_holds_on_a_route_that_spans_latitudes():
    lat = np.linspace(40, 60, 400)
    lon = 14 + 0.001 * np.sin(np.arange(400))
    mask = geo.simplify(lat, lon, 30.0)
    straight = np.interp(lat, lat[mask], lon[mask])
    off = geo.haversine_m(lat, lon, lat, straight)
    assert off.max() <= 30.0


def test_shapes_made_to_be_slow_still_keep_the_tolerance():
    turn = np.linspace(0, 60, 20_000)
    lat, lon = turn * np.cos(turn) * 1e-4, turn * np.sin(turn) * 1e-4
    mask = geo.simplify(lat, lon, 2.0)
    assert deviations_m(lat[:3000], lon[:3000], mask[:3000] | (np.arange(3000) == 2999)).max() < 2.1
    zigzag = np.where(np.arange(20_000) % 2, 1.0, -1.0) * np.arange(20_000) * 1e-6
    assert geo.simplify(zigzag, np.arange(20_000) * 1e-6, 1.0).any()


def test_simplifying_across_the_antimeridian_sees_no_jump():
    longitude = np.concatenate((np.linspace(179.99, 180, 50), np.linspace(-179.9998, -179.99, 50)))
    mask = geo.simplify(np.zeros(100), longitude, 5.0)
    assert np.flatnonzero(mask).tolist() == [0, 99]


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_next_to_nothing_is_kept_whole(rows):
    assert geo.simplify(np.full(rows, 50.0), np.full(rows, 14.0), 5.0).all()
    assert not geo.simplify(np.full(rows, np.nan), np.full(rows, 14.0), 5.0).any()


@pytest.mark.parametrize("points", [2, 10, 60])
def test_a_small_picture_has_few_points_and_both_ends(points):
    lat, lon = wiggly(5000)
    picture = geo.encode_route(lat, lon, points)
    assert len(picture) <= points
    assert picture[0] == [round(lat[0], 5), round(lon[0], 5)]
    assert picture[-1] == [round(lat[-1], 5), round(lon[-1], 5)]


def test_a_small_picture_looks_like_the_route():
    turn = np.linspace(0, 2 * np.pi, 2000)
    lat, lon = 50 + 0.01 * np.cos(turn), 14 + 0.015 * np.sin(turn)
    picture = np.array(geo.encode_route(lat, lon, 60))
    assert len(picture) >= 20
    radius = np.hypot((picture[:, 0] - 50) / 0.01, (picture[:, 1] - 14) / 0.015)
    assert radius == pytest.approx(np.ones(len(picture)), abs=0.01)


def test_pictures_of_nowhere_and_of_one_place():
    assert geo.encode_route(np.array([np.nan]), np.array([1.0])) == []
    assert geo.encode_route(np.array([np.nan, 50.0]), np.array([1.0, 14.0])) == [[50.0, 14.0]]
    standing = geo.encode_route(np.full(500, 50.0), np.full(500, 14.0))
    assert standing == [[50.0, 14.0], [50.0, 14.0]]
