"""Bodies answer to hills, effort and music as bodies do."""

from __future__ import annotations

import numpy as np
import pytest

from runsous.demo import motion


def rng():
    return np.random.default_rng(7)


def test_a_climb_is_run_slower_than_the_flat():
    flat, steep = np.zeros(2000), np.full(2000, 0.08)
    blocks = [(2000.0, 3.0)]
    ratio = motion.running_mps(rng(), blocks, steep) / motion.running_mps(rng(), blocks, flat)
    assert ratio.max() < 0.85


def test_the_heart_follows_faster_up_than_down():
    effort = np.concatenate((np.full(900, 0.5), np.full(300, 0.9), np.full(900, 0.5)))
    beats = motion.heartrates(rng(), effort)
    low, high = beats[850:900].mean(), beats[1150:1200].mean()
    half = (low + high) / 2
    up = np.argmax(beats[900:] > half)
    down = np.argmax(beats[1200:] < half)
    # A lag of 30 s is half way after 21 s, one of 50 s after 35 s.
    assert 14 <= up <= 28
    assert 28 <= down <= 45


def test_a_steady_effort_drifts_upwards():
    beats = motion.heartrates(rng(), np.full(5400, 0.65))
    assert 2 < beats[-600:].mean() - beats[600:1200].mean() < 10


def test_a_near_tempo_draws_the_feet_a_little_and_a_far_one_not_at_all():
    mps = np.full(1200, 2.8)
    alone = motion.steps_per_minute(rng(), mps, np.full(1200, np.nan))
    near = motion.steps_per_minute(rng(), mps, np.full(1200, 170.0)) - alone
    half = motion.steps_per_minute(rng(), mps, np.full(1200, 85.0)) - alone
    far = motion.steps_per_minute(rng(), mps, np.full(1200, 128.0)) - alone
    assert 0.3 < near.mean() <= 1.5
    assert np.array_equal(near, half)
    assert np.all(far == 0)


def test_a_stop_is_reached_at_a_walk():
    mps = motion.slowed_at(np.full(400, 3.0), [200])
    assert mps[200] < 1
    assert mps[150] == pytest.approx(3.0)
