"""The tiles of an activity are exact, and each holds the song that sounded."""

from datetime import timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runsous import frames
from runsous.analysis.attribution import attribute
from tests.analysis.make_music import MORNING, make_plays


def tiles(plays, elapsed=600.0, offset=0.0, **choices):
    """Track (0 is silence), start and end of each tile."""
    found = attribute(plays, MORNING, elapsed, offset, **choices)
    assert found["index"].tolist() == list(range(len(found)))
    assert found["play_id"].isna().equals(found["track_id"].isna())
    tracks = found["track_id"].fillna(0).tolist()
    return list(zip(tracks, found["start_s"], found["end_s"], strict=True))


def test_songs_and_the_silence_between_tile_the_activity():
    assert tiles(make_plays((60, 200), (300, 500))) == [
        (0, 0, 60),
        (1, 60, 200),
        (0, 200, 300),
        (2, 300, 500),
        (0, 500, 600),
    ]


def test_a_song_already_playing_at_the_start_and_one_going_on_after_the_end_belong_to_it():
    assert tiles(make_plays((-100, 90), (90, 900))) == [(1, 0, 90), (2, 90, 600)]


def test_songs_that_only_touch_the_activity_are_not_on_it():
    assert tiles(make_plays((-100, 0), (100, 200), (600, 700))) == [
        (0, 0, 100),
        (2, 100, 200),
        (0, 200, 600),
    ]


def test_without_plays_the_activity_is_one_silence():
    assert tiles(make_plays()) == [(0, 0, 600)]


def test_without_duration_it_is_one_silent_tile_of_no_length():
    assert tiles(make_plays((-100, 900)), elapsed=0.0) == [(0, 0, 0)]


def test_a_positive_offset_moves_songs_later():
    assert tiles(make_plays((0, 200)), offset=50.5) == [
        (0, 0, 50.5),
        (1, 50.5, 250.5),
        (0, 250.5, 600),
    ]
    assert tiles(make_plays((0, 200)), offset=-50.5) == [(1, 0, 149.5), (0, 149.5, 600)]


def test_skips_are_silence_unless_asked_for():
    plays = make_plays((0, 200), (200, 208), (208, 600), skips=[1])
    assert tiles(plays) == [(1, 0, 200), (0, 200, 208), (3, 208, 600)]
    assert tiles(plays, draw_skips=True) == [(1, 0, 200), (2, 200, 208), (3, 208, 600)]


def test_a_gap_of_three_seconds_is_a_change_of_songs_and_more_is_silence():
    assert tiles(make_plays((0, 200), (203, 600))) == [(1, 0, 203), (2, 203, 600)]
    assert tiles(make_plays((0, 200), (203.1, 600)))[1] == (0, 200, 203.1)


def test_the_edges_of_the_activity_are_not_stretched():
    assert tiles(make_plays((2, 598))) == [(0, 0, 2), (1, 2, 598), (0, 598, 600)]


def test_several_skips_in_a_row_are_one_silence():
    plays = make_plays((0, 200), (200, 205), (205, 210), (210, 600), skips=[1, 2])
    assert tiles(plays) == [(1, 0, 200), (0, 200, 210), (4, 210, 600)]


def test_the_same_track_twice_in_a_row_is_two_tiles():
    plays = make_plays((0, 300), (300, 600)).assign(track_id=7)
    assert tiles(plays) == [(7, 0, 300), (7, 300, 600)]


def test_a_thousandth_of_a_song_is_no_tile():
    assert tiles(make_plays((-100, 0.0004), (0.0004, 599.9997))) == [(2, 0, 600)]


def test_a_start_in_another_zone_is_the_same_moment():
    there = MORNING.astimezone(timezone(timedelta(hours=9)))
    plays = make_plays((60, 200))
    pd.testing.assert_frame_equal(attribute(plays, there, 600.0), attribute(plays, MORNING, 600.0))


def test_tiles_name_the_play_and_have_their_types():
    found = attribute(make_plays((60, 200)), MORNING, 600.0)
    assert found["play_id"].tolist() == [pd.NA, 101, pd.NA]
    assert found.dtypes.equals(frames.of(frames.TILES).dtypes)


seconds = st.floats(-500, 1500, allow_subnormal=False)
songs = st.lists(st.tuples(seconds, seconds).map(sorted), max_size=12)


@example([[0.0, 1.0], [-1.2e-7, 1.0]], 2.0, 1.0, False)
@given(songs, st.floats(0, 1000), st.floats(-300, 300), st.booleans())
def test_tiles_are_exact_for_any_plays(songs, elapsed, offset, has_skips):
    plays = make_plays(*songs, skips=range(0, len(songs), 3) if has_skips else ())
    found = attribute(plays, MORNING, elapsed, offset)
    assert found["start_s"].iloc[0] == 0.0
    assert found["end_s"].iloc[-1] == elapsed
    assert found["end_s"].iloc[:-1].tolist() == found["start_s"].iloc[1:].tolist()
    length = found["end_s"] - found["start_s"]
    assert (length > 9e-4).all() or len(found) == 1
    silent = found["track_id"].isna().to_numpy()
    assert not (silent[1:] & silent[:-1]).any()


@settings(max_examples=50)
@given(songs, st.integers(-(10**8), 10**8), st.floats(-300, 300))
def test_shifting_both_clocks_alike_changes_nothing(songs, shift, offset):
    by = timedelta(seconds=shift)
    plays = make_plays(*songs)
    moved = plays.assign(started_at=plays["started_at"] + by, ended_at=plays["ended_at"] + by)
    pd.testing.assert_frame_equal(
        attribute(plays, MORNING, 600.0, offset), attribute(moved, MORNING + by, 600.0, offset)
    )


@settings(max_examples=50)
@given(songs, st.randoms())
def test_the_order_of_plays_makes_no_difference(songs, random):
    plays = make_plays(*songs)
    order = random.sample(range(len(plays)), len(plays))
    pd.testing.assert_frame_equal(
        attribute(plays.iloc[order], MORNING, 600.0), attribute(plays, MORNING, 600.0)
    )


@pytest.mark.parametrize("elapsed", [-5.0, 1e-7])
def test_a_senseless_duration_is_one_silent_tile(elapsed):
    found = attribute(make_plays((-100, 900)), MORNING, elapsed)
    assert len(found) == 1
    assert np.isclose(found["end_s"].iloc[0], max(elapsed, 0))
