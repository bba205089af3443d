"""Connecting to the simulated Strava, and letting go of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from runsous.demo.services.faults import Fault
from runsous.errors import NotConnected, Rejected
from runsous.net.http import Http, OpenGate
from runsous.net.oauth import Token, TokenRefused
from runsous.services.strava import oauth
from runsous.services.strava.client import Strava
from tests.net.faulty import Faulty, answer


def test_the_page_is_asked_as_strava_wants_it():
    sent = oauth.departure("https://www.strava.com/", "1001", "https://y/cb")
    page = urlsplit(sent.url)
    assert f"{page.scheme}://{page.netloc}{page.path}" == "https://www.strava.com/oauth/authorize"
    assert {name: value[0] for name, value in parse_qs(page.query).items()} == {
        "client_id": "1001",
        "redirect_uri": "https://y/cb",
        "response_type": "code",
        "approval_prompt": "auto",
        "scope": "read,activity:read,activity:read_all",
        "state": sent.state,
    }


def test_a_code_tells_who_came_and_what_they_allowed(site, client, allow):
    granted = oauth.exchange(site, *client, allow())
    assert (granted.athlete_id, granted.name) == ("101", "Ann Sample")
    assert granted.token.scopes == ("read", "activity:read", "activity:read_all")
    lasts = granted.token.expires_at - datetime.now(UTC)
    assert abs(lasts - timedelta(hours=6)) < timedelta(seconds=10)


def test_unticked_scopes_show(site, client, allow):
    assert oauth.exchange(site, *client, allow(["read"])).token.scopes == ("read",)


def test_without_a_scope_for_activities_there_is_nothing_to_do():
    oauth.check_scopes(("read", "activity:read"))
    oauth.check_scopes(("activity:read_all",))
    oauth.check_scopes(())
    with pytest.raises(NotConnected, match="“activity:read”"):
        oauth.check_scopes(("read", "read_all"))


def test_a_code_works_once(site, client, allow):
    code = allow()
    oauth.exchange(site, *client, code)
    with pytest.raises(NotConnected, match="connect again"):
        oauth.exchange(site, *client, code)


def test_a_refreshed_token_comes_with_the_refresh_token_that_is_alive(
    site, api, client, token, clock, sims
):
    assert oauth.refresh(site, *client, token.refresh).access == token.access
    clock.advance(5 * 3600 + 60)
    new = oauth.refresh(site, *client, token.refresh)
    assert new.refresh not in (token.refresh, None)
    assert Strava(api, new.access).athlete()["id"] == 101
    with pytest.raises(NotConnected, match="connect again"):
        oauth.refresh(site, *client, token.refresh)


def test_a_server_error_on_the_way_costs_no_permission(site, client, token, sims, clock):
    clock.advance(6 * 3600)
    sims.faults.plan(Fault("html", "strava", where="/oauth/token", times=2))
    sims.faults.plan(Fault("hung_up", "strava", where="/oauth/token"))
    assert oauth.refresh(site, *client, token.refresh).access != token.access
    assert sims.calls.violations == []


@pytest.mark.parametrize(
    ("which", "setting"), [(0, "STRAVA_CLIENT_ID"), (1, "STRAVA_CLIENT_SECRET")]
)
def test_what_is_wrong_in_the_settings_is_named(site, client, token, which, setting):
    wrong = ["999" if n == which else each for n, each in enumerate(client)]
    with pytest.raises(Rejected, match=setting) as caught:
        oauth.refresh(site, *wrong, token.refresh)
    assert not isinstance(caught.value, NotConnected)


def test_an_inactive_app_is_told_apart_from_an_ended_permission():
    inactive = [{"resource": "Application", "field": "Status", "code": "Inactive"}]
    with Faulty(answer({"errors": inactive}, 403)) as server, pytest.raises(Rejected) as caught:
        oauth.refresh(Http(server.url, OpenGate()), "1", "2", "r")
    assert type(caught.value) is Rejected
    assert "subscribe" in str(caught.value)


@pytest.mark.parametrize("athlete", [None, {}, {"id": "7"}, {"id": 7, "firstname": None}])
def test_who_came_must_be_told(athlete):
    with Faulty(answer({"access_token": "a", "athlete": athlete})) as server:
        site = Http(server.url, OpenGate())
        if athlete and athlete["id"] == 7:
            assert oauth.exchange(site, "1", "2", "c") == oauth.Granted(Token("a"), "7", None)
        else:
            with pytest.raises(NotConnected, match="whose"):
                oauth.exchange(site, "1", "2", "c")


class TestRevoking:
    @pytest.fixture
    def is_over(self, api, site, client):
        def ask(token: Token) -> bool:
            with pytest.raises(TokenRefused):
                Strava(api, token.access).athlete()
            with pytest.raises(NotConnected):
                oauth.refresh(site, *client, token.refresh)
            return True

        return ask

    def test_both_tokens_are_dead_afterwards(self, site, client, token, is_over):
        oauth.revoke(site, *client, token)
        assert is_over(token)

    def test_what_is_dead_already_is_no_error(self, site, client, token):
        oauth.revoke(site, *client, token)
        oauth.revoke(site, *client, token)

    def test_where_the_new_way_is_unknown_the_old_one_is_gone(
        self, site, client, token, sims, is_over
    ):
        sims.strava.has_revoke = False
        oauth.revoke(site, *client, token)
        assert is_over(token)
        oauth.revoke(site, *client, token)

    def test_the_old_way_wants_a_fresh_token(self, site, client, token, sims, clock):
        sims.strava.has_revoke = False
        clock.advance(7 * 3600)
        oauth.revoke(site, *client, token)
        assert not sims.strava.grants.of_person("ann")

    def test_a_wrong_secret_shows(self, site, client, token):
        with pytest.raises(Rejected, match="STRAVA_CLIENT_SECRET"):
            oauth.revoke(site, client[0], "guessed", token)
