"""The forms to sign up, in and out, as browsers and those who mean harm send them."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from runsous.accounts import entry, passwords
from runsous.store import audit
from runsous.web import forms
from tests.sync import make
from tests.web.people import (
    ANA,
    BO,
    HERE,
    PASSWORD,
    add,
    browser,
    cheap,
    configure,
    fill_in,
    server,
    session,
    sign_in,
)

__all__ = ["browser", "cheap", "server"]

COOKIE = "runsous_session"


def is_in(client) -> bool:
    return client.get("/api/v1/activities").status_code == 200


def count(engine, table: str) -> int:
    return make.rows(engine, f"SELECT count(*) AS n FROM {table}")[0]["n"]


def reset_limits(engine) -> None:
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM rate_limits"))


def test_one_makes_an_account_signs_in_and_out(engine, browser):
    ana = browser()
    answer = fill_in(ana, "/auth/register", email=" Ana@Example.org", password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/login?made")
    assert "sign in with the password you chose" in ana.get("/auth/login?made").text
    assert not is_in(ana)
    answer = fill_in(ana, "/auth/login?next=/activity?id=4", email=ANA, password=PASSWORD)
    assert answer.status_code == 303
    assert is_in(ana)
    page = ana.get("/auth/logout").text
    assert "Sign out everywhere" in page
    assert "API tokens go on working" in page
    answer = fill_in(ana, "/auth/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/login")
    assert COOKIE not in ana.cookies
    assert not is_in(ana)
    assert count(engine, "sessions") == 0


@pytest.mark.parametrize("path", [route.path for route in forms.routes()])
def test_local_mode_has_no_forms(engine, browser, path):
    configure(auth="local", base_url="http://testserver")
    client = browser()
    assert "csrf_token" not in client.get(path).text
    assert not client.cookies
    assert client.post(path).status_code in (404, 405)


@pytest.mark.parametrize(("base_url", "is_secure"), [("http://a", False), ("https://a", True)])
def test_cookies_are_kept_from_scripts_and_other_sites(engine, browser, base_url, is_secure):
    add(engine)
    configure(base_url=base_url)
    client = browser()
    page = client.get("/auth/login")
    token = re.search(r'name="csrf_token" value="(\w+)"', page.text)[1]
    answer = client.post(
        "/auth/login", data={"csrf_token": token, "email": ANA, "password": PASSWORD}
    )
    for given in (page.headers["set-cookie"], answer.headers["set-cookie"]):
        parts = given.lower().split("; ")
        assert {"httponly", "samesite=lax"} <= set(parts)
        assert ("secure" in parts) is is_secure
        assert not [part for part in parts if part.startswith("domain")]
    assert f"max-age={30 * 24 * 3600}" in answer.headers["set-cookie"].lower()
    assert page.headers["cache-control"] == "no-store"


def wrong_tokens(client, path):
    """Form tokens that are not this browser's: none, made up, another browser's."""
    others = re.search(r'csrf_token" value="(\w+)"', client().get(path).text)[1]
    return [None, "", "0" * 64, "é", others]


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register", "/auth/logout"])
def test_a_form_from_elsewhere_does_nothing(engine, browser, path):
    add(engine)
    client = sign_in(browser())
    before = make.tables(engine)
    for token in wrong_tokens(browser, path):
        data = {"email": BO, "password": PASSWORD, **({"csrf_token": token} if token else {})}
        assert client.post(path, data=data).status_code == 403
    # Nor does the right token without its cookie.
    page = client.get(path)
    token = re.search(r'csrf_token" value="(\w+)"', page.text)[1]
    data = {"email": BO, "password": PASSWORD, "csrf_token": token}
    assert browser().post(path, data=data).status_code == 403
    answer = client.post(path, data=data, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert make.tables(engine) == before
    assert is_in(client)


def test_signing_in_gives_a_new_secret_and_ends_the_old_session(engine, browser):
    add(engine)
    client = sign_in(browser())
    former = client.cookies[COOKIE]
    sign_in(client)
    assert client.cookies[COOKIE] != former
    thief = browser(cookies={COOKIE: former})
    assert not is_in(thief)
    assert count(engine, "sessions") == 1


def test_a_secret_somebody_else_chose_never_becomes_a_session(engine, browser):
    add(engine)
    client = browser(cookies={COOKIE: "chosen"})
    fill_in(client, "/auth/login", email=ANA, password=PASSWORD)
    assert not is_in(browser(cookies={COOKIE: "chosen"}))


@pytest.mark.parametrize(
    ("column", "age"),
    [("seen_at", timedelta(days=7, hours=1)), ("created_at", timedelta(days=30, hours=1))],
)
def test_a_session_that_is_over_lets_nobody_in(engine, browser, column, age):
    add(engine)
    client = sign_in(browser())
    with engine.begin() as conn:
        conn.execute(text(f"UPDATE sessions SET {column} = {column} - :age"), {"age": age})
    assert not is_in(client)
    answer = client.get("/activities", headers={"accept": "text/html"})
    assert answer.headers["location"] == "/auth/login?next=/activities"


def test_signing_out_everywhere_ends_the_sessions_of_one_user_alone(engine, browser):
    ana = add(engine)
    add(engine, BO)
    first, second = sign_in(browser()), sign_in(browser())
    bo = sign_in(browser(), BO)
    fill_in(first, "/auth/logout", everywhere="yes")
    assert [is_in(client) for client in (first, second, bo)] == [False, False, True]
    with engine.begin() as conn:
        newest = audit.newest(conn, ana)[0]
    assert (newest["action"], newest["address"]) == ("signed out everywhere", HERE)


def test_signing_out_here_leaves_other_browsers_alone(engine, browser):
    add(engine)
    first, second = sign_in(browser()), sign_in(browser())
    fill_in(first, "/auth/logout")
    assert [is_in(client) for client in (first, second)] == [False, True]


@pytest.mark.parametrize(
    "onward",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\r\nSet-Cookie: a=b",
        "/\t/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/\x00",
        "",
    ],
)
def test_after_signing_in_one_stays_on_this_server(engine, browser, onward):
    add(engine)
    client = browser()
    answer = fill_in(client, "/auth/login", email=ANA, password=PASSWORD, next=onward)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert 'name="next" value="/"' in client.get("/auth/login", params={"next": onward}).text


def test_after_signing_in_one_is_where_one_wanted_to_go(engine, browser):
    add(engine)
    client = browser()
    wanted = client.get("/activity?id=4&x=a%26b", headers={"accept": "text/html"})
    page = client.get(wanted.headers["location"])
    onward = re.search(r'name="next" value="([^"]*)"', page.text)[1].replace("&amp;", "&")
    answer = fill_in(client, "/auth/login", email=ANA, password=PASSWORD, next=onward)
    assert answer.headers["location"] == "/activity?id=4&x=a%26b"


def masked(page) -> str:
    """A page without what differs at every request."""
    return re.sub(r'csrf_token" value="\w+"', "", page.text)


def test_a_wrong_sign_in_is_answered_the_same_whoever_exists(engine, browser):
    add(engine)
    disabled = add(engine, BO)
    with engine.begin() as conn:
        conn.execute(text("UPDATE users SET disabled_at = now() WHERE id = :id"), {"id": disabled})
    # Each from an address of its own, as answers count those from one.
    answers = [
        fill_in(browser(f"198.51.100.{n}"), "/auth/login", email=email, password=password)
        for n, (email, password) in enumerate(
            (
                (ANA, "wrong password"),
                (BO, PASSWORD),
                ("nobody@example.org", PASSWORD),
                ("no e-mail", PASSWORD),
            )
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    emails = (ANA, BO, "nobody@example.org", "no e-mail")
    said = {
        masked(answer).replace(email, "") for answer, email in zip(answers, emails, strict=True)
    }
    assert len(said) == 1
    assert "do not belong together" in said.pop()
    heads = [{**answer.headers, "content-length": 0} for answer in answers]
    assert all(head == heads[0] for head in heads)


def test_a_registration_is_answered_the_same_whoever_exists(engine, browser):
    add(engine)
    answers = [
        fill_in(browser(f"198.51.100.{n}"), "/auth/register", email=email, password=PASSWORD)
        for n, email in enumerate((ANA, BO))
    ]
    assert answers[0].status_code == answers[1].status_code == 303
    assert answers[0].headers == answers[1].headers
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register"])
def test_every_answer_waits_as_long_whoever_exists(engine, browser, monkeypatch, path):
    add(engine)
    now, waited = [100.0], []

    async def sleep(seconds):
        waited.append(seconds)

    def clock():
        # Whatever is done takes a tenth of a second.
        now[0] += 0.1
        return now[0]

    monkeypatch.setattr(forms, "_ANSWER_S", 2.0)
    monkeypatch.setattr(forms, "asyncio", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(forms, "time", SimpleNamespace(monotonic=clock))
    for email in (ANA, BO, "no e-mail"):
        fill_in(browser(), path, email=email, password="a wrong password")
    assert waited == pytest.approx([1.9] * 3)


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register"])
def test_five_a_minute_from_an_address_and_for_an_email_are_enough(engine, browser, path):
    add(engine)
    client = browser("198.51.100.1")

    def tries(client, email):
        return fill_in(client, path, email=email, password="a wrong password").status_code

    assert 429 not in [tries(client, f"{n}@example.org") for n in range(5)]
    answer = fill_in(client, path, email=ANA, password=PASSWORD)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["ratelimit-policy"] == '"sign-in";q=5;w=60'
    assert answer.headers["ratelimit"].startswith('"sign-in";r=0;t=')
    reset_limits(engine)
    # The same e-mail in all its spellings, from anywhere.
    spelt = [ANA, "ANA@example.org", " ana@example.org ", "ａna@example.org", "𝕒na@example.org"]
    for n, email in enumerate(spelt):
        assert tries(browser(f"198.51.100.{n}"), email) != 429
    assert tries(browser("198.51.100.99"), ANA) == 429
    assert tries(browser("198.51.100.98"), BO) != 429


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register"])
def test_every_answer_says_how_often_one_may_still_try(engine, browser, path):
    def tell(client, email, password="x"):
        answer = fill_in(client, path, email=email, password=password)
        assert answer.headers["ratelimit-policy"] == '"sign-in";q=5;w=60'
        return answer.headers["ratelimit"].partition(";t=")[0]

    add(engine)
    first, second = browser("198.51.100.1"), browser("198.51.100.2")
    # Of the address and the e-mail, whichever may try less often.
    assert tell(first, BO) == '"sign-in";r=4'
    assert tell(first, ANA) == '"sign-in";r=3'
    assert tell(second, ANA) == '"sign-in";r=3'
    assert tell(browser("198.51.100.3"), ANA, PASSWORD) == '"sign-in";r=2'
    assert "ratelimit" not in first.get(path).headers


def test_nobody_locks_an_address_out_by_calling_it_an_email(engine, browser):
    for n in range(5):
        fill_in(browser(f"198.51.100.{n}"), "/auth/login", email=HERE, password="x")
    assert fill_in(browser(), "/auth/login", email=ANA, password="x").status_code == 401


def test_a_household_in_ipv6_counts_as_one(engine, browser):
    codes = [
        fill_in(browser(f"2001:db8:1:2::{n}"), "/auth/login", email=f"{n}@a.b", password="x")
        for n in range(6)
    ]
    assert [code.status_code for code in codes] == [401] * 5 + [429]
    other = browser("2001:db8:1:3::1")
    assert fill_in(other, "/auth/login", email=ANA, password="x").status_code == 401


def test_a_closed_server_says_so_and_makes_no_account(engine, browser):
    configure(registration="closed")
    client = browser()
    assert "<form" not in client.get("/auth/register").text
    assert "/auth/register" not in client.get("/auth/login").text
    token = re.search(r'csrf_token" value="(\w+)"', client.get("/auth/login").text)[1]
    data = {"csrf_token": token, "email": ANA, "password": PASSWORD}
    answer = client.post("/auth/register", data=data)
    assert answer.status_code == 400
    assert "No new accounts" in answer.text
    assert count(engine, "users") == 0


def test_an_invitation_lets_one_person_in(engine, browser):
    configure(registration="invite")
    with engine.begin() as conn:
        code = entry.invite(conn)
    client = browser()
    assert f'value="{code}"' in client.get(f"/auth/register?invitation={code}").text
    refused = fill_in(client, "/auth/register", email=ANA, password=PASSWORD, invitation="x")
    assert refused.status_code == 400
    assert f'value="{ANA}"' in refused.text
    assert PASSWORD not in refused.text
    for email, status in ((ANA, 303), (BO, 400)):
        answer = fill_in(client, "/auth/register", email=email, password=PASSWORD, invitation=code)
        assert answer.status_code == status
    assert count(engine, "users") == 1


@pytest.mark.parametrize(
    ("email", "password", "says"),
    [
        ("no e-mail", PASSWORD, "no e-mail address"),
        ("a\x00b@example.org", PASSWORD, "no e-mail address"),
        ("", PASSWORD, "no e-mail address"),
        (ANA, "nine char", "10 to 1000"),
        (ANA, "", "10 to 1000"),
        (ANA, "😀" * 1001, "10 to 1000"),
        ("<script>alert(1)</script>", PASSWORD, "no e-mail address"),
    ],
)
def test_what_cannot_be_an_account_is_said_in_a_sentence(engine, browser, email, password, says):
    answer = fill_in(browser(), "/auth/register", email=email, password=password)
    assert answer.status_code == 400
    assert says in answer.text
    assert "<script>" not in answer.text
    assert count(engine, "users") == 0


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("jürgen@müller.example", "пароль-кириллицей"),
        ("名前@例え.jp", "😀" * 1000),
        ("nul@example.org", "with\x00NUL in it"),
        ('"><b>"@example.org', "<b>&amp;\"' %0a+"),
    ],
)
def test_any_script_will_do_for_email_and_password(engine, browser, email, password):
    client = browser()
    made = fill_in(client, "/auth/register", email=email, password=password)
    assert made.status_code == 303
    answer = fill_in(client, "/auth/login", email=email, password=password + "x")
    assert answer.status_code == 401
    assert "<b>" not in answer.text
    assert is_in(sign_in(client, email, password))


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register", "/auth/logout"])
def test_a_form_too_large_to_be_one_is_not_read(engine, browser, path):
    before = make.tables(engine)
    client = browser()
    client.get(path)
    read = []

    def endless():
        for _ in range(1000):
            read.append(1)
            yield b"a" * 10_000

    head = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post(path, content=b"a=" + b"x" * 100_000, headers=head).status_code == 413
    assert client.post(path, content="&".join(["a=b"] * 100), headers=head).status_code == 413
    assert client.post(path, content=endless(), headers=head).status_code == 413
    files = {"email": ("a", b"x" * 100_000)}
    assert client.post(path, files=files).status_code == 413
    assert make.tables(engine) == before


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"csrf_token", b"%", b"=&=", b"a=b;c=d"])
def test_what_is_no_form_is_refused(engine, browser, body):
    for path in ("/auth/login", "/auth/register", "/auth/logout"):
        assert browser().post(path, content=body).status_code == 403


def test_only_looking_changes_nothing(engine, browser):
    add(engine)
    client = sign_in(browser())
    before = make.tables(engine)
    for path in ("/auth/login", "/auth/register", "/auth/logout"):
        assert client.head(path).status_code == 200
        assert client.get(f"{path}?everywhere=yes").status_code == 200
        assert client.put(path).status_code == 405
    assert make.tables(engine) == before
    assert is_in(client)


def test_a_provider_brings_in_whom_it_vouched_for_once_and_for_a_minute(engine, browser):
    from runsous.store import sessions

    ana = add(engine)
    configure(oidc_name="Club")
    cookies = {"_streamlit_user": "signed by streamlit"}

    def vouch():
        with engine.begin() as conn:
            sessions.hand_over(conn, ana, entry.digest("signed by streamlit"))

    vouch()
    for wrong in ({}, {"_streamlit_user": "another"}):
        stranger = browser(cookies=wrong)
        assert stranger.get("/auth/provider").headers["location"] == "/auth/login"
    client = browser(cookies=cookies)
    assert client.get("/auth/provider").headers["location"] == "/"
    assert is_in(client)
    again = browser(cookies=cookies)
    assert again.get("/auth/provider").headers["location"] == "/auth/login"
    vouch()
    with engine.begin() as conn:
        conn.execute(text("UPDATE handovers SET expires_at = expires_at - interval '61 s'"))
    assert again.get("/auth/provider").headers["location"] == "/auth/login"


def dump(engine) -> str:
    """All that is in the database, as whoever steals it reads it."""
    tables = make.rows(
        engine, "SELECT table_name AS t FROM information_schema.tables WHERE table_schema='public'"
    )
    rows = [
        row["line"]
        for table in tables
        for row in make.rows(engine, f'SELECT x::text AS line FROM "{table["t"]}" AS x')
    ]
    return "\n".join(rows)


def test_a_stolen_database_holds_no_password_secret_or_token(engine, browser):
    client = browser()
    configure(registration="invite")
    with engine.begin() as conn:
        code, spare = entry.invite(conn), entry.invite(conn)
    fill_in(client, "/auth/register", email=ANA, password=PASSWORD, invitation=code)
    sign_in(client)
    fill_in(client, "/auth/login", email=ANA, password="a wrong password")
    wanted = {"name": "watch", "scopes": ["read"]}
    token = client.post("/api/v1/tokens", json=wanted).json()["token"]
    stolen = dump(engine)
    assert ANA in stolen
    assert "watch" in stolen
    secrets = [PASSWORD, "a wrong password", client.cookies[COOKIE], token, code, spare]
    for secret in [*secrets, token.removeprefix(entry.TOKEN_MARK)]:
        assert secret not in stolen
        # As bytea shows it.
        assert secret.encode().hex() not in stolen


def test_nobody_is_slowed_down_by_what_makes_guessing_slow(engine, browser, monkeypatch):
    """A request with a session costs no password hash."""
    secret = session(engine, add(engine))
    monkeypatch.setattr(passwords, "is_right", lambda *_: pytest.fail("hashed"))
    assert is_in(browser(cookies={COOKIE: secret}))


def test_an_error_nobody_foresaw_is_said_on_a_page_like_the_others(engine, browser, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError(f"{ANA} cannot be counted")

    monkeypatch.setattr("runsous.accounts.limits.check", fail)
    client = browser(raise_server_exceptions=False, headers={"accept": "text/html,*/*;q=0.8"})
    usual = client.get("/auth/login")
    answer = fill_in(client, "/auth/login", email=ANA, password=PASSWORD)
    assert answer.status_code == 500
    assert "<h1>Server error</h1>" in answer.text
    for words in (ANA, "RuntimeError", "Traceback", PASSWORD):
        assert words not in answer.text
    for name in ("content-security-policy", "x-content-type-options", "cache-control"):
        assert answer.headers[name] == usual.headers[name]


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register", "/auth/logout"])
def test_a_database_that_is_away_is_said_on_a_page_like_the_others(
    engine, browser, monkeypatch, path
):
    def away(*_: object, **__: object) -> None:
        raise OperationalError(f"INSERT {ANA}", {}, Exception("refused"))

    secret = session(engine, add(engine))
    client = browser(cookies={COOKIE: secret}, headers={"accept": "text/html,*/*;q=0.8"})
    with monkeypatch.context() as broken:
        broken.setattr("runsous.accounts.limits.check", away)
        broken.setattr(forms, "_end", away)
        answer = fill_in(client, path, email=ANA, password=PASSWORD)
    assert answer.status_code == 503
    assert "<h1>Unavailable</h1>" in answer.text
    assert "database cannot be reached" in answer.text
    assert ANA not in answer.text
    # Nobody is told that they are signed out while they are not.
    assert client.cookies[COOKIE] == secret
    assert is_in(client)
