"""Personal tokens over the REST API: made, used, seen and revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from runsous.store import accounts, audit
from tests.sync import make
from tests.web.people import BO, HERE, add, browser, cheap, configure, server, session
from tests.web.test_api_reading import check, problem

__all__ = ["browser", "cheap", "server"]

API = "/api/v1"
TOKENS = f"{API}/tokens"


@pytest.fixture
def ana(engine, browser):
    """Somebody who is signed in."""
    return browser(cookies={"runsous_session": session(engine, add(engine))})


@pytest.fixture
def described(ana):
    return ana.get(f"{API}/openapi.json").json()


def made(client, scopes=("read",), **more):
    wanted = {"name": "watch", "scopes": list(scopes), **more}
    answer = client.post(TOKENS, json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def test_a_token_is_told_once_and_listed_without_its_secret(ana, described):
    end = datetime.now(UTC) + timedelta(days=30)
    answer = ana.post(
        TOKENS,
        json={"name": " Wätch ", "scopes": ["write", "read"], "expires_at": end.isoformat()},
    )
    check(described, "post", "/tokens", answer)
    token = answer.json()
    assert answer.status_code == 201
    secret = token.pop("token")
    assert secret.startswith("rsb_")
    assert len(secret) > 40
    assert (token["name"], token["scopes"], token["last_used_at"]) == (
        "Wätch",
        ["read", "write"],
        None,
    )
    assert datetime.fromisoformat(token["expires_at"]) == end
    second = made(ana)
    assert second.pop("token") != secret
    assert second["expires_at"] is None
    listed = ana.get(TOKENS)
    check(described, "get", "/tokens", listed)
    assert listed.json() == {"items": [second, token]}
    assert secret not in listed.text


def test_when_a_token_was_last_used_can_be_seen(engine, browser, ana):
    token = made(ana)
    before = datetime.now(UTC)
    assert browser().get(f"{API}/activities", headers=bearer(token["token"])).status_code == 200
    (seen,) = ana.get(TOKENS).json()["items"]
    used = datetime.fromisoformat(seen["last_used_at"])
    assert before - timedelta(seconds=1) <= used <= datetime.now(UTC)


CHANGES = [
    ("PATCH", "/activities/1"),
    ("DELETE", "/activities/1"),
    ("POST", "/imports"),
    ("POST", "/imports/0f8fad5b-d9cb-469f-a165-70867728950e/retry"),
    ("DELETE", "/imports/0f8fad5b-d9cb-469f-a165-70867728950e"),
    ("PUT", "/nowhere"),
]


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_token_for_reading_changes_nothing(engine, browser, ana, method, path):
    token = made(ana, ["read"])["token"]
    before = make.tables(engine, "rate_limits", "api_tokens")
    answer = browser().request(method, f"{API}{path}", headers=bearer(token))
    assert "write" in problem(answer, 403)["detail"]
    assert make.tables(engine, "rate_limits", "api_tokens") == before


def test_a_token_for_writing_reads_too_as_changes_are_answered_by_what_is_there(browser, ana):
    token = made(ana, ["write"])
    assert token["scopes"] == ["write"]
    answer = browser().get(f"{API}/activities", headers=bearer(token["token"]))
    assert answer.status_code == 200
    problem(browser().delete(f"{API}/activities/1", headers=bearer(token["token"])), 404)


def test_no_token_makes_or_revokes_tokens(engine, browser, ana):
    token = made(ana, ["read", "write"])
    holder = browser()
    wanted = {"name": "child", "scopes": ["read"]}
    for answer in (
        holder.post(TOKENS, json=wanted, headers=bearer(token["token"])),
        holder.delete(f"{TOKENS}/{token['id']}", headers=bearer(token["token"])),
    ):
        assert "signed in" in problem(answer, 403)["detail"]
    assert len(ana.get(TOKENS).json()["items"]) == 1


def test_a_revoked_token_is_refused_at_once(browser, ana, described):
    token = made(ana)
    holder = browser(headers=bearer(token["token"]))
    assert holder.get(TOKENS).status_code == 200
    for status in (204, 404):
        answer = ana.delete(f"{TOKENS}/{token['id']}")
        check(described, "delete", f"/tokens/{token['id']}", answer)
        assert answer.status_code == status
    problem(holder.get(TOKENS), 401)


def test_a_token_that_expired_is_refused(engine, browser, ana):
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    holder = browser(headers=bearer(made(ana, expires_at=soon)["token"]))
    assert holder.get(TOKENS).status_code == 200
    with engine.begin() as conn:
        conn.execute(text("UPDATE api_tokens SET expires_at = now() - interval '1 s'"))
    problem(holder.get(TOKENS), 401)


def test_a_token_of_who_is_disabled_is_refused(engine, browser, ana):
    holder = browser(headers=bearer(made(ana)["token"]))
    (row,) = make.rows(engine, "SELECT id FROM users")
    with engine.begin() as conn:
        accounts.set_disabled(conn, row["id"], is_disabled=True)
    problem(holder.get(TOKENS), 401)
    problem(ana.get(TOKENS), 401)


def test_signing_out_everywhere_leaves_tokens_as_they_are(engine, browser, ana):
    from tests.web.people import fill_in

    holder = browser(headers=bearer(made(ana)["token"]))
    fill_in(ana, "/auth/logout", everywhere="yes")
    problem(ana.get(TOKENS), 401)
    assert holder.get(TOKENS).status_code == 200


def test_nobody_sees_or_revokes_anothers_tokens(engine, browser, ana):
    token = made(ana)
    bo = browser(cookies={"runsous_session": session(engine, add(engine, BO))})
    assert bo.get(TOKENS).json() == {"items": []}
    theirs, nobodys = (bo.delete(f"{TOKENS}/{number}") for number in (token["id"], 2**60))
    assert problem(theirs, 404) == problem(nobodys, 404)
    assert browser(headers=bearer(token["token"])).get(TOKENS).status_code == 200


def test_a_token_opens_no_page(browser, ana):
    holder = browser(headers=bearer(made(ana, ["read", "write"])["token"]))
    for path in ("/", "/activities", "/media/x", "/_stcore/upload_file/a/b"):
        problem(holder.get(path), 401)


def test_tokens_made_and_revoked_are_noted(engine, ana):
    token = made(ana)
    ana.delete(f"{TOKENS}/{token['id']}")
    (row,) = make.rows(engine, "SELECT id FROM users")
    with engine.begin() as conn:
        noted = audit.newest(conn, row["id"])
    assert [(line["action"], line["detail"], line["address"]) for line in noted[:2]] == [
        ("token revoked", "watch", HERE),
        ("token made", "watch", HERE),
    ]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": ""}, 422),
        ({"name": "   "}, 422),
        ({"name": "a\x00"}, 422),
        ({"name": "a\nb"}, 422),
        ({"name": "x" * 201}, 422),
        ({"name": None}, 422),
        ({"scopes": []}, 422),
        ({"scopes": ["admin"]}, 422),
        ({"scopes": ["read"] * 3}, 422),
        ({"scopes": "read"}, 422),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400),
        ({"expires_at": "2020-01-01T00:00:00"}, 400),
        ({"expires_at": "9999-12-31T23:59:59-12:00"}, 400),
        ({"expires_at": "tomorrow"}, 422),
        ({"expires_at": 4102444800}, 422),
        ({"expires_at": "4102444800"}, 422),
    ],
)
def test_a_token_that_cannot_be_meant_is_refused(engine, ana, described, change, status):
    wanted = {"name": "watch", "scopes": ["read"], **change}
    answer = ana.post(TOKENS, json=wanted)
    check(described, "post", "/tokens", answer)
    problem(answer, status)
    assert ana.get(TOKENS).json() == {"items": []}


def test_the_description_says_who_may_ask(ana):
    described = ana.get(f"{API}/openapi.json").json()
    schemes = described["components"]["securitySchemes"]
    assert (schemes["session"]["in"], schemes["session"]["name"]) == ("cookie", "runsous_session")
    assert (schemes["token"]["type"], schemes["token"]["scheme"]) == ("http", "bearer")
    assert "write, which includes read" in schemes["token"]["description"]
    assert described["security"] == [{"token": []}]
    assert described["paths"]["/tokens"]["post"]["security"] == [{"session": []}]
    assert "security" not in described["paths"]["/tokens"]["get"]
    for operations in described["paths"].values():
        for operation in operations.values():
            assert {"401", "403", "429"} <= set(operation["responses"])
    configure(auth="local")
    assert "security" not in ana.get(f"{API}/openapi.json").json()
