"""Share in time in words."""

from __future__ import annotations

import numpy as np
import pytest

from runsous.analysis.in_step import InStep
from runsous.analysis.shifts import Null
from runsous.ui import lock_words as words


def found(difference=0.062, low=0.02, high=0.104, p=0.004):
    null = Null(np.zeros(9), p)
    return InStep(120, 10, None, 0.34, 0.34 - difference, difference, low, high, null)


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (0.062, "6.2 points more than by chance"),
        (-0.02, "2.0 points less than by chance"),
        (0.0004, "as much as by chance"),
    ],
)
def test_the_difference_is_told_in_points(difference, said):
    assert words.in_step(found(difference)).sentence == f"In time 34 % of the time, {said}"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.02, 0.104, "2.0 to 10.4 points more"),
        (-0.104, -0.02, "2.0 to 10.4 points less"),
        (-0.01, 0.02, "1.0 points less to 2.0 more"),
        (-0.01, 0.0002, "1.00 points less to 0.02 more"),
        (0.0002, 0.01, "0.02 to 1.00 points more"),
        (-0.000001, 0.000002, "under 0.001 points either way"),
    ],
)
def test_an_interval_names_its_sides_when_none_is_in_it(low, high, said):
    assert words.in_step(found(low=low, high=high)).interval == f"95 % interval: {said}"


def test_clear_is_what_chance_hardly_does_and_what_the_interval_bears_out():
    told = words.in_step(found())
    assert told.is_clear
    assert told.basis == "120 songs in 10 activities"
    assert "About 30 more activities" in told.surer
    chance = words.in_step(found(p=0.06))
    assert not chance.is_clear
    assert chance.chance.endswith("That the interval holds no zero is not enough then.")
    unsure = words.in_step(found(low=-0.01))
    assert not unsure.is_clear
    assert "in 0.4 % of trials, but" in unsure.chance
    assert words.in_step(InStep(0, 0, "There is nothing.")) is None
