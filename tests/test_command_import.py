"""``runsous import`` as it is typed: stopped, piped, pointed at what is no file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest

from runsous import jobs, working
from runsous.store import imports
from tests import running
from tests.sync import make

MANY = 120


@pytest.fixture
def command(home, engine, database_url):
    """Starts ``runsous import`` on this test's database; whatever still runs ends with it."""
    made = []

    def start(*arguments, program=running.RUNSOUS, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        made.append(
            subprocess.Popen(
                [*program, "import", *map(str, arguments)],
                env=running.environment(home, DATABASE_URL=database_url),
                text=True,
                **options,
            )
        )
        return made[-1]

    yield start
    for process in made:
        if process.poll() is None:
            process.kill()
        process.communicate()


def many(folder):
    starts = [make.START + timedelta(days=day) for day in range(MANY)]
    return make.packed({f"{n:03}.fit": make.fit(at, 60) for n, at in enumerate(starts)}, folder)


def n_read(engine):
    return len(make.rows(engine, "SELECT 1 FROM import_files WHERE status = 'imported'"))


def wait_until(is_so):
    give_up = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_told_to_stop_it_ends_after_a_file_and_the_same_command_goes_on(engine, command, tmp_path):
    archive = many(tmp_path / "many.zip")
    process = command(archive)
    wait_until(lambda: n_read(engine) >= 2)
    process.send_signal(signal.SIGINT)
    printed, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    read = n_read(engine)
    assert 2 <= read < MANY
    assert printed.count(": imported") == read
    assert f"{archive}: skipped (Stopped by you; files not read: {MANY - read}." in printed
    assert "Traceback" not in complaint
    assert complaint.splitlines()[-1].startswith("Stopped. What was read is in")
    # Nor does a running app go on with what its user stopped.
    (row,) = make.rows(engine, "SELECT status, is_cancelled FROM imports")
    assert row == {"status": "done", "is_cancelled": True}
    again, _ = command(archive).communicate(timeout=120)
    assert again.count(": imported") == MANY - read
    assert again.count(": duplicate") == read


# A file that takes long to read.
SLOW = """
import sys, time
from runsous import cli
from runsous.sync import readers
readers.read = lambda content: print("reading", flush=True) or time.sleep(100)
sys.exit(cli.main(sys.argv[1:]))
"""


def test_told_twice_it_ends_at_once_and_says_so(command, tmp_path):
    path = make.written(tmp_path, "a.fit", make.fit())
    process = command(path, program=(sys.executable, "-c", SLOW))
    assert process.stdout.readline() == "reading\n"
    process.send_signal(signal.SIGINT)
    while "again stops at once" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=30)
    assert process.returncode == 130
    assert complaint.startswith("Stopped at once.")
    assert complaint.count("\n") == 1


def test_a_running_app_leaves_it_to_the_living_and_takes_it_up_from_the_dead(
    engine, command, tmp_path
):
    process = command(many(tmp_path / "many.zip"))
    wait_until(lambda: n_read(engine) >= 2)
    working._take_up(engine, threading.Event())
    assert make.rows(engine, "SELECT 1 FROM procrastinate_jobs") == []
    process.kill()
    process.wait()
    # The server notices a moment later.
    wait_until(lambda: not is_held(engine))
    working._take_up(engine, threading.Event())
    assert len(make.rows(engine, "SELECT 1 FROM procrastinate_jobs")) == 1
    jobs.close(engine)


def is_held(engine):
    with engine.begin() as conn:
        ((_, _, is_held),) = imports.unfinished(conn)
    return is_held


def test_who_reads_only_the_beginning_hears_no_complaint(command, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    process = command(make.written(tmp_path, "a.fit", make.fit()), stdout=writing)
    os.close(writing)
    _, complaint = process.communicate(timeout=60)
    assert complaint == ""
    assert process.returncode == 141


def test_links_in_a_circle_are_named_in_a_sentence(command, tmp_path):
    (tmp_path / "a.fit").symlink_to("b.fit")
    (tmp_path / "b.fit").symlink_to("a.fit")
    printed, complaint = command(tmp_path / "a.fit").communicate(timeout=60)
    assert printed.endswith("a.fit: failed (a.fit: It is a link that leads nowhere.)\n")
    assert complaint == ""
