"""What the REST API does: changes, deletes and imports, over real HTTP with the real worker."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from runsous import jobs, settings
from runsous.store import imports, users
from tests.sync import make
from tests.web.conftest import DAY, SONGS
from tests.web.test_api_reading import API, ask, check, described, found, problem

__all__ = ["ask", "described"]


@pytest.fixture
def run(engine, tmp_path):
    """The id of a run with songs."""
    make.take(
        engine,
        make.written(tmp_path, "run.fit", make.fit()),
        make.written(tmp_path, "songs.json", make.spotify(*SONGS)),
    )
    return make.rows(engine, "SELECT id FROM activities")[0]["id"]


@pytest.fixture
def theirs(engine, tmp_path):
    """The id of another user's run."""
    from runsous.sync import import_files

    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
    path = make.written(tmp_path, "theirs.fit", make.fit())
    import_files.import_paths(engine, other, [path])
    (row,) = make.rows(engine, "SELECT id FROM activities WHERE user_id = :other", other=other)
    return row["id"]


def version(engine):
    with engine.begin() as conn:
        return users.one(conn, users.local(conn))["data_version"]


def patch(web, described, number, **change):
    answer = web.patch(f"{API}/activities/{number}", json=change)
    check(described, "patch", f"/activities/{number}", answer)
    return answer


def test_an_activity_can_be_renamed_and_pages_know_it(engine, web, described, run):
    before = version(engine)
    assert found(patch(web, described, run, name=" Évening  run "))["name"] == "Évening  run"
    assert version(engine) > before
    assert found(patch(web, described, run, name=None))["name"] is None
    assert found(patch(web, described, run, name="  "))["name"] is None
    # What is left out stays.
    patch(web, described, run, name="Kept")
    assert found(patch(web, described, run))["name"] == "Kept"


def test_songs_can_be_shifted_and_shifted_back(web, ask, described, run):
    before = found(ask(f"/activities/{run}/music"))
    patch(web, described, run, music_offset_s=60)
    moved = found(ask(f"/activities/{run}/music"))["segments"]
    assert [s["start_s"] for s in moved][:3] == [0, 160, 210.5]
    patch(web, described, run, music_offset_s=-0.0)
    assert found(ask(f"/activities/{run}/music")) == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"music_offset_s": 86401}', 400),
        ('{"music_offset_s": NaN}', 400),
        ('{"music_offset_s": 1e999}', 400),
        ('{"music_offset_s": "soon"}', 422),
        ('{"name": 5}', 422),
        ('{"name": "a\\u0000b"}', 422),
        ('{"name": "\\ud800"}', 422),
        (json.dumps({"name": "x" * 501}), 422),
        ("[]", 422),
        ("", 422),
        ("{", 422),
    ],
)
def test_a_change_that_cannot_be_meant_changes_nothing(engine, web, described, run, body, status):
    before = make.tables(engine)
    answer = web.patch(
        f"{API}/activities/{run}",
        content=body.encode(),
        headers={"content-type": "application/json"},
    )
    check(described, "patch", f"/activities/{run}", answer)
    problem(answer, status)
    assert make.tables(engine) == before


def test_an_activity_is_deleted_once_with_all_it_had(engine, web, described, run):
    for status in (204, 404):
        answer = web.delete(f"{API}/activities/{run}")
        check(described, "delete", f"/activities/{run}", answer)
        assert answer.status_code == status
    left = {name for name, rows in make.tables(engine).items() if rows}
    assert left == {
        "users",
        "imports",
        "uploads",
        "import_files",
        "listens",
        "plays",
        "tracks",
        "artists",
    }


def test_another_users_activity_can_be_neither_changed_nor_deleted(engine, web, described, theirs):
    with engine.begin() as conn:
        users.local(conn)
    before = make.tables(engine)
    answers = [
        [
            patch(web, described, number, name="Mine"),
            patch(web, described, number, music_offset_s=5.0),
            patch(web, described, number),
            web.delete(f"{API}/activities/{number}"),
        ]
        for number in (theirs, 2**60)
    ]
    for theirs_said, nobodys_said in zip(*answers, strict=True):
        assert problem(theirs_said, 404) == problem(nobodys_said, 404)
    assert make.tables(engine) == before


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


@pytest.mark.usefixtures("worker")
def test_a_worker_that_ended_keeps_nobody_else_in_its_process_from_importing(engine, tmp_path):
    async def start_and_stop() -> None:
        async with jobs.worker(engine):
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


def test_what_a_dead_process_left_is_taken_up(engine, web, ask, described, run):
    started = post(web, described, [("b.gpx", make.gpx(make.START + timedelta(days=1)))]).json()
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM procrastinate_jobs"))
        conn.execute(text("UPDATE imports SET status = 'running' WHERE status = 'queued'"))
        conn.execute(text("DELETE FROM segments"))
        conn.execute(text("UPDATE activities SET is_stale = true, n_songs = 0"))
    jobs._take_up(engine, threading.Event())
    # The import places the songs when it ends; nobody else meanwhile.
    assert found(ask(f"/activities/{run}"))["n_songs"] == 0
    (waiting,) = make.rows(engine, "SELECT args FROM procrastinate_jobs")
    assert waiting["args"]["import_id"] == started["id"]
    jobs._take_up(engine, threading.Event())
    assert len(make.rows(engine, "SELECT 1 FROM procrastinate_jobs")) == 1
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM procrastinate_jobs"))
        conn.execute(text("DELETE FROM imports WHERE status <> 'done'"))
    jobs._take_up(engine, threading.Event())
    assert found(ask(f"/activities/{run}"))["n_songs"] == 4
    jobs.close(engine)


def test_health_tells_version_and_database(engine, web):
    answer = web.get("/health")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"status", "version", "database", "timescaledb"}
    assert (body["status"], body["database"]) == ("ok", "server")
    assert body["version"]


def test_without_its_database_the_server_says_so(web):
    answer = web.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    problem(web.get(f"{API}/activities"), 500)


@pytest.mark.usefixtures("run")
def test_metrics_are_what_prometheus_reads(web):
    answer = web.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    values = dict(
        line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")
    )
    assert values['runsous_rows{table="activities"}'] == "1.0"
    assert values['runsous_rows{table="plays"}'] == "4.0"
    assert values["runsous_imports_unfinished"] == "0.0"
    assert float(values["process_resident_memory_bytes"]) > 0
