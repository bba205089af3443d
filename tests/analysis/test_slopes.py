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


def variance(x, y, cov_type, groups=None):
    kwds = {} if groups is None else {"groups": groups, "use_correction": False}
    fit = OLS(y, x).fit(cov_type=cov_type, cov_kwds=kwds)
    return fit.params[0], fit.cov_params()[0, 0]


def test_where_songs_have_effects_of_their_own_the_variance_is_that_clustered_both_ways():
    x, y, activity, song = with_song_effects()
    df = 200
    estimate, by_activity = variance(x, y, "cluster", activity)
    _, by_song = variance(x, y, "cluster", song)
    _, by_play = variance(x, y, "HC0")
    _, both_ways = variance(x, y, "cluster", np.column_stack([activity, song]))
    assert by_activity + by_song - by_play == pytest.approx(both_ways)
    # Of 240 plays level and course leave 200: songs' part is that much larger, squared.
    clustered = by_activity * 40 / 39 + (by_song - by_play) * 20 / 19 * (240 / 200) ** 2
    reach = stats.t(19).ppf(0.975) * np.sqrt(clustered)
    found = slope(x, y, df, activity, song)
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (estimate, estimate - reach, estimate + reach)
    )
    assert found.p == pytest.approx(2 * stats.t(19).sf(abs(estimate) / np.sqrt(clustered)))


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


def test_one_song_over_and_over_leaves_the_interval_to_least_squares():
    x, y, activity, _ = columns(4, 10)
    found = slope(x, y, len(x) - 1, activity, np.zeros(len(x)))
    assert (found.low, found.high) == pytest.approx(tuple(OLS(y, x).fit().conf_int()[0]))
