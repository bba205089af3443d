"""One's own account over the REST API: settings, log, everything as an archive, and leaving."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from runsous.accounts import entry, everything, farewell
from runsous.store import accounts, sessions, tokens
from runsous.sync import import_files
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
    server,
    session,
)
from tests.web.test_api_reading import check, problem

__all__ = ["browser", "cheap", "server"]

ME = "/api/v1/me"


@pytest.fixture
def ana_id(engine, server):
    return add(engine)


@pytest.fixture
def ana(engine, browser, ana_id):
    """Somebody who is signed in."""
    return browser(cookies={"runsous_session": session(engine, ana_id)})


@pytest.fixture
def bo(engine, browser):
    """Somebody else."""
    return browser(cookies={"runsous_session": session(engine, add(engine, BO))})


@pytest.fixture
def described(ana):
    return ana.get("/api/v1/openapi.json").json()


def asked(client, described, method, path="", **body):
    """The answer, held against its description."""
    answer = client.request(method, f"{ME}{path}", **({"json": body} if body else {}))
    check(described, method.lower(), f"/me{path}", answer)
    return answer


def waited(client, path, n=600):
    for _ in range(n):
        found = client.get(path).json()
        if found["status"] in ("done", "failed"):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def test_one_is_told_who_one_is_and_what_one_chose(ana, described):
    me = asked(ana, described, "GET").json()
    assert (me["email"], me["auth"], me["proof"]) == (ANA, "accounts", "password")
    assert me["settings"] == {"units": None, "home_zone": None, "keep_samples_days": None}
    chosen = {"units": "miles", "home_zone": "Asia/Tokyo"}
    assert asked(ana, described, "PATCH", settings=chosen).json()["settings"] == {
        **chosen,
        "keep_samples_days": None,
    }
    # What is left out stays; null is the installation's choice again.
    changed = asked(ana, described, "PATCH", settings={"units": None}).json()["settings"]
    assert (changed["units"], changed["home_zone"]) == (None, "Asia/Tokyo")
    assert asked(ana, described, "GET").json()["settings"] == changed


@pytest.mark.parametrize(
    "wrong",
    [
        {"units": "furlongs"},
        {"home_zone": "Mars/Olympus"},
        {"home_zone": "../../etc/passwd"},
        {"keep_samples_days": 0},
        {"keep_samples_days": 36501},
        {"keep_samples_days": "soon"},
        {"is_admin": True},
    ],
)
def test_what_cannot_be_chosen_changes_nothing(ana, described, wrong):
    before = asked(ana, described, "GET").json()
    answer = asked(ana, described, "PATCH", settings={"units": "miles", **wrong})
    problem(answer, 422)
    assert asked(ana, described, "GET").json() == before


def test_fewer_days_for_samples_take_effect_and_are_in_the_log(
    engine, ana, ana_id, described, tmp_path, worker
):
    path = make.written(tmp_path, "run.fit", make.fit())
    import_files.import_paths(engine, ana_id, [path])
    (listed,) = ana.get("/api/v1/activities").json()["items"]
    assert listed["n_points"]
    asked(ana, described, "PATCH", settings={"keep_samples_days": 30})
    # Saying the same again is no change.
    asked(ana, described, "PATCH", settings={"keep_samples_days": 30})
    for _ in range(600):
        found = ana.get(f"/api/v1/activities/{listed['id']}").json()
        if not found["n_points"]:
            break
        time.sleep(0.05)
    assert {n: v for n, v in found.items() if v != listed[n]} == {
        "channels": [],
        "has_gps": False,
        "n_points": 0,
    }
    assert ana.get(f"/api/v1/activities/{listed['id']}/streams").json() == {"time_s": []}
    log = asked(ana, described, "GET", "/audit").json()["items"]
    newest = (log[0]["action"], log[0]["detail"], log[0]["address"])
    assert newest == ("retention changed", "samples kept 30 days", HERE)
    assert [x["action"] for x in log].count("retention changed") == 1
    assert ana.get(f"{ME}/audit", params={"limit": 1}).json()["items"] == log[:1]


def test_everything_is_packed_in_the_background_and_downloaded(
    engine, ana, ana_id, described, tmp_path, worker
):
    run = make.fit()
    import_files.import_paths(engine, ana_id, [make.written(tmp_path, "run.fit", run)])
    started = asked(ana, described, "POST", "/export")
    assert started.status_code == 202
    address = started.json()["status_url"]
    assert address == f"{ME}/exports/{started.json()['id']}"
    done = waited(ana, address)
    check(described, "get", address.removeprefix("/api/v1"), ana.get(address))
    assert done["status"] == "done"
    assert done["done"] == done["total"] > 5
    ended = datetime.fromisoformat(done["finished_at"])
    assert datetime.fromisoformat(done["expires_at"]) - ended == timedelta(days=7)
    answer = ana.get(done["download_url"])
    check(described, "get", done["download_url"].removeprefix("/api/v1"), answer)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-disposition"].startswith('attachment; filename="run-sous-bpm-')
    assert len(answer.content) == done["size"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert run in [archive.read(name) for name in archive.namelist() if "originals" in name]
    assert asked(ana, described, "GET", "/exports").json()["items"] == [done]
    log = [x["action"] for x in asked(ana, described, "GET", "/audit").json()["items"]]
    assert log[:2] == ["export downloaded", "export asked for"]


def test_exports_are_one_at_a_time_and_nobody_elses(engine, ana, bo, described):
    export_id = asked(ana, described, "POST", "/export").json()["id"]
    problem(asked(ana, described, "POST", "/export"), 409)
    problem(asked(ana, described, "GET", f"/exports/{export_id}/download"), 404)
    (kept,) = make.rows(engine, "SELECT user_id, id FROM data_exports")
    everything.make(engine, kept["user_id"], kept["id"])
    assert ana.get(f"{ME}/exports/{export_id}/download").status_code == 200
    unknown = uuid4()
    for path in ("", "/download"):
        theirs = problem(asked(bo, described, "GET", f"/exports/{export_id}{path}"), 404)
        assert theirs == problem(asked(bo, described, "GET", f"/exports/{unknown}{path}"), 404)
    assert asked(bo, described, "GET", "/exports").json() == {"items": []}
    # The file may be gone before its row is.
    everything.discard([kept["id"]])
    problem(asked(ana, described, "GET", f"/exports/{export_id}/download"), 404)


def test_leaving_takes_the_password_and_then_everything(engine, ana, ana_id, bo, described):
    for wrong in ({"password": "not my password"}, {"confirm": PASSWORD}, {"confirm": ANA}, {}):
        answer = ana.request("DELETE", ME, json=wrong)
        check(described, "delete", "/me", answer)
        problem(answer, 403)
    assert asked(ana, described, "GET").status_code == 200
    gone = ana.request("DELETE", ME, json={"password": PASSWORD})
    check(described, "delete", "/me", gone)
    assert gone.status_code == 204
    problem(ana.get(ME), 401)
    assert make.rows(engine, "SELECT 1 AS x FROM users WHERE id = :id", id=ana_id) == []
    assert asked(bo, described, "GET").json()["email"] == BO
    # Whoever comes with the same e-mail begins anew.
    assert add(engine) != ana_id


def test_passwords_cannot_be_tried_out_here(engine, ana, described):
    for _ in range(5):
        problem(ana.request("DELETE", ME, json={"password": "a guess or two"}), 403)
    answer = ana.request("DELETE", ME, json={"password": PASSWORD})
    check(described, "delete", "/me", answer)
    problem(answer, 429)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert ana.get(ME).status_code == 200


def test_a_token_does_not_suffice_to_leave(engine, browser, ana, ana_id):
    with engine.begin() as conn:
        secret = f"{entry.TOKEN_MARK}x"
        kept = tokens.NewToken("watch", entry.digest(secret), ["read", "write"], None)
        tokens.create(conn, ana_id, kept)
    bearer = {"authorization": f"Bearer {secret}"}
    assert browser().get(ME, headers=bearer).status_code == 200
    answer = browser().request("DELETE", ME, json={"password": PASSWORD}, headers=bearer)
    problem(answer, 403)
    with engine.begin() as conn:
        assert accounts.one(conn, ana_id)


def test_who_came_by_a_provider_leaves_by_their_e_mail(engine, browser, server, ana):
    user_id = entry.vouched_for(engine, "https://id.example", "7", "cleo@example.org")
    cleo = browser(cookies={"runsous_session": session(engine, user_id)})
    assert cleo.get(ME).json()["proof"] == "email"
    problem(cleo.request("DELETE", ME, json={"password": "cleo@example.org"}), 403)
    answer = cleo.request("DELETE", ME, json={"confirm": "Cleo@example.org"})
    assert answer.status_code == 204
    with engine.begin() as conn:
        assert accounts.one(conn, user_id) is None
        assert sessions.end_all(conn, user_id) == 0


def test_at_home_words_delete_everything_and_the_next_look_begins_anew(
    engine, browser, server, tmp_path
):
    configure(auth="local", allow_remote=True)
    me = browser()
    make.take(engine, make.written(tmp_path, "run.fit", make.fit()))
    first = me.get(ME).json()
    assert (first["auth"], first["proof"], first["email"]) == ("local", "words", None)
    problem(me.request("DELETE", ME, json={"confirm": "yes"}), 403)
    assert me.get("/api/v1/activities").json()["total"] == 1
    assert me.request("DELETE", ME, json={"confirm": farewell.WORDS}).status_code == 204
    assert me.get("/api/v1/activities").json()["total"] == 0
    assert me.get(ME).json()["created_at"] > first["created_at"]
    with engine.begin() as conn:
        assert conn.execute(text("SELECT count(*) FROM activity_streams")).scalar() == 0
