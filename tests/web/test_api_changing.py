"""What the REST API does: changes, deletes and imports, over real HTTP with the real worker."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from runsous import jobs, working
from runsous.store import imports, users
from tests.sync import make
from tests.web.conftest import SONGS
from tests.web.people import add, configure, session
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
        "albums",
        "music_totals",
        "source_totals",
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


def test_what_a_dead_process_left_is_taken_up(engine, web, ask, run):
    content = make.gpx(make.START + timedelta(days=1))
    started = web.post(f"{API}/imports", files={"files": ("b.gpx", content)}).json()
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM procrastinate_jobs"))
        conn.execute(text("UPDATE imports SET status = 'running' WHERE status = 'queued'"))
        conn.execute(text("DELETE FROM segments"))
        conn.execute(text("UPDATE activities SET is_stale = true, n_songs = 0"))
    working._take_up(engine, threading.Event())
    # The import places the songs when it ends; nobody else meanwhile.
    assert found(ask(f"/activities/{run}"))["n_songs"] == 0
    (waiting,) = make.rows(engine, "SELECT args FROM procrastinate_jobs")
    assert waiting["args"]["import_id"] == started["id"]
    working._take_up(engine, threading.Event())
    assert len(make.rows(engine, "SELECT 1 FROM procrastinate_jobs")) == 1
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM procrastinate_jobs"))
        conn.execute(text("DELETE FROM imports WHERE status <> 'done'"))
    working._take_up(engine, threading.Event())
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


def figures(answer) -> dict[str, str]:
    """What ``/metrics`` tells, by name."""
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if line[0] != "#")


@pytest.mark.usefixtures("run")
def test_metrics_are_what_prometheus_reads(engine, web):
    values = figures(web.get("/metrics"))
    assert values['runsous_rows{table="activities"}'] == "1.0"
    assert values['runsous_rows{table="plays"}'] == "4.0"
    assert values["runsous_imports_unfinished"] == "0.0"
    assert float(values["process_resident_memory_bytes"]) > 0
    with engine.begin() as conn:
        for _ in range(2):
            upload = imports.Upload("run.fit", "/nowhere", 1)
            imports.create(conn, users.local(conn), "browser", [upload])
    assert figures(web.get("/metrics"))["runsous_imports_unfinished"] == "2.0"


@pytest.mark.usefixtures("run")
def test_on_a_server_of_accounts_nobody_learns_how_much_others_have(engine, web):
    configure(auth="accounts")
    web.cookies["runsous_session"] = session(engine, add(engine))
    values = figures(web.get("/metrics"))
    assert not [name for name in values if name.startswith("runsous_rows")]
    assert values["runsous_imports_unfinished"] == "0.0"
