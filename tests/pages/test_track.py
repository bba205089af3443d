"""A song's own page: how fast it is and who says so, one's own word, where it was played."""

from __future__ import annotations

import pytest

from runsous.model import SongFacts
from tests.pages import library
from tests.pages.reading import html, press, run, visit, words
from tests.sync import make

DEEZER = SongFacts("deezer", "917", "search", bpm=85.5)
ACOUSTICBRAINZ = SongFacts(
    "acousticbrainz", "ab", "mbid", bpm=171.2, energy=0.82, valence=0.31, key=9, mode=0
)


@pytest.fixture
def open_song(filled, engine):
    def open_page(title="Second"):
        return visit(filled, "track", id=library.track(engine, title))

    return open_page


def test_a_song_nobody_has_told_of_says_so_and_where_it_was_played(open_song):
    page = open_song()
    said = words(page)
    assert page.title[0].value == "Second"
    assert "The Middles" in said
    assert "heard once" in said
    assert "Nobody has told its tempo yet." in said
    # A minute and a half into a run at 3 m/s, both feet at 85.5 a minute.
    assert "Morning run Sat 1 Jun 2024 1:30 5:33 /km" in said
    assert "171 spm" in said
    assert "Who says so" not in said
    assert "In time" not in said


def test_what_sources_say_is_one_beat_with_its_evidence(open_song, engine):
    library.tell(engine, "Second", DEEZER, ACOUSTICBRAINZ)
    page = open_song()
    said = words(page)
    # However often it was played, who says so stands beside the tempo.
    assert [head.value for head in page.subheader][-2:] == ["Who says so", "Played on"]
    assert "171 BPM sure" in said
    assert "Deezer 85.5, AcousticBrainz 171.2: same beat, shown as 171" in said
    assert "82 % energy" in said
    assert "31 % cheerfulness" in said
    assert "A minor key" in said
    assert "Deezer 85.5 BPM the same beat, × 2 Mon 1 Jul 2024 95 %" in said
    assert "AcousticBrainz 171.2 BPM the same Mon 1 Jul 2024 95 %" in said
    assert 'href="https://www.deezer.com/track/917"' in "".join(e.value for e in html(page))


def test_every_time_it_was_played_tells_how_much_was_in_time(open_song, engine):
    library.tell(engine, "Second", DEEZER)
    assert "171 spm 100 %" in words(open_song())
    # 171 steps to 160 beats is 7 % off.
    library.tell(engine, "Second", SongFacts("deezer", "917", "search", bpm=160))
    assert "171 spm 0 %" in words(open_song())


def test_steps_at_half_the_songs_pace_are_told_as_that(open_song, engine):
    page = open_song()
    page.number_input[0].set_value(85.5)
    press(page, "Keep")
    assert "171 spm 100 % at 2 per beat" in words(page)


def test_ones_own_word_counts_until_it_is_taken_back(open_song, engine):
    library.tell(engine, "Second", DEEZER)
    page = open_song()
    page.number_input[0].set_value(120.0)
    press(page, "Keep")
    said = words(page)
    assert "120 BPM your own word" in said
    assert "Deezer 85.5 BPM another beat" in said
    press(page, "Back to what sources say")
    assert "171 BPM likely" in words(page)
    assert "Back to what sources say" not in words(page)


def test_a_song_that_sources_disagree_on_says_so(open_song, engine):
    library.tell(engine, "Second", DEEZER, SongFacts("acousticbrainz", "ab", "mbid", bpm=130))
    assert "sources disagree" in words(open_song())


def test_names_are_shown_as_they_are(open_song):
    page = open_song("Third & *Last*")
    assert "Third & *Last*" in words(page)
    assert "Closing <Time>" in "".join(words(page).split("  "))
    assert "<Time>" not in "".join(e.value for e in html(page))


def test_somebody_elses_song_is_none(filled, engine):
    make.rows(
        engine,
        "WITH other AS (INSERT INTO users (name) VALUES ('b') RETURNING id),"
        " a AS (INSERT INTO artists (user_id, key, name) SELECT id, 'x', 'X' FROM other"
        " RETURNING id, user_id)"
        " INSERT INTO tracks (user_id, artist_id, title_key, title)"
        " SELECT user_id, id, 'hidden', 'Hidden' FROM a RETURNING id",
    )
    visit(filled, "track", id=library.track(engine, "Hidden"))
    assert "There is no such song." in words(filled)
    run(filled)
