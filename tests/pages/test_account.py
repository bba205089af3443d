"""The account page, in local mode and for someone who signed in."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import text
from streamlit.runtime.context import StreamlitHeaders
from streamlit.testing.v1 import AppTest

from runsous import jobs, settings
from runsous.accounts import entry, everything
from runsous.settings import Settings
from runsous.store import audit, data_exports
from tests.web.people import cheap

__all__ = ["cheap"]

pytestmark = pytest.mark.usefixtures("cheap")

PAGE = str(Path(__file__).resolve().parents[2] / "pages" / "account.py")
EMAIL, PASSWORD = "ana@example.org", "correct horse"


@pytest.fixture(autouse=True)
def _browser(monkeypatch) -> None:
    """AppTest knows neither cookies nor what the door says."""
    told = StreamlitHeaders([("X-Runsous-Address", "192.0.2.1")])
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: {}))
    monkeypatch.setattr(type(st.context), "headers", property(lambda _: told))


@pytest.fixture
def ana(engine, monkeypatch) -> str:
    """Someone signed in; the secret of her session."""
    settings.use(Settings(**{**vars(settings.current()), "auth": "accounts"}))
    entry.register(engine, EMAIL, PASSWORD, "", "192.0.2.1")
    secret = entry.sign_in(engine, EMAIL, PASSWORD, "192.0.2.1")
    monkeypatch.setattr(type(st.context), "cookies", property(lambda _: {entry.COOKIE: secret}))
    return secret


def page() -> AppTest:
    return AppTest.from_file(PAGE, default_timeout=30).run()


def button(app: AppTest, label: str):
    return next(b for b in app.button if b.label == label)


def test_local_mode_knows_no_sign_in_but_all_rights(engine):
    app = page()
    assert not app.exception
    assert app.title[0].value == "Your data"
    labels = [b.label for b in app.button]
    assert "Download everything" in labels
    assert "Delete everything" in labels
    assert "Make token" not in labels


def test_who_is_not_signed_in_sees_the_way_to_sign_in_alone(engine):
    settings.use(Settings(**{**vars(settings.current()), "auth": "accounts"}))
    app = page()
    assert app.title[0].value == "You are signed out"
    assert not app.button


def test_a_token_is_shown_once_and_works_until_it_is_revoked(engine, ana):
    app = page()
    next(t for t in app.text_input if t.label == "Name").input("watch")
    app = button(app, "Make token").click().run()
    token = app.code[0].value
    with engine.begin() as conn:
        visitor = entry.by_token(conn, token)
        assert visitor.scopes == {"read"}
        line = audit.newest(conn, visitor.user_id, 1)[0]
        assert (line["action"], line["address"]) == ("token made", "192.0.2.1")
    app = app.run()
    assert not app.code
    app = button(app, "Revoke").click().run()
    assert not app.exception
    with engine.begin() as conn:
        assert entry.by_token(conn, token) is None


def test_a_token_needs_a_name(engine, ana):
    app = button(page(), "Make token").click().run()
    assert "name" in app.error[0].value


def test_a_changed_password_signs_other_browsers_out_and_revokes_tokens(engine, ana):
    other = entry.sign_in(engine, EMAIL, PASSWORD, "192.0.2.2")
    with engine.begin() as conn:
        user_id = entry.by_session(conn, ana).user_id
        wanted = entry.WantedToken("watch", ["read"], None)
        token = entry.make_token(conn, user_id, wanted, "")["token"]
    app = page()
    assert any("your API tokens revoked" in c.value for c in app.caption)
    fields = {t.label: t for t in app.text_input}
    fields["Password now"].input("not the one")
    fields["New password"].input("battery staple")
    app = button(app, "Change it").click().run()
    assert "not your present password" in app.error[0].value
    with engine.begin() as conn:
        assert entry.by_session(conn, other)
        assert entry.by_token(conn, token)
    fields = {t.label: t for t in app.text_input}
    fields["Password now"].input(PASSWORD)
    fields["New password"].input("battery staple")
    app = button(app, "Change it").click().run()
    assert not app.exception
    with engine.begin() as conn:
        assert entry.by_session(conn, ana)
        assert entry.by_session(conn, other) is None
        assert entry.by_token(conn, token) is None
    assert entry.sign_in(engine, EMAIL, "battery staple", "")
    assert entry.sign_in(engine, EMAIL, PASSWORD, "") is None


def test_a_password_cannot_be_guessed_at_length(engine, ana):
    app = page()
    for _ in range(6):
        fields = {t.label: t for t in app.text_input}
        fields["Password now"].input("not the one")
        fields["New password"].input("battery staple")
        app = button(app, "Change it").click().run()
    assert "too often" in app.error[0].value


def test_everything_can_be_asked_for_once_at_a_time_and_downloaded(engine, ana):
    app = button(page(), "Download everything").click().run()
    assert not app.exception
    assert "Download everything" not in [b.label for b in app.button]
    with engine.begin() as conn:
        ((user_id, export_id),) = data_exports.unfinished(conn)
    everything.make(engine, user_id, export_id, threading.Event())
    app = page()
    assert f"/api/v1/me/exports/{export_id}/download" in str([e.proto for e in app.get("html")])
    jobs.close(engine)


def test_what_happened_is_told(engine, ana):
    (table,) = page().dataframe
    assert list(table.value["What"]) == ["signed in", "account made"]
    assert set(table.value["From"]) == {"192.0.2.1"}


def test_fewer_samples_are_kept_only_when_that_is_confirmed(engine, ana):
    app = page()
    app = next(s for s in app.selectbox).select(365).run()
    with engine.begin() as conn:
        assert conn.execute(text("SELECT settings FROM users")).scalar_one() == {}
    app = button(app, "Delete them").click().run()
    assert not app.exception
    with engine.begin() as conn:
        kept = conn.execute(text("SELECT settings FROM users")).scalar_one()
    assert kept["keep_samples_days"] == 365
    jobs.close(engine)


def test_an_account_is_deleted_by_its_password_alone(engine, ana):
    app = page()
    next(t for t in app.text_input if t.label == "Your password").input("not the one")
    app = button(app, "Delete my account").click().run()
    assert "nothing was deleted" in app.error[0].value
    next(t for t in app.text_input if t.label == "Your password").input(PASSWORD)
    app = button(app, "Delete my account").click().run()
    assert app.title[0].value == "You are signed out"
    with engine.begin() as conn:
        assert conn.execute(text("SELECT count(*) FROM users")).scalar_one() == 0


def test_in_local_mode_it_takes_the_words(engine):
    app = page()
    (field,) = [t for t in app.text_input if t.label.startswith("Write")]
    field.input("delete everything")
    app = button(app, "Delete everything").click().run()
    assert not app.exception
    assert app.title[0].value == "Your data"
