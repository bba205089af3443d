from __future__ import annotations

import json

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from runsous.files.lastfm_export import read_lastfm
from runsous.services.lastfm import parse

UTS = 1795200000
MBID = "0aae14b1-1393-4b35-9d79-4d581f1b965e"


def track(uts=UTS, **fields):
    return {
        "artist": {"mbid": "", "#text": "Band"},
        "album": {"mbid": "", "#text": "LP"},
        "name": f"Song {uts}",
        "mbid": "",
        "streamable": "0",
        "image": [{"size": "small", "#text": ""}],
        "url": "https://www.last.fm/music/Band",
        "date": {"uts": str(uts), "#text": "20 Nov 2026, 18:40"},
        **fields,
    }


PLAYING = track(**{"@attr": {"nowplaying": "true"}})
del PLAYING["date"]


def answer(*tracks, total="120", **fields):
    attributes = {"user": "ann", "page": "1", "perPage": "50", "totalPages": "3", "total": total}
    return {"recenttracks": {"track": list(tracks), "@attr": attributes, **fields}}


def test_a_page_tells_its_listens_how_many_it_held_how_far_it_reaches_and_how_many_there_are():
    page = parse.recent_tracks(answer(track(UTS), track(UTS - 300), track(UTS - 900)))
    assert page.listens["title"].tolist() == [f"Song {UTS - n}" for n in (0, 300, 900)]
    assert page.listens["stamp"].iloc[0] == pd.Timestamp("2026-11-20T18:40:00Z")
    assert (page.n_items, page.oldest, page.n_in_range) == (3, UTS - 900, 120)
    assert page.began is None


@pytest.mark.parametrize(
    "document",
    [
        answer(
            track(),
            track(UTS - 1, mbid=MBID),
            track(UTS - 2, name="  Bjo\u0308rk\u200b ", album={"#text": ""}),
            track(UTS - 3, artist={"name": "Band", "url": "x", "mbid": ""}, loved="1"),
            PLAYING,
        ),
        answer(track(UTS, name=""), track(UTS - 1, artist={"#text": " "}), track(UTS - 2)),
        answer(track(0), track(UTS), {"name": 1, "artist": [], "date": "x"}, {"url": "x"}, 7, None),
        {"recenttracks": {"track": track(), "@attr": {"total": "1"}}},
    ],
)
def test_an_answer_gives_the_rows_that_a_file_of_the_same_answers_gives(document):
    of_file = read_lastfm(json.dumps(document).encode()).listens
    assert_frame_equal(parse.recent_tracks(document).listens, of_file)
    assert len(of_file)


def test_what_is_playing_now_is_no_item_wherever_it_stands():
    page = parse.recent_tracks(answer(PLAYING, track(), PLAYING))
    assert page.listens["title"].tolist() == [f"Song {UTS}"]
    assert page.n_items == 1
    assert parse.recent_tracks(answer(PLAYING, total="0")).n_items == 0


def test_a_single_item_may_stand_without_a_list():
    page = parse.recent_tracks(answer(track=track()))
    assert (page.n_items, page.oldest) == (1, UTS)
    assert parse.recent_tracks(answer(track=PLAYING)).n_items == 0


@pytest.mark.parametrize("empty", [{}, {"track": []}, {"track": None}, {"#text": " "}])
def test_an_answer_without_tracks_is_an_empty_page(empty):
    page = parse.recent_tracks({"recenttracks": {"@attr": {"total": "0"}, **empty}})
    assert (len(page.listens), page.n_items, page.oldest, page.n_in_range) == (0, 0, None, 0)


def test_an_item_that_cannot_be_read_still_counts_and_says_how_far_the_page_reaches():
    nameless = {"date": {"uts": str(UTS - 9)}, "url": "x"}
    page = parse.recent_tracks(answer(track(), nameless, None))
    assert len(page.listens) == 1
    assert (page.n_items, page.oldest) == (3, UTS - 9)


def test_a_time_that_last_fm_does_not_know_says_nothing_of_how_far_the_page_reaches():
    page = parse.recent_tracks(answer(track(), track(0)))
    assert (page.n_items, page.oldest) == (2, UTS)


@pytest.mark.parametrize("total", [None, "", "many", {}])
def test_a_total_that_is_not_told_is_unknown(total):
    assert parse.recent_tracks(answer(track(), total=total)).n_in_range is None


def test_a_user_is_told_in_texts_that_are_numbers():
    registered = {"unixtime": "1037793040", "#text": 1037793040}
    told = {"user": {"name": "Ann", "playcount": "4242", "registered": registered}}
    assert parse.user(told) == parse.User("Ann", 1037793040, 4242)
    assert parse.user({"user": {"name": "Ann"}}) == parse.User("Ann", None, None)


def test_a_session_tells_whose_it_is_and_its_key():
    told = {"session": {"name": "Ann", "key": "k" * 32, "subscriber": 0}}
    assert parse.session(told) == ("Ann", "k" * 32)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"error": 6, "message": "User not found"}, 6),
        ({"error": "29", "message": "Rate limit"}, 29),
        ({"error": None}, 0),
        (answer(track()), None),
        ([], None),
        (None, None),
    ],
)
def test_an_error_is_known_by_its_key(document, code):
    assert parse.error(document) == code


@pytest.mark.parametrize("document", [None, [], 7, "x", {}, {"recenttracks": []}, {"user": "x"}])
def test_anything_else_is_not_taken_for_an_answer(document):
    for read in (parse.recent_tracks, parse.user, parse.session):
        with pytest.raises(ValueError, match="in the answer"):
            read(document)
