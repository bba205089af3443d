"""The section on music on workouts and elsewhere, as Streamlit runs it."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.pages.reading import run, words
from tests.reports import test_workout_music as heard
from tests.sync import make

SECTION = """
from runsous.ui import session
from runsous.ui.components import workout_music
workout_music.show(session.require_user())
"""


@pytest.fixture
def section(engine) -> AppTest:
    """The section alone, on whatever is in the library then."""
    st.cache_data.clear()
    return AppTest.from_string(SECTION, default_timeout=60)


def choose(section: AppTest, name: str) -> AppTest:
    """Takes one of the choices above charts and table."""
    (group,) = [each for each in section.button_group if name in each.options]
    group.select(name)
    return run(section)


def test_it_says_in_figures_and_sentences_what_is_heard_where(section, engine, tmp_path):
    heard.fill(engine, tmp_path)
    said = words(run(section))
    assert "60 plays on workouts 60 plays elsewhere 170 BPM on workouts 120 BPM elsewhere" in said
    assert (
        "Of the time you listen, 50 % is on workouts: 1.0 hours there, 1.0 hours elsewhere" in said
    )
    assert "Music on workouts is 50 BPM faster than the rest" in said
    assert "Its energy is 90 % in the middle, 20 % elsewhere." in said
    assert len(section.get("vega_lite_chart")) == 2
    assert "says nothing yet of what they do" in said


def test_songs_and_artists_stand_by_where_they_are_heard(section, engine, tmp_path):
    heard.fill(engine, tmp_path)
    said = words(run(section))
    assert "F0 Fast 10 0" in said
    assert "S0" not in said
    said = words(choose(section, "Never there"))
    assert "Of the songs you heard five times or more, 5 never sounded there." in said
    assert "S0 Slow 0 10" in said
    said = words(choose(section, "Artists"))
    assert "Of the artists you heard five times or more, 1 never sounded there." in said
    assert "Slow 0 50" in said
    said = words(choose(section, "Only there"))
    assert "Fast 50 0" in said


def test_where_all_is_heard_on_both_sides_that_is_said(section, engine, tmp_path):
    heard.fill(engine, tmp_path)
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE plays SET track_id = (SELECT min(id) FROM tracks)")
    assert "No songs are heard more on workouts" in words(run(section))
    assert "All songs you heard five times or more sounded there" in words(
        choose(section, "Never there")
    )
    assert "No songs you heard five times or more sounded there alone." in words(
        choose(section, "Only there")
    )


def test_with_too_little_it_says_what_is_missing(section, engine):
    make.user(engine)
    said = words(run(section))
    assert "It takes 50 plays on workouts and 50 elsewhere to compare them" in said
    assert not section.get("vega_lite_chart")
