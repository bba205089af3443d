"""Levels that a playlist keeps for a while, told by the playlist alone."""

import numpy as np
import pytest

from runsous.analysis.levels import CLEAR, steps


def test_the_steps_are_where_a_playlist_takes_them():
    lists = np.array(
        [
            [120, 122, 119, 121, 140, 141, 139, 160, 162, 159, 161],
            [150, 151, 170, 171, 169, 170, 172, 171, 130, 131, 129],
        ],
        dtype=float,
    )
    clear, columns = steps(lists)
    assert clear.tolist() == [True, True]
    assert [np.flatnonzero(np.diff(c, prepend=0)).tolist() for c in columns[0].T] == [[4], [7]]
    assert [np.flatnonzero(np.diff(c, prepend=0)).tolist() for c in columns[1].T] == [[2], [8]]
    assert set(columns.ravel()) == {0, 1}


def test_levels_are_clear_from_an_f_of_nine_on():
    flat = np.array([-1.0, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1])
    rising = np.repeat([0.0, 1.0, 2.0], 4)
    for height in np.linspace(0.5, 4, 30):
        dose = flat + height * rising
        groups = dose.reshape(3, 4)
        within = np.square(groups - groups.mean(axis=1, keepdims=True)).sum()
        between = 4 * np.square(groups.mean(axis=1) - dose.mean()).sum()
        f = (between / 2) / (within / (12 - 3))
        (clear,), columns = steps(dose[None])
        if clear:
            # The best places explain at least what these do.
            assert columns.shape == (1, 12, 2)
        assert clear or f < CLEAR
    assert not steps(flat[None])[0][0]


def test_few_random_playlists_have_clear_levels_and_one_for_all_has_none():
    rng = np.random.default_rng(2)
    for n_songs in (7, 10, 13, 20):
        clear, _ = steps(rng.normal(140, 20, (2000, n_songs)))
        assert clear.mean() < 0.2
    assert not steps(np.full((3, 10), 170.0))[0].any()


@pytest.mark.parametrize("n_songs", [3, 4, 5])
def test_too_few_songs_keep_no_levels(n_songs):
    clear, columns = steps(np.arange(2.0 * n_songs).reshape(2, n_songs) * 100)
    assert not clear.any()
    assert columns.shape == (2, n_songs, 2)


def test_one_song_apart_from_the_others_is_no_level():
    dose = np.array([140.0, 141, 139, 140, 190, 141, 139, 140, 141, 140])
    assert not steps(dose[None])[0][0]
