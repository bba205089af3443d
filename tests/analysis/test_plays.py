"""From reports to one timeline: what stamps mean, what is one play, where it ends."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runsous import frames
from runsous.analysis import plays as merging
from tests.analysis.make_music import (
    MORNING,
    in_seconds,
    make_listens,
    merged,
    scrobble,
    spans,
    streamed,
)

UNKNOWN = frames.NO_TRACK


def placed(report, **offsets):
    row = merging.place(make_listens([report]), offsets).iloc[0]
    names = ("started_at", "reported_end_at", "latest_end_at")
    start, end, latest = ((row[name] - MORNING).total_seconds() for name in names)
    return start, end, latest, row["plus_minus_s"]


# Where a report lies in time


def test_a_start_stamp_is_the_start():
    start, end, latest, plus_minus = placed(scrobble(100, duration=200))
    assert (start, latest, plus_minus) == (100, 300, 1)
    assert np.isnan(end)


def test_a_start_stamp_with_the_time_played_tells_the_end_too():
    assert placed(scrobble(100, played=150, duration=200)) == (100, 250, 300, 1)


def test_an_end_stamp_less_the_time_played_is_the_start():
    assert placed(streamed(300, played=180, duration=200)) == (120, 300, 320, 1)


def test_an_end_stamp_without_time_played_goes_back_by_the_length_of_the_track():
    assert placed(streamed(300, played=np.nan, track_duration=200)) == (100, 300, 300, 30)


def test_silence_before_an_end_stamp_is_no_playing():
    assert placed(streamed(7400, played=180, duration=200, idle=7000))[:2] == (220, 400)


def test_an_end_stamp_alone_may_have_begun_any_time_in_the_ten_minutes_before():
    assert placed(streamed(900, played=np.nan)) == (600, 900, 1200, 300)


def test_a_stamp_of_unknown_kind_is_uncertain_by_the_length_both_ways():
    assert placed(scrobble(300, kind="unknown", duration=200)) == (100, 300, 500, 200)


def test_without_any_length_a_play_may_last_ten_minutes():
    assert placed(scrobble(0))[2] == 600


def test_a_length_of_zero_means_unknown_but_a_play_of_zero_seconds_was_one():
    assert placed(scrobble(0, duration=0, track_duration=240))[2] == 240
    assert placed(streamed(50, played=0))[:2] == (50, 50)


def test_the_offset_of_a_source_moves_its_plays_alone():
    assert placed(scrobble(100, duration=200), lastfm=3600.0)[0] == 3700
    assert placed(scrobble(100, duration=200), spotify=3600.0)[0] == 100


@pytest.mark.parametrize("length", [-5.0, np.inf, 1e9])
def test_a_length_that_cannot_be_is_unknown(length):
    assert placed(scrobble(0, duration=length, played=length))[2] == 600


def test_placing_keeps_the_rows_and_adds_columns():
    listens = make_listens([scrobble(5), scrobble(0)]).set_axis([7, 3])
    found = merging.place(listens, {})
    assert found.index.tolist() == [7, 3]
    assert found["started_at"].tolist() == listens["stamp"].tolist()


# Where a play ends


def test_a_song_ends_where_the_next_begins():
    assert spans(merged(scrobble(0, 1, duration=200), scrobble(150, 2, duration=200))) == [
        (1, 0, 150),
        (2, 150, 350),
    ]


def test_a_song_ends_after_its_length_and_then_comes_nothing():
    assert spans(merged(scrobble(0, 1, duration=200), scrobble(500, 2, track_duration=90))) == [
        (1, 0, 200),
        (2, 500, 590),
    ]


def test_without_a_length_a_song_lasts_ten_minutes_at_most():
    plays = merged(scrobble(0, 1), scrobble(250, 2))
    assert spans(plays) == [(1, 0, 250), (2, 250, 850)]


def test_a_play_of_known_time_ends_with_it_though_the_track_is_longer():
    plays = merged(scrobble(0, 1, played=100), streamed(400, 50, 2, duration=200))
    assert spans(plays) == [(1, 0, 100), (2, 350, 400)]
    assert plays["certainty"].tolist() == ["exact", "exact"]


@pytest.mark.parametrize(
    ("precision", "word"), [(2, "exact"), (3, "estimated"), (60, "estimated"), (61, "uncertain")]
)
def test_certainty_is_a_word_for_the_plus_minus(precision, word):
    plays = merged(scrobble(0, duration=200, precision=precision))
    assert plays["certainty"].tolist() == [word]
    assert plays["plus_minus_s"].tolist() == [precision]


# What is no song


def test_a_song_ends_where_something_unknown_begins_and_then_nothing_is_known_to_sound():
    plays = merged(scrobble(0, 1, duration=300), scrobble(100, UNKNOWN), scrobble(400, 2))
    assert spans(plays) == [(1, 0, 100), (2, 400, 1000)]


def test_while_a_podcast_plays_songs_of_unknown_length_do_not():
    plays = merged(scrobble(0, 1), streamed(500, 380, UNKNOWN), scrobble(700, 2))
    assert spans(plays)[0] == (1, 0, 120)


def test_what_another_source_knows_to_sound_is_not_cut_by_what_one_cannot_name():
    nameless = scrobble(150, UNKNOWN, source="x")
    assert spans(merged(streamed(300, 210), nameless)) == [(1, 90, 300)]
    assert spans(merged(scrobble(80, duration=200), nameless)) == [(1, 80, 150)]


def test_what_one_source_names_and_another_does_not_is_one_song():
    for delay in (-30, 0, 30):
        nameless = scrobble(100 + delay, UNKNOWN, source="x")
        assert spans(merged(scrobble(100, duration=200), nameless)) == [(1, 100, 300)]


def test_a_source_that_stops_naming_within_a_minute_means_something_else():
    assert spans(merged(scrobble(0), scrobble(30, UNKNOWN))) == [(1, 0, 30)]


def test_reports_of_nothing_but_unknown_sound_are_an_empty_timeline():
    assert merged(scrobble(0, UNKNOWN), streamed(900, 100, UNKNOWN)).empty


# Skips


def test_a_play_under_ten_seconds_is_a_skip_and_still_ends_the_song_before():
    plays = merged(scrobble(0, 1, duration=300), streamed(109, 9, 2), streamed(310, 200, 3))
    assert spans(plays) == [(1, 0, 100), (2, 100, 109), (3, 110, 310)]
    assert plays["is_skip"].tolist() == [False, True, False]


def test_ten_seconds_are_no_skip():
    assert not merged(streamed(10, 10))["is_skip"].any()


def test_a_song_cut_off_within_ten_seconds_by_the_next_start_is_a_skip():
    plays = merged(scrobble(0, 1, duration=300), scrobble(8, 2, duration=300))
    assert plays["is_skip"].tolist() == [True, False]


def test_stamps_in_whole_minutes_are_too_coarse_to_tell_a_skip():
    plays = merged(scrobble(60, 1, precision=60), scrobble(60, 2, precision=60))
    assert not plays["is_skip"].any()


# What neighbours in a feed tell


def test_a_start_counted_back_into_the_song_before_begins_after_it_and_is_less_certain():
    plays = merged(streamed(200, 200, 1), streamed(300, 150, 2))
    assert spans(plays) == [(1, 0, 200), (2, 200, 300)]
    assert plays["plus_minus_s"].tolist() == [1, 50]
    assert plays["certainty"].tolist() == ["exact", "estimated"]


def test_a_crossfade_is_no_contradiction():
    plays = merged(streamed(200, 200, 1), streamed(392, 200, 2))
    assert spans(plays) == [(1, 0, 192), (2, 192, 392)]
    assert plays["certainty"].tolist() == ["exact", "exact"]


def test_plays_saved_up_and_reported_at_once_are_uncertain():
    burst = [scrobble(t, n, duration=200) for n, t in enumerate((1000, 1004, 1010, 1020))]
    plays = merged(scrobble(0, 8, duration=200), *burst, scrobble(5000, 9, duration=200))
    assert plays["certainty"].tolist() == ["exact", *["uncertain"] * 4, "exact"]
    # Were they heard as quickly as that, they were skipped: less than 10 s are not drawn.
    assert plays["is_skip"].tolist() == [False, True, True, False, False, False]


def test_skips_of_known_time_are_no_burst():
    plays = merged(streamed(3, 3, 1), streamed(6, 3, 2), streamed(9, 3, 3), streamed(209, 200, 4))
    assert set(plays["certainty"]) == {"exact"}
    assert plays["is_skip"].tolist() == [True, True, True, False]


def test_songs_heard_by_half_are_no_burst():
    plays = merged(*(scrobble(n * 100, n, duration=200) for n in range(5)))
    assert set(plays["certainty"]) == {"exact"}


# One play from several sources


def test_two_sources_make_one_play_with_the_times_of_the_more_precise():
    plays = merged(
        scrobble(120, precision=60, source="file"), scrobble(153, source="web", duration=200)
    )
    assert spans(plays) == [(1, 153, 353)]
    assert plays["sources"].tolist() == [("file", "web")]
    assert plays["source"].tolist() == ["web"]
    assert plays["plus_minus_s"].tolist() == [1]


def test_the_plus_minus_decides_not_the_kind_of_report():
    plays = merged(scrobble(3, precision=5), streamed(200, 200, precision=2))
    assert spans(plays) == [(1, 0, 200)]
    assert plays["source"].tolist() == ["spotify"]


def test_of_two_songs_that_start_together_the_better_known_is_heard():
    plays = merged(
        scrobble(60, 1, precision=60, source="x", duration=90), scrobble(60, 2, duration=80)
    )
    assert spans(plays) == [(1, 60, 60), (2, 60, 140)]


def test_one_loop_from_each_source_back_to_back_is_two_plays():
    assert len(merged(streamed(200, 200), scrobble(200))) == 2


def test_start_and_end_of_different_sources_complete_each_other():
    plays = merged(scrobble(0), streamed(260, 180))
    assert spans(plays) == [(1, 0, 260)]
    assert plays["played_s"].tolist() == [180]
    assert plays["certainty"].tolist() == ["exact"]


def test_an_end_in_whole_minutes_does_not_cut_a_play_whose_time_played_is_known():
    plays = merged(scrobble(10), streamed(180, 200, precision=60))
    assert spans(plays) == [(1, 10, 210)]


def test_what_may_be_a_start_is_not_taken_for_the_end_of_a_better_known_play():
    plays = merged(scrobble(100), scrobble(100, source="x", kind="unknown", duration=200))
    assert spans(plays) == [(1, 100, 300)]


def test_a_minute_apart_is_the_same_play_and_more_is_not():
    assert len(merged(scrobble(0), scrobble(60, source="x"))) == 1
    assert len(merged(scrobble(0, duration=30), scrobble(61, source="x", duration=30))) == 2


def test_overlapping_reports_are_the_same_play_however_far_apart_they_start():
    plays = merged(scrobble(0, duration=300), streamed(400, 250))
    assert len(plays) == 1
    assert plays["sources"].tolist() == [("lastfm", "spotify")]


def test_another_song_at_the_same_time_is_another_play():
    assert len(merged(scrobble(0, 1), scrobble(0, 2, source="x"))) == 2


def test_a_song_on_loop_stays_as_many_plays_as_both_sources_report():
    loops = [scrobble(n * 200, duration=200) for n in range(4)]
    again = [scrobble(n * 200 + 45, duration=200, source="x") for n in range(4)]
    assert spans(merged(*loops, *again)) == [(1, n * 200, n * 200 + 200) for n in range(4)]


def test_a_source_that_missed_one_loop_does_not_make_another_of_it():
    loops = [streamed(n * 200 + 200, 200) for n in range(4)]
    assert len(merged(*loops, scrobble(202), scrobble(602))) == 4
    ends = [scrobble(t, source="x", kind="unknown", duration=200) for t in (400, 600, 800)]
    assert len(merged(*loops, *ends)) == 4


def test_loops_of_a_vague_source_pair_with_the_precise_ones_whatever_its_stamps_mean():
    loops = [streamed(n * 200 + 200, 200) for n in range(3)]
    for shift in (0, 200):
        vague = [
            scrobble(n * 200 + shift, source="x", kind="unknown", duration=200) for n in range(3)
        ]
        assert spans(merged(*loops, *vague)) == [(1, n * 200, n * 200 + 200) for n in range(3)]


def test_a_skip_does_not_take_the_scrobble_of_the_play_after_it():
    plays = merged(streamed(3, 3), streamed(205, 200), scrobble(5))
    assert plays["is_skip"].tolist() == [True, False]
    assert plays["sources"].tolist() == [("spotify",), ("lastfm", "spotify")]


def test_the_very_same_report_twice_is_one_play():
    assert len(merged(scrobble(0), scrobble(0), scrobble(200))) == 2


def test_one_source_by_minute_and_by_second_is_two_feeds():
    plays = merged(scrobble(0, precision=60), scrobble(33), scrobble(240, precision=60))
    assert [start for _, start, _ in spans(plays)] == [33, 240]
    assert plays["sources"].tolist() == [("lastfm",), ("lastfm",)]


def test_reports_of_one_export_that_differ_in_precision_are_still_one_feed():
    plays = merged(streamed(3, 3), streamed(250, 200, precision=30.0, duration=200))
    assert plays["played_s"].tolist() == [3, 200]


def test_two_exports_of_one_source_merge_however_precise_the_single_reports_are():
    fine = [streamed(200, 200), streamed(430, 210, precision=30.0), streamed(650, 200, 2)]
    coarse = [streamed(180, 200), streamed(420, 210), streamed(600, 200, 2)]
    plays = merged(*fine, *({**report, "precision": 60.0} for report in coarse))
    assert [(start, end) for _, start, end in spans(plays)] == [(0, 200), (220, 430), (450, 650)]


def test_an_uncertain_play_does_not_cut_one_that_is_known():
    guess = scrobble(100, 2, source="x", duration=250, precision=300)
    plays = merged(scrobble(0, 1, duration=200), guess, scrobble(200, 3, duration=100))
    assert spans(plays) == [(1, 0, 200), (3, 200, 300), (2, 300, 350)]


def test_an_uncertain_play_without_room_is_kept_without_a_time_of_its_own():
    guess = scrobble(50, 2, source="x", duration=100, precision=300)
    plays = merged(scrobble(0, 1, duration=200), guess)
    assert spans(plays) == [(1, 0, 200), (2, 200, 200)]


def test_a_play_of_assumed_length_does_not_move_an_uncertain_one():
    guess = scrobble(100, 2, source="x", duration=100, precision=300)
    assert spans(merged(scrobble(0, 1), guess)) == [(1, 0, 100), (2, 100, 200)]


def test_a_play_has_the_smallest_id_of_its_reports():
    listens = make_listens(
        [scrobble(20, 1, source="x"), scrobble(300, 2), scrobble(0, 1)], first_id=40
    )
    assert merging.merge(merging.place(listens, {}))["play_id"].tolist() == [40, 41]


def test_nothing_reported_is_an_empty_timeline():
    plays = merging.merge(merging.place(make_listens([]), {}))
    assert plays.dtypes.equals(frames.of(frames.PLAYS).dtypes)
    assert plays.empty


def test_a_timeline_has_the_columns_and_types_of_plays():
    plays = merging.merge(merging.place(make_listens([scrobble(0)]), {}))
    assert plays.dtypes.equals(frames.of(frames.PLAYS).dtypes)


# Properties: other examples at every run, so that not all have to be in each.

_KINDS = ("start", "start", "end", "unknown")
_LENGTHS = {1: np.nan, 2: 200.0, 3: 40.0, 4: np.nan, UNKNOWN: np.nan}

reports = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.integers(0, 4000),
            "track": st.sampled_from([1, 2, 3, 4, UNKNOWN]),
            "source": st.sampled_from(["a", "b", "c"]),
            "kind": st.sampled_from(_KINDS),
            "precision": st.sampled_from([1.0, 60.0, 200.0]),
            "played": st.sampled_from([np.nan, 0.0, 5.0, 120.0, 230.5]),
            "duration": st.sampled_from([np.nan, 180.0, 231.0]),
        }
    ).map(lambda report: {**report, "track_duration": _LENGTHS[report["track"]]}),
    max_size=14,
)


def timeline(rows, first_id=1):
    listens = make_listens(rows, first_id=first_id)
    return in_seconds(merging.merge(merging.place(listens, {})))


@settings(max_examples=30)
@given(reports)
def test_plays_are_in_order_and_never_overlap(rows):
    plays = timeline(rows)
    assert (plays["end"] >= plays["start"]).all()
    assert (plays["end"].iloc[:-1].to_numpy() <= plays["start"].iloc[1:].to_numpy()).all()
    assert set(plays["play_id"]) <= set(range(1, len(rows) + 1))


@settings(max_examples=30)
@given(reports, st.randoms())
def test_the_order_and_the_ids_of_reports_make_no_difference(rows, random):
    shuffled = random.sample(rows, len(rows))
    columns = [name for name in frames.PLAYS if name != "play_id"]
    one, other = timeline(rows)[columns], timeline(shuffled, first_id=500)[columns]
    pd.testing.assert_frame_equal(one, other)


def stretches(placed):
    """The number of the unbroken stretch each report lies in, as the store tells them apart."""
    placed = placed.sort_values("started_at")
    reached = placed["latest_end_at"].cummax().shift()
    return (placed["started_at"] - reached > pd.Timedelta(seconds=61)).cumsum()


@settings(max_examples=30)
@given(reports)
def test_stretches_that_no_report_spans_can_be_merged_one_without_the_other(rows):
    placed = merging.place(make_listens(rows), {})
    whole = merging.merge(placed)
    parts = [merging.merge(part) for _, part in placed.groupby(stretches(placed))]
    apart = pd.concat(parts, ignore_index=True) if parts else whole
    pd.testing.assert_frame_equal(whole, apart.sort_values("started_at", kind="stable"))


loops = st.tuples(
    st.integers(1, 8), st.floats(130, 400), st.floats(-50, 50), st.sampled_from([np.nan, 1.0])
)


@settings(max_examples=25)
@given(loops)
def test_n_loops_stay_n_whatever_constant_delay_the_second_source_has(loop):
    n, length, delay, known = loop
    length, delay = round(length), round(delay)
    one = [scrobble(k * length, duration=length * known) for k in range(n)]
    two = [scrobble(k * length + delay, source="x", duration=length * known) for k in range(n)]
    plays = merged(*one, *two)
    assert len(plays) == n
    assert set(plays["sources"]) == {("lastfm", "x")}


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(65, 400), st.integers(1, 3)), min_size=1, max_size=12))
def test_the_same_feed_from_two_sources_is_the_same_timeline_as_from_one(songs):
    at = np.cumsum([gap for gap, _ in songs])
    one = [scrobble(t, track) for t, (_, track) in zip(at, songs, strict=True)]
    both = one + [{**report, "source": "x"} for report in one]
    columns = [name for name in frames.PLAYS if name not in ("play_id", "sources")]
    pd.testing.assert_frame_equal(timeline(both)[columns], timeline(one)[columns])


@settings(max_examples=30)
@given(reports, st.integers(-(10**8), 10**8))
def test_shifting_every_clock_shifts_the_timeline_and_nothing_else(rows, shift):
    moved = timeline([{**row, "at": row["at"] + shift} for row in rows])
    still = timeline(rows)
    assert np.allclose(moved[["start", "end"]] - shift, still[["start", "end"]], atol=2e-6)
    columns = ["track_id", "certainty", "source", "sources", "is_skip", "plus_minus_s"]
    pd.testing.assert_frame_equal(moved[columns], still[columns])
