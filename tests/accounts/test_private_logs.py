"""What a server of accounts writes down in a day, with nothing of anybody in it."""

from __future__ import annotations

import json
import socket
import time
import zipfile
from collections import Counter
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import Engine, text

from runsous import settings
from runsous.store import database
from tests import running
from tests.sync import make
from tests.web.people import ANA, PASSWORD, fill_in

API = "/api/v1"
WRONG = "not her password at all"
ARTIST, SONG, LATE = "Die Geheimen", "Hidden Tune", "Later Tune"
FILE, RUN, RENAMED = "Annas Abendlauf", "Around my house", "To the doctor"
PLACE = ("50.08", "14.42")
"""Where :func:`make.gpx` begins."""


@dataclass
class Day:
    """The server, Ana's browser at it, the database, and what may be in no log."""

    app: running.App
    ana: httpx.Client
    engine: Engine
    secrets: set[str]


@pytest.fixture
def day(home):
    """A server with a database of its own: that one's log is the server's too."""
    app = running.serve(home, RUNSOUS_AUTH="accounts", RUNSOUS_HOME_ZONE="Europe/Prague")
    engine = database.open(settings.current())
    known = {ANA, ANA.upper(), PASSWORD, WRONG, ARTIST, SONG, LATE, FILE, RUN, RENAMED, *PLACE}
    try:
        with httpx.Client(base_url=app.address, timeout=60) as ana:
            yield Day(app, ana, engine, known)
    finally:
        database.close(engine)
        app.stop()


def found(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json()


def handed_in(day, **files):
    """An import of these, once it has ended: how many files became what."""
    sent = [("files", (f"{FILE}.{name}", content)) for name, content in files.items()]
    started = found(day.ana.post(f"{API}/imports", files=sent), 202)
    give_up = time.monotonic() + 60
    while (state := found(day.ana.get(started["status_url"])))["status"] != "done":
        assert time.monotonic() < give_up, state
        time.sleep(0.05)
    return Counter(file["status"] for file in state["files"])


def come_in(day):
    assert fill_in(day.ana, "/auth/register", email=ANA, password=PASSWORD).status_code == 303
    wrong = fill_in(day.ana, "/auth/login", email=ANA.upper(), password=WRONG)
    assert wrong.status_code == 401
    assert fill_in(day.ana, "/auth/login", email=ANA, password=PASSWORD).status_code == 303
    day.secrets.add(day.ana.cookies["runsous_session"])


def bring_in_and_rename(day, folder):
    damaged = bytearray(make.packed({f"{RUN}.fit": make.fit()}, folder / "x").read_bytes())
    damaged[60:90] = bytes(30)
    outcome = handed_in(
        day,
        gpx=make.gpx(name=RUN),
        json=make.spotify((0, f"{ARTIST} – {SONG}", 300.0)),
        fit=b"\x0e\x20\x39\x08" + b"junk" * 40,
        zip=bytes(damaged),
        tcx=b"<TrainingCenterDatabase><Activities>",
    )
    assert outcome == {"imported": 2, "failed": 3}
    (run,) = found(day.ana.get(f"{API}/activities"))["items"]
    assert (run["name"], run["has_gps"]) == (RUN, True)
    path = f"{API}/activities/{run['id']}"
    found(day.ana.patch(path, json={"name": RENAMED}))
    assert SONG in day.ana.get(f"{path}/music").text
    return path


def use_a_token(day):
    made = found(day.ana.post(f"{API}/tokens", json={"name": ANA, "scopes": ["read"]}), 201)
    day.secrets.add(made["token"])
    with httpx.Client(base_url=day.app.address, timeout=60) as watch:
        for token, status in ((made["token"], 200), (made["token"] + "x", 401)):
            head = {"authorization": f"Bearer {token}"}
            assert watch.get(f"{API}/activities", headers=head).status_code == status
    day.ana.delete(f"{API}/tokens/{made['id']}")


def do_wrong(day, path):
    """What is not there, not allowed, not understood, and not even HTTP."""
    ana = day.ana
    for answer, status in (
        (ana.get(f"{API}/activities/{2**60}", params={"name": RENAMED}), 404),
        (ana.get(f"{API}/activities", params={"since": ANA}), 422),
        (ana.patch(path, json={"name": [RENAMED]}), 422),
        (ana.post(f"{API}/imports", data={"files": SONG}), 422),
        (ana.request("DELETE", f"{API}/me", json={"password": WRONG}), 403),
        (ana.post("/auth/login", data={"email": ANA, "password": PASSWORD}), 403),
    ):
        assert answer.status_code == status, answer.text
    ana.get(f"/auth/login?next=/activity?name={RENAMED}&email={ANA}")
    port = ana.base_url.port
    with socket.create_connection(("127.0.0.1", port), 10) as raw:
        raw.sendall(f"GET /{ANA} NOTHING\r\nCookie: {PASSWORD}\r\n\r\n".encode())
        raw.recv(1000)


def break_down(day, path):
    """The database refuses a song, and then has lost a table."""
    with day.engine.begin() as conn:
        conn.execute(text(f"ALTER TABLE tracks ADD CONSTRAINT no CHECK (title <> '{LATE}')"))
    refused = handed_in(day, json=make.spotify((400, f"{ARTIST} – {LATE}", 100.0)))
    assert refused == {"failed": 1}
    with day.engine.begin() as conn:
        conn.execute(text("ALTER TABLE tracks DROP CONSTRAINT no"))
        conn.execute(text("ALTER TABLE segments RENAME TO lost"))
    assert day.ana.get(f"{path}/songs.csv").status_code == 500
    with day.engine.begin() as conn:
        conn.execute(text("ALTER TABLE lost RENAME TO segments"))


def take_everything_and_go(day, folder):
    export = found(day.ana.post(f"{API}/me/export"), 202)
    give_up = time.monotonic() + 60
    while (state := found(day.ana.get(export["status_url"])))["status"] != "done":
        assert time.monotonic() < give_up, state
        time.sleep(0.05)
    (folder / "all.zip").write_bytes(day.ana.get(state["download_url"]).content)
    assert "originals/" in str(zipfile.ZipFile(folder / "all.zip").namelist())
    answer = day.ana.request("DELETE", f"{API}/me", json={"password": PASSWORD})
    assert answer.status_code == 204


def test_a_day_leaves_nothing_of_anybody_in_any_log(day, home, tmp_path):
    come_in(day)
    path = bring_in_and_rename(day, tmp_path)
    use_a_token(day)
    do_wrong(day, path)
    break_down(day, path)
    take_everything_and_go(day, tmp_path)
    database.close(day.engine)
    assert day.app.stop() == 0
    printed = day.app.printed()
    logs = {"output": printed, **{p.name: p.read_text() for p in home.rglob("*.log*")}}
    assert set(logs) >= {"output", "postgres.log"}
    for name, said in logs.items():
        told = {line for line in said.splitlines() for word in day.secrets if word in line}
        assert told == set(), name
    # There was something to be told, and it was, by type and place.
    errors = [json.loads(line) for line in printed.splitlines() if '"error": ' in line]
    assert {"IntegrityError", "ProgrammingError"} <= {line["error"] for line in errors}
    assert "Traceback" not in printed
