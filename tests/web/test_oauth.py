"""The way to a service and back, as a browser goes it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import text

from runsous import tidying
from runsous.accounts import entry
from runsous.errors import (
    InputError,
    NotConnected,
    RateLimited,
    Rejected,
    RunsousError,
    ServiceError,
    TooFewScopes,
    Unavailable,
)
from runsous.settings import Services
from runsous.sync import connecting
from tests.sync import make
from tests.web.people import add, browser, cheap, configure, server, session
from tests.web.services import queued, sims, user
from tests.web.test_api_reading import problem

__all__ = ["browser", "cheap", "server", "sims", "user"]

BACK = {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}
"""How a browser says that the service's page sent it."""


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(str(url)).query))


def sent(web, service: str) -> str:
    """The page of the service that the browser is sent to."""
    answer = web.get(f"/oauth/{service}/start", headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def back(web, url: str) -> dict[str, str]:
    """What the page Connections is told when the browser opens an address of ours."""
    answer = web.get(url, headers=BACK)
    assert answer.status_code == 303, answer.text
    place = answer.headers["location"]
    assert place.startswith("/connections?")
    assert answer.headers["cache-control"] == "no-store"
    return query(place)


def refused(service: str, why: str) -> dict[str, str]:
    return {"service": service, "outcome": "refused", "why": why}


def connected(engine) -> list[dict]:
    return make.rows(engine, "SELECT service, account_id, account_name FROM connections")


@pytest.mark.parametrize(
    ("service", "page", "account"),
    [
        ("strava", "/strava/oauth/authorize", "101"),
        ("spotify", "/spotify-accounts/authorize", "account-ann"),
        ("lastfm", "/lastfm/api/auth", "ann"),
    ],
)
def test_who_allows_it_is_connected_and_synced(engine, web, sims, user, service, page, account):
    url = sent(web, service)
    assert url.startswith(f"{sims.address}{page}")
    assert back(web, sims.allow(url, "ann")) == {"service": service, "outcome": "connected"}
    (row,) = connected(engine)
    assert (row["service"], row["account_id"]) == (service, account)
    assert queued(engine) == [("run_sync", {"user_id": user, "service": service})]
    assert len(web.cookies) == 0


def test_the_cookie_is_for_the_way_back_alone(web, sims):
    answer = web.get("/oauth/strava/start")
    (cookie,) = answer.headers.get_list("set-cookie")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts >= {"httponly", "samesite=lax", "path=/oauth", "max-age=600"}
    assert "secure" not in parts
    assert answer.headers["cache-control"] == "no-store"
    configure(base_url="https://runs.example")
    answer = web.get("/oauth/strava/start", headers={"host": "runs.example"})
    assert "; Secure" in answer.headers["set-cookie"]
    assert query(answer.headers["location"])["redirect_uri"] == (
        "https://runs.example/oauth/strava/callback"
    )


def test_who_says_no_is_not_connected(engine, web, sims):
    url = sent(web, "strava")
    assert back(web, sims.deny(url)) == refused("strava", "denied")
    assert connected(engine) == queued(engine) == []


def test_who_unticks_what_is_needed_is_told_so(engine, web, sims):
    url = sims.allow(sent(web, "strava"), "ann", ["read"])
    assert back(web, url) == refused("strava", "scopes")
    assert connected(engine) == []


def test_who_may_not_use_the_app_is_told_so(engine, web, sims):
    url = sims.allow(sent(web, "spotify"), "ben")
    assert back(web, url) == refused("spotify", "rejected")
    assert connected(engine) == []


def test_only_the_browser_that_was_sent_can_come_back_and_once(engine, web, sims, address):
    url = sims.allow(sent(web, "strava"), "ann")
    (cookie,) = web.cookies.jar
    # An attacker's own account, put under somebody else who clicks on a link.
    web.cookies.clear()
    calls = len(sims.calls.log)
    assert back(web, url) == refused("strava", "expired")
    for wrong in ("", "made up"):
        web.cookies.set(cookie.name, wrong, path="/oauth")
        assert back(web, url) == refused("strava", "expired")
        web.cookies.clear()
    web.cookies.set(cookie.name, cookie.value, path="/oauth")
    assert back(web, url.replace("state=", "state=x")) == refused("strava", "expired")
    assert len(sims.calls.log) == calls
    # The cookie of one service is none of another's.
    assert back(web, url.replace("strava", "spotify")) == refused("spotify", "expired")
    assert back(web, url)["outcome"] == "connected"
    web.cookies.set(cookie.name, cookie.value, path="/oauth")
    assert back(web, url) == refused("strava", "expired")
    assert len(connected(engine)) == 1


def test_who_is_away_for_too_long_starts_again(engine, web, sims):
    url = sims.allow(sent(web, "strava"), "ann")
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE oauth_states SET expires_at = expires_at - interval '10 minutes'")
        )
    assert back(web, url) == refused("strava", "expired")
    assert connected(engine) == []


def test_who_never_comes_back_is_forgotten(engine, web, sims):
    sent(web, "strava")
    sent(web, "spotify")
    with engine.begin() as conn:
        conn.execute(
            text(
                "UPDATE oauth_states SET expires_at = now() - interval '1 second'"
                " WHERE service = 'strava'"
            )
        )
    tidying.tidy(engine)
    assert make.rows(engine, "SELECT service FROM oauth_states") == [{"service": "spotify"}]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"},
        {"sec-fetch-site": "same-site", "sec-fetch-dest": "document"},
        {"sec-fetch-site": "same-origin", "sec-fetch-dest": "image"},
        {"sec-fetch-site": "same-origin", "sec-fetch-dest": "iframe"},
        {"sec-fetch-site": "same-origin", "sec-fetch-dest": "empty"},
    ],
)
def test_nobody_elses_page_sends_a_browser_out(engine, web, sims, headers):
    answer = web.get("/oauth/strava/start", headers=headers)
    assert "Connections" in problem(answer, 403)["detail"]
    assert not answer.headers.get_list("set-cookie")
    forged = web.get("/oauth/strava/start", params={"from": "9999999999.x.y"}, headers=headers)
    problem(forged, 403)
    assert make.rows(engine, "SELECT 1 FROM oauth_states") == []


def test_one_may_set_out_by_hand_or_from_a_page_of_ours(web, sims):
    for site in ("none", "same-origin"):
        headers = {"sec-fetch-site": site, "sec-fetch-dest": "document"}
        assert web.get("/oauth/strava/start", headers=headers).status_code == 302


def test_who_calls_this_machine_by_another_name_comes_back_too(engine, web, sims, address):
    named = {"host": address.removeprefix("http://").replace("127.0.0.1", "localhost")}
    answer = web.get("/oauth/strava/start", headers=named)
    assert answer.status_code == 302
    assert not answer.headers.get_list("set-cookie")
    onward = answer.headers["location"]
    assert onward.startswith(f"{address}/oauth/strava/start?from=")
    # For the browser that is another site.
    answer = web.get(onward, headers=BACK)
    assert answer.headers["location"].startswith(sims.address)
    assert back(web, sims.allow(answer.headers["location"], "ann"))["outcome"] == "connected"
    # What leads to one service leads to no other.
    problem(web.get(onward.replace("/strava/", "/spotify/"), headers=BACK), 403)


def test_what_cannot_be_connected_is_said(web, sims):
    for way in ("start", "callback"):
        problem(web.get(f"/oauth/nobody/{way}"), 404)
        problem(web.get(f"/oauth/%0d%0aset-cookie:x/{way}"), 404)
    assert "user name" in problem(web.get("/oauth/listenbrainz/start"), 409)["detail"]
    configure(services=Services())
    assert "STRAVA_CLIENT_ID" in problem(web.get("/oauth/strava/start"), 409)["detail"]
    assert back(web, "/oauth/strava/callback?code=x") == refused("strava", "rejected")
    page = web.get("/oauth/strava/start", headers={"accept": "text/html"})
    assert page.status_code == 409
    assert "STRAVA_CLIENT_ID" in page.text
    assert "<html" in page.text


SOON = datetime.now(UTC) + timedelta(minutes=9)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (RateLimited("secret words", SOON), "limited"),
        (TooFewScopes("secret words"), "scopes"),
        (NotConnected("secret words"), "expired"),
        (Rejected("secret words"), "rejected"),
        (Unavailable("secret words"), "unavailable"),
        (ServiceError("secret words"), "unavailable"),
        (InputError("secret words"), "expired"),
        (RunsousError("secret words"), "expired"),
    ],
)
def test_whatever_goes_wrong_has_its_word(web, sims, monkeypatch, error, why):
    def arrive(*_: object) -> None:
        raise error

    monkeypatch.setattr(connecting, "arrive", arrive)
    assert back(web, "/oauth/strava/callback?code=x&state=y") == refused("strava", why)


def test_of_what_is_secret_nothing_is_logged(web, sims, caplog):
    caplog.set_level(logging.DEBUG)
    secret = set()
    for service in ("strava", "spotify", "lastfm"):
        url = sent(web, service)
        arriving = sims.allow(url, "ann")
        secret |= {value for name, value in query(arriving).items() if name != "scope"}
        secret |= {cookie.value for cookie in web.cookies.jar}
        assert back(web, arriving)["outcome"] == "connected"
    ours = "\n".join(r.getMessage() for r in caplog.records if not r.name.startswith("http"))
    assert "is back from strava: connected" in ours
    assert len(secret) == 9
    assert [value for value in secret if value in ours] == []


@pytest.fixture
def two(engine, sims, browser):
    """Browsers of two people who signed in, and of a stranger."""
    configure(auth="accounts", base_url="http://runsous.example")
    people = [add(engine, f"{name}@example.org") for name in ("ana", "bo")]
    secrets = [session(engine, number) for number in people]
    return [browser(cookies={"runsous_session": secret}) for secret in secrets], browser(), people


def test_each_is_connected_for_themselves(engine, sims, two):
    (ana, bo), _, people = two
    url = sims.allow(sent(ana, "strava"), "ann")
    place = urlsplit(url)
    arriving = f"{place.path}?{place.query}"
    # Ana sends Bo her way back with all that belongs to it.
    bo.cookies.update({c.name: c.value for c in ana.cookies.jar if c.path == "/oauth"})
    assert back(bo, arriving) == refused("strava", "expired")
    assert back(ana, arriving)["outcome"] == "connected"
    assert make.rows(engine, "SELECT user_id FROM connections") == [{"user_id": people[0]}]


def test_strangers_and_tokens_connect_nothing(engine, sims, two, browser):
    _, stranger, (ana, _) = two
    wanted = entry.WantedToken("watch", ["read", "write"], None)
    with engine.begin() as conn:
        token = entry.make_token(conn, ana, wanted, "127.0.0.1")["token"]
    for way in ("start", "callback?code=x&state=y"):
        problem(stranger.get(f"/oauth/strava/{way}"), 401)
        bearer = {"authorization": f"Bearer {token}"}
        problem(stranger.get(f"/oauth/strava/{way}", headers=bearer), 401)
        page = stranger.get(f"/oauth/strava/{way}", headers={"accept": "text/html"})
        assert page.headers["location"].startswith("/auth/login?next=/oauth/strava/")
    assert make.rows(engine, "SELECT 1 FROM oauth_states") == []
