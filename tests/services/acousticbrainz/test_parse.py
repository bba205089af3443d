from __future__ import annotations

import pytest

from runsous.model import SongFacts
from runsous.services.acousticbrainz import parse

MBID = "0aae14b1-1393-4b35-9d79-4d581f1b965e"
OTHER = "6ac416f7-94e8-43b6-b8b8-93423dd43376"


def measured(bpm=171.9, **changes):
    return {
        "rhythm": {"bpm": bpm},
        "tonal": {"key_key": "Eb", "key_scale": "minor"},
        "metadata": {
            "audio_properties": {"length": 215.0},
            "tags": {"title": ["Song"], "artist": ["Band", "Guest"], "isrc": "XXABC2600001"},
        },
        **changes,
    }


def answer(document, mbid=MBID):
    return {mbid: {"0": document}, "mbid_mapping": {}}


def test_a_recording_as_the_contract_has_it():
    assert parse.low_level(answer(measured()), [MBID]) == [
        SongFacts(
            source="acousticbrainz",
            identifier=MBID,
            asked=MBID,
            title="Song",
            artist="Band",
            duration_s=215.0,
            isrcs=("XXABC2600001",),
            mbid=MBID,
            bpm=171.9,
            key=3,
            mode=0,
        )
    ]


def test_the_missing_are_absent_and_others_not_asked_for_do_not_matter():
    document = {OTHER: {"0": measured(120.0)}, MBID: {}, "mbid_mapping": {}}
    assert parse.low_level(document, [MBID]) == []
    assert [each.bpm for each in parse.low_level(document, [MBID, OTHER, OTHER])] == [120.0]
    assert parse.low_level({}, [MBID]) == []


def test_an_id_in_capitals_is_the_same():
    for document in (answer(measured()), answer(measured(), MBID.upper())):
        (found,) = parse.low_level(document, [MBID.upper()])
        assert (found.asked, found.identifier) == (MBID.upper(), MBID)


def test_of_several_submissions_the_first_counts():
    document = {MBID: {"10": measured(90.0), "2": measured(100.0), "0": measured(110.0)}}
    assert parse.low_level(document, [MBID])[0].bpm == 110.0
    del document[MBID]["0"]
    assert parse.low_level(document, [MBID])[0].bpm == 100.0


@pytest.mark.parametrize(
    ("name", "key"),
    [("C", 0), ("C#", 1), ("Db", 1), ("Cb", 11), ("B#", 0), ("b", 11), ("F♯", 6), ("H", None)],
)
def test_keys_are_told_by_name(name, key):
    tonal = {"key_key": name, "key_scale": "major"}
    (found,) = parse.low_level(answer(measured(tonal=tonal)), [MBID])
    assert (found.key, found.mode) == (key, 1)


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"rhythm": None}, "bpm", None),
        ({"rhythm": {}}, "bpm", None),
        ({"rhythm": {"bpm": 0}}, "bpm", None),
        ({"rhythm": {"bpm": 10**400}}, "bpm", None),
        ({"rhythm": {"bpm": "171.9"}}, "bpm", 171.9),
        ({"tonal": []}, "key", None),
        ({"tonal": {"key_key": "Eb major"}}, "key", None),
        ({"tonal": {"key_key": ""}}, "key", None),
        ({"tonal": {"key_scale": 7}}, "mode", None),
        ({"metadata": {}}, "duration_s", None),
        ({"metadata": {"audio_properties": {"length": -1}}}, "duration_s", None),
        ({"metadata": {"tags": {"title": []}}}, "title", None),
        ({"metadata": {"tags": {"title": [7]}}}, "title", None),
        ({"metadata": {"tags": {"isrc": ["x"]}}}, "isrcs", ()),
        ({"metadata": {"tags": None}}, "artist", None),
    ],
)
def test_odd_values_are_nothing(changes, field, value):
    (found,) = parse.low_level(answer(measured(**changes)), [MBID])
    assert getattr(found, field) == value


@pytest.mark.parametrize("told", [None, [], 7, "x", {"0": None}, {"0": []}])
def test_a_recording_without_a_document_is_unknown(told):
    assert parse.low_level({MBID: told}, [MBID]) == []


@pytest.mark.parametrize("document", [None, [], 7, {"message": "x"}, {"error": "x"}])
def test_anything_else_is_not_taken_for_an_answer(document):
    with pytest.raises(ValueError, match="in the answer"):
        parse.low_level(document, [MBID])
