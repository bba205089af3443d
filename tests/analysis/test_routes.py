import pytest

from runsous.analysis import routes
from tests.analysis.make_ways import make_way

SQUARE = [(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)]


def alike(one, other, **how) -> bool:
    return routes.follow([make_way(one), make_way(other, **how)], []) == [0, 0]


def test_the_same_way_is_the_same_route_however_fixes_scatter():
    assert alike(SQUARE, SQUARE, noise_m=5, speed_mps=2.2)


def test_the_other_way_round_is_another_route():
    assert not alike(SQUARE, SQUARE[::-1])


@pytest.mark.parametrize(("aside_m", "is_same"), [(40, True), (60, False)])
def test_a_way_beside_it_is_the_same_route_below_50_m_on_average(aside_m, is_same):
    beside = [(aside_m, 0), (aside_m, 3000)]
    assert alike([(0, 0), (0, 3000)], beside) is is_same


@pytest.mark.parametrize(("start_m", "is_same"), [(90, True), (110, False)])
def test_routes_begin_at_one_place(start_m, is_same):
    assert alike([(0, 0), (0, 3000)], [(start_m, 0), (0, 200), (0, 3000)]) is is_same


def test_routes_are_of_one_length():
    # Once more around a small block at the end: near all the way, and 400 m longer.
    block = [(0, 0), (50, 0), (50, 50), (0, 50), (0, 0), (50, 0), (50, 50), (0, 50), (0, 0)]
    short = [(0, 0), (50, 0), (50, 50), (0, 50), (0, 0)]
    assert not alike(block, short)


def test_new_ways_join_the_nearest_known_route_or_begin_one_of_their_own():
    known = [make_way([(0, 0), (0, 3000)]), make_way([(60, 0), (60, 3000)])]
    new = [make_way(SQUARE), make_way([(40, 0), (40, 3000)]), make_way(SQUARE, noise_m=3)]
    assert routes.follow(new, known) == [2, 1, 2]
    assert routes.follow([], known) == []


def test_a_route_goes_on_beyond_the_180th_meridian():
    # The first fix of one lies west of it, that of the other east of it.
    east = make_way([(0, -30), (0, 3000)], west=180.0)
    west = make_way([(0, 10), (0, 3000)], west=180.0)
    assert abs(east[0, 4] - west[0, 4]) > 359
    assert routes.follow([east, west], []) == [0, 0]
