"""Preferences, and that they reach every page."""

from __future__ import annotations

import re

import pytest

from tests.pages import library
from tests.pages.reading import press, run, table, visit, words
from tests.sync import make

KILOMETRES = re.compile(r"\d (km|m|/km|km/h)\b")


MOVED = ["0:00", "0:30", "2:00", "2:30", "5:30", "6:00"]
"""When songs and silences begin on the run once the music is a minute later."""


@pytest.fixture
def preferences(filled):
    return visit(filled, "preferences")


def test_miles_are_shown_everywhere(preferences, engine):
    preferences.radio[0].set_value("miles")
    run(preferences)
    assert preferences.radio[0].value == "miles"
    one = library.number(engine, library.START)
    for name in ("home", "activities", "activity"):
        visit(preferences, name, id=one)
        assert not KILOMETRES.search(words(preferences)), words(preferences)
        assert " mi" in words(preferences)
    songs = table(preferences)
    assert songs["Pace"].str.endswith("/mi").all()
    assert songs["Distance"].str.endswith("mi").all()


def test_the_zone_moves_the_times_of_plays(preferences):
    preferences.selectbox[0].set_value("Asia/Tokyo")
    run(preferences)
    visit(preferences, "listening")
    assert table(preferences)["Time"].tolist()[0] == "15:35:00"
    assert "Times are in Asia/Tokyo" in words(preferences)


def test_the_zone_does_not_move_an_activity_that_knows_its_own(preferences, engine):
    preferences.selectbox[0].set_value("Asia/Tokyo")
    run(preferences)
    visit(preferences, "activity", id=library.number(engine, library.START))
    assert "Sat 1 Jun 2024, 08:30" in words(preferences)


def test_choosing_units_leaves_the_zone_to_the_machine(preferences, engine):
    preferences.radio[0].set_value("miles")
    run(preferences)
    assert make.rows(engine, "SELECT settings FROM users")[0]["settings"] == {"units": "miles"}


def test_a_source_s_clock_is_corrected_once_asked_to(preferences, engine):
    preferences.number_input[0].set_value(60.0)
    run(preferences)
    visit(preferences, "listening")
    assert table(preferences)["Time"].tolist()[0] == "06:35:00"
    visit(preferences, "preferences")
    preferences.number_input[0].set_value(60.0)
    run(preferences)
    press(preferences, "Apply")
    assert "The songs are placed anew." in words(preferences)
    assert preferences.number_input[0].value == 60
    visit(preferences, "listening")
    assert table(preferences)["Time"].tolist()[0] == "06:36:00"
    visit(preferences, "activity", id=library.number(engine, library.START))
    assert table(preferences)["At"].tolist() == MOVED
