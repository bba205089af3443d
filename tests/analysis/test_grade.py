"""Grade from altitude over distance, and the flat speed that costs as much."""

import numpy as np
import pytest

from runsous.analysis.grade import cost, factor, grades


@pytest.mark.parametrize(
    ("grade", "energy"),
    # 155.4 i^5 - 30.4 i^4 - 43.3 i^3 + 46.3 i^2 + 19.5 i + 3.6, worked out by hand.
    [(0.0, 3.6), (0.1, 5.968214), (-0.1, 2.151706), (0.45, 19.426014)],
)
def test_the_cost_of_running_is_that_of_minetti(grade, energy):
    assert cost(np.array([grade]))[0] == pytest.approx(energy, abs=1e-5)


def test_running_is_cheapest_on_a_moderate_descent():
    steps = np.linspace(-0.45, 0.45, 901)
    assert -0.22 < steps[cost(steps).argmin()] < -0.17


def test_beyond_what_was_measured_the_cost_stays():
    assert cost(np.array([0.9, -3.0])) == pytest.approx(cost(np.array([0.45, -0.45])))


def test_uphill_is_worth_more_and_on_the_flat_nothing_changes():
    assert factor(np.array([0.0, 0.1, np.nan])) == pytest.approx([1, 5.968214 / 3.6, 1], abs=1e-5)


@pytest.mark.parametrize("grade", [-0.08, 0.0, 0.03, 0.2])
def test_an_even_slope_has_its_grade_from_first_to_last_sample(grade):
    way = np.arange(0.0, 1000, 2.7)
    assert grades(way, 100 + grade * way) == pytest.approx(np.full(way.size, grade), abs=1e-9)


def test_altitudes_in_whole_metres_cost_what_the_true_ones_do():
    way = np.arange(0.0, 3000, 2.7)
    altitude = 100 + 0.02 * way + 15 * np.sin(way / 200)
    true, whole = grades(way, altitude), grades(way, np.round(altitude))
    assert factor(whole).mean() == pytest.approx(factor(true).mean(), rel=0.01)


def test_standing_still_does_not_turn_a_wall_into_a_hill():
    way = np.concatenate((np.arange(0.0, 200), np.full(60, 199.0), np.arange(200.0, 400)))
    altitude = np.full(way.size, 50.0)
    altitude[200:260] += np.linspace(0, 2, 60)
    assert np.abs(grades(way, altitude)).max() < 0.05


def test_samples_without_altitude_take_the_grade_of_where_they_are():
    way = np.arange(0.0, 500, 2)
    altitude = 0.05 * way
    altitude[::3] = np.nan
    assert grades(way, altitude) == pytest.approx(np.full(way.size, 0.05), abs=1e-9)


@pytest.mark.parametrize(
    ("way", "altitude"),
    [([0.0, 1.0, 2.0], [1.0, 2.0, 3.0]), ([0.0, 99.0], [1.0, np.nan]), ([], [])],
)
def test_without_way_or_altitude_there_is_no_grade(way, altitude):
    assert np.isnan(grades(np.array(way), np.array(altitude))).all()
