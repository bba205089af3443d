"""A shift is suggested only where it is evident."""

import itertools

import numpy as np
import pytest

from runsous.analysis.offsets import suggest
from tests.analysis.make_music import MORNING, make_plays


def session(start, songs, length=200.0):
    """Songs in a row from ``start`` on, in seconds."""
    edges = start + length * np.arange(songs + 1)
    return list(itertools.pairwise(edges))


def suggestion(*songs, elapsed=2400.0, **facts):
    return suggest(make_plays(*songs, **facts), MORNING, elapsed)


@pytest.mark.parametrize("hours", [-12, -1, 1, 2, 5.5, 9.5, 14])
def test_music_that_fits_after_a_shift_by_hours_is_suggested(hours):
    found = suggestion(*session(-hours * 3600, 12))
    assert found.offset_s == hours * 3600
    assert found.n_songs == 12
    assert found.share == pytest.approx(1.0)


def test_nothing_is_suggested_for_an_activity_with_a_song():
    assert suggestion(*session(-3600, 12), (100, 150)) is None


def test_a_skip_is_no_song():
    songs = session(-3600, 12)
    assert suggestion(*songs, (100, 105), skips=[12]).offset_s == 3600


def test_who_listened_for_hours_gets_no_suggestion():
    assert suggestion(*session(-4 * 3600, 40)) is None


def test_two_sessions_that_fit_as_well_leave_it_open():
    assert suggestion(*session(-3600, 12), *session(2 * 3600, 12)) is None


def test_music_for_half_of_the_activity_is_not_enough():
    assert suggestion(*session(-3600, 6)) is None


def test_one_long_mix_is_not_enough():
    assert suggestion((-3600, -1200)) is None


def test_music_on_the_way_to_the_run_is_no_clock_error():
    assert suggestion(*session(-3300, 12)) is None


@pytest.mark.parametrize("elapsed", [0.0, 2400.0])
def test_no_plays_or_no_duration_have_no_suggestion(elapsed):
    assert suggestion(elapsed=elapsed) is None
    assert suggestion(*session(-3600, 12), elapsed=0.0) is None
