from __future__ import annotations

import numpy as np
import pytest

from runsous import frames
from runsous.ui import series


def samples(*time_s: float):
    return frames.samples(time_s=list(time_s))


def test_samples_inside_a_pause_belong_to_no_stretch():
    stretch = series.stretches(samples(0, 1, 2, 3, 4, 5), [(1.5, 3.5)])
    assert stretch.tolist() == [0, 0, -1, -1, 1, 1]


def test_a_pause_without_samples_inside_still_breaks():
    assert series.stretches(samples(0, 1, 2, 3), [(1, 2)]).tolist() == [0, 0, 1, 1]


def test_pauses_may_touch_and_overlap():
    stretch = series.stretches(samples(*range(10)), [(5, 7), (2, 4), (3, 6)])
    assert stretch.tolist()[:3] == [0, 0, 0]
    assert stretch.tolist()[3:7] == [-1, -1, -1, -1]
    assert len(set(stretch.tolist()[7:])) == 1


def test_missing_samples_break_where_there_were_samples_every_second():
    assert series.stretches(samples(0, 1, 2, 40, 41), ()).tolist() == [0, 0, 0, 1, 1]


def test_nothing_recorded_has_no_stretch():
    assert series.stretches(samples(), [(0, 1)]).tolist() == []


def test_a_mean_leaves_out_what_is_missing():
    time_s, values = np.arange(5.0), np.array([1, np.nan, 3, 8, 100])
    since, until = np.array([0.0, 2.0]), np.array([3.0, 4.0])
    assert series.means(time_s, values, since, until).tolist() == [2.0, 5.5]


def test_between_two_samples_the_value_lies_between():
    mean = series.means(
        np.array([0.0, 10.0]), np.array([1.0, 3.0]), np.array([4.0]), np.array([6.0])
    )
    assert mean.tolist() == [2.0]


@pytest.mark.parametrize("span", [(-9.0, -5.0), (200.0, 220.0), (800.0, 900.0)])
def test_far_from_any_sample_there_is_no_value(span):
    time_s = np.concatenate((np.arange(100.0), np.arange(300.0, 400.0)))
    since, until = np.array([span[0]]), np.array([span[1]])
    assert np.isnan(series.means(time_s, np.ones(200), since, until)).all()
