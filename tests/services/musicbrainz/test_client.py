from __future__ import annotations

import pytest

from runsous.demo.services.faults import Fault
from runsous.errors import Rejected, Unavailable
from runsous.services.musicbrainz.client import MusicBrainz, escaped
from tests.net.faulty import Faulty, answer
from tests.services.conftest import calls

NOBODY = "00000000-0000-4000-8000-000000000000"
OLD = "11111111-0000-4000-8000-000000000000"
NEW = "22222222-0000-4000-8000-000000000000"
ENTITY = {"id": NEW, "title": "Song", "length": 215_000}
BUSY = {"error": "The MusicBrainz web server is currently busy. Please try again later."}


def client(sims) -> MusicBrainz:
    return MusicBrainz(calls(sims.environment()["MUSICBRAINZ_API_URL"], "MusicBrainz"))


def alone(*scripts):
    server = Faulty(*scripts)
    return server, MusicBrainz(calls(server.url, "MusicBrainz"))


def test_a_recording_comes_with_codes_artist_and_album(passing):
    told = {each: client(passing).recording(each.mbid) for each in passing.catalogue.recordings}
    for known, found in told.items():
        assert (found.source, found.asked) == ("musicbrainz", known.mbid)
        assert found.identifier == found.mbid == known.mbid
        assert (found.artist, found.title) == (known.artist, known.title)
        assert found.album == known.album
        assert found.duration_s in (known.duration_ms / 1000, None)
        assert found.isrcs in (known.isrcs, ())
        assert found.bpm is None
    assert {bool(found.isrcs) for found in told.values()} == {True, False}
    assert passing.calls.violations == []


def test_a_merged_id_leads_to_the_present_one(passing):
    merged = [each for each in passing.catalogue.recordings if each.merged]
    assert merged
    for each in merged:
        n_calls = len(passing.calls.log)
        found = client(passing).recording(each.merged[0])
        assert len(passing.calls.log) == n_calls + 1
        assert (found.asked, found.identifier, found.mbid) == (each.merged[0], each.mbid, each.mbid)
        assert found.artist == each.artist


@pytest.mark.parametrize(
    "location",
    [
        f"https://elsewhere.example/ws/2/recording/{NEW}?inc=isrcs&fmt=json",
        f"/ws/2/recording/{NEW.upper()}",
    ],
)
def test_a_redirect_without_the_recording_is_asked_for_here_by_its_new_id(location):
    server, room = alone(answer(b"moved", 301, Location=location), answer(ENTITY))
    with server:
        found = room.recording(OLD)
    assert (found.identifier, found.asked) == (NEW, OLD)
    assert [each.target.partition("?")[0] for each in server.heard] == [
        f"/recording/{OLD}",
        f"/recording/{NEW}",
    ]


def test_a_redirect_that_tells_of_no_recording_is_an_error():
    server, room = alone(answer(b"", 301, Location="https://elsewhere.example/"))
    with server, pytest.raises(Rejected, match="has moved"):
        room.recording(OLD)
    assert len(server.heard) == 1


def test_redirects_in_a_circle_come_to_an_end():
    server, room = alone(answer(b"", 301, Location=f"/recording/{OLD}"))
    with server:
        assert room.recording(OLD) is None
    assert len(server.heard) == 3


def test_a_code_leads_to_its_recordings(passing):
    found = [client(passing).by_isrc(each.isrcs[0]) for each in passing.catalogue.recordings]
    known = [each for each in found if each]
    assert 40 < len(known) < 60
    for (each,) in known:
        recording = passing.catalogue.by_mbid[each.mbid]
        assert each.isrcs == recording.isrcs == (each.asked,)


def test_a_code_may_be_written_with_dashes_and_be_of_several():
    entities = [ENTITY, ENTITY | {"id": OLD}, {"id": None}, 7]
    server, room = alone(answer({"isrc": "XXABC2600001", "recordings": entities}))
    with server:
        found = room.by_isrc("xx-abc-26-00001")
    assert [(each.identifier, each.isrcs) for each in found] == [
        (NEW, ("XXABC2600001",)),
        (OLD, ("XXABC2600001",)),
    ]
    assert server.heard[0].target == "/isrc/XXABC2600001?inc=artist-credits&fmt=json"


def test_a_search_finds_the_recording_by_its_names(passing):
    known = passing.catalogue.recordings[7]
    found = client(passing).search(known.artist, known.title)
    assert known.mbid in [each.identifier for each in found]
    assert all(each.asked == "search" and each.isrcs == () for each in found)
    assert client(passing).search("Nobody", "Nothing") == []


def test_names_are_escaped_for_the_search():
    assert escaped('AC/DC "Live" (what?) \\ a+b && c') == (
        r"AC\/DC \"Live\" \(what\?\) \\ a\+b \&\& c"
    )
    server, room = alone(answer({"count": 0, "recordings": []}))
    with server:
        assert room.search('"Heroes" Ensemble', "Why: Not*") == []
    assert server.heard[0].target == (
        "/recording?query=recording%3A%22Why%5C%3A+Not%5C%2A%22+AND+artist%3A%22%5C%22Heroes"
        "%5C%22+Ensemble%22&limit=25&fmt=json"
    )
    assert server.heard[0].headers["user-agent"].endswith(" (+me@example.org)")


def test_what_is_not_known_and_what_can_be_no_id_is_nothing(sims):
    room = client(sims)
    assert room.recording(NOBODY) is None
    assert room.by_isrc("XXABC2600001") == []
    asked = len(sims.calls.log)
    assert room.recording("nonsense/../..") is None
    assert room.by_isrc("nonsense") == []
    assert len(sims.calls.log) == asked == 2


@pytest.mark.parametrize("error", ["Invalid mbid.", "Invalid isrc."])
def test_an_id_that_it_does_not_accept_is_unknown(error):
    server, room = alone(answer({"error": error, "help": ".."}, 400))
    with server:
        assert room.recording(NOBODY) is None
        assert room.by_isrc("XXABC2600001") == []


@pytest.mark.parametrize("kind", ["busy", "spent", "html", "hung_up", "cut_off", "truncated"])
def test_what_passes_is_overcome(sims, kind):
    sims.faults.plan(Fault(kind, "musicbrainz", times=3))
    known = sims.catalogue.recordings[0]
    assert client(sims).recording(known.mbid).identifier == known.mbid
    assert len(sims.calls.log) == 4


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (answer(BUSY, 503, Retry_After="0"), Unavailable),
        (answer(b"<html>Not found</html>", 404), Rejected),
        (answer({"message": "no such route"}, 404), Rejected),
        (answer({"error": "Bad query"}, 400), Rejected),
        (answer({"error": "User-Agent"}, 403), Rejected),
        (answer(b"[]"), Unavailable),
        (answer({"error": "Not Found"}), Unavailable),
        (answer(b"null"), Unavailable),
    ],
)
def test_a_failure_never_looks_like_the_unknown(script, error):
    server, room = alone(script)
    asks = (
        lambda: room.recording(NOBODY),
        lambda: room.by_isrc("XXABC2600001"),
        lambda: room.search("Band", "Song"),
    )
    with server:
        for ask in asks:
            with pytest.raises(error):
                ask()
