from __future__ import annotations

import pytest

from runsous.model import SongFacts
from runsous.services.reccobeats import parse

UUID = "0aae14b1-1393-4b35-9d79-4d581f1b965e"
ID = "3aJ2aJz5xL03hpaqdPS7Ah"
ISRC = "XXABC2600001"
HREF = f"https://open.spotify.com/track/{ID}"


def features(**changes):
    numbers = {"tempo": 174.06, "energy": 0.8, "danceability": 0.6, "valence": 0.4}
    about = {"id": UUID, "href": HREF, "isrc": ISRC, "loudness": -6.3, "key": 11, "mode": 0}
    return {**about, **numbers, **changes}


def content(*items):
    return {"content": list(items)}


def test_features_as_the_contract_has_them():
    assert parse.features(content(features()), [ID]) == [
        SongFacts(
            source="reccobeats",
            identifier=UUID,
            asked=ID,
            isrcs=(ISRC,),
            spotify_id=ID,
            bpm=174.06,
            energy=0.8,
            danceability=0.6,
            valence=0.4,
            key=11,
            mode=0,
        )
    ]


def test_a_track_as_the_contract_has_it():
    told = {
        "id": UUID,
        "trackTitle": "Song",
        "artists": [{"id": "a", "name": "Band", "href": "x"}, {"name": "Guest"}, {"name": None}],
        "durationMs": 215_000,
        "isrc": ISRC,
        "href": HREF,
        "popularity": 7,
    }
    (found,) = parse.tracks(content(told), [ID])
    assert (found.title, found.artist, found.duration_s) == ("Song", "Band, Guest", 215.0)
    assert (found.identifier, found.isrcs, found.bpm) == (UUID, (ISRC,), None)


def test_one_item_can_be_the_answer_to_several_ids():
    asked = [ISRC, ID, "other", ID]
    assert [each.asked for each in parse.features(content(features()), asked)] == [ISRC, ID]


@pytest.mark.parametrize(
    "href",
    [
        HREF,
        f"{HREF}/",
        f"{HREF}?si=1",
        f"{HREF}#x",
        f"http://[broken/track/{ID}",
    ],
)
def test_an_item_belongs_to_the_last_part_of_its_address(href):
    (found,) = parse.features(content(features(href=href, isrc=None, id=None)), [ID])
    assert found.identifier == found.spotify_id == ID


@pytest.mark.parametrize(
    "item",
    [None, 7, {}, features(href=None, isrc=None), features(href="nonsense", isrc="x", id=7)],
)
def test_what_belongs_to_nothing_that_was_asked_for_is_left_out(item):
    assert [each.asked for each in parse.features(content(item, features()), [ID])] == [ID]


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"tempo": 0}, "bpm", None),
        ({"tempo": None}, "bpm", None),
        ({"tempo": 300.0}, "bpm", None),
        ({"key": -1}, "key", None),
        ({"key": 12}, "key", None),
        ({"key": 3.5}, "key", None),
        ({"key": "5"}, "key", 5),
        ({"mode": 2}, "mode", None),
        ({"mode": True}, "mode", None),
        ({"energy": 1.2}, "energy", None),
        ({"energy": "loud"}, "energy", None),
        ({"valence": 0}, "valence", 0.0),
        ({"danceability": 10**400}, "danceability", None),
    ],
)
def test_odd_values_are_nothing(changes, field, value):
    (found,) = parse.features(content(features(**changes)), [ID])
    assert getattr(found, field) == value


@pytest.mark.parametrize("document", [None, [], 7, {}, {"content": None}, {"content": {}}])
def test_anything_else_is_not_taken_for_an_answer(document):
    for read in (parse.tracks, parse.features):
        with pytest.raises(ValueError, match="in the answer"):
            read(document, [ID])
