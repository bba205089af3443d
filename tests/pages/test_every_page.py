"""Every page, empty and filled."""

from __future__ import annotations

import pytest

from tests.pages import library
from tests.pages.reading import html, run, titles, visit, words

EMPTY = {
    "home": "Which song played where?",
    "activities": "There are no activities yet.",
    "insights": "There are no activities with songs on them yet.",
    "listening": "There is no listening history yet.",
    "tempo": "There are no songs of your own yet.",
    "add_data": "Where do I get these files?",
    "connections": "It is not set up on this server.",
    "preferences": "Time zone",
    "activity": "There is no such activity.",
    "track": "There is no such song.",
}
FILLED = {
    "home": "Newest activities",
    "activities": "From the phone",
    "insights": "activities are still to be measured",
    "listening": "Spotify (extended) · 3 plays",
    "tempo": "songs with a tempo",
    "add_data": "Past imports",
    "connections": "It is not set up on this server.",
    "preferences": "Clocks of your sources",
    "activity": "There is no such activity.",
    "track": "There is no such song.",
}


def all_words(app):
    labels = [e.label for e in [*app.selectbox, *app.radio]]
    return " ".join([words(app), *labels]).replace("**", "")


def test_a_page_without_data_says_what_is_missing(app, page):
    assert EMPTY[page] in all_words(visit(app, page))


def test_a_page_with_data_shows_it(filled, page):
    assert FILLED[page] in all_words(visit(filled, page))


def test_an_empty_page_leads_to_where_data_is_added(app):
    for name in ("activities", "insights", "listening"):
        visit(app, name)
        assert "add_data" in [link.page for link in app.get("page_link")]


@pytest.mark.parametrize("name", ["activity", "track"])
def test_an_address_that_names_nothing_of_mine_says_so(filled, name):
    for wrong in ("", "0", "999999", "-1", "1.5", "1 OR 1=1", "٣", "9" * 19, "9" * 400, "<b>"):
        visit(filled, name, id=wrong)
        assert FILLED[name] in words(filled), wrong
        assert not filled.title


def test_a_name_is_shown_as_it_was_given(filled, engine):
    for name in library.NAMES:
        visit(filled, "activity", id=library.named(engine, name))
        assert name in words(filled)
    visit(filled, "activities")
    assert set(library.NAMES) <= set(titles(filled))


def test_no_name_becomes_part_of_a_page(filled, engine):
    shown = []
    for name in ("home", "activities"):
        shown += [e.value for e in html(visit(filled, name))]
    for name in library.NAMES:
        visit(filled, "activity", id=library.named(engine, name))
        shown += [e.value for e in html(filled)]
        # Neither Markdown nor HTML has a mark left to read.
        assert not set(filled.title[0].value) & set("<>*_`[]$")
    visit(filled, "activity", id=library.number(engine, library.START))
    shown += [e.value for e in html(filled)]
    assert "<script" not in "".join(shown)
    assert "<Time>" not in "".join(shown)


def test_the_database_being_away_is_said_in_a_sentence(app, monkeypatch):
    from runsous.store import database

    monkeypatch.setattr(database, "_current", None)
    run(app)
    assert "The database is not open" in app.error[0].value
