from __future__ import annotations

import json

import pytest
from pandas.testing import assert_frame_equal

from runsous.files.listenbrainz_export import read_listenbrainz
from runsous.services.listenbrainz import parse

AT = 1795200000
MBID = "0aae14b1-1393-4b35-9d79-4d581f1b965e"
OTHER = "6ac416f7-94e8-43b6-b8b8-93423dd43376"


def listen(at=AT, info=None, **metadata):
    names = {"artist_name": "Band", "track_name": f"Song {at}", "release_name": "LP"}
    return {
        "listened_at": at,
        "inserted_at": at + 400,
        "user_name": "ann",
        "recording_msid": "m-1",
        "track_metadata": {**names, "additional_info": info or {}, **metadata},
    }


PLAYING = {"playing_now": True, "track_metadata": listen()["track_metadata"]}


def answer(*listens, oldest=1100000000):
    times = {"latest_listen_ts": AT, "oldest_listen_ts": oldest}
    return {"payload": {"count": len(listens), "user_id": "ann", "listens": list(listens), **times}}


ANSWERS = {
    "plain": answer(listen(), listen(AT - 1), listen(AT - 1)),
    "lengths": answer(
        listen(info={"duration_ms": 215_000, "isrc": "XX-ABC-26-00001"}),
        listen(AT - 1, {"duration": 215}),
        listen(AT - 2, {"duration_ms": "215000", "duration_played": 99}),
        listen(AT - 3, {"duration_ms": 0}),
    ),
    "recordings": answer(
        listen(mbid_mapping={"recording_mbid": MBID, "artist_mbids": []}),
        listen(AT - 1, {"recording_mbid": OTHER}),
        listen(AT - 2, {"recording_mbid": OTHER}, mbid_mapping={"recording_mbid": MBID}),
        listen(AT - 3, mbid_mapping=None),
    ),
    "from Spotify": answer(
        listen(info={"music_service": "spotify.com", "submission_client": "listenbrainz"}),
        listen(AT - 1, {"music_service": "spotify.com", "submission_client": "Web Scrobbler"}),
    ),
    "oddities": answer(
        PLAYING, listen(), listen(AT - 1, track_name=" "), listen(AT - 2, artist_name=None), 7, {}
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_gives_the_rows_that_a_file_of_the_same_listens_gives(name):
    lines = [json.dumps(each) for each in ANSWERS[name]["payload"]["listens"]]
    of_file = read_listenbrainz("\n".join(lines).encode()).listens
    assert_frame_equal(parse.listens(ANSWERS[name]).listens, of_file)
    assert len(of_file)


def test_a_stamp_is_the_start_but_the_end_where_listenbrainz_had_it_from_spotify():
    assert parse.listens(ANSWERS["from Spotify"]).listens["stamp_kind"].tolist() == ["end", "start"]


def test_a_page_tells_how_many_it_held_how_far_it_reaches_and_when_the_history_began():
    page = parse.listens(answer(listen(), listen(AT - 7)))
    assert (page.n_items, page.oldest, page.began) == (2, AT - 7, 1100000000)
    assert page.n_in_range is None


def test_what_is_playing_now_is_no_item_but_what_cannot_be_read_is_one():
    unreadable = {"listened_at": AT - 9, "track_metadata": None}
    page = parse.listens(answer(PLAYING, listen(), unreadable))
    assert len(page.listens) == 1
    assert (page.n_items, page.oldest) == (2, AT - 9)


@pytest.mark.parametrize("oldest", [0, None])
def test_an_account_without_listens_has_an_empty_page(oldest):
    page = parse.listens(answer(oldest=oldest))
    assert (len(page.listens), page.n_items, page.oldest, page.began) == (0, 0, None, None)


@pytest.mark.parametrize("document", [None, [], {}, {"payload": []}, {"payload": {}}, {"code": 7}])
def test_anything_else_is_not_taken_for_an_answer(document):
    for read in (parse.listens, parse.user_name):
        with pytest.raises(ValueError, match="in the answer"):
            read(document)


def test_a_token_tells_whose_it_is_or_that_it_is_nobodys():
    valid = {"valid": True, "user_name": "ann", "code": 200, "message": "Token valid."}
    assert parse.user_name(valid) == "ann"
    assert parse.user_name({"valid": False, "code": 200, "message": "Token invalid."}) is None
