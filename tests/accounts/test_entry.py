"""Accounts, sessions, invitations and personal tokens, without the forms around them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from runsous import settings
from runsous.accounts import entry, passwords
from runsous.accounts.entry import WantedToken
from runsous.errors import InputError, NotFound
from runsous.store import accounts, audit, sessions
from tests.web.people import ANA, BO, HERE, PASSWORD, add, cheap, session

__all__ = ["cheap"]

pytestmark = pytest.mark.usefixtures("cheap")


def ask(engine, function, *arguments):
    with engine.begin() as conn:
        return function(conn, *arguments)


def count(engine, table: str) -> int:
    return ask(engine, lambda conn: conn.execute(text(f"SELECT count(*) FROM {table}")).scalar())


def registration(how: str) -> None:
    settings.use(replace(settings.current(), auth="accounts", registration=how))


def said(engine, user_id: int) -> list[tuple[str, str | None, str | None]]:
    """The audit log, oldest first."""
    rows = reversed(ask(engine, audit.newest, user_id))
    return [(row["action"], row["detail"], row["address"]) for row in rows]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ana@example.org", "ana@example.org"),
        ("  Ana@Example.ORG\n", "ana@example.org"),
        ("ＡＮＡ＠example.org", "ana@example.org"),
        ("𝔞𝔫𝔞@example.org", "ana@example.org"),
        ("jürgen@müller.example", "jürgen@müller.example"),
        ("ju\u0308rgen@m\u00fcller.example", "jürgen@müller.example"),
        ('"a@b"@example.org', '"a@b"@example.org'),
    ],
)
def test_an_email_is_the_same_however_it_is_written(written, kept):
    assert entry.normal(written) == kept
    assert entry.normal(kept) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "@",
        "ana",
        "ana@",
        "@example.org",
        "ana@localhost",
        "ana@.",
        "ana@example.org\x00",
        "ana\x00@example.org",
        "a na@example.org",
        "ana@exam\u2028ple.org",
        "a\u200bna@example.org",
        "x" * 250 + "@example.org",
    ],
)
def test_what_is_no_email_is_refused(written):
    with pytest.raises(InputError, match="no e-mail"):
        entry.normal(written)


def test_an_open_server_makes_an_account_once_and_never_changes_one(engine):
    registration("open")
    entry.register(engine, ANA, PASSWORD, "", HERE)
    entry.register(engine, f" {ANA.upper()}", "another password", "", HERE)
    assert count(engine, "users") == 1
    assert entry.sign_in(engine, ANA, PASSWORD, HERE)
    assert entry.sign_in(engine, ANA, "another password", HERE) is None


def test_a_closed_server_makes_no_account(engine):
    registration("closed")
    with pytest.raises(InputError, match="No new accounts"):
        entry.register(engine, ANA, PASSWORD, "", HERE)
    assert count(engine, "users") == 0


def test_an_invitation_makes_one_account_and_not_after_two_weeks(engine):
    registration("invite")
    codes = [ask(engine, entry.invite) for _ in range(3)]
    assert len(set(codes)) == 3
    with pytest.raises(InputError, match="invitation"):
        entry.register(engine, ANA, PASSWORD, "guessed", HERE)
    entry.register(engine, ANA, PASSWORD, f" {codes[0]}\n", HERE)
    with pytest.raises(InputError, match="invitation"):
        entry.register(engine, BO, PASSWORD, codes[0], HERE)
    with engine.begin() as conn:
        conn.execute(text("UPDATE invitations SET expires_at = expires_at - interval '14 days'"))
    with pytest.raises(InputError, match="invitation"):
        entry.register(engine, BO, PASSWORD, codes[1], HERE)
    assert count(engine, "users") == 1


def test_a_password_that_is_refused_leaves_the_invitation_good(engine):
    registration("invite")
    code = ask(engine, entry.invite)
    with pytest.raises(InputError, match="password"):
        entry.register(engine, ANA, "short", code, HERE)
    entry.register(engine, ANA, PASSWORD, code, HERE)


def test_a_password_is_hashed_at_every_sign_in_whoever_exists(engine, monkeypatch):
    add(engine)
    hashes = []

    class Counted(PasswordHasher):
        def verify(self, *given):
            hashes.append(given[0])
            return super().verify(*given)

    monkeypatch.setattr(passwords, "_hasher", Counted(1, 8, 1))
    for email in (ANA, BO, "no e-mail at all", "nul\x00@example.org"):
        assert entry.sign_in(engine, email, "wrong password", HERE) is None
    assert len(hashes) == 4
    # A real hash each time, which takes the time it takes.
    assert {kept.split("$")[1] for kept in hashes} == {"argon2id"}


def test_a_password_is_hashed_at_every_registration_whoever_exists(engine, monkeypatch):
    registration("open")
    add(engine)
    made = []
    hashed = passwords.hashed
    monkeypatch.setattr(passwords, "hashed", lambda word: made.append(word) or hashed(word))
    for email in (ANA, BO):
        entry.register(engine, email, PASSWORD, "", HERE)
    assert made == [PASSWORD, PASSWORD]


def test_signing_in_is_noted_and_so_is_failing_to(engine):
    ana = add(engine)
    entry.sign_in(engine, ANA, "wrong password", HERE)
    entry.sign_in(engine, ANA, PASSWORD, HERE)
    assert said(engine, ana) == [
        ("sign-in failed", None, HERE),
        ("signed in", "with a password", HERE),
    ]


def test_who_is_disabled_comes_in_no_way(engine):
    ana = add(engine)
    secret = session(engine, ana)
    token = ask(engine, entry.make_token, ana, WantedToken("a", ["read"], None), HERE)["token"]
    assert ask(engine, entry.by_token, token).user_id == ana
    with engine.begin() as conn:
        accounts.set_disabled(conn, ana, is_disabled=True)
    assert ask(engine, entry.by_session, secret) is None
    assert ask(engine, entry.by_token, token) is None
    assert entry.sign_in(engine, ANA, PASSWORD, HERE) is None


def test_an_old_hash_is_made_anew_at_the_next_sign_in(engine, monkeypatch):
    ana = add(engine)
    before = ask(engine, accounts.one, ana).password_hash
    assert entry.sign_in(engine, ANA, PASSWORD, HERE)
    assert ask(engine, accounts.one, ana).password_hash == before
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(2, 16, 1))
    assert entry.sign_in(engine, ANA, PASSWORD, HERE)
    assert ask(engine, accounts.one, ana).password_hash != before
    assert entry.sign_in(engine, ANA, PASSWORD, HERE)
    # More than is ever kept of one is not the same password, even where its beginning is.
    assert entry.sign_in(engine, ANA, PASSWORD.ljust(2000), HERE) is None


@pytest.mark.parametrize(
    ("column", "age", "lasts"),
    [
        ("seen_at", timedelta(days=6, hours=23), True),
        ("seen_at", timedelta(days=7, hours=1), False),
        ("created_at", timedelta(days=29, hours=23), True),
        ("created_at", timedelta(days=30, hours=1), False),
    ],
)
def test_a_session_ends_unused_after_a_week_and_used_after_thirty_days(engine, column, age, lasts):
    ana = add(engine)
    secret = session(engine, ana)
    with engine.begin() as conn:
        conn.execute(text(f"UPDATE sessions SET {column} = {column} - :age"), {"age": age})
    visitor = ask(engine, entry.by_session, secret)
    assert (visitor is not None) is lasts
    ask(engine, sessions.clear)
    assert count(engine, "sessions") == int(lasts)


def test_using_a_session_keeps_it_alive(engine):
    secret = session(engine, add(engine))
    week = timedelta(days=6)
    for _ in range(3):
        with engine.begin() as conn:
            conn.execute(text("UPDATE sessions SET seen_at = seen_at - :age"), {"age": week})
        assert ask(engine, entry.by_session, secret)


def test_what_is_asked_of_a_token_is_checked(engine):
    ana = add(engine)
    past, far = datetime.now(UTC) - timedelta(seconds=1), datetime(9999, 1, 1, tzinfo=UTC)
    for wanted in (
        WantedToken("  ", ["read"], None),
        WantedToken("a\x00b", ["read"], None),
        WantedToken("a", [], None),
        WantedToken("a", ["read", "admin"], None),
        WantedToken("a", ["read"], past),
        WantedToken("a", ["read"], far),
    ):
        with pytest.raises(InputError):
            ask(engine, entry.make_token, ana, wanted, HERE)
    assert count(engine, "api_tokens") == 0


def test_a_token_ends_on_its_day_or_when_it_is_revoked(engine):
    ana, bo = add(engine), add(engine, BO)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    made = [
        ask(engine, entry.make_token, ana, WantedToken(f" {name} ", ["write", "read"], end), HERE)
        for name, end in (("short", tomorrow), ("long", None))
    ]
    assert [row["name"] for row in made] == ["short", "long"]
    assert made[0]["scopes"] == ["read", "write"]
    for row in made:
        visitor = ask(engine, entry.by_token, row["token"])
        assert visitor == entry.Visitor(ana, frozenset({"read", "write"}), False)
    with engine.begin() as conn:
        conn.execute(text("UPDATE api_tokens SET expires_at = expires_at - interval '1 day'"))
    assert ask(engine, entry.by_token, made[0]["token"]) is None
    with pytest.raises(NotFound):
        ask(engine, entry.revoke_token, bo, made[1]["id"], HERE)
    assert ask(engine, entry.by_token, made[1]["token"])
    ask(engine, entry.revoke_token, ana, made[1]["id"], HERE)
    assert ask(engine, entry.by_token, made[1]["token"]) is None
    assert said(engine, ana) == [
        ("token made", "short", HERE),
        ("token made", "long", HERE),
        ("token revoked", "long", HERE),
    ]


def test_a_session_is_no_token_and_a_token_no_session(engine):
    ana = add(engine)
    secret = session(engine, ana)
    token = ask(engine, entry.make_token, ana, WantedToken("a", ["read"], None), HERE)["token"]
    assert token.startswith("rsb_")
    assert ask(engine, entry.by_token, secret) is None
    assert ask(engine, entry.by_session, token) is None
