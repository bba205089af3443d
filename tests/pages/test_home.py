"""Home: the welcome, what is here, the next step, and the sample."""

from __future__ import annotations

import pytest

from runsous.store import imports
from runsous.sync import sample
from tests.files.make_fit import fit_run
from tests.pages import library
from tests.pages.reading import press, run, titles, visit, words
from tests.sync import make


def test_a_newcomer_is_told_what_to_do_and_may_look_around(app):
    run(app)
    assert app.title[0].value == "Which song played where?"
    assert app.get("file_uploader")
    assert "Look around with sample data" in words(app)
    assert "Where do I get these files?" in words(app)


def test_the_sample_comes_and_goes_with_a_click(app, engine):
    visit(app, "home")
    press(app, "Look around with sample data")
    assert "All you see is a made-up runner’s" in words(app)
    assert len(titles(app)) == 6
    assert words(app).count("♪") >= 4
    press(app, "Remove sample data")
    assert app.title[0].value == "Which song played where?"
    assert "The sample data is gone." in words(app)
    assert make.rows(engine, "SELECT count(*) AS n FROM activities")[0]["n"] == 0


@pytest.mark.usefixtures("short_season")
def test_the_sample_is_not_counted_with_ones_own(filled, engine):
    alone = words(visit(filled, "home"))
    assert "10 activities 1 with songs" in alone
    sample.add(engine, make.user(engine))
    said = words(visit(filled, "home"))
    assert "10 activities 1 with songs" in said
    assert "3 plays 3 songs" in said
    many = make.rows(engine, "SELECT count(*) AS n FROM activities WHERE is_sample")[0]["n"]
    assert f"The {many} activities" in said
    assert "a made-up runner’s and not counted above" in said


def test_home_says_how_many_runs_wait_for_songs_and_what_to_add(filled):
    said = words(visit(filled, "home")).replace("**", "")
    # Of ten, one has songs and one hides its start: those after the day of the music wait.
    assert "8 of your 10 activities have no songs yet." in said
    assert "goes from Sat 1 Jun 2024 to Sat 1 Jun 2024. 8 lie after it" in said
    assert "Add music" in said


@pytest.mark.usefixtures("short_season")
def test_the_sample_can_be_had_beside_ones_own_and_only_the_sample_goes(filled, engine):
    sample.add(engine, make.user(engine))
    visit(filled, "preferences")
    press(filled, "Remove sample data")
    assert "Add sample data" in words(filled)
    visit(filled, "home")
    assert "made-up" not in words(filled)
    assert titles(filled)


def test_home_counts_what_is_here(filled):
    said = words(visit(filled, "home"))
    assert "10 activities 1 with songs" in said
    assert "3 plays 3 songs" in said


def test_the_newest_come_first_with_their_songs(filled):
    visit(filled, "home")
    assert titles(filled)[:3] == ["Hidden", "Totals only", library.NAMES[-1]]
    assert len(titles(filled)) == 6


def test_workouts_without_music_ask_for_the_music(app, engine, tmp_path):
    make.take(engine, make.written(tmp_path, "run.fit", library.run_with_music()))
    assert "Add your listening history to put songs on them" in words(visit(app, "home"))


def test_music_without_workouts_asks_for_a_workout(app, engine, tmp_path):
    make.take(engine, make.written(tmp_path, "songs.json", library.history()))
    assert "Add a workout to see which song played where" in words(visit(app, "home"))


def test_music_of_another_time_is_said_to_be_that(app, engine, tmp_path):
    make.take(engine, make.written(tmp_path, "songs.json", library.history()))
    make.take(engine, make.written(tmp_path, "run.fit", fit_run(library.day(30), 300)))
    assert "do not meet in time" in words(visit(app, "home"))


def test_an_import_under_way_is_seen_from_home(filled, engine):
    with engine.begin() as conn:
        waiting = [imports.Upload("late.fit", "/nowhere/late.fit", 1)]
        imports.create(conn, make.user(engine), "browser", waiting)
    assert "late.fit · waiting to start" in words(visit(filled, "home"))
