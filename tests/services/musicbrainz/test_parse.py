from __future__ import annotations

import pytest

from runsous.model import SongFacts
from runsous.services.musicbrainz import parse

MBID = "0aae14b1-1393-4b35-9d79-4d581f1b965e"


def entity(**changes):
    return {
        "id": MBID,
        "title": "Song",
        "length": 215_000,
        "video": False,
        "first-release-date": "2026-03",
        "isrcs": ["XXABC2600001"],
        "artist-credit": [
            {"name": "Band", "joinphrase": " feat. ", "artist": {"id": "a-1", "name": "The Band"}},
            {"joinphrase": "", "artist": {"id": "a-2", "name": "Guest"}},
        ],
        "releases": [{"id": "l-1", "title": "LP"}, {"id": "l-2", "title": "Best of"}],
        **changes,
    }


def test_a_recording_as_the_contract_has_it():
    assert parse.recording(entity(), "asked") == SongFacts(
        source="musicbrainz",
        identifier=MBID,
        asked="asked",
        title="Song",
        artist="Band feat. Guest",
        album="LP",
        duration_s=215.0,
        isrcs=("XXABC2600001",),
        mbid=MBID,
    )


def test_what_tells_it_from_another_recording_stands_with_its_title():
    told = parse.recording(entity(disambiguation="live, 2011-05-01: London"), "x")
    assert told.title == "Song (live, 2011-05-01: London)"
    assert parse.recording(entity(disambiguation=""), "x").title == "Song"


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"length": None}, "duration_s", None),
        ({"length": 0}, "duration_s", None),
        ({"length": "soon"}, "duration_s", None),
        ({"length": 10**400}, "duration_s", None),
        ({"isrcs": None}, "isrcs", ()),
        ({"isrcs": ["nonsense", 7, "XX-ABC-26-00001", "XXABC2600001"]}, "isrcs", ("XXABC2600001",)),
        ({"artist-credit": None}, "artist", None),
        ({"artist-credit": ["Band", {"name": None}, {"artist": 7}]}, "artist", None),
        ({"artist-credit": [{"name": "Band"}, 7]}, "artist", "Band"),
        ({"releases": []}, "album", None),
        ({"releases": [None, {"title": "LP"}]}, "album", "LP"),
        ({"releases": {"title": "LP"}}, "album", None),
        ({"disambiguation": 7}, "title", "Song"),
    ],
)
def test_odd_values_are_nothing(changes, field, value):
    assert getattr(parse.recording(entity(**changes), "x"), field) == value


@pytest.mark.parametrize("missing", ["length", "isrcs", "artist-credit", "releases", "video"])
def test_most_keys_can_be_missing(missing):
    told = entity()
    del told[missing]
    assert parse.recording(told, "x").title == "Song"


@pytest.mark.parametrize(
    "document", [None, [], 7, {}, {"error": "x"}, entity(id=None), entity(id=7), entity(title=" ")]
)
def test_anything_else_is_not_taken_for_an_answer(document):
    with pytest.raises(ValueError, match="in the answer"):
        parse.recording(document, "x")


def test_a_search_can_find_nothing_but_must_say_so():
    assert parse.recordings({"count": 0, "recordings": []}) == []
    assert len(parse.recordings({"recordings": [entity(), None, {}, 7, entity(isrcs=None)]})) == 2
    for document in (None, [], {}, {"count": 0}, {"recordings": None}, {"recordings": {}}):
        with pytest.raises(ValueError, match="in the answer"):
            parse.recordings(document)
