"""The page Tempo: how far the look-up is, and settling what sources disagree on."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from runsous.model import SongFacts
from runsous.reports import lookups
from runsous.store import users
from runsous.ui import tempo_data
from runsous.ui.session import User
from tests.pages import library
from tests.pages.reading import press, run, visit, words
from tests.sync import make


@pytest.fixture
def page(filled):
    return visit(filled, "tempo")


@pytest.fixture
def disputed(filled, engine):
    """Two services name beats that have nothing to do with each other."""
    library.tell(
        engine,
        "Second",
        SongFacts("deezer", "917", "search", bpm=87),
        SongFacts("acousticbrainz", "ab", "mbid", bpm=130),
    )
    return visit(filled, "tempo")


def test_how_far_it_is_and_what_is_left_to_ask(page):
    said = words(page)
    assert "0 of 3 songs with a tempo" in said
    assert "0 of 3 songs looked up, about to go on" in said
    assert "nothing of you, your runs or when you listened" in said
    assert "There is no song on whose tempo they do." in said
    assert "add_data" in [link.page for link in page.get("page_link")]


def test_the_rest_of_it_is_forecast(filled, engine):
    library.tell(engine, "Second")
    assert "0 of 3 songs looked up, about a minute to go" in words(visit(filled, "tempo"))


def test_how_far_it_is_is_counted_once_in_a_few_seconds_for_each_user(app, engine, monkeypatch):
    counted = []
    real = lookups.progress
    monkeypatch.setattr(
        lookups, "progress", lambda conn, user, now: counted.append(user) or real(conn, user, now)
    )
    with engine.begin() as conn:
        mine = make.user(engine)
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
    for user in (mine, mine, other, mine, other):
        tempo_data.progress(User(user, 1, "km", None, None))
    assert counted == [mine, other]
    # What changes of one's own shows at once.
    tempo_data.progress(User(mine, 2, "km", None, None))
    assert counted == [mine, other, mine]


def test_it_is_paused_and_goes_on_by_a_switch(page, engine):
    page.toggle[0].set_value(False)
    run(page)
    assert "Paused: nobody is asked of your songs; 3 songs left." in words(page)
    with engine.begin() as conn:
        assert users.one(conn, make.user(engine))["settings"][lookups.SWITCH] == "off"
    page.toggle[0].set_value(True)
    run(page)
    assert "Paused" not in words(page)
    with engine.begin() as conn:
        assert lookups.SWITCH not in users.one(conn, make.user(engine))["settings"]


def test_each_source_says_how_it_stands(filled, engine):
    library.tell(engine, "Second")
    with engine.begin() as conn:
        conn.execute(
            text(
                "INSERT INTO song_sources (source, next_at, message, refuses) VALUES"
                " ('deezer', now() + interval '1 hour', 'Deezer could not be reached.', '{}'),"
                " ('reccobeats', now(), 'It wants a key', '{\"\"}')"
            )
        )
    said = words(visit(filled, "tempo"))
    assert "Deezer 3 songs to ask for, waits until" in said
    assert "Deezer could not be reached." in said
    assert "ReccoBeats not open to this app: It wants a key" in said
    assert "AcousticBrainz nothing to ask for" in said


def test_a_disagreement_shows_both_and_is_settled_by_choosing(disputed, engine):
    said = words(disputed)
    assert "**Second** The Middles" in said
    assert "played on one activity" in said
    labels = [b.label for b in disputed.button if "BPM" not in b.label and "·" in b.label]
    assert sorted(labels) == ["**130** · AcousticBrainz 130", "**174** · Deezer 87"]
    press(disputed, "**174** · Deezer 87")
    assert "There is no song on whose tempo they do." in words(disputed)
    (row,) = make.rows(engine, "SELECT tempo_bpm FROM tracks WHERE title = 'Second'")
    assert row["tempo_bpm"] == 174


def test_by_ear_opens_the_pad_and_the_number_over_the_page(disputed):
    assert not disputed.number_input
    press(disputed, "By ear")
    assert "Or write it (BPM)" in [field.label for field in disputed.number_input]


def test_a_list_brought_is_shown_and_taken_back(filled, engine, tmp_path):
    rows = b"title,artist,bpm\nSecond,The Middles,174\nNever,Nobody,120"
    make.take(engine, make.written(tmp_path, "party.csv", rows))
    make.take(engine, make.written(tmp_path, "other.csv", b"title,artist,bpm\nX,Y,99"))
    page = visit(filled, "tempo")
    said = words(page)
    assert "party.csv 2 songs, 1 of them heard" in said
    assert "other.csv 1 song, 0 of them heard" in said
    assert "1 of 3 songs with a tempo" in said
    page.button(key="forget party.csv").click()
    run(page)
    said = words(page)
    assert "0 of 3 songs with a tempo" in said
    assert "party.csv 2 songs" not in said
    assert "other.csv 1 song" in said
