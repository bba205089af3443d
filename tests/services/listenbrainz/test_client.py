from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from runsous.demo.services.faults import Fault
from runsous.errors import NotConnected, RateLimited, Rejected, Unavailable, UnknownUser
from runsous.services.listenbrainz.client import ListenBrainz
from tests.net.faulty import Faulty, answer
from tests.services.conftest import NOW, SONGS, TOKEN, calls

EMPTY = {"payload": {"count": 0, "listens": [], "oldest_listen_ts": 0}}


@pytest.fixture
def listenbrainz(sims) -> ListenBrainz:
    return client(sims)


def client(sims) -> ListenBrainz:
    api = calls(sims.environment()["LISTENBRAINZ_API_URL"], "ListenBrainz")
    return ListenBrainz(api, TOKEN)


def whole_history(listenbrainz, count) -> list[tuple[float, str]]:
    """As the contract says: with one second more than the oldest so far, until the first."""
    found, until = set(), NOW
    while True:
        page = listenbrainz.listens("ann", until, count=count)
        assert page.newest < until
        titles = page.listens["title"]
        found |= set(zip(page.listens["stamp"].map(datetime.timestamp), titles, strict=True))
        if page.oldest == page.began:
            return sorted(found)
        until = page.oldest + 1


def truth(sims) -> list[tuple[float, str]]:
    listens = sims.world.people["ann"].listens["listenbrainz"]
    return sorted((each.start_s, each.song.title) for each in listens)


def test_page_by_page_the_whole_history_comes_though_pages_are_short(sims, listenbrainz):
    sims.world.people["ann"].playing = SONGS[0]
    page = listenbrainz.listens("ann", count=100)
    assert (page.n_items, page.newest) == (100, NOW - 900)
    assert page.began == NOW - 900 - 300 * 448
    assert whole_history(listenbrainz, 100) == truth(sims)
    assert len(truth(sims)) == 450


def test_the_bound_itself_is_left_out(listenbrainz):
    assert listenbrainz.listens("ann", NOW - 900).newest == NOW - 1200
    assert listenbrainz.listens("ann", NOW - 899, count=2).n_items == 2


@pytest.mark.parametrize(
    "kind", ["html", "hung_up", "cut_off", "truncated", "malformed", "repeated"]
)
def test_what_passes_is_overcome_and_nothing_is_lost(passing, kind):
    n_calls = len(passing.calls.log)
    passing.listenbrainz.short_every = 0
    passing.faults.plan(Fault(kind, "listenbrainz", skip=1, times=2))
    assert whole_history(client(passing), 150) == truth(passing)
    assert len(passing.calls.log) == n_calls + 4 + 2


def test_a_user_nobody_knows_is_refused_in_a_sentence(listenbrainz):
    for name in ("nobody", "a/b?c=d", "..", "änn"):
        with pytest.raises(UnknownUser, match="nobody by this name"):
            listenbrainz.listens(name)


def test_a_name_is_one_part_of_the_address():
    with Faulty(answer(EMPTY)) as server:
        ListenBrainz(calls(server.url, "ListenBrainz")).listens("a/b ?ü")
    assert server.heard[0].target == "/1/user/a%2Fb%20%3F%C3%BC/listens?count=1000"
    assert "authorization" not in server.heard[0].headers


def test_a_token_tells_whose_it_is(sims, listenbrainz):
    assert listenbrainz.validate() == "ann"
    sims.listenbrainz.revoke("ann")
    assert listenbrainz.validate() is None
    assert TOKEN not in repr(listenbrainz)


@pytest.mark.parametrize("token", [None, "", "two words", "ümlaut", "line\r\nbreak", "x" * 201])
def test_what_can_be_no_token_is_not_sent(sims, listenbrainz, token):
    assert replace(listenbrainz, token=token).validate() is None
    assert not sims.calls.log
    assert replace(listenbrainz, token=token).listens("ann").n_items


def test_a_spent_limit_says_when_to_ask_again(sims, listenbrainz):
    sims.faults.plan(Fault("spent", "listenbrainz"))
    with pytest.raises(RateLimited) as raised:
        listenbrainz.listens("ann")
    left = raised.value.retry_at - datetime.now(UTC)
    assert 5 < left.total_seconds() <= 10
    assert len(sims.calls.log) == 1


def test_a_limit_without_a_word_on_when_is_tried_again(sims, listenbrainz):
    sims.faults.plan(Fault("busy", "listenbrainz", times=2))
    assert listenbrainz.listens("ann").n_items
    assert len(sims.calls.log) == 3


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (answer({"code": 401, "error": "Invalid authorization token."}, 401), NotConnected),
        (answer({"code": 400, "error": "max_ts should be greater than min_ts"}, 400), Rejected),
        (answer(b"<html>Bad gateway</html>", 502), Unavailable),
        (answer({"payload": {}}), Unavailable),
        (answer([EMPTY]), Unavailable),
    ],
)
def test_other_answers_are_understood_by_their_status(script, error):
    with Faulty(script) as server, pytest.raises(error) as raised:
        ListenBrainz(calls(server.url, "ListenBrainz"), TOKEN).listens("ann")
    assert type(raised.value) is error
    assert TOKEN not in str(raised.value)
