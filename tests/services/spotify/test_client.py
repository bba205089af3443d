from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest

from runsous.demo.services import spotify as simulated
from runsous.demo.services.faults import Fault
from runsous.errors import NotConnected, RateLimited, Rejected, Unavailable
from runsous.net.oauth import TokenRefused
from runsous.services.spotify import oauth
from runsous.services.spotify.client import NoAudioFeatures, Spotify
from runsous.services.spotify.parse import Person
from tests.net.faulty import Faulty, answer
from tests.services.conftest import NOW, calls

CALLBACK = "http://127.0.0.1:8501/oauth/spotify/callback"
HALF_A_YEAR_S = 183 * 86_400


@pytest.fixture
def site(sims):
    return calls(sims.environment()["SPOTIFY_ACCOUNTS_URL"], "Spotify")


def connect(sims, scopes=None):
    """Spotify for ann, who left ``scopes`` ticked, and the token she gave."""
    env = sims.environment()
    site = calls(env["SPOTIFY_ACCOUNTS_URL"], "Spotify")
    leaving = oauth.departure(site.base_url, simulated.CLIENT_ID, CALLBACK)
    back = parse_qs(urlsplit(sims.allow(leaving.url, "ann", scopes)).query)
    assert back["state"] == [leaving.state]
    code = back["code"][0]
    token = oauth.exchange(site, simulated.CLIENT_ID, code, CALLBACK, leaving.verifier)
    return Spotify(calls(env["SPOTIFY_API_URL"], "Spotify"), token.access), token


def test_the_last_fifty_plays_come_with_their_owner(sims):
    client, token = connect(sims)
    assert client.me() == Person("account-ann", "Ann")
    page = client.recently_played()
    assert page.n_items == 50
    plays = sims.world.people["ann"].listens["spotify"][:-51:-1]
    ends = [pd.Timestamp(each.start_s + each.played_s, unit="s", tz="UTC") for each in plays]
    assert page.listens["stamp"].tolist() == ends
    assert page.listens["title"].tolist() == [each.song.title for each in plays]
    assert page.listens["spotify_id"].tolist() == [each.song.spotify_id for each in plays]
    assert token.access not in repr(client)


def test_only_what_came_after_a_moment_is_asked_for(sims):
    client, _ = connect(sims)
    every = client.recently_played()
    page = client.recently_played(after_ms=every.oldest * 1000)
    assert (page.n_items, page.newest) == (49, every.newest)
    assert client.recently_played(after_ms=NOW * 1000).n_items == 0


def test_permission_is_asked_for_with_pkce_and_only_for_what_is_needed(site):
    leaving = oauth.departure(site.base_url + "/", "app", CALLBACK)
    assert leaving.url.startswith(f"{site.base_url}/authorize?")
    asked = parse_qs(urlsplit(leaving.url).query)
    assert asked["scope"] == ["user-read-recently-played user-read-private"]
    assert asked["code_challenge_method"] == ["S256"]
    assert 43 <= len(leaving.verifier) <= 128


def test_a_token_is_renewed_and_the_one_it_was_renewed_with_is_dead(sims, site):
    _, first = connect(sims)
    assert set(first.scopes) == set(oauth.SCOPES)
    assert timedelta(minutes=59) < first.expires_at - datetime.now(UTC) <= timedelta(hours=1)
    second = oauth.refresh(site, simulated.CLIENT_ID, first.refresh)
    assert second.refresh != first.refresh
    with pytest.raises(NotConnected):
        oauth.refresh(site, simulated.CLIENT_ID, first.refresh)


def test_after_six_months_it_says_that_everyone_has_to_connect_again(sims, site):
    _, token = connect(sims)
    sims.world.now.advance(HALF_A_YEAR_S)
    with pytest.raises(NotConnected, match="everyone to connect again after six months"):
        oauth.refresh(site, simulated.CLIENT_ID, token.refresh)
    assert oauth.LASTS.total_seconds() < HALF_A_YEAR_S


def test_a_permission_is_never_said_to_last_longer_than_it_does():
    for day in pd.date_range("2026-01-01", "2029-12-31"):
        assert day + oauth.LASTS <= day + pd.DateOffset(months=6)


def test_a_code_works_once_and_only_with_the_verifier_it_was_asked_for_with(sims, site):
    leaving = oauth.departure(site.base_url, simulated.CLIENT_ID, CALLBACK)
    for verifier in (leaving.verifier[::-1], leaving.verifier):
        code = parse_qs(urlsplit(sims.allow(leaving.url, "ann")).query)["code"][0]
        asked = (site, simulated.CLIENT_ID, code, CALLBACK, verifier)
        if verifier == leaving.verifier:
            assert oauth.exchange(*asked).access
        with pytest.raises(NotConnected, match="not gone to its end"):
            oauth.exchange(*asked)


def test_a_client_id_that_is_wrong_is_for_whoever_runs_the_server(site):
    with pytest.raises(Rejected, match="runs this server"):
        oauth.refresh(site, "no-such-app", "r")


def test_an_access_token_that_ended_may_be_renewed(sims, site):
    client, token = connect(sims)
    sims.spotify.expire("ann")
    with pytest.raises(TokenRefused):
        client.recently_played()
    fresh = oauth.refresh(site, simulated.CLIENT_ID, token.refresh)
    assert Spotify(client.api, fresh.access).recently_played().n_items == 50


def test_an_app_that_was_removed_can_do_nothing_more(sims, site):
    client, token = connect(sims)
    sims.spotify.revoke("ann")
    with pytest.raises(TokenRefused):
        client.recently_played()
    with pytest.raises(NotConnected):
        oauth.refresh(site, simulated.CLIENT_ID, token.refresh)


def test_a_permission_left_out_is_named(sims):
    client, _ = connect(sims, ["user-read-private"])
    with pytest.raises(NotConnected, match="not allowed to tell what was played lately") as raised:
        client.recently_played()
    assert not isinstance(raised.value, TokenRefused)


def test_people_not_on_the_apps_list_are_told_whom_to_ask(sims):
    client, _ = connect(sims)
    sims.world.people["ann"].is_allowed = False
    with pytest.raises(Rejected, match="runs the server must add you") as raised:
        client.recently_played()
    assert type(raised.value) is Rejected


@pytest.mark.parametrize("kind", ["html", "hung_up", "cut_off", "truncated", "malformed"])
def test_what_passes_is_overcome(passing, kind):
    client, _ = connect(passing)
    passing.faults.plan(Fault(kind, "spotify", times=2))
    assert client.recently_played().n_items == 50


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({}, 30),
        ({"Retry_After": "70000"}, 70_000),
        ({"Retry_After": "0"}, 1),
        ({"Retry_After": "soon"}, 30),
        ({"Retry_After": "99999999999"}, 7 * 86_400),
    ],
)
def test_a_limit_is_believed_for_hours_and_guessed_where_it_is_not_told(headers, wait_s):
    error = {"error": {"status": 429, "message": "x", "reason": "QUOTA_EXCEEDED"}}
    with Faulty(answer(error, 429, **headers)) as server:
        with pytest.raises(RateLimited) as raised:
            Spotify(calls(server.url, "Spotify"), "token").recently_played()
        left = raised.value.retry_at - datetime.now(UTC)
        assert wait_s - 5 < left.total_seconds() <= wait_s
        assert len(server.heard) == 1


def error(status, message, **more):
    return answer({"error": {"status": status, "message": message, **more}}, status)


@pytest.mark.parametrize(
    ("script", "kind", "says"),
    [
        (error(401, "The access token expired"), TokenRefused, "connect again"),
        (error(403, "Player command failed", reason="PREMIUM_REQUIRED"), Rejected, "Premium"),
        (answer(b"the user may not be registered", 403), Rejected, "add you"),
        (error(404, "Not found"), Rejected, "404"),
        (answer(b"<html>Bad gateway</html>", 502), Unavailable, "502"),
        (answer({"items": None}), Unavailable, "something else"),
    ],
)
def test_refusals_are_understood(script, kind, says):
    with Faulty(script) as server, pytest.raises(kind, match=says) as raised:
        Spotify(calls(server.url, "Spotify"), "hush-hush").recently_played()
    assert type(raised.value) is kind
    assert "hush" not in str(raised.value)


def test_no_content_is_no_plays():
    with Faulty(answer(b"", 204)) as server:
        page = Spotify(calls(server.url, "Spotify"), "token").recently_played()
    assert (page.n_items, len(page.listens)) == (0, 0)
    assert server.heard[0].headers["authorization"] == "Bearer token"


def test_audio_features_come_where_the_app_has_access(sims):
    client, _ = connect(sims)
    sims.spotify.audio_features.is_open = True
    known = {each.spotify_ids[0]: each for each in sims.catalogue.recordings}
    found = client.audio_features(["nobody", *known])
    assert [each.asked for each in found] == list(known)
    for each in found:
        assert (each.source, each.spotify_id) == ("spotify", each.asked)
        assert each.bpm == known[each.asked].bpm
        assert each.duration_s == known[each.asked].duration_ms / 1000
    n_calls = len(sims.calls.log)
    with pytest.raises(ValueError, match="at most 100"):
        client.audio_features(["x"] * 101)
    assert client.audio_features([]) == []
    assert len(sims.calls.log) == n_calls


def test_an_app_without_access_to_audio_features_is_told_so_at_once(sims):
    client, _ = connect(sims)
    n_calls = len(sims.calls.log)
    with pytest.raises(NoAudioFeatures):
        client.audio_features(["x"])
    assert len(sims.calls.log) == n_calls + 1


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (answer(b"Forbidden", 403), NoAudioFeatures),
        (answer(b"", 403), NoAudioFeatures),
        (error(403, "Insufficient client scope"), NoAudioFeatures),
        (error(404, "Service not found"), NoAudioFeatures),
        (answer(b"User not registered in the Developer Dashboard", 403), Rejected),
        (error(401, "The access token expired"), TokenRefused),
        (error(429, "API rate limit exceeded"), RateLimited),
        (answer(b"<html>Bad gateway</html>", 502), Unavailable),
        (answer({"audio_features": None}), Unavailable),
    ],
)
def test_refusals_of_audio_features_are_understood(script, kind):
    with Faulty(script) as server, pytest.raises(kind) as raised:
        Spotify(calls(server.url, "Spotify"), "hush-hush").audio_features(["x"])
    assert type(raised.value) is kind
