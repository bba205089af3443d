"""The simulated Last.fm keeps the contract of the real one, traps included."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import requests

from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock
from tests.demo.services.clients import query

END = 1_795_200_300 - 86_400
"""60 plays, 240 s apart, the last 240 s before this."""


@pytest.fixture
def ask(sims: Simulators):
    env = sims.environment()

    def ask(method: str, **asked: Any) -> requests.Response:
        given = {"method": method, "api_key": env["LASTFM_API_KEY"], "format": "json"}
        return requests.get(env["LASTFM_API_URL"], params=given | asked, timeout=5)

    return ask


def signed(env: dict[str, str], **asked: str) -> dict[str, str]:
    asked = {"api_key": env["LASTFM_API_KEY"], **asked}
    text = "".join(name + asked[name] for name in sorted(asked)) + env["LASTFM_SHARED_SECRET"]
    return asked | {"api_sig": hashlib.md5(text.encode()).hexdigest()}


def stamps(answer: requests.Response) -> list[int]:
    return [int(track["date"]["uts"]) for track in answer.json()["recenttracks"]["track"]]


def test_scrobbles_come_newest_first_with_numbers_as_text(ask):
    answer = ask("user.getRecentTracks", user="ann", limit=25, page=3)
    assert stamps(answer) == [END - 240 * n for n in range(51, 61)]
    attributes = answer.json()["recenttracks"]["@attr"]
    expected = {"user": "ann", "page": "3", "perPage": "25", "totalPages": "3", "total": "60"}
    assert attributes == expected


def test_from_is_inclusive_and_to_exclusive(ask):
    between = {"from": END - 720, "to": END - 240}
    assert stamps(ask("user.getRecentTracks", user="ann", **between)) == [END - 480, END - 720]


def test_one_alone_is_no_list_and_of_none_there_is_no_word(ask):
    one = ask("user.getRecentTracks", user="ann", **{"from": END - 240}).json()
    assert one["recenttracks"]["track"]["date"]["uts"] == str(END - 240)
    none = ask("user.getRecentTracks", user="ann", **{"from": END}).json()
    assert "track" not in none["recenttracks"]
    beyond = ask("user.getRecentTracks", user="ann", page=9).json()
    assert beyond["recenttracks"]["track"] == []


def test_what_plays_now_is_on_top_of_every_page(ask, sims: Simulators):
    ann = sims.world.people["ann"]
    ann.playing = ann.listens["lastfm"][0].song
    for page in (1, 2):
        tracks = ask("user.getRecentTracks", user="ann", limit=1, page=page).json()
        first, second = tracks["recenttracks"]["track"]
        assert first["@attr"] == {"nowplaying": "true"}
        assert "date" not in first
        assert second["date"]["uts"] == str(END - 240 * page)


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"user": "nobody"}, 404, 6),
        ({"user": "ann", "api_key": "guessed"}, 403, 10),
        ({"user": "ann", "method": "user.getNothing"}, 400, 3),
    ],
)
def test_errors_have_a_code_and_at_times_status_200(
    ask, sims: Simulators, asked: dict[str, str], status: int, code: int
):
    answer = ask(**{"method": "user.getRecentTracks", **asked})
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    sims.lastfm.errors_in_200 = True
    answer = ask(**{"method": "user.getRecentTracks", **asked})
    assert (answer.status_code, answer.json()["error"]) == (200, code)


def test_a_private_profile_opens_to_its_owners_session_alone(ask, sims: Simulators):
    env = sims.environment()
    sims.world.people["ann"].is_private = True
    assert ask("user.getRecentTracks", user="ann").json()["error"] == 17
    page = f"{env['LASTFM_URL']}/api/auth/?api_key={env['LASTFM_API_KEY']}&cb=http://127.0.0.1/cb"
    session = {"method": "auth.getSession"}
    opened = {}
    for person in ("ben", "ann"):
        session["token"] = query(sims.allow(page, person))["token"]
        asked = signed(env, **session)
        wrong = requests.get(
            env["LASTFM_API_URL"], params=asked | {"format": "json", "api_sig": "0"}
        )
        assert wrong.json()["error"] == 13
        got = requests.get(env["LASTFM_API_URL"], params=asked | {"format": "json"}).json()
        assert got["session"]["name"] == person
        again = requests.get(env["LASTFM_API_URL"], params=asked | {"format": "json"}).json()
        assert again["error"] == 4
        asked = signed(env, method="user.getRecentTracks", user="ann", sk=got["session"]["key"])
        answer = requests.get(env["LASTFM_API_URL"], params=asked | {"format": "json"})
        opened[person] = answer.json().get("error")
    assert opened == {"ben": 17, "ann": None}
    sims.lastfm.revoke("ann")
    answer = requests.get(env["LASTFM_API_URL"], params=asked | {"format": "json"})
    assert answer.json()["error"] == 9


def test_a_token_nobody_allowed_opens_no_session(ask, sims: Simulators):
    env = sims.environment()
    token = ask("auth.getToken").json()["token"]
    asked = signed(env, method="auth.getSession", token=token)
    answer = requests.get(env["LASTFM_API_URL"], params=asked | {"format": "json"})
    assert answer.json()["error"] == 14


def test_five_calls_a_second_are_borne(ask, sims: Simulators, clock: Clock):
    sims.lastfm.per_second = 5
    answers = [ask("user.getInfo", user="ann") for _ in range(6)]
    assert [a.status_code for a in answers] == [200] * 5 + [429]
    assert answers[5].json()["error"] == 29
    assert len(sims.calls.violations) == 1
    clock.advance(1)
    assert ask("user.getInfo", user="ann").json()["user"]["playcount"] == "60"
