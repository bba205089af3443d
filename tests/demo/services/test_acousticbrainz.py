"""The simulated AcousticBrainz keeps the contract of the real one."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from runsous.demo.services.noise import Noise
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def ask(sims: Simulators):
    sims.acousticbrainz.noise = Noise()
    base = sims.environment()["ACOUSTICBRAINZ_API_URL"]

    def ask(path: str, **asked: Any) -> requests.Response:
        return requests.get(base + path, asked, timeout=5)

    return ask


@pytest.fixture
def known(sims: Simulators):
    return [each for each in sims.catalogue.recordings if each.year <= 2021 and not each.merged]


def test_what_was_analysed_comes_one_by_one(ask, known):
    told = ask(f"/{known[0].mbid}/low-level").json()
    assert told["rhythm"]["bpm"] == pytest.approx(known[0].bpm, abs=0.15)
    assert told["metadata"]["audio_properties"]["length"] == known[0].duration_ms / 1000
    assert told["metadata"]["tags"]["artist"] == [known[0].artist]
    assert ask(f"/{known[0].mbid}/low-level", n=9).status_code == 404
    missing = ask(f"/{NOBODY}/low-level")
    assert (missing.status_code, missing.json()) == (404, {"message": "Not found"})


def test_many_come_by_id_and_offset_and_the_missing_are_absent(ask, known):
    first, second = known[0].mbid, known[1].mbid
    told = ask(
        "/low-level", recording_ids=f"{first.upper()};{second}:0;{second}:99;{NOBODY}"
    ).json()
    assert told.pop("mbid_mapping") == {first.upper(): first}
    assert {mbid: list(documents) for mbid, documents in told.items()} == {
        first: ["0"],
        second: ["0"],
    }


def test_only_the_features_asked_for_come_and_what_always_does(ask, known):
    asked = {"recording_ids": known[0].mbid, "features": "rhythm.bpm;tonal.key_key;no.such"}
    told = ask("/low-level", **asked).json()[known[0].mbid]["0"]
    assert {part: set(values) for part, values in told.items()} == {
        "rhythm": {"bpm"},
        "tonal": {"key_key"},
        "metadata": {"audio_properties", "version"},
    }


def test_more_than_25_or_what_is_no_id_are_refused(ask):
    many = ";".join(f"00000000-0000-4000-8000-{n:012}" for n in range(26))
    assert ask("/low-level", recording_ids=many).status_code == 400
    assert ask("/low-level", recording_ids=many[:-37]).status_code == 200
    assert ask("/low-level", recording_ids=f"{NOBODY};nonsense").status_code == 400
    assert ask("/low-level").status_code == 400


def test_nothing_was_added_after_2021(ask, sims: Simulators):
    late = [each.mbid for each in sims.catalogue.recordings if each.year > 2021]
    assert late
    assert ask("/low-level", recording_ids=";".join(late[:25])).json() == {"mbid_mapping": {}}


def test_calls_are_counted_in_windows_that_headers_tell(ask, sims: Simulators, clock: Clock):
    answers = [ask("/low-level", recording_ids=NOBODY) for _ in range(100)]
    assert {answer.status_code for answer in answers} == {200}
    assert answers[0].headers["x-ratelimit-remaining"] == "99"
    assert sims.calls.violations == []
    over = ask("/low-level", recording_ids=NOBODY)
    assert (over.status_code, over.headers["x-ratelimit-reset-in"]) == (429, "10")
    assert len(sims.calls.violations) == 1
    clock.advance(10)
    assert ask("/low-level", recording_ids=NOBODY).status_code == 200
