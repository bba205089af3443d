"""The routes of signing in by an identity provider, ours and Streamlit's."""

from __future__ import annotations

import pytest

from runsous.accounts import entry
from runsous.store import sessions
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
