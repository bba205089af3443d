"""Routes look like paths: smooth, closed, metre by metre, on believable ground."""

from __future__ import annotations

import numpy as np
import pytest

from runsous.demo.routes import METRES_EAST, METRES_NORTH, reverse, route

NAMES = (
    "bridges",
    "flaucher",
    "raft canal",
    "high bank",
    "hill",
    "garden",
    "aumeister",
    "half",
    "abbey",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_route_has_a_point_for_each_metre_and_ends_where_it_began(name):
    way = route(name)
    steps = np.hypot(np.diff(way.east_m), np.diff(way.north_m))
    assert np.median(steps) == pytest.approx(1, abs=0.01)
    assert steps.max() < 1.01
    assert np.hypot(way.east_m[-1] - way.east_m[0], way.north_m[-1] - way.north_m[0]) < 5


@pytest.mark.parametrize("name", NAMES)
def test_a_route_lies_between_munich_and_the_abbey(name):
    way = route(name)
    latitude = 48 + way.north_m / METRES_NORTH
    longitude = 11.5 + way.east_m / METRES_EAST
    assert latitude.min() > 47.97
    assert latitude.max() < 48.19
    assert longitude.min() > 11.45
    assert longitude.max() < 11.64


@pytest.mark.parametrize("name", NAMES)
def test_a_route_bends_but_does_not_zigzag(name):
    way = route(name)
    heading = np.unwrap(np.arctan2(np.diff(way.north_m), np.diff(way.east_m)))
    turned = np.degrees(np.abs(heading[10:] - heading[:-10]))
    assert np.percentile(turned, 90) < 8
    # Turning round on the hill and the corners of bridges are few.
    assert (turned > 60).mean() < 0.02


@pytest.mark.parametrize("name", NAMES)
def test_ground_rises_and_falls_no_steeper_than_paths_do(name):
    assert np.abs(np.gradient(route(name).altitude_m)).max() < 0.16


def test_the_high_bank_is_a_hill_and_the_river_is_not():
    assert np.ptp(route("high bank").altitude_m) > 40
    assert np.ptp(route("bridges").altitude_m) < 10


def test_the_way_back_is_the_same_way():
    there = route("flaucher")
    back = reverse(there)
    assert np.array_equal(back.north_m, there.north_m[::-1])
    length = len(there.north_m) - 1
    assert [there.north_m[at] for at in there.crossings_m] == [
        back.north_m[at] for at in reversed(back.crossings_m)
    ]
    assert all(0 <= at <= length for at in back.crossings_m)


def test_there_is_no_route_of_another_name():
    with pytest.raises(KeyError):
        route("atlantis")
