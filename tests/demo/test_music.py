"""The listening history is plausible and fits the runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from runsous import frames
from runsous.demo import music
from runsous.demo.songs import songs
from runsous.model import SAMPLE

from .conftest import SEED, TODAY


def heard_within(listens, workout):
    """Each play's seconds inside the workout."""
    start = (listens["stamp"] - workout.start_time).dt.total_seconds()
    end = start + listens["played_s"]
    return (end.clip(upper=workout.elapsed_time_s) - start.clip(lower=0)).clip(lower=0)


def test_the_same_seed_and_day_give_the_same_history(listens):
    pd.testing.assert_frame_equal(music.listening(SEED, TODAY), listens)
    assert not music.listening(SEED + 1, TODAY).equals(listens)


def test_it_is_a_frame_of_sample_listens(listens):
    assert {name: str(dtype) for name, dtype in listens.dtypes.items()} == dict(frames.LISTENS)
    assert set(listens["source"]) == {SAMPLE}
    assert set(listens["stamp_kind"]) == {"start"}
    assert set(listens["precision_s"]) == {1.0, 2.0}
    assert listens["title"].str.len().min() > 0


@pytest.mark.parametrize("later", [0, 2, 6])
def test_on_any_weekday_it_is_of_one_season_and_in_the_past(later):
    today = TODAY + timedelta(days=later)
    listens = music.listening(SEED, today)
    ends = listens["stamp"] + pd.to_timedelta(listens["played_s"], unit="s")
    assert 2_500 <= len(listens) <= 4_000
    assert ends.max() < datetime(today.year, today.month, today.day, tzinfo=UTC)
    assert timedelta(weeks=14) < ends.max() - listens["stamp"].min() < timedelta(weeks=16)


def test_nobody_hears_two_songs_at_once(listens):
    ends = listens["stamp"] + pd.to_timedelta(listens["played_s"], unit="s")
    assert (listens["stamp"].iloc[1:].to_numpy() >= ends.iloc[:-1].to_numpy()).all()


def test_songs_are_of_plausible_length_and_tempo(listens):
    assert listens["tempo_bpm"].between(40, 250).all()
    assert listens["duration_s"].between(150, 320).all()
    assert (listens["played_s"] <= listens["duration_s"]).all()
    assert (listens["played_s"] > 0).all()


def test_a_song_is_the_same_song_wherever_it_plays(listens):
    facts = listens.groupby(["artist", "title"])[["tempo_bpm", "duration_s", "album"]].nunique()
    assert (facts == 1).all(axis=None)
    assert len(set(zip(songs().artist, songs().title, strict=True))) == len(songs()) >= 115


def test_some_songs_are_skipped_early_and_some_later(listens):
    skipped = listens.loc[listens["is_skipped"]]
    assert 0.03 < len(skipped) / len(listens) < 0.15
    assert (skipped["played_s"] < 10).sum() > 20
    assert skipped["played_s"].between(30, 60).sum() > 20


def test_favourites_are_heard_far_more_than_the_rest(listens):
    counts = listens["title"].value_counts()
    assert counts.iloc[:12].sum() > 3 * counts.iloc[-40:].sum() / 40 * 12


def test_new_songs_are_discovered_along_the_way(listens):
    first = listens.groupby(["artist", "title"])["stamp"].min()
    middle = listens["stamp"].min() + (listens["stamp"].max() - listens["stamp"].min()) / 2
    assert (first > middle).sum() >= 8


def test_music_plays_on_most_runs_and_through_most_of_them(workouts, listens):
    runs = [each for each in workouts if each.sport == "run"]
    covered = np.array([heard_within(listens, e).sum() / e.elapsed_time_s for e in runs])
    assert 0.75 <= (covered > 0.7).mean() <= 0.9
    assert (covered == 0).sum() >= 5
    assert covered.max() <= 1


def test_a_song_plays_already_when_most_runs_start(workouts, listens):
    ends = listens["stamp"] + pd.to_timedelta(listens["played_s"], unit="s")
    starts = [each.start_time for each in workouts if heard_within(listens, each).sum()]
    playing = [((listens["stamp"] < at) & (ends > at)).any() for at in starts]
    assert 0.8 < np.mean(playing) < 1


def test_songs_go_on_while_the_watch_is_paused(workouts, listens):
    start = listens["stamp"]
    end = start + pd.to_timedelta(listens["played_s"], unit="s")
    through = 0
    for each in workouts:
        for pause in each.pauses:
            since, until = (each.start_time + timedelta(seconds=at) for at in pause)
            through += bool(((start < since) & (end > until)).any())
    assert through >= 10


def test_one_song_is_repeated_on_a_treadmill(workouts, listens):
    same = (listens["title"] == listens["title"].shift()) & (
        listens["title"] == listens["title"].shift(2)
    )
    at = listens.loc[same, "stamp"]
    assert len(at) == 1
    assert any(
        each.start_time < at.iloc[0] < each.start_time + timedelta(seconds=each.elapsed_time_s)
        for each in workouts
        if each.sub_sport == "treadmill"
    )


def test_runs_are_run_to_faster_songs(workouts, listens):
    is_run = np.zeros(len(listens), dtype=bool)
    for each in workouts:
        is_run |= heard_within(listens, each).to_numpy() > 60
    assert 300 < is_run.sum() < 900
    quick = listens["tempo_bpm"].between(150, 185)
    assert quick[is_run].mean() > 0.45
    assert quick[~is_run].mean() < 0.25


def test_names_come_in_many_scripts(listens):
    names = " ".join(listens["artist"].unique())
    assert all(letter in names for letter in "üéñöÓ時Δ")
