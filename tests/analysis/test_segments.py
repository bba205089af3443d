"""What was measured per song: nothing is lost between songs, nothing counted twice."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runsous import frames
from runsous.analysis import elevation
from runsous.analysis.attribution import attribute
from runsous.analysis.grade import cost
from runsous.analysis.segments import Totals, locate, measure, summary
from tests.analysis.make import make_samples
from tests.analysis.make_music import MORNING, make_plays


def cut(*bounds):
    """Tiles between these seconds."""
    n = len(bounds) - 1
    return frames.of(
        frames.TILES, index=np.arange(n), start_s=list(bounds[:-1]), end_s=list(bounds[1:])
    )


def even(seconds=600, speed=3.0, **channels):
    """A run at even speed, one sample a second."""
    time = np.arange(seconds + 1)
    return make_samples(time, distance_m=speed * time, speed_mps=speed, **channels)


def test_distance_and_pace_of_an_even_run_are_those_of_the_time():
    found = measure(cut(0, 100.5, 600), even(), (), "run")
    assert found["elapsed_s"].tolist() == [100.5, 499.5]
    assert found["moving_s"].tolist() == [100.5, 499.5]
    assert found["distance_m"].tolist() == pytest.approx([301.5, 1498.5])
    assert found["pace_s_per_km"].tolist() == pytest.approx([1000 / 3, 1000 / 3])


def test_a_boundary_between_two_distant_samples_is_interpolated():
    samples = make_samples([0, 40, 100], distance_m=[0.0, 100.0, 400.0])
    found = measure(cut(0, 10, 70, 100), samples, (), "run")
    assert found["distance_m"].tolist() == pytest.approx([25, 225, 150])


def test_while_paused_time_goes_on_and_the_way_does_not():
    time = np.concatenate((np.arange(0, 201), np.arange(300, 601)))
    samples = make_samples(time, distance_m=np.where(time > 200, time - 100, time) * 3.0)
    found = measure(cut(0, 150, 250, 600), samples, ((200.0, 300.0),), "run")
    assert found["elapsed_s"].tolist() == [150, 100, 350]
    assert found["moving_s"].tolist() == [150, 50, 300]
    assert found["distance_m"].tolist() == pytest.approx([450, 150, 900], abs=1e-3)
    assert found["pace_s_per_km"].tolist() == pytest.approx([1000 / 3] * 3)


def test_between_sparse_samples_around_a_pause_the_way_is_that_of_the_moving_time():
    samples = make_samples([0, 100, 300, 400], distance_m=[0.0, 300.0, 600.0, 900.0])
    found = measure(cut(0, 150, 250, 400), samples, ((150.0, 250.0),), "run")
    assert found["distance_m"].tolist() == pytest.approx([450, 0, 450], abs=0.01)


def test_steps_that_a_watch_counts_while_paused_are_where_they_were_made():
    samples = make_samples(np.arange(0, 601, 10), distance_m=np.arange(0, 601, 10.0))
    found = measure(cut(0, 250, 600), samples, ((200.0, 300.0),), "run")
    assert found["distance_m"].tolist() == pytest.approx([250, 350], abs=0.1)


def test_metres_already_there_at_the_first_sample_are_not_lost():
    samples = make_samples([0, 100], distance_m=[5.0, 305.0])
    assert measure(cut(0, 50, 100), samples, (), "run")["distance_m"].tolist() == [155, 150]


def test_a_song_wholly_inside_a_pause_has_time_and_heart_but_no_pace():
    time = np.arange(601)
    way = 3.0 * np.where(time < 200, time, np.where(time < 400, 200, time - 200))
    samples = make_samples(time, distance_m=way, heartrate=120.0, cadence=170.0)
    inside = measure(cut(0, 250, 350, 600), samples, ((200.0, 400.0),), "run").iloc[1]
    assert (inside["elapsed_s"], inside["moving_s"], inside["distance_m"]) == (100, 0, 0)
    assert np.isnan(inside["pace_s_per_km"])
    assert np.isnan(inside["average_cadence"])
    assert inside["average_heartrate"] == 120


def test_standing_at_a_light_slows_the_pace_as_nobody_pressed_pause_but_not_the_cadence():
    time = np.arange(601)
    way = 3.0 * np.clip(time, None, 500)
    speed = np.where(time <= 500, 3.0, 0.0)
    samples = make_samples(time, distance_m=way, speed_mps=speed, cadence=speed * 55)
    found = measure(cut(0, 400, 600), samples, (), "run")
    assert found["pace_s_per_km"].tolist() == pytest.approx([1000 / 3, 2000 / 3])
    assert found["average_cadence"].tolist() == pytest.approx([165, 165])
    assert found["moving_s"].tolist() == [400, 200]


def test_a_distance_written_every_other_second_is_no_stop_every_other_second():
    time = np.arange(601)
    samples = make_samples(time, distance_m=time // 2 * 6.0, speed_mps=3.0)
    found = measure(cut(0, 300, 600), samples, (), "run")
    assert found["pace_s_per_km"].tolist() == pytest.approx([1000 / 3] * 2, rel=0.01)


def test_under_ten_metres_there_is_no_pace():
    found = measure(cut(0, 3, 600), even(), (), "run")
    assert np.isnan(found["pace_s_per_km"].iloc[0])
    assert found["distance_m"].iloc[0] == pytest.approx(9)


def test_a_sample_on_the_boundary_belongs_to_the_later_song_and_the_last_to_the_last():
    samples = even(4, heartrate=[100.0, 110.0, 120.0, 130.0, 190.0])
    found = measure(cut(0, 2, 4), samples, (), "run")
    assert found["average_heartrate"].tolist() == pytest.approx([105, 440 / 3])
    assert found["max_heartrate"].tolist() == [110, 190]


def test_a_song_without_a_heartbeat_has_none():
    samples = make_samples([0, 100, 500], heartrate=[100.0, np.nan, 140.0])
    found = measure(cut(0, 50, 150, 600), samples, (), "run")
    assert found["average_heartrate"].fillna(-1).tolist() == [100, -1, 140]
    assert found["max_heartrate"].fillna(-1).tolist() == [100, -1, 140]


def test_climb_belongs_to_the_song_during_which_it_was_climbed():
    height = np.concatenate((np.full(200, 100.0), np.linspace(100, 160, 201), np.full(200, 160.0)))
    samples = even(altitude_m=height)
    found = measure(cut(0, 200, 300, 600), samples, (), "run")
    assert found["elevation_gain_m"].tolist() == pytest.approx([0, 30, 30], abs=2)
    assert found["elevation_gain_m"].sum() == pytest.approx(elevation.gain_m(height))


def test_the_pace_of_a_climb_is_that_on_the_flat_for_the_same_effort_on_foot_only():
    samples = even(altitude_m=100 + 0.1 * 3.0 * np.arange(601))
    found = measure(cut(0, 300, 600), samples, (), "run")
    flat = 1000 / 3 * cost(np.zeros(1))[0] / cost(np.array([0.1]))[0]
    assert found["gap_s_per_km"].tolist() == pytest.approx([flat, flat])
    assert measure(cut(0, 600), samples, (), "ride")["gap_s_per_km"].isna().all()
    assert measure(cut(0, 600), even(), (), "run")["gap_s_per_km"].isna().all()


def test_metres_before_the_first_distance_belong_to_the_beginning():
    samples = make_samples([10, 600], distance_m=[40.0, 1000.0])
    found = measure(cut(0, 5, 600), samples, (), "run")
    assert found["distance_m"].tolist() == pytest.approx([20, 980])


def test_without_samples_there_is_time_alone():
    found = measure(cut(0, 50, 600), make_samples([]), ((10.0, 20.0),), "yoga")
    assert found["elapsed_s"].tolist() == [50, 550]
    assert found["moving_s"].tolist() == [40, 550]
    assert found.drop(columns=["elapsed_s", "moving_s"]).isna().all(axis=None)


def test_an_activity_without_duration_can_be_measured():
    found = measure(attribute(make_plays(), MORNING, 0.0), even(0), (), "run")
    assert found["elapsed_s"].tolist() == [0]


def test_a_timer_that_ran_on_in_the_pauses_counts_some_of_each():
    found = measure(cut(0, 100, 250, 600), even(), ((150.0, 250.0),), "run", Totals(540.0))
    assert found["moving_s"].tolist() == pytest.approx([100, 50 + 40, 350])
    whole = measure(cut(0, 100, 250, 600), even(), ((150.0, 250.0),), "run", Totals(600.0))
    assert whole["moving_s"].tolist() == pytest.approx([100, 150, 350])


def test_a_timer_that_stood_still_somewhere_takes_its_share_of_every_song():
    found = measure(cut(0, 100, 200, 600), even(), ((100.0, 200.0),), "run", Totals(400.0))
    assert found["moving_s"].tolist() == pytest.approx([80, 0, 320])
    # 80 s for 300 m, 320 s for 1,200 m, and no pace in which there was no time.
    pace = found["pace_s_per_km"].tolist()
    assert pace == pytest.approx([800 / 3, np.nan, 800 / 3], nan_ok=True)


def test_a_silent_activity_has_the_pace_of_the_whole_slow_parts_included():
    time = np.arange(601)
    creeping = np.where(time < 300, 3.0, 0.2)
    way = np.concatenate(([0.0], np.cumsum(creeping[:-1])))
    samples = make_samples(time, distance_m=way, speed_mps=creeping, altitude_m=way * 0.1)
    totals = Totals(moving_time_s=540.0, distance_m=1000.0)
    found = measure(cut(0, 600), samples, ((290.0, 310.0),), "run", totals)
    assert found["pace_s_per_km"].tolist() == pytest.approx([540])
    flat = 540 * cost(np.zeros(1))[0] / cost(np.array([0.1]))[0]
    assert found["gap_s_per_km"].tolist() == pytest.approx([flat], rel=1e-3)


def test_a_distance_the_watch_corrected_is_the_songs_distance_and_pace_too():
    found = measure(cut(0, 200, 600), even(), (), "run", Totals(distance_m=1980.0))
    assert found["distance_m"].tolist() == pytest.approx([660, 1320])
    assert found["pace_s_per_km"].tolist() == pytest.approx([1000 / 3.3] * 2)


def test_a_distance_no_sample_tells_is_spread_over_the_moving_time_without_a_pace():
    stuck = make_samples(np.arange(601), distance_m=0.0, speed_mps=8.0, cadence=85.0)
    found = measure(cut(0, 100, 300, 600), stuck, ((100.0, 200.0),), "ride", Totals(500.0, 5e3))
    assert found["distance_m"].tolist() == pytest.approx([1000, 1000, 3000])
    assert found["pace_s_per_km"].isna().all()
    assert found["average_cadence"].tolist() == [85, 85, 85]


def test_a_barometer_s_climb_is_shared_as_the_samples_climbed_or_else_evenly():
    height = np.concatenate((np.full(200, 100.0), np.linspace(100, 160, 201), np.full(200, 160.0)))
    totals = Totals(elevation_gain_m=80.0)
    found = measure(cut(0, 200, 300, 600), even(altitude_m=height), (), "run", totals)
    assert found["elevation_gain_m"].tolist() == pytest.approx([0, 40, 40], abs=2)
    assert found["elevation_gain_m"].sum() == pytest.approx(80)
    flat = measure(cut(0, 150, 600), even(altitude_m=200.0), (), "run", totals)
    assert flat["elevation_gain_m"].tolist() == pytest.approx([20, 60])
    silent = measure(cut(0, 150, 600), even(), (), "run", totals)
    assert silent["elevation_gain_m"].isna().all()


def test_metrics_are_in_the_rows_of_their_tiles():
    tiles = cut(0, 100, 600).set_axis([8, 4])
    found = measure(tiles, even(), (), "run")
    assert found.index.tolist() == [8, 4]
    assert found.dtypes.equals(frames.of(frames.METRICS).dtypes)


@st.composite
def recordings(draw):
    """Irregular samples with holes in the channels, pauses, and where the songs change."""
    n = draw(st.integers(2, 40))
    gaps = draw(st.lists(st.integers(1, 30), min_size=n, max_size=n))
    time = np.cumsum(gaps) - draw(st.sampled_from([0, gaps[0]]))
    steps = draw(st.lists(st.floats(0, 100), min_size=n, max_size=n))
    heights = draw(st.lists(st.floats(0, 50), min_size=n, max_size=n))
    holes = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    way = np.where(holes, np.nan, np.cumsum(steps) - steps[0])
    samples = make_samples(time, distance_m=way, altitude_m=heights)
    elapsed = float(time[-1]) + draw(st.sampled_from([0.0, 7.5]))
    edges = sorted(draw(st.lists(st.floats(0, elapsed), max_size=6, unique=True)))
    pauses = tuple(zip(edges[::2], edges[1::2], strict=False))
    bounds = draw(st.lists(st.floats(0.1, elapsed), max_size=6))
    return samples, pauses, cut(*np.unique([0.0, *bounds, elapsed]))


@settings(max_examples=100)
@given(recordings())
def test_tiles_add_up_to_the_activity(recording):
    samples, pauses, tiles = recording
    found = measure(tiles, samples, pauses, "run")
    elapsed = tiles["end_s"].iloc[-1]
    assert found["elapsed_s"].sum() == pytest.approx(elapsed)
    paused = sum(end - start for start, end in pauses)
    assert found["moving_s"].sum() == pytest.approx(elapsed - paused, abs=1e-6)
    if samples["distance_m"].notna().any():
        assert found["distance_m"].sum() == pytest.approx(samples["distance_m"].max(), abs=1e-6)
        assert (found["distance_m"] >= 0).all()
    climb = elevation.gain_m(samples["altitude_m"].to_numpy())
    assert found["elevation_gain_m"].sum() == pytest.approx(climb, abs=1e-6)
    assert (found["moving_s"] >= 0).all()
    assert (found["elevation_gain_m"] >= 0).all()


@settings(max_examples=100)
@given(recordings(), st.floats(0, 1), st.floats(0, 1e5), st.floats(0, 1e4))
def test_tiles_add_up_to_what_the_watch_says_and_none_moves_longer_than_it_lasts(
    recording, share, distance, climb
):
    samples, pauses, tiles = recording
    moving = share * tiles["end_s"].iloc[-1]
    found = measure(tiles, samples, pauses, "run", Totals(moving, distance, climb))
    paused = sum(end - start for start, end in pauses)
    if paused < tiles["end_s"].iloc[-1] - 1e-3:
        assert found["moving_s"].sum() == pytest.approx(moving, abs=1e-6)
    assert (found["moving_s"] <= found["elapsed_s"] + 1e-6).all()
    if samples["distance_m"].notna().any():
        assert found["distance_m"].sum() == pytest.approx(distance, abs=1e-6)
    assert found["elevation_gain_m"].sum() == pytest.approx(climb, abs=1e-6)
    for name in ("moving_s", "distance_m", "elevation_gain_m"):
        assert (found[name].dropna() >= -1e-9).all()


@settings(max_examples=50)
@given(recordings(), st.floats(0.05, 0.95))
def test_cutting_a_song_in_two_changes_no_other_song(recording, share):
    samples, pauses, tiles = recording
    last = tiles.iloc[-1]
    middle = last["start_s"] + share * (last["end_s"] - last["start_s"])
    finer = cut(*tiles["start_s"], middle, last["end_s"])
    whole = measure(tiles, samples, pauses, "run").iloc[:-1]
    pd.testing.assert_frame_equal(whole, measure(finer, samples, pauses, "run").iloc[:-2])


def test_the_summary_counts_music_and_silence():
    tiles = attribute(make_plays((100, 200), (200, 350)), MORNING, 600.0)
    assert summary(tiles) == {
        "total_segments": 4,
        "segments_with_music": 2,
        "segments_without_music": 2,
        "music_time_s": 250.0,
        "silence_time_s": 350.0,
    }


def test_a_change_of_songs_is_located_between_two_positions():
    samples = make_samples(
        [10, 20, 30], latitude=[50.0, np.nan, 50.2], longitude=[14.0, np.nan, 14.4]
    )
    found = locate(samples, [0.0, 15.0, 99.0])
    assert found["time_s"].tolist() == [0, 15, 99]
    assert found["latitude"].tolist() == pytest.approx([50.0, 50.05, 50.2])
    assert found["longitude"].tolist() == pytest.approx([14.0, 14.1, 14.4])


def test_a_place_between_two_sides_of_the_date_line_is_not_in_africa():
    samples = make_samples([0, 10], latitude=[-17.0, -17.0], longitude=[179.9, -179.9])
    assert abs(locate(samples, [5.0])["longitude"][0]) == pytest.approx(180)
    assert locate(samples, [7.5])["longitude"][0] == pytest.approx(-179.95)


def test_without_positions_nothing_is_located():
    assert locate(even(), [5.0])[["latitude", "longitude"]].isna().all(axis=None)
