"""Files handed in over the REST API: real HTTP, and the real worker that reads them."""

from __future__ import annotations

import asyncio
import os
import select
import time
from datetime import timedelta
from http.client import HTTPConnection
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from sqlalchemy import text

from runsous import settings, working
from runsous.store import imports, users
from tests.sync import make
from tests.web.conftest import DAY
from tests.web.test_api_reading import API, ask, check, described, found, problem

__all__ = ["ask", "described"]


def post(web, described, files):
    answer = web.post(f"{API}/imports", files=[("files", file) for file in files])
    check(described, "post", "/imports", answer)
    return answer


def finished(ask, started):
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        state = found(ask(f"/imports/{started['id']}"))
        assert set(state) == {"id", "status", "done", "total", "files"}
        if state["status"] == "done":
            return state
        assert state["status"] in ("queued", "running")
        time.sleep(0.05)
    raise AssertionError(state)


@pytest.mark.usefixtures("engine", "worker")
def test_files_are_handed_in_and_followed_until_they_are_in(web, ask, described, tmp_path):
    # The very first request of a fresh installation.
    archive = make.packed({"deep/in.gpx": make.gpx(make.START + timedelta(days=1))}, tmp_path / "z")
    answer = post(
        web,
        described,
        [
            ("run.fit", make.fit()),
            ("lauf größe.zip", archive.read_bytes()),
            ("songs.jsonl", make.listenbrainz((0, "Ana – Song", 100))),
            ("broken.fit", b"nothing"),
        ],
    )
    assert answer.status_code == 202
    started = answer.json()
    assert set(started) == {"id", "status_url"}
    assert started["status_url"] == f"{API}/imports/{started['id']}"
    state = finished(ask, started)
    assert web.get(started["status_url"]).json() == state
    assert (state["done"], state["total"]) == (4, 4)
    for file in state["files"]:
        assert set(file) == {
            "path",
            "kind",
            "status",
            "activities",
            "listens",
            "duplicates",
            "message",
        }
    assert [(f["path"], f["kind"], f["status"]) for f in state["files"]] == [
        ("run.fit", "fit", "imported"),
        ("lauf größe.zip!deep/in.gpx", "gpx", "imported"),
        ("songs.jsonl", "listenbrainz", "imported"),
        ("broken.fit", "unknown", "failed"),
    ]
    assert [f["activities"] for f in state["files"]] == [1, 1, 0, 0]
    assert [f["listens"] for f in state["files"]] == [0, 0, 1, 0]
    assert state["files"][3]["message"].startswith("broken.fit")
    assert found(ask("/activities"))["total"] == 2
    again = finished(ask, post(web, described, [("other.fit", make.fit())]).json())
    assert [f["status"] for f in again["files"]] == ["duplicate"]
    # Only what failed is kept, for a retry.
    kept = [p for p in (settings.current().home / "uploads").rglob("*") if p.is_file()]
    assert [p.read_bytes() for p in kept] == [b"nothing"]


@pytest.mark.usefixtures("worker")
def test_a_failed_import_can_be_retried(engine, web, ask, described):
    started = post(web, described, [("a.fit", b"nothing"), ("b.fit", make.fit())]).json()
    finished(ask, started)
    for stored in (settings.current().home / "uploads").rglob("*"):
        if stored.is_file():
            stored.write_bytes(make.gpx(make.START + timedelta(days=3)))
    answer = web.post(f"{API}/imports/{started['id']}/retry")
    check(described, "post", f"/imports/{started['id']}/retry", answer)
    assert answer.status_code == 202
    assert answer.json() == started
    state = finished(ask, started)
    assert [f["status"] for f in state["files"]] == ["imported", "imported"]


def test_a_worker_begins_by_clearing_away_what_a_dead_process_left(engine, home):
    left = home / "uploads" / "left" / "0"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half a file")
    for path in (left, left.parent):
        os.utime(path, (0, 0))

    async def work() -> None:
        async with working.worker(engine):
            while left.exists():
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(work(), 15))
    assert not left.parent.exists()


@pytest.mark.usefixtures("worker")
def test_a_worker_that_ended_keeps_nobody_else_in_its_process_from_importing(engine, tmp_path):
    async def start_and_stop() -> None:
        async with working.worker(engine):
            pass

    asyncio.run(start_and_stop())
    paths = [make.written(tmp_path, f"{n}.gpx", make.gpx(make.START + n * DAY)) for n in (1, 2)]
    assert [file.status for file in make.take(engine, *paths).files] == ["imported"] * 2


@pytest.mark.usefixtures("worker")
def test_an_import_can_be_removed_once_it_is_done(web, ask, described, home):
    started = post(web, described, [("a.fit", b"nothing"), ("b.fit", make.fit())]).json()
    finished(ask, started)
    for status in (204, 404):
        answer = web.delete(f"{API}/imports/{started['id']}")
        check(described, "delete", f"/imports/{started['id']}", answer)
        assert answer.status_code == status
    assert list((home / "uploads").iterdir()) == []
    assert found(ask("/activities"))["total"] == 1


@pytest.mark.usefixtures("engine")
def test_an_import_under_way_cannot_be_removed(web, described):
    started = post(web, described, [("a.fit", make.fit())]).json()
    answer = web.delete(f"{API}/imports/{started['id']}")
    check(described, "delete", f"/imports/{started['id']}", answer)
    assert "under way" in problem(answer, 400)["detail"]


@pytest.mark.usefixtures("engine")
def test_an_import_can_be_stopped(web, ask, described):
    started = post(web, described, [("a.fit", make.fit())]).json()
    answer = web.post(f"{API}/imports/{started['id']}/cancel")
    check(described, "post", f"/imports/{started['id']}/cancel", answer)
    assert answer.status_code == 204
    assert found(ask(f"/imports/{started['id']}"))["status"] == "queued"


@pytest.mark.parametrize("what", ["GET", "DELETE", "POST /retry", "POST /cancel"])
def test_another_users_import_is_as_unknown_as_one_that_is_not(engine, web, what):
    with engine.begin() as conn:
        users.local(conn)
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
        theirs = imports.create(conn, other, "api", [imports.Upload("a", "/nowhere", 1)])
    before = make.tables(engine)
    method, _, tail = what.partition(" ")
    said = [
        problem(web.request(method, f"{API}/imports/{number}{tail}"), 404)
        for number in (theirs, uuid4())
    ]
    assert said[0] == said[1]
    assert make.tables(engine) == before


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "multipart/form-data; boundary=x", 422),
        (b"--x--", "multipart/form-data; boundary=x", 422),
        (b"nonsense", "multipart/form-data; boundary=x", 400),
        (b"nonsense", "multipart/form-data", 400),
        (b"{}", "application/json", 422),
        (
            b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\ntext\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            422,
        ),
        (
            b'--x\r\nContent-Disposition: form-data; name="b"; filename="a"\r\n\r\nx\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            422,
        ),
    ],
)
def test_what_is_no_upload_is_refused(web, described, body, kind, status):
    answer = web.post(f"{API}/imports", content=body, headers={"content-type": kind})
    check(described, "post", "/imports", answer)
    problem(answer, status)


@pytest.mark.usefixtures("engine")
def test_an_upload_beyond_the_limit_is_refused(web, described, home):
    settings.use(settings.Settings(home=home, max_upload_mb=1))
    answer = post(web, described, [("big.fit", bytes((1 << 20) + 1))])
    assert "RUNSOUS_MAX_UPLOAD_MB" in problem(answer, 413)["detail"]
    assert list((home / "uploads").iterdir()) == []


@pytest.mark.usefixtures("worker")
def test_names_of_uploads_are_never_paths(web, ask, described, home):
    names = ["../../../../tmp/evil.fit", "..", "C:\\a\\b.fit", "a\tb.fit"]
    contents = [make.fit(make.START + timedelta(days=n), 60) for n in range(len(names))]
    answer = post(web, described, list(zip(names, contents, strict=True)))
    state = finished(ask, answer.json())
    assert {f["status"] for f in state["files"]} == {"imported"}
    assert all("/" not in f["path"] and "\\" not in f["path"] for f in state["files"])


START = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
END = b"\r\n--x--\r\n"
MIB = 1 << 20


@pytest.fixture
def slowly(address):
    """Begins a request of which the body is still to come."""
    made = []

    def begin(method, path, **headers):
        connection = HTTPConnection(urlsplit(address).netloc, timeout=20)
        made.append(connection)
        connection.putrequest(method, f"{API}{path}")
        connection.putheader("Content-Type", "multipart/form-data; boundary=x")
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        return connection

    yield begin
    for connection in made:
        connection.close()


def chunk(content):
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


@pytest.fixture
def narrow(engine, home):
    """A server that takes uploads of 2 MB."""
    settings.use(settings.Settings(home=home, max_upload_mb=2))


@pytest.mark.usefixtures("narrow")
def test_a_body_without_an_end_is_cut_off_at_the_limit(slowly, home):
    connection = slowly("POST", "/imports", Transfer_Encoding="chunked")
    connection.send(chunk(START))
    sent = 0
    while sent < 40 and not select.select([connection.sock], [], [], 0.05)[0]:
        connection.send(chunk(bytes(MIB)))
        sent += 1
    assert sent < 40
    answer = connection.getresponse()
    assert answer.status == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert b"larger than 2 MB; RUNSOUS_MAX_UPLOAD_MB" in answer.read()
    assert not (home / "uploads").exists()


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("POST", "/imports", b"larger than 2 MB; RUNSOUS_MAX_UPLOAD_MB"),
        ("PATCH", "/activities/1", b"larger than 1 MB"),
    ],
)
def test_a_body_announced_to_be_too_large_is_refused_unread(slowly, method, path, words):
    # Not a byte of it is ever sent.
    answer = slowly(method, path, Content_Length=str(5 * MIB)).getresponse()
    assert answer.status == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.read()


@pytest.mark.usefixtures("narrow")
def test_files_up_to_the_limit_are_taken_whether_announced_or_not(slowly):
    content = START + bytes(2 * MIB) + END
    connection = slowly("POST", "/imports", Transfer_Encoding="chunked")
    connection.send(chunk(content) + b"0\r\n\r\n")
    assert connection.getresponse().status == 202
    connection = slowly("POST", "/imports", Content_Length=str(len(content)))
    connection.send(content)
    assert connection.getresponse().status == 202
