"""Each activity's own level and course are taken out of the numbers, and nothing else."""

import numpy as np
import pytest

from runsous.analysis import within
from tests.analysis.make_efforts import make_efforts


@pytest.mark.parametrize(
    ("n_songs", "terms"),
    [(4, 3), (6, 3), (7, 4), (9, 4), (10, 5), (13, 6), (15, 6), (16, 7), (19, 7), (90, 7)],
)
def test_a_course_bends_from_four_songs_on_and_once_more_for_every_three(n_songs, terms):
    assert within.n_terms(n_songs) == terms


@pytest.mark.parametrize("n_songs", [4, 7, 13, 40])
def test_any_course_of_so_many_bends_leaves_nothing(n_songs):
    rows = make_efforts([n_songs] * 3)
    time = rows["elapsed_share"].to_numpy()
    number = rows["activity_id"].to_numpy()
    for power in range(within.n_terms(n_songs)):
        # Each activity its own, far from zero.
        course = 100 * number * (time - 0.3) ** power
        left = within.compare(rows, [course]).values
        assert np.abs(left).max() < 1e-9 * np.abs(course).max()


def test_what_bends_more_often_is_left():
    rows = make_efforts([13] * 3)
    left = within.compare(rows, [rows["elapsed_share"].to_numpy() ** 6]).values
    assert np.abs(left).max() > 1e-4


def test_nothing_of_one_activity_gets_into_another():
    rows = make_efforts([5, 8, 5])
    values = rows["heartrate"].to_numpy()
    other = np.where(rows["activity_id"] == 12, values * 3 + rows["elapsed_share"] ** 2, values)
    one, two = within.compare(rows, [values]), within.compare(rows, [other])
    is_other = rows["activity_id"].to_numpy()[one.rows] == 12
    assert (one.rows == two.rows).all()
    assert one.values[~is_other] == pytest.approx(two.values[~is_other])
    assert np.abs(one.values[is_other] - two.values[is_other]).min() > 0


def test_the_order_of_the_rows_is_of_no_importance():
    rows = make_efforts([5, 8, 4])
    mixed = rows.sample(frac=1, random_state=3).reset_index(drop=True)
    told = {}
    for name, frame in (("as is", rows), ("mixed", mixed)):
        compared = within.compare(frame, [frame["heartrate"].to_numpy()])
        told[name] = dict(zip(frame["track_id"][compared.rows], compared.values[:, 0], strict=True))
    assert told["as is"].keys() == told["mixed"].keys()
    assert told["as is"] == pytest.approx(told["mixed"])


def test_activities_of_one_to_three_songs_have_nothing_to_compare():
    rows = make_efforts([3, 5, 1, 4])
    compared = within.compare(rows, [rows["heartrate"].to_numpy()])
    assert sorted(rows["activity_id"].to_numpy()[compared.rows]) == [12] * 5 + [14] * 4
    assert compared.n_activities == 2
    # Of five songs a parabola takes three numbers, of four as well.
    assert compared.df == (5 - 3) + (4 - 3)
    assert compared.freedom.sum() == pytest.approx(compared.df)


@pytest.mark.parametrize("n_songs", [[], [1], [3, 3]])
def test_without_any_activity_to_compare_there_are_no_values(n_songs):
    rows = make_efforts(n_songs)
    compared = within.compare(rows, [rows["heartrate"].to_numpy(), *within.covariates(rows)])
    assert compared.values.shape == (0, 3)
    assert (compared.df, compared.n_activities, compared.freedom.size) == (0, 0, 0)
    assert within.varying(compared.values).tolist() == [False] * 3


def test_songs_at_one_and_the_same_time_are_compared_by_level_alone():
    rows = make_efforts([4, 4], elapsed_share=0.5)
    values = rows["heartrate"].to_numpy()
    compared = within.compare(rows, [values])
    assert np.isfinite(compared.values).all()
    assert compared.values[:4].sum() == pytest.approx(0)


def test_where_no_grade_is_told_it_is_level_ground():
    rows = make_efforts([4], grade=[0.02, np.nan, -0.01, np.nan])
    assert within.covariates(rows)[0].tolist() == [0.02, 0, -0.01, 0]


def test_a_column_that_is_alike_in_each_activity_does_not_vary():
    rows = make_efforts([4, 5])
    alike = np.where(rows["activity_id"] == 11, 120.0, 180.0)
    compared = within.compare(rows, [alike, rows["elapsed_share"].to_numpy(), rows["grade"]])
    assert within.varying(compared.values).tolist() == [False, False, True]


def test_what_other_columns_explain_is_taken_out_and_the_rest_stays():
    rng = np.random.default_rng(4)
    others, rest = rng.normal(size=(50, 2)), rng.normal(size=50)
    rest -= others @ np.linalg.solve(others.T @ others, others.T @ rest)
    assert within.without(others, others @ [2.0, -3.0] + rest) == pytest.approx(rest)
    assert within.without(others[:, :0], rest) is rest
