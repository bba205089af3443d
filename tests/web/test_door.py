"""Who comes in and how often, and where a request is taken to come from."""

from __future__ import annotations

import ipaddress

import pytest
from sqlalchemy import text
from starlette.responses import Response
from starlette.websockets import WebSocketDisconnect

from runsous.store import database
from runsous.web import client, door, way
from tests.web.people import TestClient, add, browser, cheap, configure, server, session
from tests.web.test_api_reading import problem

__all__ = ["browser", "cheap", "server"]

LIST = "/api/v1/activities"
COOKIE = "runsous_session"


def scope(nearest: str | None, *forwarded: str):
    """A request from an address, with these lines of ``X-Forwarded-For``."""
    return {
        "type": "http",
        "client": (nearest, 4711) if nearest is not None else None,
        "headers": [(b"x-forwarded-for", line.encode()) for line in forwarded],
    }


@pytest.fixture
def proxies():
    """Trusts one proxy on this machine, and a network of them."""
    trusted = ("127.0.0.1", "::1", "10.0.0.0/8", "2001:db8:ff::/48")
    configure(trusted_proxies=tuple(ipaddress.ip_network(name) for name in trusted))


@pytest.mark.parametrize("nearest", ["203.0.113.7", "127.0.0.1", "10.0.0.1", "::1"])
def test_without_a_proxy_nobody_is_believed(nearest):
    assert client.address(scope(nearest, "198.51.100.1")) == nearest


@pytest.mark.usefixtures("proxies")
@pytest.mark.parametrize(
    ("nearest", "forwarded", "found"),
    [
        # Who is no proxy of ours may say what they like.
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("203.0.113.7", ["127.0.0.1"], "203.0.113.7"),
        ("2001:db8::7", ["127.0.0.1"], "2001:db8::7"),
        # A proxy of ours tells where it comes from; what it was told itself is worth nothing.
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["8.8.8.8, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["10.0.0.9, 198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["8.8.8.8", "198.51.100.1"], "198.51.100.1"),
        # One behind another.
        ("127.0.0.1", ["198.51.100.1, 10.1.2.3"], "198.51.100.1"),
        ("127.0.0.1", ["8.8.8.8, 198.51.100.1, 10.1.2.3,10.0.0.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1,2001:db8:ff::1"], "198.51.100.1"),
        # Somebody of the proxies' own network.
        ("127.0.0.1", ["10.0.0.9"], "10.0.0.9"),
        ("127.0.0.1", [], "127.0.0.1"),
        # IPv6, and IPv4 as a server on IPv6 sees it.
        ("::1", ["2001:DB8::0:7"], "2001:db8::7"),
        ("::ffff:127.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        # With ports.
        ("127.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("127.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("127.0.0.1", ["[2001:db8::7]"], "2001:db8::7"),
        ("127.0.0.1", ["198.51.100.1, 10.0.0.1:4711"], "198.51.100.1"),
        # What is no address ends the chain, as what stands before it cannot be known.
        ("127.0.0.1", ["198.51.100.1, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1, , 10.0.0.1"], "10.0.0.1"),
        ("127.0.0.1", ["198.51.100.1, [, 10.0.0.1"], "10.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [","], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1\x00"], "127.0.0.1"),
        ("127.0.0.1", ["1" * 10_000], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.999"], "127.0.0.1"),
        # A socket in the file system has no address.
        (None, ["198.51.100.1"], ""),
        ("", ["198.51.100.1"], ""),
    ],
)
def test_a_proxy_is_believed_as_far_as_it_is_trusted(nearest, forwarded, found):
    assert client.address(scope(nearest, *forwarded)) == found


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("198.51.100.1", "198.51.100.1", True),
        ("198.51.100.1", "198.51.100.2", False),
        ("198.51.100.1", "::ffff:198.51.100.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
    ],
)
def test_a_network_of_one_household_is_counted_as_one(one, other, together):
    assert (client.neighbourhood(scope(one)) == client.neighbourhood(scope(other))) is together


def left(answer) -> int:
    return int(answer.headers["ratelimit"].split("r=")[1].split(";")[0])


def test_what_a_user_asks_is_counted_together_wherever_they_are(engine, browser):
    ana, bo = add(engine), add(engine, "bo@example.org")
    secrets = [session(engine, number) for number in (ana, ana, bo)]
    answers = [
        browser(f"198.51.100.{n}", cookies={COOKIE: secret}).get(LIST)
        for n, secret in enumerate(secrets)
    ]
    assert [left(answer) for answer in answers] == [999, 998, 999]
    for answer in answers:
        assert answer.headers["ratelimit-policy"] == '"api";q=1000;w=3600'
        assert "retry-after" not in answer.headers


def test_one_request_too_many_is_refused_until_the_hour_is_over(engine, browser):
    asker = browser(cookies={COOKIE: session(engine, add(engine))})
    asker.get(LIST)
    with engine.begin() as conn:
        conn.execute(text("UPDATE rate_limits SET hits = 999"))
    assert asker.get(LIST).status_code == 200
    answer = asker.get(LIST)
    assert "Retry-After" in problem(answer, 429)["detail"]
    assert 3500 < int(answer.headers["retry-after"]) <= 3600
    assert left(answer) == 0
    # Pages are not counted, nor refused.
    assert asker.get("/auth/logout").status_code == 200
    with engine.begin() as conn:
        conn.execute(text("UPDATE rate_limits SET resets_at = resets_at - interval '1 hour'"))
    assert left(asker.get(LIST)) == 999


def test_who_is_refused_is_counted_by_address(engine, browser):
    stranger, other = browser("198.51.100.1"), browser("198.51.100.2")
    answers = [
        stranger.get(LIST),
        stranger.get(LIST, headers={"authorization": "Bearer rsb_guessed"}),
        stranger.post(LIST),
        other.get(LIST),
    ]
    for answer in answers:
        problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
    assert [left(answer) for answer in answers] == [999, 998, 997, 999]
    with engine.begin() as conn:
        conn.execute(text("UPDATE rate_limits SET hits = 1000"))
    problem(stranger.get(LIST, headers={"authorization": "Bearer rsb_guessed"}), 429)
    # Whoever may come in is not kept out by others at the same address.
    member = browser("198.51.100.1", cookies={COOKIE: session(engine, add(engine))})
    assert member.get(LIST).status_code == 200


@pytest.mark.parametrize("secret", ["", "x", "é", "a b", "'; --", "x" * 4000, '"\\000"'])
def test_a_made_up_secret_opens_nothing(engine, browser, secret):
    add(engine)
    headers = [
        {"cookie": f"{COOKIE}={secret}".encode()},
        {"authorization": f"Bearer {secret}".encode()},
        {"authorization": f"Basic {secret}".encode()},
    ]
    for given in headers:
        problem(browser().get(LIST, headers=given), 401)


def test_a_bad_token_is_not_made_good_by_a_cookie(engine, browser):
    asker = browser(cookies={COOKIE: session(engine, add(engine))})
    assert asker.get(LIST).status_code == 200
    problem(asker.get(LIST, headers={"authorization": "Bearer rsb_guessed"}), 401)


def test_another_sites_page_does_nothing_with_the_cookie(engine, browser):
    asker = browser(cookies={COOKIE: session(engine, add(engine))})
    wanted = {"name": "evil", "scopes": ["read"]}
    for origin in ("https://evil.example", "null", "http://testserver.evil.example"):
        answer = asker.post("/api/v1/tokens", json=wanted, headers={"origin": origin})
        problem(answer, 403)
    assert asker.get("/api/v1/tokens").json() == {"items": []}


def test_a_database_that_is_away_is_said_in_a_sentence(engine, browser, monkeypatch):
    asker = browser(cookies={COOKIE: "any"})
    monkeypatch.setattr(database, "_current", None)
    for path in (LIST, "/", "/media/x"):
        assert "database" in problem(asker.get(path), 503)["detail"]
    with pytest.raises(WebSocketDisconnect) as closed, asker.websocket_connect("/_stcore/stream"):
        pass
    assert closed.value.code == 1013


def test_strangers_see_no_page_but_the_way_to_one(engine, browser):
    stranger = browser()
    for path in ("/", "/activities", "/activity?id=1", "/index.html", "//", "/manifest.json"):
        answer = stranger.get(path, headers={"accept": "text/html,*/*"})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/auth/login?next=/")
        problem(stranger.get(path), 401)
        problem(stranger.post(path), 401)


def test_what_begins_like_an_open_address_is_not_open(engine, browser):
    for path in sorted(door._OPEN):
        for wrong in (f"{path}x", f"{path}x/_stcore/stream", f"/x{path}", path.upper()):
            problem(browser().get(wrong), 401)
    for path in ("/auth", "/static", "/authx/login", "/api/v1", "/api/v1/"):
        problem(browser().get(path), 401)


def test_on_the_way_to_a_provider_strangers_see_the_home_page_and_nothing_else(engine, browser):
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["path"])

    configure(oidc_name="Club")
    stranger = browser(cookies={way.COOKIE: way.begin("/"), "_streamlit_user": "made up"})
    stranger.app = stranger._transport.app = door.Door(app)
    for path in ("/activities", "/media/x", "/metrics", LIST, "/_stcore/upload_file/a/b"):
        problem(stranger.get(f"{path}?sign-in=provider"), 401)
    problem(stranger.put("/?sign-in=provider"), 401)
    assert seen == []


def test_streamlit_is_told_who_it_is_by_the_server_alone(engine, cheap):
    """By that it keeps the pages of each apart, whatever a browser says of itself."""
    configure(auth="accounts")
    ana = add(engine)
    told = []

    async def streamlit(scope, receive, send):
        told.append([value for name, value in scope["headers"] if name == b"x-runsous-user"])
        await Response()(scope, receive, send)

    client = TestClient(door.Door(streamlit), cookies={"runsous_session": session(engine, ana)})
    for headers in ({}, {"X-Runsous-User": "999"}):
        assert client.get("/", headers=headers).status_code == 200
    assert told == [[str(ana).encode()]] * 2


@pytest.mark.parametrize("auth", ["accounts", "local"])
@pytest.mark.parametrize(
    ("nearest", "found"), [("127.0.0.1", b"198.51.100.1"), ("203.0.113.7", b"203.0.113.7")]
)
def test_streamlit_is_told_where_they_are_by_the_server_alone(engine, auth, nearest, found):
    configure(auth=auth, trusted_proxies=(ipaddress.ip_network("127.0.0.1"),))
    told = []

    async def streamlit(scope, receive, send):
        told.append([value for name, value in scope["headers"] if name == b"x-runsous-address"])
        await Response()(scope, receive, send)

    cookies = {"runsous_session": session(engine, add(engine))}
    client = TestClient(door.Door(streamlit), cookies=cookies, client=(nearest, 50000))
    for lies in ({}, {"X-Runsous-Address": "192.0.2.99"}):
        headers = {"X-Forwarded-For": "198.51.100.1", **lies}
        assert client.get("/", headers=headers).status_code == 200
    assert told == [[found]] * 2


def test_local_mode_asks_nobody_and_counts_nothing(engine, browser):
    visitor = browser()
    configure(auth="local", base_url="http://testserver")
    answer = visitor.get(LIST)
    assert answer.status_code == 200
    assert "ratelimit" not in answer.headers
    with engine.begin() as conn:
        assert conn.execute(text("SELECT count(*) FROM rate_limits")).scalar() == 0
