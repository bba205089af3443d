"""Imports that are stopped, killed, or run twice at once: nothing lost, nothing doubled."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import text

from runsous import settings
from runsous.store import imports
from runsous.sync import import_files, songs, uploads
from tests.sync import make

MANY = 50

# Imports a file in a process of its own, as the command line does.
IMPORTER = """
import sys
from pathlib import Path
from runsous import settings
from runsous.settings import Settings
from runsous.store import database, users
from runsous.sync import import_files
settings.use(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2]))
engine = database.open(settings.current())
with engine.begin() as conn:
    user = users.local(conn)
print("ready", flush=True)
sys.stdin.readline()
report = import_files.import_paths(engine, user, [Path(sys.argv[3])])
print(*(file.status for file in report.files), flush=True)
"""


def many(folder, n=MANY):
    """An archive of short runs, one a day, and a song on each."""
    starts = [make.START + timedelta(days=day) for day in range(n)]
    members = {f"{day:03}.fit": make.fit(start, 60) for day, start in enumerate(starts)}
    plays = [(86_400.0 * day + 10, f"Ana – Song {day % 7}", 30.0) for day in range(n)]
    members[f"{n // 2:03}-songs.json"] = make.spotify(*plays)
    return make.packed(members, folder / "many.zip")


@pytest.fixture
def importer(home, database_url):
    """Starts processes that wait at the line with a file to import."""
    made = []

    def start(path):
        process = subprocess.Popen(
            [sys.executable, "-c", IMPORTER, str(home), database_url, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        made.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in made:
        if process.poll() is None:
            process.kill()
        process.communicate()


def go(process):
    process.stdin.write("\n")
    process.stdin.flush()


def reported(engine):
    """What has been reported so far, with the hash of each file."""
    return make.rows(
        engine, "SELECT path, sha256, status, activities, listens FROM import_files ORDER BY path"
    )


def wait_for(engine, n):
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        found = reported(engine)
        if len(found) >= n:
            return
        time.sleep(0.01)
    raise AssertionError("the import did not get that far")


def test_killed_at_any_file_nothing_reported_is_lost_and_the_rest_follows(
    engine, tmp_path, importer
):
    path = many(tmp_path)
    for after in (3, 30):
        process = importer(path)
        go(process)
        wait_for(engine, after)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        # The server may still be at the last word of the killed process.
        time.sleep(0.5)
        before = reported(engine)
        assert after <= len(before) <= MANY
        stored = {row["sha256"] for row in make.rows(engine, "SELECT sha256 FROM activity_files")}
        workouts = {row["sha256"] for row in before if row["status"] == "imported"} - {
            row["sha256"] for row in before if row["listens"]
        }
        assert workouts == stored
        (listens,) = make.rows(engine, "SELECT count(*) AS n FROM listens")
        assert listens["n"] == sum(row["listens"] for row in before)
        (unfinished,) = make.rows(
            engine, "SELECT id, user_id, status FROM imports WHERE status <> 'done'"
        )
        assert unfinished["status"] == "running"
        if after == 3:
            with engine.begin() as conn:
                conn.execute(text("DELETE FROM imports"))
                conn.execute(text("DELETE FROM activities"))
                conn.execute(text("DELETE FROM activity_streams"))
    import_files.run(engine, unfinished["user_id"], unfinished["id"])
    after = reported(engine)
    assert len(after) == MANY + 1
    # Nothing that was reported as imported is now said to be anything else.
    assert {row["status"] for row in after} == {"imported"}
    assert [row for row in after if row["path"] in {b["path"] for b in before}] == before
    found = make.library(engine)
    assert len(found["activities"]) == MANY
    assert all(dict(facts)["n_songs"] == 1 for facts, _ in found["activities"])
    with engine.begin() as conn:
        for table in ("imports", "activities", "activity_streams", "listens", "plays", "tracks"):
            conn.execute(text(f"DELETE FROM {table}"))
    make.take(engine, path)
    assert make.library(engine) == found


def test_two_processes_with_the_same_archive_do_not_get_in_each_others_way(
    engine, tmp_path, importer
):
    path = many(tmp_path, 40)
    both = [importer(path), importer(path)]
    for process in both:
        go(process)
    outcomes = [process.communicate(timeout=120)[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert [len(each) for each in outcomes] == [41, 41]
    assert {status for each in outcomes for status in each} <= {"imported", "duplicate"}
    assert sum(each.count("imported") for each in outcomes) == 41
    found = make.library(engine)
    assert len(found["activities"]) == 40
    assert len(found["listens"]) == 40
    assert all(len(parts["files"]) == 1 for _, parts in found["activities"])
    assert all(dict(facts)["n_songs"] == 1 for facts, _ in found["activities"])


def test_one_import_is_run_by_one_process_at_a_time(engine, tmp_path):
    path = many(tmp_path, 3)
    user = make.user(engine)
    seen = []

    def meanwhile(done, total, path):
        seen.append(done)
        (running,) = make.rows(engine, "SELECT id FROM imports")
        # The second is back at once and has touched nothing.
        import_files.run(engine, user, running["id"], lambda *_: seen.append("second"))

    report = import_files.import_paths(engine, user, [path], meanwhile)
    assert seen == [1, 2, 3, 4]
    assert {file.status for file in report.files} == {"imported"}


def received(engine, contents):
    files = [(name, io.BytesIO(content)) for name, content in contents.items()]
    return uploads.receive(engine, make.user(engine), settings.current(), "browser", files)


def runs(n):
    return {f"{day}.fit": make.fit(make.START + timedelta(days=day), 60) for day in range(n)}


def status(engine, import_id):
    with engine.begin() as conn:
        row = imports.one(conn, make.user(engine), import_id)
        files = imports.files(conn, make.user(engine), import_id)
    return row["status"], row["done"], row["total"], [(f.path, f.status) for f in files]


def test_in_the_end_as_many_files_are_counted_as_are_spoken_of(engine, tmp_path):
    """Of an archive with a list of its own, a note and a file that cannot be read."""
    content = bytearray(
        make.packed(
            {**runs(3), "MANIFEST.md": b"# What is in it", "notes.json": b"{}"}, tmp_path / "a"
        ).read_bytes()
    )
    with zipfile.ZipFile(tmp_path / "a") as opened:
        at = opened.getinfo("1.fit").header_offset + 60
    content[at : at + 20] = bytes(20)
    import_id = received(
        engine, {"a.zip": bytes(content), "alone.gpx": make.gpx(make.START + timedelta(days=30))}
    )
    counted = []

    def seen(*_):
        counted.append(status(engine, import_id)[1:3])

    import_files.run(engine, make.user(engine), import_id, seen)
    state, done, total, files = status(engine, import_id)
    assert (state, done, total, len(files)) == ("done", 4, 4, 4)
    assert dict(files) == {
        "a.zip!0.fit": "imported",
        "a.zip!1.fit": "failed",
        "a.zip!2.fit": "imported",
        "alone.gpx": "imported",
    }
    assert all(done <= total for done, total in counted)
    retried(engine, import_id)
    assert status(engine, import_id)[1:3] == (4, 4)


def cancel_after(engine, import_id, n):
    def cancel(*_):
        cancel.calls += 1
        if cancel.calls == n:
            with engine.begin() as conn:
                imports.cancel(conn, make.user(engine), import_id)

    cancel.calls = 0
    return cancel


def retried(engine, import_id):
    with engine.begin() as conn:
        imports.requeue(conn, make.user(engine), import_id)
    import_files.run(engine, make.user(engine), import_id)


def test_a_stopped_archive_keeps_what_is_in_and_retry_brings_the_rest(engine, tmp_path):
    import_id = received(engine, {"many.zip": many(tmp_path, 6).read_bytes()})
    user = make.user(engine)
    import_files.run(engine, user, import_id, cancel_after(engine, import_id, 2))
    state, done, total, files = status(engine, import_id)
    assert (state, done, total) == ("done", 2, 7)
    assert [name for _, name in files] == ["imported", "imported", "skipped"]
    assert len(make.rows(engine, "SELECT 1 FROM activities")) == 2
    retried(engine, import_id)
    state, done, total, files = status(engine, import_id)
    assert (state, done, total) == ("done", 7, 7)
    assert {name for _, name in files} == {"imported"}
    assert len(files) == 7
    assert list((settings.current().home / "uploads").rglob("*")) == []


def test_a_stopped_heap_of_files_leaves_the_rest_for_retry(engine):
    import_id = received(engine, runs(4))
    user = make.user(engine)
    import_files.run(engine, user, import_id, cancel_after(engine, import_id, 2))
    state, _, _, files = status(engine, import_id)
    assert state == "done"
    assert files == [
        ("0.fit", "imported"),
        ("1.fit", "imported"),
        ("2.fit", "skipped"),
        ("3.fit", "skipped"),
    ]
    retried(engine, import_id)
    assert status(engine, import_id) == (
        "done",
        4,
        4,
        [(f"{n}.fit", "imported") for n in range(4)],
    )


def test_an_import_stopped_before_it_began_reads_nothing(engine):
    import_id = received(engine, runs(2))
    user = make.user(engine)
    with engine.begin() as conn:
        imports.cancel(conn, user, import_id)
    import_files.run(engine, user, import_id)
    assert status(engine, import_id)[3] == [("0.fit", "skipped"), ("1.fit", "skipped")]
    assert make.rows(engine, "SELECT 1 FROM activities") == []
    retried(engine, import_id)
    assert {name for _, name in status(engine, import_id)[3]} == {"imported"}


def test_retry_reads_again_only_what_failed(engine):
    import_id = received(engine, {**runs(1), "bad.fit": b"nothing", "worse.zip": b"PK\x03\x04"})
    user = make.user(engine)
    import_files.run(engine, user, import_id)
    assert status(engine, import_id) == (
        "done",
        3,
        3,
        [("0.fit", "imported"), ("bad.fit", "failed"), ("worse.zip", "failed")],
    )
    # What failed is kept so that it can be read again by a version that knows better.
    (kept,) = (settings.current().home / "uploads").iterdir()
    (bad, _) = sorted(kept.iterdir())
    bad.write_bytes(make.fit(make.START + timedelta(days=9), 60))
    before = make.rows(engine, "SELECT path, status, id FROM import_files WHERE path = '0.fit'")
    retried(engine, import_id)
    assert status(engine, import_id)[3] == [
        ("0.fit", "imported"),
        ("bad.fit", "imported"),
        ("worse.zip", "failed"),
    ]
    after = make.rows(engine, "SELECT path, status, id FROM import_files WHERE path = '0.fit'")
    assert after == before


def test_a_retry_leaves_an_import_that_is_under_way_alone(engine):
    import_id = received(engine, runs(3))
    user = make.user(engine)

    def impatient(*_):
        with engine.begin() as conn:
            imports.requeue(conn, user, import_id)

    import_files.run(engine, user, import_id, impatient)
    assert status(engine, import_id) == (
        "done",
        3,
        3,
        [(f"{n}.fit", "imported") for n in range(3)],
    )


def test_a_process_that_is_told_to_end_stops_after_the_file_it_is_at(engine, tmp_path):
    import_id = received(engine, {"many.zip": many(tmp_path, 6).read_bytes()})
    user = make.user(engine)

    stopping = threading.Event()

    def ending(done, *_):
        if done == 2:
            stopping.set()

    import_files.run(engine, user, import_id, ending, stopping)
    state, done, _, files = status(engine, import_id)
    assert (state, done, len(files)) == ("running", 2, 2)
    import_files.run(engine, user, import_id)
    state, done, _, files = status(engine, import_id)
    assert (state, done, len(files)) == ("done", 7, 7)
    assert {name for _, name in files} == {"imported"}


def test_songs_left_to_be_placed_are_placed_by_whoever_comes_next(engine, tmp_path):
    path = many(tmp_path, 3)
    make.take(engine, path)
    found = make.library(engine)
    user = make.user(engine)
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM segments"))
        conn.execute(text("UPDATE activities SET is_stale = true, n_songs = 0"))
    assert songs.settle(engine, user) == 3
    assert songs.settle(engine, user) == 0
    assert make.library(engine) == found
