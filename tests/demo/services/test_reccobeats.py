"""The simulated ReccoBeats keeps the contract of the real one."""

from __future__ import annotations

import pytest
import requests

from runsous.demo.services.faults import Fault
from runsous.demo.services.noise import Noise
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock


@pytest.fixture
def ask(sims: Simulators):
    sims.reccobeats.noise = Noise()
    base = sims.environment()["RECCOBEATS_API_URL"] + "/v1"

    def ask(path: str, *ids: str) -> requests.Response:
        return requests.get(base + path, {"ids": ",".join(ids)} if ids else None, timeout=5)

    return ask


def hrefs(answer: requests.Response) -> list[str]:
    return [each["href"] for each in answer.json()["content"]]


def test_tracks_and_features_come_by_ids_of_any_kind(ask, sims: Simulators):
    first, second = [each for each in sims.catalogue.recordings if len(each.spotify_ids) == 1][:2]
    ids = (first.spotify_ids[0], second.isrcs[0])
    tracks = ask("/track", *ids).json()["content"]
    by_title = {each["trackTitle"]: each for each in tracks}
    assert set(by_title) == {first.title, second.title}
    track = by_title[first.title]
    assert track["durationMs"] == first.duration_ms
    assert track["artists"][0]["name"] == first.artist
    assert track["href"] == f"https://open.spotify.com/track/{first.spotify_ids[0]}"
    features = {each["href"]: each for each in ask("/audio-features", *ids).json()["content"]}
    assert features[track["href"]]["tempo"] == first.bpm
    assert features[track["href"]]["id"] == track["id"]
    assert hrefs(ask("/track", track["id"])) == [track["href"]]


def test_the_unknown_is_left_out_and_the_order_is_free(ask, sims: Simulators):
    ids = [each.spotify_ids[0] for each in sims.catalogue.recordings[:20]]
    told = [each.rpartition("/")[2] for each in hrefs(ask("/track", *ids, "never-heard-of"))]
    assert sorted(told) == sorted(ids)
    assert told != ids
    assert hrefs(ask("/track", "never-heard-of")) == []


def test_a_code_can_be_of_several(ask, sims: Simulators):
    twice = next(each for each in sims.catalogue.recordings if len(each.spotify_ids) == 2)
    found = [each.rpartition("/")[2] for each in hrefs(ask("/audio-features", twice.isrcs[0]))]
    assert sorted(found) == sorted(twice.spotify_ids)


def test_more_than_forty_or_none_are_refused(ask):
    assert ask("/track", *["x"] * 41).status_code == 400
    assert ask("/track").status_code == 400


def test_the_single_call_wants_its_own_id(ask, sims: Simulators):
    known = sims.catalogue.recordings[0].spotify_ids[0]
    own = ask("/track", known).json()["content"][0]["id"]
    assert ask(f"/track/{own}/audio-features").json()["id"] == own
    answer = ask(f"/track/{known}/audio-features")
    assert (answer.status_code, answer.json()["code"]) == (404, 4041)


def test_mistakes_are_those_of_spotify(ask, sims: Simulators):
    sims.reccobeats.noise = Noise(seed=3, halved=0.5)
    sims.spotify.audio_features.noise = Noise(seed=3, halved=0.5)
    ids = [each.spotify_ids[0] for each in sims.catalogue.recordings[:40]]
    copied = {
        each["href"].rpartition("/")[2]: each["tempo"]
        for each in ask("/audio-features", *ids).json()["content"]
    }
    sims.spotify.audio_features.is_open = True
    told = [sims.spotify.audio_features._item(each) for each in ids]
    assert copied == {each["id"]: each["tempo"] for each in told}
    assert any(each["tempo"] != sims.catalogue.by_spotify[each["id"]].bpm for each in told)


def test_a_wait_that_is_asked_for_must_be_kept(ask, sims: Simulators, clock: Clock):
    sims.faults.plan(Fault("spent", "reccobeats", value=7))
    assert (answer := ask("/track", "x")).status_code == 429
    assert answer.headers["Retry-After"] == "7"
    clock.advance(6)
    assert sims.calls.violations == []
    assert ask("/track", "x").status_code == 429
    assert len(sims.calls.violations) == 1
    clock.advance(2)
    assert ask("/track", "x").status_code == 200


def test_there_is_a_limit_that_is_published_nowhere(ask, sims: Simulators):
    statuses = [ask("/track", "x").status_code for _ in range(51)]
    assert statuses == [200] * 50 + [429]
