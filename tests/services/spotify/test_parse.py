from __future__ import annotations

import pandas as pd
import pytest

from runsous import frames
from runsous.analysis import plays
from runsous.model import SongFacts
from runsous.services.spotify import parse

ENDED = pd.Timestamp("2026-11-20T18:43:35Z")
TRACK = "3aJ2aJz5xL03hpaqdPS7Ah"


def played(at="2026-11-20T18:43:35.000Z", **track):
    artists = [{"id": "a1", "name": "Band"}, {"id": "a2", "name": "Guest"}]
    return {
        "played_at": at,
        "context": None,
        "track": {
            "id": TRACK,
            "uri": f"spotify:track:{TRACK}",
            "name": "Song",
            "duration_ms": 215_000,
            "is_local": False,
            "external_ids": {"isrc": "XXABC2600001"},
            "artists": artists,
            "album": {"id": "l1", "name": "LP", "images": []},
            **track,
        },
    }


def answer(*items, cursors=None):
    return {"href": "..", "limit": 50, "next": None, "cursors": cursors, "items": list(items)}


def test_a_play_is_told_with_all_that_spotify_says_of_it():
    (row,) = frames.records(parse.recently_played(answer(played())).listens)
    told = {name: value for name, value in row.items() if value is not None}
    assert told == {
        "source": "spotify",
        "stamp": ENDED,
        "stamp_kind": "unknown",
        "precision_s": 30.0,
        "duration_s": 215.0,
        "artist": "Band",
        "title": "Song",
        "album": "LP",
        "isrc": "XXABC2600001",
        "spotify_id": TRACK,
    }


def test_a_stamp_of_doubtful_meaning_is_taken_for_the_end_give_or_take_the_length():
    listens = parse.recently_played(answer(played())).listens
    known = listens.assign(listen_id=1, track_id=1, track_duration_s=float("nan"))
    placed = plays.place(known, {}).iloc[0]
    assert placed["started_at"] == ENDED - pd.Timedelta(seconds=215)
    assert placed["plus_minus_s"] == 215


def test_a_page_tells_how_many_it_held_and_how_far_it_reaches():
    page = parse.recently_played(answer(played(), played("2026-11-20T18:40:00.750Z")))
    assert (page.n_items, page.oldest) == (2, 1795200000)
    assert page.listens["stamp"].iloc[1] == pd.Timestamp("2026-11-20T18:40:00.75Z")


def test_an_empty_page_needs_no_cursors():
    page = parse.recently_played(answer())
    assert (len(page.listens), page.n_items, page.oldest) == (0, 0, None)


def test_files_of_ones_own_have_neither_id_nor_code():
    local = played(id=None, uri="spotify:local:Band:LP:Song:215", external_ids={}, is_local=True)
    (row,) = frames.records(parse.recently_played(answer(local)).listens)
    assert (row["title"], row["spotify_id"], row["isrc"]) == ("Song", None, None)


@pytest.mark.parametrize(
    "odd",
    [
        {"artists": []},
        {"artists": None},
        {"artists": [None]},
        {"artists": [{"name": ""}]},
        {"name": None},
        {"name": "  "},
    ],
)
def test_a_play_without_a_name_still_says_that_something_was_played(odd):
    page = parse.recently_played(answer(played(**odd), played()))
    assert page.listens["title"].isna().tolist() == [True, False]


@pytest.mark.parametrize(
    "odd",
    [
        {"duration_ms": None, "external_ids": None, "album": None},
        {"duration_ms": "x", "external_ids": [], "album": 7, "uri": 7, "id": None},
    ],
)
def test_whatever_is_missing_costs_only_itself(odd):
    (row,) = frames.records(parse.recently_played(answer(played(**odd))).listens)
    assert (row["artist"], row["title"], row["duration_s"]) == ("Band", "Song", None)


def test_an_item_that_cannot_be_read_still_counts_and_says_how_far_the_page_reaches():
    trackless = {"played_at": "2026-11-20T18:00:00Z", "track": None}
    page = parse.recently_played(answer(played(), trackless, None))
    assert len(page.listens) == 1
    assert (page.n_items, page.oldest) == (3, 1795197600)


def test_a_person_is_known_by_the_newer_id_and_need_not_have_a_name():
    both = {"account_id": "acc-1", "id": "ann", "display_name": "Ann"}
    assert parse.person(both) == parse.Person("acc-1", "Ann")
    assert parse.person({"id": "ann", "display_name": None}) == parse.Person("ann", None)


@pytest.mark.parametrize("document", [None, [], 7, {}, {"items": {}}, {"id": 7}])
def test_anything_else_is_not_taken_for_an_answer(document):
    for read in (parse.recently_played, parse.person):
        with pytest.raises(ValueError, match="in the answer"):
            read(document)


def features(**changes):
    numbers = {"tempo": 174.06, "energy": 0.8, "danceability": 0.6, "valence": 0.4}
    about = {"id": TRACK, "type": "audio_features", "duration_ms": 215_000, "key": 11, "mode": 0}
    return {**about, **numbers, **changes}


def test_audio_features_are_of_the_tracks_that_are_known():
    told = {"audio_features": [None, features(), features(id=None), 7, features(tempo=0, key=-1)]}
    first, second = parse.audio_features(told)
    assert first == SongFacts(
        source="spotify",
        identifier=TRACK,
        asked=TRACK,
        duration_s=215.0,
        spotify_id=TRACK,
        bpm=174.06,
        energy=0.8,
        danceability=0.6,
        valence=0.4,
        key=11,
        mode=0,
    )
    assert (second.bpm, second.key, second.energy) == (None, None, 0.8)
    for document in (None, [], {}, {"audio_features": None}):
        with pytest.raises(ValueError, match="in the answer"):
            parse.audio_features(document)
