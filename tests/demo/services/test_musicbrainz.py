"""The simulated MusicBrainz keeps the contract of the real one."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from runsous.demo.services.noise import Noise
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock

OURS = "runmusic/1.0 (me@example.org)"


@pytest.fixture
def ask(sims: Simulators, clock: Clock):
    """Asks once a second and never finds the server busy."""
    sims.musicbrainz.noise, sims.musicbrainz.busy = Noise(), 0.0
    base = sims.environment()["MUSICBRAINZ_API_URL"]

    def ask(path: str, seconds: float = 1.0, agent: str = OURS, **asked: Any) -> requests.Response:
        clock.advance(seconds)
        headers = {"User-Agent": agent}
        return requests.get(base + path, asked, headers=headers, timeout=5, allow_redirects=False)

    return ask


def one(sims: Simulators, *, is_merged: bool = False):
    return next(each for each in sims.catalogue.recordings if bool(each.merged) == is_merged)


def test_a_recording_comes_with_what_is_asked_for(ask, sims: Simulators):
    known = one(sims)
    told = ask(f"/recording/{known.mbid}", inc="isrcs artist-credits releases").json()
    assert (told["id"], told["title"]) == (known.mbid, known.title)
    assert told["length"] in (known.duration_ms, None)
    assert told["artist-credit"][0]["name"] == known.artist
    assert told["releases"][0]["title"] == known.album
    assert {"isrcs", "artist-credit", "releases"}.isdisjoint(ask(f"/recording/{known.mbid}").json())


def test_some_codes_are_known_from_the_recording_and_the_recording_from_the_code(
    ask, sims: Simulators
):
    told = {
        each: ask(f"/recording/{each.mbid}", inc="isrcs").json()["isrcs"]
        for each in sims.catalogue.recordings
    }
    assert 0.75 < sum(map(bool, told.values())) / len(told) < 0.95
    known = next(each for each, isrcs in told.items() if isrcs)
    found = ask(f"/isrc/{known.isrcs[0]}", inc="artist-credits releases").json()
    assert [each["id"] for each in found["recordings"]] == [known.mbid]
    assert "releases" not in found["recordings"][0]
    silent = next(each for each, isrcs in told.items() if not isrcs)
    assert ask(f"/isrc/{silent.isrcs[0]}").status_code == 404


def test_a_merged_id_leads_on_and_brings_the_new_one_along(ask, sims: Simulators):
    known = one(sims, is_merged=True)
    answer = ask(f"/recording/{known.merged[0]}", inc="isrcs")
    assert answer.status_code == 301
    assert answer.json()["id"] == known.mbid
    followed = requests.get(answer.headers["location"], headers={"User-Agent": OURS}, timeout=5)
    assert followed.status_code == 503
    assert known.mbid in answer.headers["location"]


def test_a_search_finds_names_and_codes_but_tells_no_codes(ask, sims: Simulators):
    known = one(sims)
    found = ask("/recording", query=f'recording:"{known.title}" AND artist:"{known.artist}"').json()
    assert known.mbid in [each["id"] for each in found["recordings"]]
    assert found["count"] == len(found["recordings"])
    assert all("isrcs" not in each and each["score"] for each in found["recordings"])
    escaped = known.title.replace(" ", r"\ ")
    assert ask("/recording", query=f'recording:"{escaped}"').json()["count"] >= 1
    assert ask("/recording", query="isrc:XXABC2600001").json()["recordings"] == []
    assert ask("/recording").status_code == 400


def test_what_is_no_id_is_an_error_and_what_is_not_known_another(ask):
    for path, error in (("/recording/nonsense", "Invalid mbid."), ("/isrc/XX-1", "Invalid isrc.")):
        answer = ask(path)
        assert (answer.status_code, answer.json()["error"]) == (400, error)
    answer = ask("/recording/00000000-0000-4000-8000-000000000000")
    assert (answer.status_code, answer.json()["error"]) == (404, "Not Found")


def test_there_is_one_call_a_second(ask, sims: Simulators):
    path = f"/recording/{one(sims).mbid}"
    assert [ask(path).status_code for _ in range(3)] == [200] * 3
    assert sims.calls.violations == []
    over = ask(path, 0.9)
    assert (over.status_code, over.headers["Retry-After"]) == (503, "1")
    assert "exceeding the allowable rate limit" in over.json()["error"]
    assert len(sims.calls.violations) == 1


def test_it_may_be_busy_but_not_for_ever(ask, sims: Simulators):
    sims.musicbrainz.busy = 0.9
    answers = [ask(f"/recording/{one(sims).mbid}") for _ in range(12)]
    statuses = "".join("x."[answer.ok] for answer in answers)
    assert "xxx" in statuses
    assert "xxxx" not in statuses
    assert "currently busy" in next(each for each in answers if not each.ok).json()["error"]


def test_who_asks_must_say_who_they_are(ask, sims: Simulators):
    path = f"/recording/{one(sims).mbid}"
    assert ask(path, agent="").status_code == 403
    assert ask(path, agent="python-requests/2.34").status_code == 503
    assert sims.calls.violations == []
    assert ask(path, agent="RunMusic/1.0").status_code == 200
    assert len(sims.calls.violations) == 1
