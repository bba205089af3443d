"""Whom an identity provider names: who comes in, and who is told what keeps them out."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from runsous import settings
from runsous.accounts import entry
from runsous.store import accounts, sessions

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "home.py")
ISSUER, CLEO = "https://id.example", "cleo@example.org"
SIGNED_OUT = "Your session is over, or was ended from another browser."


def configure(**changes: object) -> None:
    settings.use(replace(settings.current(), **changes))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _club(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(auth="accounts", oidc_name="Club")
    cookies = {"_streamlit_user": "the provider's", "_streamlit_user_tokens": " word", "x": "y"}
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: cookies))


def named(asks: bool = False, **claims: Any) -> AppTest:
    """The home page as it meets someone whom the provider named just now."""
    app = AppTest.from_file(PAGE, default_timeout=30)
    usual = {"is_logged_in": True, "iss": ISSUER, "sub": "7", "email": CLEO, "iat": time.time()}
    app.user = {**usual, **claims}
    if asks:
        app.query_params["sign-in"] = "provider"
    app.run()
    assert not app.exception
    return app


def handed_over(engine: Engine) -> int | None:
    """Whom the browser with these cookies may become."""
    with engine.begin() as conn:
        return sessions.take_over(conn, entry.digest("the provider's word"))


def emails(engine: Engine) -> list[str | None]:
    with engine.begin() as conn:
        return [account.email for account in accounts.everyone(conn)]


def stays_out(engine: Engine, app: AppTest, why: str) -> None:
    assert [title.value for title in app.title] == ["You are signed out"]
    assert [words.value for words in app.markdown] == [why]
    with engine.begin() as conn:
        assert conn.execute(text("SELECT count(*) FROM handovers")).scalar() == 0


def test_whom_the_provider_names_gets_an_account_once_and_is_led_on(engine):
    for email in (CLEO, "another@example.org"):
        app = named(email=email)
        assert not app.title
        assert entry.GO_ON in app.html[0].value
        with engine.begin() as conn:
            cleo = accounts.by_email(conn, CLEO)
        assert handed_over(engine) == cleo.id
    assert emails(engine) == [CLEO]
    assert cleo.password_hash is None


def test_the_same_subject_of_another_provider_is_somebody_else(engine):
    named()
    first = handed_over(engine)
    named(iss="https://other.example", email="other@example.org")
    assert handed_over(engine) not in (first, None)


def test_an_email_that_has_a_password_is_not_taken_over(engine):
    entry.register(engine, CLEO, "correct horse", "", "192.0.2.1")
    why = "Your e-mail has an account here; sign in with its password."
    stays_out(engine, named(email="Cleo@Example.ORG"), why)
    assert emails(engine) == [CLEO]


@pytest.mark.parametrize("verified", [False, "false", None])
def test_an_email_the_provider_has_not_checked_is_not_theirs(engine, verified):
    named(email_verified=verified)
    assert handed_over(engine)
    assert emails(engine) == [f"7@{ISSUER}"]


def test_who_has_no_name_that_could_be_an_email_is_told(engine):
    app = named(iss="http://localhost:9000", email=None)
    stays_out(engine, app, "The provider tells no e-mail address of yours; add one there.")


def test_a_disabled_account_stays_out(engine):
    named()
    with engine.begin() as conn:
        accounts.set_disabled(conn, handed_over(engine), is_disabled=True)
    why = "Your account is disabled; ask whoever runs this server."
    stays_out(engine, named(), why)


def test_who_is_disabled_on_the_way_stays_out(engine):
    named()
    with engine.begin() as conn:
        accounts.set_disabled(conn, accounts.by_email(conn, CLEO).id, is_disabled=True)
    assert entry.take_over(engine, "the provider's word", "192.0.2.1") is None


@pytest.mark.parametrize(
    ("registration", "why"),
    [
        ("closed", "No new accounts are made here; ask whoever runs this server."),
        ("invite", "New accounts need an invitation here; make one with yours first."),
    ],
)
def test_nobody_new_comes_in_where_registration_is_not_open(engine, registration, why):
    named(sub="8", email="old@example.org")
    known = handed_over(engine)
    configure(registration=registration)
    stays_out(engine, named(), why)
    assert emails(engine) == ["old@example.org"]
    named(sub="8", email="old@example.org")
    assert handed_over(engine) == known


@pytest.mark.parametrize(
    "claims",
    [{"iat": time.time() - 3600}, {"iat": None}, {"is_logged_in": False}],
    ids=["said long ago", "said nobody knows when", "not said"],
)
def test_a_word_that_is_not_of_just_now_lets_nobody_in(engine, claims):
    stays_out(engine, named(**claims), SIGNED_OUT)
    assert emails(engine) == []


def test_who_offers_no_provider_believes_none(engine):
    configure(oidc_name=None)
    stays_out(engine, named(asks=True), SIGNED_OUT)
    assert emails(engine) == []


def test_a_provider_that_is_not_set_up_is_said_in_a_sentence(engine):
    why = "The way to Club is not set up; ask whoever runs this server."
    stays_out(engine, named(asks=True, is_logged_in=False), why)


def test_the_account_remembers_how_it_came_to_be(engine):
    named()
    with engine.begin() as conn:
        lines = conn.execute(text("SELECT action, detail FROM audit_log ORDER BY id")).all()
    assert [tuple(line) for line in lines] == [("account made", "by a provider")]
