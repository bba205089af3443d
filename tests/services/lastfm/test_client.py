from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from runsous.demo.services import lastfm as simulated
from runsous.demo.services.faults import Fault
from runsous.errors import NotConnected, RateLimited, Rejected, Unavailable, UnknownUser
from runsous.services.lastfm.client import Lastfm, auth_url, signature
from tests.net.faulty import Faulty, answer
from tests.services.conftest import NOW, SONGS, calls

CALLBACK = "http://127.0.0.1:8501/oauth/lastfm/callback"
EMPTY = {"recenttracks": {"@attr": {"total": "0"}}}


@pytest.fixture
def lastfm(sims) -> Lastfm:
    return client(sims)


def client(sims) -> Lastfm:
    api = calls(sims.environment()["LASTFM_API_URL"], "Last.fm")
    return Lastfm(api, simulated.API_KEY, simulated.SHARED_SECRET)


def signed_in(sims, lastfm) -> Lastfm:
    page = auth_url(sims.environment()["LASTFM_URL"], simulated.API_KEY, CALLBACK)
    back = sims.allow(page, "ann")
    assert back.startswith(CALLBACK)
    name, key = lastfm.session(parse_qs(urlsplit(back).query)["token"][0])
    assert name == "ann"
    return replace(lastfm, session_key=key)


def whole_history(lastfm) -> list[tuple[float, str]]:
    found, until = set(), NOW
    while (page := lastfm.recent_tracks("ann", until=until)).n_items:
        assert page.newest < until
        titles = page.listens["title"]
        found |= set(zip(page.listens["stamp"].map(datetime.timestamp), titles, strict=True))
        until = page.oldest
    return sorted(found)


def truth(sims) -> list[tuple[float, str]]:
    return sorted((e.start_s, e.song.title) for e in sims.world.people["ann"].listens["lastfm"])


def test_page_by_page_the_whole_history_comes_without_what_is_playing_now(sims, lastfm):
    sims.world.people["ann"].playing = SONGS[0]
    page = lastfm.recent_tracks("ann")
    assert (page.n_items, page.n_in_range, page.newest) == (200, 450, NOW - 900)
    assert whole_history(lastfm) == truth(sims)
    assert len(truth(sims)) == 450


def test_a_range_holds_what_began_in_it_and_pages_can_be_numbered(lastfm):
    page = lastfm.recent_tracks("ann", since=NOW - 1800, until=NOW - 899)
    assert (page.n_items, page.n_in_range, page.oldest) == (5, 5, NOW - 1800)
    second = lastfm.recent_tracks("ann", since=NOW - 1800, until=NOW - 899, limit=3, number=2)
    assert (second.n_items, second.n_in_range) == (2, 5)


@pytest.mark.parametrize(
    "kind",
    ["html", "hidden", "hung_up", "cut_off", "truncated", "malformed", "repeated", "busy"],
)
def test_what_passes_is_overcome_and_nothing_is_lost(passing, kind):
    n_calls = len(passing.calls.log)
    passing.faults.plan(Fault(kind, "lastfm", skip=1, times=2))
    assert whole_history(client(passing)) == truth(passing)
    assert len(passing.calls.log) == n_calls + 4 + 2


def test_another_page_than_the_one_asked_for_is_asked_for_again(sims, lastfm):
    lastfm.recent_tracks("ann", until=NOW, limit=100)
    sims.faults.plan(Fault("repeated", "lastfm"))
    page = lastfm.recent_tracks("ann", until=NOW, limit=100, number=2)
    assert page.newest == NOW - 900 - 300 * 99
    assert len(sims.calls.of("lastfm")) == 3


def test_plays_before_those_asked_for_are_no_answer(sims, lastfm):
    lastfm.recent_tracks("ann", until=NOW - 10_000)
    sims.faults.plan(Fault("stale", "lastfm"))
    page = lastfm.recent_tracks("ann", since=NOW - 5_000, until=NOW)
    assert page.oldest > NOW - 5_300
    assert page.newest == NOW - 900
    assert len(sims.calls.of("lastfm")) == 3


def test_private_listening_needs_its_owner_to_sign_in(sims, lastfm):
    sims.world.people["ann"].is_private = True
    with pytest.raises(NotConnected, match=r"is private: sign in at Last\.fm\.$"):
        lastfm.recent_tracks("ann")
    signed = signed_in(sims, lastfm)
    assert signed.recent_tracks("ann").n_in_range == 450
    sims.lastfm.revoke("ann")
    with pytest.raises(NotConnected, match=r"sign in at Last\.fm again"):
        signed.recent_tracks("ann")


def test_a_user_is_found_by_name(lastfm):
    user = lastfm.user("ann")
    assert (user.name, user.playcount, user.registered) == ("ann", 450, 1037793040)
    with pytest.raises(UnknownUser, match="nobody by this name"):
        lastfm.user("nobody")


def test_a_key_or_secret_that_is_wrong_is_for_whoever_runs_the_server(sims, lastfm):
    with pytest.raises(Rejected, match="runs the server must set LASTFM_API_KEY"):
        replace(lastfm, api_key="no-such-key").recent_tracks("ann")
    with pytest.raises(Rejected, match="runs the server must set LASTFM_SHARED_SECRET"):
        replace(lastfm, secret="another").session("x")


def test_a_token_nobody_allowed_is_no_session(lastfm):
    with pytest.raises(NotConnected):
        lastfm.session("never-given")


MEANS = {
    2: Rejected,
    3: Rejected,
    4: NotConnected,
    5: Rejected,
    6: UnknownUser,
    7: Rejected,
    8: Unavailable,
    9: NotConnected,
    10: Rejected,
    11: Unavailable,
    13: Rejected,
    14: NotConnected,
    15: NotConnected,
    16: Unavailable,
    17: NotConnected,
    26: Rejected,
    27: Rejected,
    29: RateLimited,
}


@pytest.mark.parametrize("code", MEANS)
@pytest.mark.parametrize("status", [200, 403, 429])
def test_an_error_means_the_same_with_every_status_and_only_what_passes_is_tried_again(
    code, status
):
    with Faulty(answer({"error": code, "message": "sk=hush"}, status)) as server:
        with pytest.raises((Rejected, Unavailable, RateLimited)) as raised:
            Lastfm(calls(server.url, "Last.fm"), "key").recent_tracks("ann")
        assert type(raised.value) is MEANS[code]
        assert len(server.heard) == (5 if MEANS[code] is Unavailable else 1)
        assert "hush" not in str(raised.value)
        assert str(raised.value).endswith((".", ")."))


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (answer(b"<html>Forbidden</html>", 403), Rejected),
        (answer(b"<html>Out of order</html>", 503), Unavailable),
        (answer({"error": 6, "message": "x"}, 500), Unavailable),
        (answer(b"<html>All is well</html>"), Unavailable),
        (answer([]), Unavailable),
    ],
)
def test_answers_that_are_none_of_last_fms_are_understood_by_their_status(script, error):
    with Faulty(script) as server, pytest.raises(error) as raised:
        Lastfm(calls(server.url, "Last.fm"), "key").recent_tracks("ann")
    assert type(raised.value) is error


def test_asked_too_often_says_when_to_ask_again():
    for headers, wait_s in (({}, 15), ({"Retry_After": "3600"}, 3600)):
        with Faulty(answer({"error": 29, "message": "x"}, 429, **headers)) as server:
            with pytest.raises(RateLimited) as raised:
                Lastfm(calls(server.url, "Last.fm"), "key").recent_tracks("ann")
            left = raised.value.retry_at - datetime.now(UTC)
            assert wait_s - 5 < left.total_seconds() <= wait_s


def test_a_call_is_signed_only_for_its_owner_and_keys_are_not_shown():
    with Faulty(answer(EMPTY)) as server:
        plain = Lastfm(calls(server.url, "Last.fm"), "the-key", "the-secret")
        plain.recent_tracks("änn & co", since=5, until=9)
        owner = replace(plain, session_key="the-session")
        owner.recent_tracks("ann")
    first, second = (parse_qs(urlsplit(each.target).query) for each in server.heard)
    assert (first["user"], first["from"], first["to"]) == (["änn & co"], ["5"], ["9"])
    assert {"sk", "api_sig"}.isdisjoint(first)
    assert second["sk"] == ["the-session"]
    # printf %s api_keythe-keylimit200methoduser.getRecentTrackspage1skthe-sessionuserannthe-secret
    #   | md5sum
    assert second["api_sig"] == ["a944d5dc5aee378b4e097a8e74e4567f"]
    assert not any(each in repr(owner) for each in ("the-key", "the-secret", "the-session"))


def test_the_signature_is_the_md5_of_sorted_parameters_and_the_secret():
    assert signature({"b": "ü", "a": "1"}, "s") == "4493f1f697bf619f44b2d54a853d92a5"
