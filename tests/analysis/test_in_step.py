"""In time with one's songs, more than with the same songs begun elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from runsous.analysis import in_step
from tests.analysis.make import make_samples

# Cadences of three stretches of 100 s, and of the songs on them.
SONGS = pd.DataFrame(
    {
        "index": [0, 2, 3],
        "since_s": [20.0, 140.0, 260.0],
        "until_s": [120.0, 240.0, 360.0],
        "locked": [1.0, 0.5, 0.0],
        "locked_bpm": [170.0, 180.0, 80.0],
    }
)


def paced(cadence, seconds=361):
    return make_samples(np.arange(seconds), cadence=cadence)


def by_stretch():
    """170 in the first; 180 and 160 in the second, half of it each; 170 in the third."""
    time = np.arange(361)
    cadence = np.where((time >= 140) & (time < 190), 180.0, 170.0)
    return paced(np.where((time >= 190) & (time < 240), 160.0, cadence))


def test_three_songs_by_hand():
    # Song of 170: 1, 0, 1 of the stretches; of 180: 0, ½, 0; of 80, twice as fast: 0, ½, 0.
    by_hand = [(1 + 0.5 + 0) / 3, (0 + 0 + 0) / 3, (1 + 0 + 0.5) / 3]
    assert in_step.measure(SONGS, by_stretch(), ()) == pytest.approx(by_hand)


def test_pauses_do_not_count():
    found = in_step.measure(SONGS, by_stretch(), ((190, 240),))
    assert found == pytest.approx([2 / 3, 0, 1 / 3])


def test_songs_without_tempo_or_cadence_are_none_and_two_are_too_few():
    missing = SONGS.assign(locked=[1.0, np.nan, 0.0])
    assert in_step.measure(missing, by_stretch(), ()) is None
    four = pd.concat([SONGS, SONGS.assign(since_s=360.0, until_s=360.0, locked=np.nan).tail(1)])
    assert len(in_step.measure(four, by_stretch(), ())) == 3


def test_the_interval_is_that_of_songs_clustered_by_activity():
    rng = np.random.default_rng(2)
    shifts = [rng.uniform(0, 1, n) for n in (3, 5, 9, 4, 12)]
    found = in_step.compare(shifts)
    apart = np.concatenate([np.full(len(s), s[0] - s[1:].mean()) for s in shifts])
    activity = np.repeat(range(5), [len(s) for s in shifts])
    fit = sm.OLS(apart, np.ones(33)).fit(
        cov_type="cluster", cov_kwds={"groups": activity}, use_t=True
    )
    assert found.difference == pytest.approx(fit.params[0])
    assert (found.low, found.high) == pytest.approx(tuple(fit.conf_int()[0]))
    share = sum(len(each) * each[0] for each in shifts) / 33
    assert found.share == pytest.approx(share)
    assert found.share - found.by_chance == pytest.approx(found.difference)
    assert (found.n_songs, found.n_activities, found.missing) == (33, 5, None)


def test_p_is_the_share_of_shifts_as_far_out_the_true_one_among_them():
    # Of 3 × 3 × 3 shifts those alone come near that are none.
    found = in_step.compare([np.array([1.0, 0.0, 0.0])] * 3, 4000)
    assert found.null.p == pytest.approx(1 / 27, abs=0.01)
    assert set(found.null.slopes.round(9)) == {1.0, 0.5, 0.0, -0.5}
    assert in_step.compare([np.full(4, 0.3)] * 3).null.p == 1


def test_too_few_songs_or_activities_are_said_to_be():
    for shifts in ([np.zeros(3)] * 2, [np.zeros(9)] * 2, []):
        found = in_step.compare(shifts)
        assert found.null is None
        assert f"there are {sum(map(len, shifts))} in {len(shifts)}." in found.missing
    assert in_step.compare([np.zeros(3)] * 3).missing is None


def run(rng, follows: bool, n_songs=12):
    """Songs of two minutes at any tempo, to a cadence of one's own of the day that sways a little;
    who follows takes up a beat that is near.
    """
    tempo = rng.uniform(150, 190, n_songs)
    own = rng.normal(170, 4) + np.cumsum(rng.normal(0, 0.05, 120 * n_songs))
    beat = np.repeat(tempo, 120)
    if follows:
        own = np.where(np.abs(beat / own - 1) < 0.06, beat, own)
    cadence = np.round(own + rng.normal(0, 2, own.size))
    start = 120.0 * np.arange(n_songs)
    songs = pd.DataFrame(
        {
            "index": range(n_songs),
            "since_s": start + 20,
            "until_s": start + 120,
            "locked": 0.0,
            "locked_bpm": tempo,
        }
    )
    return in_step.measure(songs, paced(cadence, own.size), ())


def test_who_keeps_ones_own_cadence_is_clear_five_times_in_a_hundred():
    rng = np.random.default_rng(11)
    found = [in_step.compare([run(rng, False) for _ in range(4)], 199) for _ in range(200)]
    assert np.mean([each.null.p < 0.05 for each in found]) == pytest.approx(0.05, abs=0.03)
    assert np.mean([each.low > 0 or each.high < 0 for each in found]) < 0.09
    assert np.mean([each.difference for each in found]) == pytest.approx(0, abs=0.01)


def test_who_follows_the_beat_is_found():
    rng = np.random.default_rng(12)
    found = in_step.compare([run(rng, True) for _ in range(8)])
    assert found.null.p < 0.01
    assert found.low > 0
    assert found.share > found.by_chance + 0.1
