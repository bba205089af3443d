from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runsous.demo.services.catalogue import mood
from runsous.demo.services.faults import Fault
from runsous.errors import RateLimited, Rejected, Unavailable
from runsous.services.acousticbrainz.client import AcousticBrainz
from tests.net.faulty import Faulty, answer
from tests.services.conftest import calls

NOBODY = "00000000-0000-4000-8000-000000000000"


def client(sims) -> AcousticBrainz:
    return AcousticBrainz(calls(sims.environment()["ACOUSTICBRAINZ_API_URL"], "AcousticBrainz"))


def alone(*scripts):
    server = Faulty(*scripts)
    return server, AcousticBrainz(calls(server.url, "AcousticBrainz"))


def test_of_25_recordings_those_come_that_were_analysed_in_time(passing):
    asked = {each.mbid: each for each in passing.catalogue.recordings[:25]}
    n_calls = len(passing.calls.log)
    found = client(passing).low_level(list(asked))
    assert len(passing.calls.log) == n_calls + 1
    assert {each.asked for each in found} == {k for k, v in asked.items() if v.year <= 2021}
    for each in found:
        recording = asked[each.asked]
        assert (each.source, each.identifier, each.mbid) == (
            "acousticbrainz",
            recording.mbid,
            recording.mbid,
        )
        assert each.bpm == pytest.approx(recording.bpm, abs=0.15)
        assert each.duration_s == recording.duration_ms / 1000
        assert (each.key, each.mode) == (mood(recording).key, mood(recording).mode)
        assert (each.artist, each.title) == (recording.artist, recording.title)
        assert each.isrcs == recording.isrcs


def test_a_merged_id_is_known_by_the_name_it_had(passing):
    old = next(
        each.merged[0] for each in passing.catalogue.recordings if each.merged and each.year <= 2021
    )
    (found,) = client(passing).low_level([old.upper()])
    assert (found.asked, found.identifier) == (old.upper(), old)


def test_no_more_is_asked_for_than_is_needed():
    server, room = alone(answer({"mbid_mapping": {}}))
    with server:
        assert room.low_level([NOBODY, NOBODY.upper(), "nonsense", ""]) == []
        assert room.low_level(["nonsense"]) == room.low_level([]) == []
    (heard,) = server.heard
    assert heard.target == (
        f"/low-level?recording_ids={NOBODY}"
        "&features=rhythm.bpm%3Btonal.key_key%3Btonal.key_scale%3Bmetadata.tags"
    )


def test_more_than_25_are_never_asked_for(sims):
    with pytest.raises(ValueError, match="at most 25"):
        client(sims).low_level([NOBODY] * 26)
    assert sims.calls.log == []


@pytest.mark.parametrize("kind", ["busy", "html", "hung_up", "cut_off", "truncated", "malformed"])
def test_what_passes_is_overcome(sims, kind):
    sims.faults.plan(Fault(kind, "acousticbrainz", times=3))
    known = next(each for each in sims.catalogue.recordings if each.year <= 2021)
    assert len(client(sims).low_level([known.mbid])) == 1
    assert len(sims.calls.log) == 4


def test_a_spent_limit_says_when_to_ask_again(sims):
    sims.faults.plan(Fault("spent", "acousticbrainz"))
    with pytest.raises(RateLimited) as raised:
        client(sims).low_level([NOBODY])
    assert 5 < (raised.value.retry_at - datetime.now(UTC)).total_seconds() <= 10
    assert len(sims.calls.log) == 1


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answer({"message": "'x' is not a valid UUID"}, 400), Rejected),
        (answer({"message": "Not found"}, 404), Rejected),
        (answer({"message": "Something went wrong"}), Unavailable),
        (answer(b"<html>Bad gateway</html>", 502), Unavailable),
        (answer(b"", 429), Unavailable),
        (answer([]), Unavailable),
        (answer(b"null"), Unavailable),
    ],
)
def test_a_failure_never_looks_like_the_unknown(script, kind):
    server, room = alone(script)
    with server, pytest.raises(kind):
        room.low_level([NOBODY])
