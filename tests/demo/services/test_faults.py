"""What goes wrong at the simulated services when told to, and by chance."""

from __future__ import annotations

import pytest
import requests

from runsous.demo.services.faults import Chance, Fault
from runsous.demo.services.server import Simulators
from tests.demo.services.clients import StravaApp

RUN = 16_000_000_011


def ids(answer: requests.Response) -> list[int]:
    return [each["id"] for each in answer.json()]


def test_a_connection_ends_before_or_within_the_answer(app: StravaApp, sims: Simulators):
    sims.faults.plan(Fault("hung_up"), Fault("cut_off"))
    with pytest.raises(requests.ConnectionError):
        app.get("/athlete")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        app.get("/athlete")
    assert app.get("/athlete").status_code == 200


@pytest.mark.parametrize("kind", ["truncated", "malformed"])
def test_an_answer_is_no_json(app: StravaApp, sims: Simulators, kind):
    sims.faults.plan(Fault(kind))
    answer = app.get("/athlete")
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_an_error_is_a_page(app: StravaApp, sims: Simulators):
    sims.faults.plan(Fault("html", value=503))
    answer = app.get("/athlete")
    assert answer.status_code == 503
    assert answer.text.startswith("<html>")


def test_a_late_answer(app: StravaApp, sims: Simulators):
    sims.faults.plan(Fault("slow", value=0.5))
    assert app.get("/athlete").elapsed.total_seconds() > 0.5


def test_a_429_without_a_word(app: StravaApp, sims: Simulators):
    sims.faults.plan(Fault("busy"))
    answer = app.get("/athlete")
    assert answer.status_code == 429
    assert not [name for name in answer.headers if "limit" in name.lower()]
    assert app.get("/athlete").status_code == 200


def test_a_page_comes_twice_but_never_in_place_of_the_first(app: StravaApp, sims: Simulators):
    sims.faults.plan(Fault("repeated", skip=1, times=2))
    pages = [ids(app.get("/athlete/activities", per_page=4, page=n)) for n in (1, 2)]
    assert pages == [list(range(RUN, RUN - 4, -1))] * 2
    sims.world.delete("ann", RUN)
    first = ids(app.get("/athlete/activities", per_page=4, page=1))
    assert first == list(range(RUN - 1, RUN - 5, -1))


def test_an_item_arrives_between_two_pages(app: StravaApp, sims: Simulators):
    sims.faults.plan(Fault("shifted", skip=1))
    first = ids(app.get("/athlete/activities", per_page=4, page=1))
    second = ids(app.get("/athlete/activities", per_page=4, page=2))
    assert first[-1] == second[0]
    assert len(sims.world.people["ann"].activities) == 13


def test_a_token_expires_or_is_revoked_at_this_very_call(app: StravaApp, sims: Simulators):
    sims.faults.plan(Fault("expired"))
    assert app.get("/athlete").status_code == 401
    app.tokens = app.refresh(app.tokens["refresh_token"]).json()
    sims.faults.plan(Fault("revoked", person="ben"), Fault("revoked", person="ann"))
    assert app.get("/athlete").status_code == 401
    assert app.refresh(app.tokens["refresh_token"]).status_code == 400


def test_an_error_hides_in_a_200(sims: Simulators):
    env = sims.environment()
    sims.faults.plan(Fault("hidden", "lastfm", value=16, where="getInfo"))
    asked = {"method": "user.getInfo", "user": "ann", "api_key": env["LASTFM_API_KEY"]}
    answer = requests.get(env["LASTFM_API_URL"], params=asked | {"format": "json"})
    assert (answer.status_code, answer.json()["error"]) == (200, 16)


def test_chance_is_the_same_for_the_same_seed_and_lets_the_patient_through(sims: Simulators):
    sims.listenbrainz.limit = 1000
    url = sims.environment()["LISTENBRAINZ_API_URL"] + "/1/user/ann/playing-now"

    def fares(seed: int) -> str:
        sims.faults._calls.clear()
        sims.faults.chance = Chance(seed, 0.5, ("html",))
        return "".join("x."[requests.get(url).ok] for _ in range(40))

    once = fares(1)
    assert once == fares(1) != fares(2)
    assert 8 < once.count("x") < 28
    assert "xxx" not in once


def test_by_chance_no_answer_with_tokens_is_ever_lost(app: StravaApp, sims: Simulators):
    sims.faults.chance = Chance(3, 1.0, ("cut_off", "truncated"))
    answers = []
    for _ in range(3):
        try:
            answers.append(app.refresh(app.tokens["refresh_token"]).status_code)
        except requests.ConnectionError:
            answers.append(0)
    assert answers[2] == 200
    assert set(answers[:2]) <= {0, 502}
