"""The season is plausible, whole, and the same for the same seed and day."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from runsous.analysis import geo, recording
from runsous.demo import season

from .conftest import SEED, TODAY

BERLIN = ZoneInfo("Europe/Berlin")


def runs(workouts):
    return [each for each in workouts if each.sport == "run"]


def named(workouts, name):
    return next(each for each in workouts if each.name == name)


def test_the_same_seed_and_day_give_the_same_season(workouts):
    again = list(season.workouts(SEED, TODAY))
    assert len(again) == len(workouts)
    for one, other in zip(workouts, again, strict=True):
        pd.testing.assert_frame_equal(one.samples, other.samples)
        for each in fields(one):
            if each.name != "samples":
                assert getattr(one, each.name) == getattr(other, each.name)


def test_another_seed_gives_another_season(workouts):
    other = next(season.workouts(SEED + 1, TODAY))
    assert other.name == workouts[0].name
    assert not other.samples.equals(workouts[0].samples)


def test_the_season_has_runs_a_ride_and_swims(workouts):
    assert 40 <= len(workouts) <= 50
    sports = [each.sport for each in workouts]
    assert sports.count("ride") == 1
    assert sports.count("swim") == 2
    assert {each.kind for each in workouts} == {"fit"}
    assert len({each.name for each in workouts}) > 10


@pytest.mark.parametrize("later", [0, 2, 6])
def test_on_any_weekday_the_season_lies_in_the_past_and_ends_with_a_race(later):
    today = TODAY + timedelta(days=later)
    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC)
    starts, last_name = [], ""
    for each in season.workouts(SEED, today):
        assert each.start_time + timedelta(seconds=each.elapsed_time_s) < midnight
        starts.append(each.start_time)
        if each.distance_m > 21_000 and each.sport == "run":
            last_name = each.name
            assert midnight - each.start_time < timedelta(days=8)
    assert starts == sorted(starts)
    assert last_name == "Isar half marathon"
    assert timedelta(weeks=14) < starts[-1] - starts[0] < timedelta(weeks=16)


def test_mornings_stay_mornings_when_the_clocks_change(workouts):
    starts = [e.start_time.astimezone(BERLIN) for e in workouts if e.name == "Morning run"]
    early = [start for start in starts if start.hour < 8]
    assert {start.utcoffset() for start in early} == {timedelta(hours=1), timedelta(hours=2)}
    for start in early:
        assert 6 * 60 + 30 <= start.hour * 60 + start.minute <= 7 * 60
    for each in workouts:
        local = each.start_time.astimezone(BERLIN)
        assert timedelta(seconds=each.utc_offset_s) == local.utcoffset()


def test_samples_are_a_second_apart_except_across_pauses(workouts):
    paused = 0
    for each in workouts:
        time = each.samples["time_s"].to_numpy()
        assert time[0] == 0
        assert np.all(np.diff(time) > 0)
        assert each.elapsed_time_s - time[-1] < 1
        gaps = np.flatnonzero(np.diff(time) > 1)
        assert [float(time[gap]) for gap in gaps] == [start for start, _ in each.pauses]
        for start, end in each.pauses:
            assert 15 <= end - start <= 90
            assert not np.any((time > start) & (time < end))
        waited = sum(end - start for start, end in each.pauses)
        assert each.timer_time_s == pytest.approx(each.elapsed_time_s - waited)
        paused += bool(each.pauses)
    assert paused >= 15


def test_paces_hearts_and_feet_are_those_of_a_runner(workouts):
    for each in runs(workouts):
        pace_s_per_km = each.timer_time_s / each.distance_m * 1000
        assert 240 < pace_s_per_km < 400
        assert each.samples["speed_mps"].max() < 5.5
        assert 78 <= each.samples["cadence"].median() <= 92
        beats = each.samples["heartrate"].dropna()
        if len(beats):
            assert beats.min() >= 60
            assert beats.max() <= 189
            assert 125 < beats.mean() < 170


def test_the_runner_gets_faster(workouts):
    easy = [each for each in runs(workouts) if each.name in ("Evening run", "Lunch loop")]
    speeds = [each.distance_m / each.timer_time_s for each in easy]
    assert 1.02 < np.mean(speeds[-4:]) / np.mean(speeds[:4]) < 1.12


def test_one_run_lacks_the_heart_and_indoors_lacks_the_route(workouts):
    assert sum(each.samples["heartrate"].isna().all() for each in runs(workouts)) == 1
    treadmill = [each for each in workouts if each.sub_sport == "treadmill"]
    assert len(treadmill) == 2
    for each in workouts:
        is_indoors = each.sub_sport in ("treadmill", "lap_swimming")
        positions = each.samples[["latitude", "longitude", "altitude_m"]]
        assert positions.isna().all(axis=None) if is_indoors else positions.notna().all(axis=None)


def test_the_track_is_as_long_as_the_watch_says(workouts):
    for each in workouts:
        lat, lon = each.samples["latitude"].to_numpy(), each.samples["longitude"].to_numpy()
        if not np.isnan(lat).all():
            length = geo.haversine_m(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum()
            assert length == pytest.approx(each.distance_m, rel=0.015)


def test_hills_slow_down(workouts):
    samples = named(workouts, "Hill repeats").samples
    metres = np.arange(1500.0, samples["distance_m"].max() - 100)
    altitude = np.interp(metres, samples["distance_m"], samples["altitude_m"])
    speed = np.interp(metres, samples["distance_m"], samples["speed_mps"])
    grade = (altitude[60:] - altitude[:-60]) / 60
    middle = speed[30:-30]
    assert middle[grade > 0.03].mean() < 0.9 * middle[np.abs(grade) < 0.01].mean()


def test_the_heart_lags_behind_the_intervals(workouts):
    samples = named(workouts, "Intervals 5 × 1000 m").samples
    second = np.arange(600.0, samples["time_s"].max())
    speed = np.interp(second, samples["time_s"], samples["speed_mps"])
    beats = np.interp(second, samples["time_s"], samples["heartrate"])
    agreement = [
        np.corrcoef(speed[: len(speed) - lag], beats[lag:])[0, 1] for lag in range(0, 150, 5)
    ]
    assert 15 <= 5 * int(np.argmax(agreement)) <= 60
    assert max(agreement) > 0.8


def test_the_feet_are_drawn_towards_the_song_that_plays(workouts, listens):
    away, drawn = [], []
    start = listens["stamp"]
    for each in runs(workouts):
        samples = each.samples.loc[each.samples["speed_mps"] > 2]
        line = np.polyfit(samples["speed_mps"], 2 * samples["cadence"], 1)
        expected = np.polyval(line, samples["speed_mps"])
        at = (start - each.start_time).dt.total_seconds().to_numpy()
        row = np.searchsorted(at, samples["time_s"], side="right") - 1
        is_on = samples["time_s"] < (at + listens["played_s"].to_numpy())[row]
        tempo = listens["tempo_bpm"].to_numpy()[row]
        difference = np.where(tempo < 120, 2 * tempo, tempo) - expected
        near = is_on.to_numpy() & (np.abs(difference) < 6)
        away.append(difference[near])
        drawn.append((2 * samples["cadence"] - expected).to_numpy()[near])
    slope = np.polyfit(np.concatenate(away), np.concatenate(drawn), 1)[0]
    assert 0.08 < slope < 0.3


def test_intervals_are_laps_of_two_speeds(workouts):
    laps = named(workouts, "Intervals 6 × 800 m").laps
    fast, slow = laps[1:-1:2], laps[2:-1:2]
    assert [round(lap.distance_m, -1) for lap in fast] == [800] * 6
    speeds = [[lap.distance_m / lap.timer_s for lap in laps] for laps in (fast, slow)]
    assert min(speeds[0]) > 1.4 * max(speeds[1])


def test_laps_cover_the_activity(workouts):
    for each in workouts:
        if each.sport != "swim":
            assert sum(lap.distance_m for lap in each.laps) == pytest.approx(each.distance_m)
            assert sum(lap.elapsed_s for lap in each.laps) == pytest.approx(each.elapsed_time_s)
            assert sum(lap.timer_s for lap in each.laps) == pytest.approx(each.timer_time_s)
        if each.name == "Lunch loop":
            assert [round(lap.distance_m, -1) for lap in each.laps[:-1]] == [1000] * 5


def test_swims_are_lengths_with_strokes_and_rests(workouts):
    for each in workouts:
        if each.sport != "swim":
            continue
        active = [length for length in each.lengths if length.is_active]
        assert len(active) * each.pool_length_m == each.distance_m
        assert any(not length.is_active for length in each.lengths)
        assert all(15 <= length.strokes <= 24 for length in active)
        ends = [length.start_s + length.elapsed_s for length in each.lengths]
        assert [length.start_s for length in each.lengths[1:]] == pytest.approx(ends[:-1])


def test_the_season_becomes_activities_in_their_time_zone(workouts):
    for each in islice(workouts, 0, None, 6):
        activity = recording.complete(each, home_zone=None)
        assert activity.pauses == each.pauses
        assert activity.distance_m == each.distance_m
        if each.samples["latitude"].notna().any():
            assert activity.time_zone == "Europe/Berlin"


def test_a_day_in_any_year_has_a_season():
    for today in (date(2024, 2, 29), date(2025, 11, 3), date(2031, 1, 1)):
        assert next(season.workouts(SEED, today)).name == "Evening run"
