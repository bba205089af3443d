from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runsous.demo.services.catalogue import mood
from runsous.demo.services.faults import Fault
from runsous.errors import RateLimited, Rejected, Unavailable
from runsous.services.reccobeats.client import ReccoBeats
from tests.net.faulty import Faulty, answer
from tests.services.conftest import calls


def client(sims) -> ReccoBeats:
    return ReccoBeats(calls(sims.environment()["RECCOBEATS_API_URL"], "ReccoBeats"))


def alone(*scripts):
    server = Faulty(*scripts)
    return server, ReccoBeats(calls(server.url, "ReccoBeats"))


def test_forty_tracks_at_once_are_told_apart_in_whatever_order_they_come(passing):
    known = {each.spotify_ids[0]: each for each in passing.catalogue.recordings[:40]}
    n_calls = len(passing.calls.log)
    tracks = client(passing).tracks(list(known))
    features = client(passing).features(list(known))
    assert len(passing.calls.log) == n_calls + 2
    assert {each.asked for each in tracks} == {each.asked for each in features} == set(known)
    for each in tracks:
        recording = known[each.asked]
        assert each.spotify_id == each.asked
        assert (each.artist, each.title) == (recording.artist, recording.title)
        assert each.duration_s == recording.duration_ms / 1000
        assert each.isrcs == recording.isrcs
    for each in features:
        recording = known[each.asked]
        feeling = mood(recording)
        assert (each.source, each.bpm) == ("reccobeats", recording.bpm)
        assert (each.energy, each.danceability, each.valence, each.mode) == (
            feeling.energy,
            feeling.danceability,
            feeling.valence,
            feeling.mode,
        )
        assert each.key in (feeling.key, None)
    assert {each.identifier for each in tracks} == {each.identifier for each in features}


def test_a_code_can_bring_several_and_its_answers_name_it(passing):
    twice = next(each for each in passing.catalogue.recordings if len(each.spotify_ids) == 2)
    written = (
        f"{twice.isrcs[0][:2]}-{twice.isrcs[0][2:5]}-{twice.isrcs[0][5:7]}-{twice.isrcs[0][7:]}"
    )
    found = client(passing).features([twice.isrcs[0]])
    assert {each.spotify_id for each in found} == set(twice.spotify_ids)
    assert {each.asked for each in found} == {twice.isrcs[0]}
    item = {"id": "u", "href": "https://open.spotify.com/track/s", "isrc": twice.isrcs[0]}
    server, room = alone(answer({"content": [item]}))
    with server:
        assert [each.asked for each in room.tracks([written])] == [written]


def test_its_own_ids_can_be_asked_for_and_the_unknown_is_left_out(passing):
    room = client(passing)
    known = passing.catalogue.recordings[3].spotify_ids[0]
    (track,) = room.tracks([known])
    (again,) = room.tracks([track.identifier, "nobody"])
    assert (again.spotify_id, again.asked) == (known, track.identifier)
    assert room.features(["nobody"]) == room.tracks(["nobody"]) == []


def test_more_than_forty_are_never_asked_for_and_none_need_no_call(sims):
    room = client(sims)
    with pytest.raises(ValueError, match="at most 40"):
        room.tracks(["x"] * 41)
    assert room.tracks([]) == room.features([]) == []
    assert sims.calls.log == []


@pytest.mark.parametrize("kind", ["busy", "html", "hung_up", "cut_off", "truncated", "malformed"])
def test_what_passes_is_overcome(sims, kind):
    sims.faults.plan(Fault(kind, "reccobeats", times=3))
    known = sims.catalogue.recordings[0]
    assert client(sims).features([known.spotify_ids[0]])[0].bpm == known.bpm


def test_a_wait_that_is_asked_for_is_told(sims):
    sims.faults.plan(Fault("spent", "reccobeats", value=90))
    with pytest.raises(RateLimited) as raised:
        client(sims).features(["x"])
    assert 85 < (raised.value.retry_at - datetime.now(UTC)).total_seconds() <= 90
    assert len(sims.calls.log) == 1


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answer({"code": 4041, "error": "Track not found"}, 404), Rejected),
        (answer({"error": "ids"}, 400), Rejected),
        (answer(b"<html>Bad gateway</html>", 502), Unavailable),
        (answer(b"", 429), Unavailable),
        (answer({"content": None}), Unavailable),
        (answer({}), Unavailable),
        (answer([]), Unavailable),
    ],
)
def test_a_failure_never_looks_like_the_unknown(script, kind):
    server, room = alone(script)
    with server:
        for ask in (room.tracks, room.features):
            with pytest.raises(kind):
                ask(["x"])
