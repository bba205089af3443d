"""The simulated ListenBrainz keeps the contract of the real one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import requests

from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock

END = 1_795_200_300 - 86_400
LAST = END - 240
FIRST = END - 60 * 240


@pytest.fixture
def ask(sims: Simulators):
    sims.listenbrainz.short_every = 0
    base = sims.environment()["LISTENBRAINZ_API_URL"] + "/1"

    def ask(path: str, token: str = "", **asked: Any) -> requests.Response:
        headers = {"Authorization": f"Token {token}"} if token else {}
        return requests.get(base + path, params=asked, headers=headers, timeout=5)

    return ask


def stamps(answer: requests.Response) -> list[int]:
    return [listen["listened_at"] for listen in answer.json()["payload"]["listens"]]


def test_a_token_is_valid_or_not_but_one_must_be_given(ask, sims: Simulators):
    token = sims.world.people["ann"].listenbrainz_token
    for answer in (
        ask("/validate-token", token),
        requests.get(ask("/x").url[:-1] + f"validate-token?token={token}"),
    ):
        assert (answer.json()["valid"], answer.json()["user_name"]) == (True, "ann")
    wrong = ask("/validate-token", "guessed")
    assert (wrong.status_code, wrong.json()["valid"]) == (200, False)
    assert ask("/validate-token").status_code == 400


def test_listens_come_newest_first_between_bounds_that_are_exclusive(ask):
    page = ask("/user/ann/listens", count=2)
    assert stamps(page) == [LAST, LAST - 240]
    assert stamps(ask("/user/ann/listens", max_ts=LAST, count=2)) == [LAST - 240, LAST - 480]
    assert stamps(ask("/user/ann/listens", min_ts=FIRST, count=2)) == [FIRST + 480, FIRST + 240]
    payload = page.json()["payload"]
    assert (payload["oldest_listen_ts"], payload["latest_listen_ts"]) == (FIRST, LAST)
    assert len(stamps(ask("/user/ann/listens"))) == 25
    assert ask("/user/ann/listens", min_ts=5, max_ts=5).status_code == 400


def test_listens_of_one_second_can_be_cut_apart_by_a_page(ask, sims: Simulators):
    last = sims.world.people["ann"].listens["listenbrainz"][-1]
    sims.world.hear("ann", replace(last, played_s=3), ["listenbrainz"])
    assert stamps(ask("/user/ann/listens", count=1)) == [LAST]
    assert stamps(ask("/user/ann/listens", count=1, max_ts=LAST)) == [LAST - 240]
    assert stamps(ask("/user/ann/listens", max_ts=LAST + 1, count=3)) == [LAST, LAST, LAST - 240]


def test_pages_may_be_short_though_there_is_more(ask, sims: Simulators):
    sims.listenbrainz.short_every = 2
    assert [len(stamps(ask("/user/ann/listens", count=30))) for _ in range(2)] == [30, 20]


def test_what_plays_now_has_no_time(ask, sims: Simulators):
    assert ask("/user/ann/playing-now").json()["payload"]["listens"] == []
    ann = sims.world.people["ann"]
    ann.playing = ann.listens["listenbrainz"][0].song
    (playing,) = ask("/user/ann/playing-now").json()["payload"]["listens"]
    assert playing["playing_now"] is True
    assert "listened_at" not in playing


def test_nobody_of_that_name(ask):
    answer = ask("/user/nobody/listens")
    assert answer.status_code == 404
    assert answer.json() == {"code": 404, "error": "Cannot find user: nobody"}


def test_calls_are_counted_down_to_a_429_until_the_reset(ask, sims: Simulators, clock: Clock):
    sims.listenbrainz.limit = 2
    first = ask("/user/ann/listens", count=1)
    assert first.headers["X-RateLimit-Remaining"] == "1"
    clock.advance(4)
    assert ask("/user/ann/listens", count=1).headers["X-RateLimit-Reset-In"] == "6"
    assert sims.calls.violations == []
    assert ask("/user/ann/listens", count=1).status_code == 429
    assert len(sims.calls.violations) == 1
    clock.advance(6)
    assert ask("/user/ann/listens", count=1).status_code == 200
