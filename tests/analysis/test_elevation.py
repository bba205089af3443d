from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from runsous.analysis.recording import complete
from tests.analysis.make import (
    make_activity,
    make_run,
)


def climb(altitude, **facts):
    run = make_run(len(altitude) - 1, **facts)
    return complete(
        replace(run, samples=run.samples.assign(altitude_m=altitude)), home_zone=None
    ).elevation_gain_m


def test_a_hill_counts_from_foot_to_top():
    up_and_down = np.concatenate((np.linspace(200, 260, 300), np.linspace(260, 200, 300)))
    assert climb(np.tile(up_and_down, 2)) == pytest.approx(120, abs=3)


def test_flutter_is_no_climb():
    flutter = 200 + np.random.default_rng(1).normal(0, 0.8, 3600)
    assert climb(flutter) == 0


def test_a_single_outlier_is_no_climb():
    altitude = np.full(600, 200.0)
    altitude[300] = 290.0
    assert climb(altitude) == 0


def test_a_stated_climb_is_believed():
    assert climb(np.full(600, 200.0), elevation_gain_m=35.0) == 35
    assert climb(np.full(600, 200.0), elevation_gain_m=-1.0) == 0


def test_without_altitude_no_climb_is_known():
    assert make_activity().elevation_gain_m is None
