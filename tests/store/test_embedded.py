"""Real servers in real processes: what is proven here is what happens when they are killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import text

from runsous.errors import RunsousError
from runsous.settings import Settings
from runsous.store import database, embedded

# Joins the server, says so, and leaves when its input ends.
JOINER = """
import sys
import tempfile
from pathlib import Path
from runsous.store import embedded
print(embedded.start(Path(sys.argv[1])), flush=True)
sys.stdin.read()
embedded.stop(Path(sys.argv[1]))
"""


in_use = pytest.mark.usefixtures("used_home")
"""What a test is about is not how a database is made, which takes a second or two."""


class Joiner:
    """Another process that uses the server of a home folder."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", JOINER, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def address(self) -> str:
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate(timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


@pytest.fixture
def joiner(home):
    made = []

    def join() -> Joiner:
        made.append(Joiner(home))
        return made[-1]

    yield join
    for one in made:
        if one.process.poll() is None:
            one.kill()
    # Whatever a test left running is joined and stopped.
    embedded.start(home)
    embedded.stop(home)


def postmaster(home: Path) -> psutil.Process | None:
    try:
        pid = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
        process = psutil.Process(pid)
    except (FileNotFoundError, psutil.NoSuchProcess):
        return None
    return process if process.status() != psutil.STATUS_ZOMBIE else None


def put(address: str, value: int) -> None:
    with psycopg.connect(address, autocommit=True) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        conn.execute("INSERT INTO kept VALUES (%s)", [value])


def kept(address: str) -> list[int]:
    with psycopg.connect(address) as conn:
        return [row[0] for row in conn.execute("SELECT value FROM kept ORDER BY value")]


def log(home: Path) -> str:
    return (home / "postgres.log").read_text()


def test_what_was_stored_is_there_at_the_next_start(home):
    put(embedded.start(home), 1)
    embedded.stop(home)
    assert postmaster(home) is None
    assert log(home).rstrip().endswith("database system is shut down")
    assert kept(embedded.start(home)) == [1]
    embedded.stop(home)


def test_text_is_utf_8_and_sorted_alike_whatever_the_machines_language(home, monkeypatch):
    monkeypatch.setenv("LC_ALL", "de_DE.ISO-8859-1")
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    monkeypatch.setenv("PGDATA", "/nowhere")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with psycopg.connect(embedded.start(home)) as conn:
        encoding = conn.execute("SHOW server_encoding").fetchone()
        facts = conn.execute("SELECT upper('größe'), 'B' < 'a', lower('I')").fetchone()
        zone = conn.execute("SHOW timezone").fetchone()
        durable = (
            conn.execute("SHOW fsync").fetchone()
            + conn.execute("SHOW synchronous_commit").fetchone()
        )
    embedded.stop(home)
    assert encoding == ("UTF8",)
    assert facts == ("GRÖßE", True, "i")
    assert zone == ("UTC",)
    assert durable == ("on", "on")


@pytest.mark.parametrize("name", ["läuft, 100 % of it", "deep/" + "long" * 30])
def test_any_folder_will_do(home, name):
    folder = home / name
    folder.mkdir(parents=True)
    engine = database.open(Settings(home=folder))
    with engine.begin() as conn:
        assert conn.execute(text("SELECT 1")).scalar() == 1
    database.close(engine)


@in_use
def test_only_the_account_it_runs_as_can_reach_it(home):
    address = embedded.start(home)
    sockets = Path(address.partition("host=")[2])
    assert sockets.stat().st_mode & 0o077 == 0
    assert not [c for c in postmaster(home).net_connections("inet") if c.status == "LISTEN"]
    embedded.stop(home)


@in_use
def test_processes_share_one_server_and_the_last_one_stops_it(home, joiner):
    first, second = joiner(), joiner()
    addresses = {first.address(), second.address(), embedded.start(home)}
    assert len(addresses) == 1
    server = postmaster(home)
    first.leave()
    embedded.stop(home)
    assert postmaster(home) == server
    second.leave()
    assert postmaster(home) is None
    assert log(home).count("ready to accept connections") == 1


@in_use
def test_a_killed_process_does_not_keep_the_server_from_being_stopped(home, joiner):
    killed = joiner()
    put(killed.address(), 7)
    killed.kill()
    assert postmaster(home) is not None
    assert kept(embedded.start(home)) == [7]
    embedded.stop(home)
    assert postmaster(home) is None


@in_use
def test_a_killed_server_comes_back_with_all_it_had(home):
    put(embedded.start(home), 3)
    postmaster(home).kill()
    assert embedded.revive(home)
    assert kept(embedded.start(home)) == [3]
    embedded.stop(home)
    assert "was not properly shut down" in log(home)


@in_use
def test_an_engine_goes_on_after_the_server_was_killed(home):
    engine = database.open(Settings(home=home))
    with engine.begin() as conn:
        conn.execute(text("CREATE TABLE kept (value int)"))
        conn.execute(text("INSERT INTO kept VALUES (5)"))
    server = postmaster(home)
    children = server.children()
    server.kill()
    # A session outlives its server by a moment and could still be talked to.
    psutil.wait_procs([server, *children], timeout=30)
    with engine.begin() as conn:
        assert conn.execute(text("SELECT value FROM kept")).scalar() == 5
    database.close(engine)


@in_use
def test_the_number_of_a_dead_server_given_to_another_process_does_not_matter(home):
    put(embedded.start(home), 4)
    server = postmaster(home)
    children = server.children()
    server.kill()
    psutil.wait_procs([server, *children], timeout=30)
    note = home / "postgres" / "postmaster.pid"
    lines = note.read_text().split("\n")
    note.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    embedded.stop(home)
    assert kept(embedded.start(home)) == [4]
    embedded.stop(home)


def test_a_database_half_made_is_made_anew(home):
    (home / "postgres-new-killed").mkdir()
    (home / "postgres-new-killed" / "PG_VERSION").write_text("18")
    put(embedded.start(home), 1)
    embedded.stop(home)
    assert not list(home.glob("postgres-new-*"))


@in_use
def test_interrupting_the_terminal_does_not_reach_the_server(home, joiner):
    app = joiner()
    put(app.address(), 6)
    server = postmaster(home)
    address = embedded.start(home)
    os.killpg(app.process.pid, signal.SIGINT)
    app.process.wait(60)
    assert postmaster(home) == server
    assert kept(address) == [6]
    embedded.stop(home)
    assert "fast shutdown" in log(home)
    assert log(home).rstrip().endswith("database system is shut down")


@in_use
def test_the_server_is_in_a_session_of_its_own(home):
    embedded.start(home)
    assert os.getsid(postmaster(home).pid) == postmaster(home).pid
    embedded.stop(home)


def test_a_database_of_another_version_is_refused_in_a_sentence(home):
    (home / "postgres").mkdir()
    (home / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(RunsousError, match="made by PostgreSQL 16"):
        embedded.start(home)


@in_use
def test_a_server_that_cannot_start_says_why(home, monkeypatch):
    embedded.start(home)
    embedded.stop(home)
    (home / "postgres" / "global" / "pg_control").unlink()
    monkeypatch.setattr(embedded, "_ANSWER_S", 1.0)
    with pytest.raises(RunsousError, match=r"does not (start|answer): .*pg_control.*postgres\.log"):
        embedded.start(home)
    embedded.stop(home)


ORDINARY = """
import encodings.idna, os, sys
from pathlib import Path
import psycopg
from runsous.store import embedded
os.setgid(65534)
os.setuid(65534)
home = Path(sys.argv[1])
with psycopg.connect(embedded.start(home)) as conn:
    assert conn.execute("SELECT 1").fetchone() == (1,)
assert (home / "postgres").stat().st_uid == 65534
embedded.stop(home)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests have shown it")
def test_an_ordinary_user_runs_it_as_themselves(request):
    # Outside pytest's own folders, which are closed to everyone else.
    folder = Path(tempfile.mkdtemp(prefix="runsous-test-"))
    request.addfinalizer(lambda: shutil.rmtree(folder))
    os.chown(folder, 65534, 65534)
    subprocess.run([sys.executable, "-c", ORDINARY, str(folder)], check=True)
