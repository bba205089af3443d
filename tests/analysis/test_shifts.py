"""Shifted playlists keep all there is in playlist and run, and break what ties them."""

import numpy as np
import pytest

from runsous.analysis import shifts, within
from tests.analysis.make_efforts import make_efforts


def null_of(rows, dose, outcome, n=999):
    compared = within.compare(rows, [dose, outcome])
    dose, outcome = compared.values.T
    return shifts.shift(compared, dose, n).null(outcome)


def slope(time, x, y):
    """Of y on x beside a level and a parabola in time, by the normal equations."""
    design = np.column_stack([x, np.ones_like(time), time, time**2])
    return np.linalg.lstsq(design, y, rcond=None)[0][0]


def test_the_slopes_are_those_of_every_shift_of_one_activity_and_no_others():
    rows = make_efforts([6])
    time = rows["elapsed_share"].to_numpy()
    x, y = rows["tempo_bpm"].to_numpy(), rows["heartrate"].to_numpy()
    # What is shifted is what level and parabola leave of the dose.
    design = np.column_stack([np.ones(6), time, time**2])
    left = x - design @ np.linalg.lstsq(design, x, rcond=None)[0]
    by_hand = sorted(slope(time, np.roll(left, by), y) for by in range(6))
    found = null_of(rows, x, y)
    assert np.unique(found.slopes.round(9)) == pytest.approx(np.round(by_hand, 9))


def test_of_two_activities_each_is_shifted_by_itself():
    rows = make_efforts([5, 6])
    found = null_of(rows, rows["tempo_bpm"].to_numpy(), rows["heartrate"].to_numpy(), 4000)
    assert np.unique(found.slopes.round(9)).size == 5 * 6


def test_p_is_the_share_of_shifts_at_least_as_far_out_the_true_one_among_them():
    rows = make_efforts([7, 7, 7, 7])
    x = rows["tempo_bpm"].to_numpy()
    # Nothing but the dose: no shift comes near, but for those that are none.
    assert null_of(rows, x, 3 * x, 999).p == pytest.approx(1 / 1000, abs=0.003)
    assert null_of(rows, x, -3 * x, 999).p == pytest.approx(1 / 1000, abs=0.003)


def test_songs_that_explain_nothing_at_all_are_as_likely_as_any():
    rows = make_efforts([6, 6, 6])
    x = rows["tempo_bpm"].to_numpy()
    compared = within.compare(rows, [x, rows["heartrate"].to_numpy()])
    dose, outcome = compared.values.T
    across = outcome - dose * (dose @ outcome) / (dose @ dose)
    assert shifts.shift(compared, dose).null(across).p == 1


def test_the_same_question_has_the_same_answer():
    rows = make_efforts([5, 9, 9])
    x, y = rows["tempo_bpm"].to_numpy(), rows["heartrate"].to_numpy()
    one, two = null_of(rows, x, y), null_of(rows, x, y)
    assert one.p == two.p
    assert (one.slopes == two.slopes).all()


def test_units_of_dose_and_outcome_change_the_slopes_and_not_p():
    rows = make_efforts([8] * 5)
    x, y = rows["tempo_bpm"].to_numpy(), rows["heartrate"].to_numpy()
    one, two = null_of(rows, x, y), null_of(rows, x / 10, y * 60 - 100)
    assert two.p == one.p
    assert two.slopes == pytest.approx(one.slopes * 600)


def test_many_activities_are_drawn_for_as_well_as_few():
    # More than are drawn for at once: the shifts' spread is that of the slope itself.
    rows = make_efforts([5] * 700)
    x, y = rows["tempo_bpm"].to_numpy(), rows["heartrate"].to_numpy()
    found = null_of(rows, x, y, 499)
    compared = within.compare(rows, [x, y])
    dose, outcome = compared.values.T
    expected = np.sqrt(outcome @ outcome / compared.df / (dose @ dose))
    assert found.slopes.std() == pytest.approx(expected, rel=0.15)
    assert found.slopes.mean() == pytest.approx(0, abs=4 * expected / np.sqrt(499))
