"""Slopes are as sure as songs that come again and activities that differ let them be."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from runsous.analysis.slopes import slope


def columns(n_activities, n_songs, seed=1, each=6):
    """A dose and an outcome that have nothing to do with each other, songs from a small pool."""
    rng = np.random.default_rng(seed)
    activity = np.repeat(np.arange(n_activities), each)
    song = np.concatenate([rng.permutation(n_songs)[:each] for _ in range(n_activities)])
    tempo = rng.normal(size=n_songs)[song]
    return tempo - tempo.mean(), rng.normal(size=len(song)), activity, song


def with_song_effects(seed=1):
    x, y, activity, song = columns(40, 20, seed)
    return x, y + np.random.default_rng(99).normal(size=20)[song], activity, song


def jackknife(x, y, cluster):
    """The variance of a slope fitted anew without each cluster, and how many of one size count
    as much.
    """
    every = OLS(y, x).fit().params[0]
    numbers = np.unique(cluster)
    fits = [OLS(y[cluster != one], x[cluster != one]).fit().params[0] for one in numbers]
    variance = (len(numbers) - 1) / len(numbers) * np.square(np.array(fits) - every).sum()
    weights = np.array([np.square(x[cluster == one]).sum() for one in numbers])
    return variance, weights.sum() ** 2 / np.square(weights).sum()


def test_where_songs_have_effects_of_their_own_the_variance_is_that_clustered_both_ways():
    x, y, activity, song = with_song_effects()
    df = 200
    by_activity, n_activities = jackknife(x, y, activity)
    by_song, n_songs = jackknife(x, y, song)
    by_both, _ = jackknife(x, y, activity * 20 + song)
    # Of 240 plays level and course leave 200: songs' part is that much larger, squared.
    error = np.sqrt(by_activity + (by_song - by_both) * (240 / 200) ** 2)
    assert n_songs < n_activities
    t = stats.t(n_songs - 1)
    estimate = OLS(y, x).fit().params[0]
    found = slope(x, y, df, activity, song)
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (estimate, estimate - t.ppf(0.975) * error, estimate + t.ppf(0.975) * error)
    )
    assert found.p == pytest.approx(2 * t.sf(abs(estimate) / error))


def test_a_few_songs_heard_most_of_the_time_count_as_so_many():
    """One song in ten makes up half of what is heard, and each has an effect of its own."""
    misses = 0
    for seed in range(200):
        rng = np.random.default_rng([6, seed])
        song = rng.choice(30, 320, p=np.array([1 / 6] * 3 + [0.5 / 27] * 27))
        activity = np.repeat(np.arange(40), 8)
        x = rng.normal(size=30)[song] + 0.2 * rng.normal(size=320)
        y = rng.normal(size=30)[song] + rng.normal(size=320)
        found = slope(x - x.mean(), y - y.mean(), 319, activity, song)
        misses += not found.low <= 0 <= found.high
    # 5 % of 200 are 10, give or take two standard errors.
    assert misses <= 16


def test_no_interval_is_narrower_than_that_of_ordinary_least_squares():
    n_wider = 0
    for seed in range(40):
        x, y, activity, _ = columns(5, 30, seed)
        found = slope(x, y, 29, activity, np.arange(30))
        plain = OLS(y, x).fit()
        low, high = plain.conf_int()[0]
        assert found.low <= low + 1e-12
        assert found.high >= high - 1e-12
        assert found.p >= plain.pvalues[0] - 1e-12
        assert (found.p < 0.05) == (found.low > 0 or found.high < 0)
        n_wider += found.high > high + 1e-9
    assert 0 < n_wider < 20


def test_intervals_hold_the_truth_where_songs_or_activities_have_ways_of_their_own():
    misses = {"songs": [0, 0], "activities": [0, 0], "neither": [0, 0]}
    for seed in range(400):
        rng = np.random.default_rng([5, seed])
        x, y, activity, song = columns(40, 30, seed)
        own = {
            "songs": rng.normal(size=30)[song],
            "activities": rng.normal(size=40)[activity] * x,
            "neither": 0,
        }
        for name, added in own.items():
            found = slope(x, y + added, len(x) - 1, activity, song)
            low, high = OLS(y + added, x).fit().conf_int()[0]
            misses[name][0] += not found.low <= 0 <= found.high
            misses[name][1] += not low <= 0 <= high
    assert misses["songs"][0] < 36
    assert misses["songs"][1] > 100
    assert misses["activities"][0] < 36
    assert misses["activities"][1] > 60
    assert 4 <= misses["neither"][0] <= 26


def test_a_perfect_fit_has_an_interval_of_no_width():
    x, _, activity, song = columns(4, 10)
    found = slope(x, 3 * x, 20, activity, song)
    assert (found.low, found.estimate, found.high) == pytest.approx((3, 3, 3))
    assert found.p < 1e-9


def test_clusters_that_have_all_of_the_dose_leave_the_interval_to_the_others():
    x, y, activity, song = columns(4, 10)
    x = np.where(activity == 0, x, 0.0)
    found = slope(x, y, len(x) - 1, activity, song)
    assert np.isfinite([found.low, found.high, found.p]).all()
    assert found.low < found.estimate < found.high


def test_one_song_over_and_over_leaves_the_interval_to_least_squares():
    x, y, activity, _ = columns(4, 10)
    found = slope(x, y, len(x) - 1, activity, np.zeros(len(x)))
    assert (found.low, found.high) == pytest.approx(tuple(OLS(y, x).fit().conf_int()[0]))
