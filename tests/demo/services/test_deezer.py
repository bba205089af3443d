"""The simulated Deezer keeps the contract of the real one."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from runsous.demo.services.faults import Fault
from runsous.demo.services.noise import Noise
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock


@pytest.fixture
def ask(sims: Simulators):
    base = sims.environment()["DEEZER_API_URL"]

    def ask(path: str, **asked: Any) -> Any:
        answer = requests.get(base + path, params=asked, timeout=5)
        assert answer.status_code == 200
        return answer.json()

    return ask


def code(told: Any) -> int:
    return told["error"]["code"]


def test_a_track_has_its_tempo_but_an_item_of_a_search_has_none(ask, sims: Simulators):
    sims.deezer.noise = Noise()
    one = next(each for each in sims.catalogue.recordings if len(each.deezer_ids) == 1)
    track = ask(f"/track/isrc:{one.isrcs[0]}")
    assert (track["id"], track["bpm"], track["isrc"]) == (*one.deezer_ids, one.bpm, *one.isrcs)
    assert track == ask(f"/track/{track['id']}")
    found = ask("/search", q=f"{one.artist} {one.title}")
    assert found["total"] == len(found["data"])
    item = next(each for each in found["data"] if each["id"] == track["id"])
    assert item == {name: value for name, value in track.items() if name not in ("bpm", "gain")}


def test_of_duplicates_one_has_the_tempo_and_not_always_the_one_that_the_code_leads_to(
    ask, sims: Simulators
):
    sims.deezer.noise = Noise()
    sims.deezer.limit.most = None
    twice = [each for each in sims.catalogue.recordings if len(each.deezer_ids) == 2]
    led_to = []
    for each in twice:
        tempos = [ask(f"/track/{number}")["bpm"] for number in each.deezer_ids]
        assert sorted(tempos) == [0, each.bpm]
        led_to.append(ask(f"/track/isrc:{each.isrcs[0]}")["bpm"])
    assert 0 in led_to
    assert any(led_to)


def test_a_quarter_and_more_have_no_tempo(ask, sims: Simulators):
    sims.deezer.limit.most = None
    tracks = [ask(f"/track/isrc:{each.isrcs[0]}") for each in sims.catalogue.recordings]
    told = [track["bpm"] for track in tracks if "error" not in track]
    assert len(told) < len(tracks)
    assert 0.2 < told.count(0) / len(told) < 0.4


def test_errors_come_with_status_200(ask, sims: Simulators):
    assert code(ask("/track/isrc:XXABC2600001")) == 800
    assert code(ask("/track/1")) == 800
    assert code(ask("/track/nonsense")) == 500
    assert code(ask("/search")) == 501
    sims.faults.plan(Fault("hidden", "deezer"), Fault("hidden", "deezer", value=300))
    assert [code(ask("/search", q="x")) for _ in range(2)] == [700, 300]


def test_the_fifty_first_call_in_five_seconds_is_one_too_many(ask, sims: Simulators, clock: Clock):
    for n in range(50):
        clock.advance(0.09)
        assert "data" in ask("/search", q=f"nothing {n}")
    assert sims.calls.violations == []
    assert code(ask("/search", q="one more")) == 4
    assert len(sims.calls.violations) == 1
    clock.advance(0.6)
    assert "data" in ask("/search", q="later")
