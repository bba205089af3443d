from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from runsous.analysis.recording import complete
from tests.analysis.make import (
    indoors,
)


@pytest.mark.parametrize(
    ("sport", "counted", "kept", "unit"),
    [
        ("run", 85.0, 170.0, "spm"),
        ("run", 172.0, 172.0, "spm"),
        ("walk", 55.0, 110.0, "spm"),
        ("hike", 50.0, 100.0, "spm"),
        ("elliptical", 38.0, 76.0, "spm"),
        ("ride", 85.0, 85.0, "rpm"),
        ("row", 24.0, 24.0, "strokes/min"),
        ("swim", 28.0, 28.0, "strokes/min"),
        ("other", 38.0, 38.0, None),
    ],
)
def test_cadence_is_brought_to_the_unit_of_its_sport(sport, counted, kept, unit):
    activity = complete(replace(indoors(60, cadence=counted), sport=sport), home_zone=None)
    assert (activity.samples["cadence"] == kept).all()
    assert (activity.average_cadence, activity.cadence_unit) == (kept, unit)


def test_standing_does_not_hide_that_a_file_counts_both_feet():
    steps = np.where(np.arange(601) < 400, 0.0, 170.0)
    activity = complete(indoors(600, cadence=steps), home_zone=None)
    assert activity.samples["cadence"].max() == 170
    assert activity.average_cadence == 170


def test_doubled_cadence_beyond_any_runner_is_missing():
    steps = np.full(601, 85.0)
    steps[7] = 200.0
    activity = complete(indoors(600, cadence=steps), home_zone=None)
    assert np.isnan(activity.samples["cadence"].iloc[7])
    assert activity.average_cadence == 170


@pytest.mark.parametrize(("stated", "told"), [(85.0, 170.0), (171.0, 171.0), (-3.0, None)])
def test_without_samples_the_stated_average_follows_the_same_rule(stated, told):
    run = replace(indoors(600, heartrate=150.0), average_cadence=stated)
    activity = complete(run, home_zone=None)
    assert activity.average_cadence == told
    assert activity.cadence_unit == (None if told is None else "spm")
