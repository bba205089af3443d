"""The routes of signing in by an identity provider, ours and Streamlit's."""

from __future__ import annotations

import html
import re
import time
from urllib.parse import unquote

import pytest
from starlette.websockets import WebSocketDisconnect

from runsous.accounts import entry
from runsous.store import sessions
from runsous.web import way
from tests.web.people import ANA, add, browser, cheap, configure, server

__all__ = ["browser", "cheap", "server"]

WORD = {"_streamlit_user": "signed by streamlit", "_streamlit_user_tokens": "sealed"}
ELSEWHERE = "https://elsewhere.example/"


@pytest.fixture
def visitor(engine, browser):
    configure(oidc_name="Club")
    return browser(cookies=WORD)


def hand_over(engine) -> None:
    user_id = add(engine, ANA)
    with engine.begin() as conn:
        sessions.hand_over(conn, user_id, entry.digest("signed by streamlitsealed"))


def ended(answer) -> set[str]:
    """The names of the cookies an answer takes from the browser."""
    given = answer.headers.get_list("set-cookie")
    return {line.partition("=")[0] for line in given if "Max-Age=0" in line}


def test_a_providers_word_becomes_a_session_and_is_forgotten(engine, visitor):
    hand_over(engine)
    answer = visitor.get("/auth/provider", params={"next": ELSEWHERE})
    assert answer.headers["location"] == "/"
    (session,) = (c for c in answer.headers.get_list("set-cookie") if c.startswith(entry.COOKIE))
    assert "; HttpOnly;" in session
    assert "; SameSite=lax" in session
    assert ended(answer) == set(WORD)
    assert visitor.get("/api/v1/me").json()["email"] == ANA


def test_a_word_that_lets_nobody_in_is_forgotten_too(engine, visitor):
    hand_over(engine)
    visitor.cookies["_streamlit_user"] = "made up"
    answer = visitor.get("/auth/provider")
    assert answer.headers["location"] == "/auth/login"
    assert ended(answer) == set(WORD)
    assert visitor.get("/api/v1/me").status_code == 401


def test_no_word_is_nobodys_word(engine, browser):
    user_id = add(engine, ANA)
    with engine.begin() as conn:
        sessions.hand_over(conn, user_id, entry.digest(""))
    assert browser().get("/auth/provider").headers["location"] == "/auth/login"


def test_the_way_to_the_provider_is_streamlits(visitor):
    # Streamlit leads whom it gave no leave back to the home page; ours would be a form.
    answer = visitor.get("/auth/login", params={"provider": "made up", "next": ELSEWHERE})
    assert (answer.status_code, answer.headers["location"]) == (302, "/")
    assert "csrf_token" in visitor.get("/auth/login").text


@pytest.mark.parametrize("path", ["/auth/logout", "/auth/register"])
def test_all_other_forms_stay_ours(visitor, path):
    answer = visitor.get(path, params={"provider": "made up"})
    assert "csrf_token" in answer.text
    assert not ended(answer)


def test_without_a_provider_there_is_no_way_to_one(visitor):
    configure(oidc_name=None)
    assert "csrf_token" in visitor.get("/auth/login", params={"provider": "made up"}).text
    assert visitor.get("/", headers={"Accept": "text/html"}).headers["location"].startswith("/auth")
    assert visitor.get("/auth/leave").headers["location"] == "/auth/login"


PAGE = {"Accept": "text/html"}


def opens_the_socket(visitor) -> bool:
    try:
        with visitor.websocket_connect("/_stcore/stream") as socket:
            socket.close()
    except WebSocketDisconnect:
        return False
    return True


def test_the_form_leads_to_the_provider_and_the_provider_to_where_one_was_going(engine, visitor):
    onward = "/activity?id=4&x=%C3%B3 ü"
    page = visitor.get(visitor.get(onward, headers=PAGE).headers["location"]).text
    link = re.search(r'href="(/auth/leave[^"]*)"', page)[1]
    answer = visitor.get(html.unescape(link))
    assert (answer.status_code, answer.headers["location"]) == (303, "/?sign-in=provider")
    (given,) = answer.headers.get_list("set-cookie")
    assert {"HttpOnly", "SameSite=lax", "Max-Age=600", "Path=/"} <= set(given.split("; "))
    hand_over(engine)
    back = visitor.get("/auth/provider")
    assert unquote(back.headers["location"]) == unquote(onward)
    assert ended(back) == {*WORD, way.COOKIE}
    assert way.COOKIE not in visitor.cookies


@pytest.mark.parametrize(
    "onward", [ELSEWHERE, "//elsewhere.example", "/\\elsewhere.example", "", "/" + "x" * 5000]
)
def test_nobody_is_led_elsewhere(engine, visitor, onward):
    visitor.get("/auth/leave", params={"next": onward})
    hand_over(engine)
    assert visitor.get("/auth/provider").headers["location"] == "/"


def test_strangers_see_the_home_page_on_the_way_alone(visitor):
    for made_up in ("", "x", "9999999999./.", "9999999999./." + "0" * 64):
        visitor.cookies.set(way.COOKIE, made_up)
        assert visitor.get("/?sign-in=provider", headers=PAGE).status_code == 303
        assert not opens_the_socket(visitor)
    visitor.cookies.delete(way.COOKIE)
    assert visitor.get("/?sign-in=provider", headers=PAGE).status_code == 303
    assert not opens_the_socket(visitor)
    visitor.get("/auth/leave")
    assert visitor.get("/", headers=PAGE).status_code == 200
    assert opens_the_socket(visitor)
    configure(oidc_name=None)
    assert visitor.get("/", headers=PAGE).status_code == 303
    assert not opens_the_socket(visitor)


def test_the_way_is_open_for_some_minutes(visitor, monkeypatch):
    visitor.get("/auth/leave", params={"next": "/activities"})
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 590)
    assert opens_the_socket(visitor)
    monkeypatch.setattr(time, "time", lambda: now + 610)
    assert way.end(visitor.cookies[way.COOKIE]) is None
    assert not opens_the_socket(visitor)


def test_where_one_is_going_cannot_be_changed(visitor):
    visitor.get("/auth/leave", params={"next": "/activities"})
    cookie = visitor.cookies[way.COOKIE]
    assert way.end(cookie) == "/activities"
    assert way.end(cookie.replace("activities", "listening")) is None


@pytest.mark.parametrize("auth", ["local", "accounts"])
def test_without_a_provider_nobody_comes_back_from_one(visitor, auth, caplog):
    configure(oidc_name=None, auth=auth)
    for path in ("/oauth2callback", "/oauth2callback?error=x&state=y"):
        answer = visitor.get(path)
        assert answer.status_code == 404
        assert answer.json()["detail"] == "There is nothing here."
        assert "Run Sous BPM" in visitor.get(path, headers=PAGE).text
    assert not [line for line in caplog.records if "streamlit" in line.name]
