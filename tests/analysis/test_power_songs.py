"""Songs by what went with them, against other ways to count the same."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from runsous.analysis import power_songs
from tests.analysis.make_efforts import make_efforts

N_SONGS = 40


def heard(n_songs, effect, seed=1, **columns):
    """Activities with songs drawn at random, each of which goes with its effect on speed."""
    rng = np.random.default_rng(seed + 1000)
    track = rng.integers(0, len(effect), int(np.sum(n_songs)))
    rows = make_efforts(n_songs, seed, track_id=track, **columns)
    return rows.assign(flat_mps=rows["flat_mps"] + np.asarray(effect)[track])


def effects_of(rng, spread):
    """Effects of songs, none on the mean."""
    found = rng.normal(0, spread, N_SONGS)
    return found - found.mean()


def test_songs_are_shrunken_as_a_mixed_model_does_it():
    rng = np.random.default_rng(5)
    song = np.repeat(np.arange(N_SONGS), 6)
    value = rng.normal(0, 0.3, N_SONGS)[song] + rng.normal(0, 0.5, song.size)
    value -= value.mean()
    found, spread, noise = power_songs.shrunken(song, value, np.ones(song.size))
    # Balanced and with mean zero the moments are where the likelihood is highest.
    fit = MixedLM(value, np.ones((song.size, 1)), groups=song).fit(reml=False)
    assert spread**2 == pytest.approx(fit.cov_re[0, 0], rel=1e-3)
    assert noise**2 == pytest.approx(fit.scale, rel=1e-3)
    theirs = [float(fit.random_effects[number].iloc[0]) for number in found["track_id"]]
    assert found["estimate"].to_numpy() == pytest.approx(theirs, abs=1e-3)
    theirs_sd = [float(np.sqrt(c.iloc[0, 0])) for c in fit.random_effects_cov.values()]
    reach = (found["high"] - found["low"]).to_numpy() / 2
    assert reach == pytest.approx(1.959964 * np.array(theirs_sd), rel=1e-2)


def test_songs_heard_unequally_often_are_ranked_as_by_a_mixed_model():
    rng = np.random.default_rng(6)
    song = rng.choice(N_SONGS, 500, p=rng.dirichlet(np.ones(N_SONGS)))
    value = rng.normal(0, 0.3, N_SONGS)[song] + rng.normal(0, 0.5, song.size)
    found, _, _ = power_songs.shrunken(song, value - value.mean(), np.ones(song.size))
    fit = MixedLM(value, np.ones((song.size, 1)), groups=song).fit()
    theirs = [float(fit.random_effects[number].iloc[0]) for number in found["track_id"]]
    assert np.corrcoef(found["estimate"], theirs)[0, 1] > 0.995
    assert found["estimate"].std() == pytest.approx(np.std(theirs, ddof=1), rel=0.1)


def test_intervals_hold_the_truth_and_shrinking_comes_closer_to_it():
    inside, ours, plain = [], [], []
    for seed in range(12):
        effect = effects_of(np.random.default_rng(seed), 0.08)
        rows = heard([14] * 60, effect, seed)
        songs = power_songs.power_songs(rows.assign(heartrate=np.nan)).songs
        true = effect[songs["track_id"]]
        inside += ((songs["low"] <= true) & (true <= songs["high"])).tolist()
        ours += (songs["estimate"] - true).tolist()
        plain += (songs["plain"] - true).tolist()
    # Songs around it share what level and course take of one: without that it is 0.91.
    assert 0.92 < np.mean(inside) < 0.98
    assert len(inside) > 400
    assert np.std(ours) < np.std(plain)


def test_the_song_that_goes_with_speed_stands_first():
    effect = np.zeros(N_SONGS)
    effect[[3, 7]] = 0.3, -0.3
    ranking = power_songs.power_songs(heard([12] * 40, effect))
    songs = ranking.songs
    assert (songs["track_id"].iloc[0], songs["track_id"].iloc[-1]) == (3, 7)
    assert songs["low"].iloc[0] > 0
    assert ranking.missing is None
    assert ranking.n_plays == 480


def test_calming_songs_have_the_lower_heart_rate_and_stand_first():
    rng = np.random.default_rng(3)
    track = rng.integers(0, N_SONGS, 480)
    rows = make_efforts([12] * 40, track_id=track)
    rows["heartrate"] -= 8.0 * (track == 5)
    ranking = power_songs.calming_songs(rows)
    assert ranking.at_equal
    assert ranking.songs["track_id"].iloc[0] == 5
    assert ranking.songs["high"].iloc[0] < 0


def test_speed_that_costs_its_heart_rate_makes_no_power_song():
    effect = np.zeros(N_SONGS)
    effect[3] = 0.3
    rows = heard([12] * 40, effect)
    # Whoever works for it gets it from the heart: 20 beats for 1 m/s, and hardly anything else.
    own = rows.groupby("activity_id")["flat_mps"].transform("mean")
    noise = np.random.default_rng(2).normal(0, 0.2, len(rows))
    rows["heartrate"] = 150 + 20 * (rows["flat_mps"] - own) + noise
    with_effort = power_songs.power_songs(rows)
    without = power_songs.power_songs(rows.assign(heartrate=np.nan))
    assert (with_effort.at_equal, without.at_equal) == (True, False)
    assert without.songs.set_index("track_id")["estimate"][3] > 0.15
    assert abs(with_effort.songs.set_index("track_id")["estimate"].get(3, 0)) < 0.03


def test_songs_heard_less_than_three_times_are_not_listed():
    rng = np.random.default_rng(4)
    track = np.where(np.arange(480) < 2, 99, rng.integers(0, N_SONGS, 480))
    track[2:5] = 98
    rows = make_efforts([12] * 40, track_id=track)
    songs = power_songs.power_songs(rows).songs
    assert 99 not in set(songs["track_id"])
    assert songs.set_index("track_id")["n"][98] == 3


def test_where_songs_do_not_differ_nothing_is_left_of_what_seemed():
    song = np.repeat(np.arange(N_SONGS), 6)
    value = np.tile([0.5, -0.5, 0.3, -0.3, 0.1, -0.1], N_SONGS)
    found, spread, _ = power_songs.shrunken(song, value, np.ones(song.size))
    assert spread == 0
    assert (found[["estimate", "low", "high"]] == 0).all(axis=None)


def test_where_songs_do_not_differ_none_stands_out_and_none_is_ranked():
    # Each run is run once more with all that was fast slow, and what was slow fast.
    once = make_efforts([12] * 20, track_id=np.arange(240) % N_SONGS, heartrate=np.nan)
    again = once.assign(activity_id=once["activity_id"] + 100, flat_mps=6 - once["flat_mps"])
    ranking = power_songs.power_songs(pd.concat([once, again], ignore_index=True))
    assert ranking.spread == 0
    assert ranking.missing == power_songs.NONE_STANDS_OUT
    assert ranking.missing.startswith("No song stands out")
    assert ranking.songs.empty
    assert ranking.n_plays == 480


@pytest.mark.parametrize("rank", [power_songs.power_songs, power_songs.calming_songs])
def test_too_little_is_said_and_ranks_nothing(rank):
    whole = make_efforts([6] * 4, track_id=np.arange(24) % 8)
    one_song = make_efforts([6] * 4, track_id=0)
    for rows in (
        whole.iloc[:0],
        whole.iloc[:1],
        whole[whole["index"] < 2],
        whole[whole["activity_id"] == 11],
        whole.assign(heartrate=np.nan, flat_mps=np.nan),
        one_song,
    ):
        ranking = rank(rows)
        assert ranking.missing is not None
        assert ranking.missing != power_songs.NONE_STANDS_OUT
        assert ranking.spread == 0
        assert ranking.songs.empty


def test_one_of_something_is_told_as_one():
    ranking = power_songs.power_songs(make_efforts([6], track_id=0))
    assert ranking.missing.endswith("so far there are 6 plays of 1 song.")


def test_without_any_heart_rate_there_are_power_songs_but_none_that_calm():
    effect = effects_of(np.random.default_rng(9), 0.1)
    rows = heard([12] * 40, effect, heartrate=np.nan)
    assert len(power_songs.power_songs(rows).songs)
    calming = power_songs.calming_songs(rows)
    assert calming.songs.empty
    assert calming.missing is not None
    assert "heart rate" in calming.missing


def test_the_order_of_rows_makes_no_difference():
    rows = heard([12] * 20, effects_of(np.random.default_rng(8), 0.1))
    mixed = rows.sample(frac=1, random_state=1).reset_index(drop=True)
    pd.testing.assert_frame_equal(
        power_songs.power_songs(mixed).songs, power_songs.power_songs(rows).songs
    )
