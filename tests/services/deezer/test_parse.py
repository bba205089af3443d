from __future__ import annotations

import pytest

from runsous.model import SongFacts
from runsous.services.deezer import parse


def track(**changes):
    return {
        "id": 1,
        "title": "Song",
        "isrc": "XXABC2600001",
        "duration": 215,
        "bpm": 87.1,
        "gain": -8.2,
        "artist": {"id": 2, "name": "Band"},
        "album": {"id": 3, "title": "LP"},
        "type": "track",
        **changes,
    }


def test_a_track_as_the_contract_has_it():
    assert parse.track(track(), "asked") == SongFacts(
        source="deezer",
        identifier="1",
        asked="asked",
        title="Song",
        artist="Band",
        album="LP",
        duration_s=215.0,
        isrcs=("XXABC2600001",),
        bpm=87.1,
    )


@pytest.mark.parametrize(
    ("told", "bpm"),
    [
        (0, None),
        (0.0, None),
        (None, None),
        ("", None),
        (-90, None),
        (39.9, None),
        (40, 40.0),
        (250, 250.0),
        (250.1, None),
        ("174.06", 174.06),
        (True, None),
        (10**400, None),
        ([120], None),
    ],
)
def test_only_from_40_to_250_is_a_tempo(told, bpm):
    assert parse.track(track(bpm=told), "x").bpm == bpm


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"id": "77"}, "identifier", "77"),
        ({"isrc": ""}, "isrcs", ()),
        ({"isrc": 7}, "isrcs", ()),
        ({"artist": None}, "artist", None),
        ({"artist": "Band"}, "artist", None),
        ({"album": {}}, "album", None),
        ({"title": 7}, "title", None),
        ({"duration": 0}, "duration_s", None),
        ({"duration": "215"}, "duration_s", 215.0),
        ({"duration": 1e9}, "duration_s", None),
    ],
)
def test_odd_values_are_nothing(changes, field, value):
    assert getattr(parse.track(track(**changes), "x"), field) == value


@pytest.mark.parametrize(
    "document", [None, [], 7, {}, track(id=None), track(id=0), track(id=True), track(id=10**30)]
)
def test_without_a_number_it_is_no_track(document):
    with pytest.raises(ValueError, match="in the answer"):
        parse.track(document, "x")


def test_a_search_can_find_nothing_but_must_say_so():
    assert parse.tracks({"data": [], "total": 0}) == []
    assert [each.asked for each in parse.tracks({"data": [track(), None, {}, 7]})] == ["search"]
    for document in (None, [], {}, {"data": None}, {"data": {}}):
        with pytest.raises(ValueError, match="in the answer"):
            parse.tracks(document)
