from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runsous import frames
from runsous.analysis.merging import merge
from runsous.analysis.recording import complete
from runsous.analysis.sameness import Span, is_same
from runsous.model import Lap, PoolLength, Workout
from tests.analysis.make import (
    START,
    assert_alike,
)


def span(start_s=0.0, elapsed_s=3600.0, sport="run"):
    return Span(START + timedelta(seconds=start_s), elapsed_s, sport)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (span(), span()),
        (span(), span(20, 3560)),
        (span(), span(sport="other")),
        (span(sport="workout"), span(sport="swim")),
        (span(), span(sport="walk")),
        (span(sport="hike"), span(sport="walk")),
        (span(), span(5, 2000)),
        (span(), span(-30, 1900)),
        (span(0, 3600), span(0, 3100)),
        (span(0, 600), span(60, 600)),
        (span(0, 3600), span(0, 1700)),
        (span(0, 3600, "run"), span(1, 60, "walk")),
        (span(0, 3600, "other"), span(0, 30, "other")),
    ],
)
def test_two_tellings_of_one_activity_are_the_same(a, b):
    assert is_same(a, b)
    assert is_same(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (span(), span(sport="ride")),
        (span(), span(3600)),
        (span(), span(3590)),
        (span(), span(86_400)),
        (span(0, 676, "swim"), span(676, 157, "transition")),
        (span(0, 676, "swim"), span(833, 1567, "ride")),
        (span(0, 4044, "other"), span(0, 676, "swim")),
        (span(0, 4044, "workout"), span(833, 1567, "ride")),
        (span(0, 300), span(300, 300)),
        (span(0, 300), span(30, 20)),
        (span(0, 3600), span(900, 1800)),
        (span(0, 3600), span(2, 1700)),
        (span(0, 3600), span(1800, 3600)),
    ],
)
def test_different_activities_are_not(a, b):
    assert not is_same(a, b)
    assert not is_same(b, a)


texts = st.none() | st.sampled_from(["x", "y"])


@st.composite
def activities(draw):
    times = sorted(draw(st.sets(st.integers(0, 30), max_size=8)))
    channels = draw(st.sets(st.sampled_from(frames.CHANNELS), max_size=4))
    values = st.floats(1, 100) | st.just(float("nan"))
    samples = frames.samples(
        time_s=[float(time) for time in times],
        **{
            name: draw(st.lists(values, min_size=len(times), max_size=len(times)))
            for name in sorted(channels)
        },
    )
    workout = Workout(
        kind=draw(st.sampled_from(["fit", "tcx", "gpx", "strava", "strava_export"])),
        start_time=START + timedelta(seconds=draw(st.integers(0, 3))),
        sport=draw(st.sampled_from(["run", "walk", "other", "workout"])),
        sub_sport=draw(texts),
        samples=samples,
        elapsed_time_s=draw(st.floats(20, 40)),
        timer_time_s=draw(st.none() | st.floats(1, 40)),
        pauses=draw(st.none() | st.just(()) | st.just(((3.0, 5.0), (9.0, 11.0)))),
        average_cadence=draw(st.none() | st.floats(1, 200)),
        laps=tuple(Lap(0.0, 5.0) for _ in range(draw(st.integers(0, 2)))),
        lengths=tuple(PoolLength(0.0, 5.0, True) for _ in range(draw(st.integers(0, 2)))),
        pool_length_m=draw(st.none() | st.sampled_from([25.0, 50.0])),
        distance_m=draw(st.none() | st.floats(0, 100)),
        utc_offset_s=draw(st.none() | st.sampled_from([0, 3600])),
        name=draw(texts),
        device=draw(texts),
        external_id=draw(texts),
        is_start_hidden=draw(st.booleans()),
        notes=tuple(draw(st.lists(st.sampled_from(["x", "y"]), max_size=2))),
    )
    return complete(workout, home_zone=None)


@settings(max_examples=50)
@given(st.lists(activities(), min_size=2, max_size=3))
def test_the_order_in_which_files_came_makes_no_difference(tellings):
    merged = merge(tellings)
    for order in permutations(tellings):
        assert_alike(merge(order), merged)


@given(activities())
def test_merging_an_activity_with_itself_changes_nothing(activity):
    assert_alike(merge([activity, activity]), activity)


@settings(max_examples=50)
@given(st.lists(activities(), min_size=2, max_size=3))
def test_what_is_merged_lies_inside_the_activity(tellings):
    merged = merge(tellings)
    edges = [0.0, *(edge for pause in merged.pauses for edge in pause), merged.elapsed_time_s]
    assert edges == sorted(edges)
    assert merged.samples["time_s"].between(0, merged.elapsed_time_s).all()
    assert 0 <= merged.moving_time_s <= merged.elapsed_time_s
    for part in (*merged.laps, *merged.lengths):
        assert part.start_s >= 0
        assert part.start_s + part.elapsed_s <= merged.elapsed_time_s * (1 + 1e-12)
    assert list(merged.samples.columns) == list(frames.SAMPLES)
