from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runsous.demo.services.faults import Fault
from runsous.errors import RateLimited, Rejected, Unavailable
from runsous.services.deezer.client import Deezer
from tests.net.faulty import Faulty, answer
from tests.services.conftest import calls


def client(sims) -> Deezer:
    return Deezer(calls(sims.environment()["DEEZER_API_URL"], "Deezer"))


def alone(*scripts):
    server = Faulty(*scripts)
    return server, Deezer(calls(server.url, "Deezer"))


def asks(room):
    return (
        lambda: room.by_isrc("XXABC2600001"),
        lambda: room.track("7"),
        lambda: room.search("Band", "Song"),
    )


def error(code, kind="Exception"):
    return answer({"error": {"type": kind, "message": "x", "code": code}})


def test_a_track_with_its_tempo_is_found_by_its_code(passing):
    once = [each for each in passing.catalogue.recordings if len(each.deezer_ids) == 1]
    for known in once[:10]:
        found = client(passing).by_isrc(known.isrcs[0])
        assert (found.source, found.asked) == ("deezer", known.isrcs[0])
        assert found.identifier == str(known.deezer_ids[0])
        assert (found.artist, found.title, found.album) == (
            known.artist,
            known.title,
            known.album,
        )
        assert found.duration_s == round(known.duration_ms / 1000)
        assert found.isrcs == known.isrcs
        assert found.bpm == known.bpm


def test_where_the_code_leads_to_a_track_without_tempo_a_search_leads_to_its_duplicate(passing):
    room = client(passing)
    twice = [each for each in passing.catalogue.recordings if len(each.deezer_ids) == 2]
    silent = next(each for each in twice if room.by_isrc(each.isrcs[0]).bpm is None)
    found = [
        each for each in room.search(silent.artist, silent.title) if each.isrcs == silent.isrcs
    ]
    assert [each.bpm for each in found] == [None, None]
    assert {each.identifier for each in found} == set(map(str, silent.deezer_ids))
    assert {each.asked for each in found} == {"search"}
    assert {room.track(each.identifier).bpm for each in found} == {None, silent.bpm}


def test_a_code_is_asked_for_without_dashes():
    server, room = alone(answer({"id": 1, "bpm": 87}))
    with server:
        assert room.by_isrc("xx-abc-26-00001").asked == "xx-abc-26-00001"
    assert server.heard[0].target == "/track/isrc:XXABC2600001"


def test_what_is_not_known_and_what_can_be_no_id_is_nothing(sims):
    room = client(sims)
    assert room.by_isrc("XXABC2600001") is None
    assert room.track("1") is None
    assert room.search("Nobody", "Nothing") == []
    assert len(sims.calls.log) == 3
    assert room.by_isrc("nonsense") is None
    assert room.track("1/../2") is room.track("") is room.track("²") is None
    assert room.search(" ", "") == []
    assert len(sims.calls.log) == 3


@pytest.mark.parametrize("kind", ["hidden", "busy", "html", "hung_up", "cut_off", "truncated"])
def test_what_passes_is_overcome(sims, kind):
    sims.faults.plan(Fault(kind, "deezer", times=3))
    known = next(each for each in sims.catalogue.recordings if len(each.deezer_ids) == 1)
    assert client(sims).by_isrc(known.isrcs[0]).bpm == known.bpm
    assert len(sims.calls.log) == 4


def test_a_quota_that_is_used_up_is_waited_for(sims):
    for ask in asks(client(sims)):
        sims.faults.plan(Fault("spent", "deezer"))
        with pytest.raises(RateLimited) as raised:
            ask()
        assert 3 < (raised.value.retry_at - datetime.now(UTC)).total_seconds() <= 5
    assert len(sims.calls.log) == 3


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (error(700), Unavailable),
        (error(500, "ParameterException"), Rejected),
        (error(501), Rejected),
        (error(600), Rejected),
        (error(300), Rejected),
        (error("200"), Rejected),
        (error(None), Rejected),
        (error(10**400), Rejected),
        (answer({"error": "no data"}), Rejected),
        (answer({"error": True}), Rejected),
        (answer(b"<html>Not found</html>", 404), Rejected),
        (answer(b"<html>Bad gateway</html>", 502), Unavailable),
        (answer({"error": {"code": 800}}, 502), Unavailable),
        (answer({"error": {}}), Unavailable),
        (answer(b"", 429), RateLimited),
        (answer([]), Unavailable),
        (answer(b"null"), Unavailable),
    ],
)
def test_a_failure_never_looks_like_the_unknown(script, kind):
    server, room = alone(script)
    with server:
        for ask in asks(room):
            with pytest.raises(kind):
                ask()


def test_no_data_may_be_told_as_text_too():
    server, room = alone(error("800", "DataException"))
    with server:
        assert room.track("7") is None
