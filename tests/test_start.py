"""Starting, stopping and being killed, with real processes as a user has them."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from urllib.parse import parse_qsl, urlsplit

import httpx
import psutil
import psycopg
import pytest

from runsous.settings import Settings
from runsous.store import database, embedded
from tests import running

in_use = pytest.mark.usefixtures("used_home")
"""What a test is about is not how a database is made, which takes a second or two."""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    home = tmp_path_factory.mktemp("running") / "home"
    app = running.serve(home, LASTFM_API_KEY="a key", LASTFM_SHARED_SECRET="a secret")
    yield app
    assert app.stop() == 0


@pytest.fixture
def start(home):
    """Starts the app on this test's home; whatever still runs at the end is stopped."""
    apps = []

    def begin(**more):
        apps.append(running.serve(home, **more))
        return apps[-1]

    yield begin
    for app in apps:
        app.stop(signal.SIGKILL)
    if (home / "postgres").exists():
        embedded.start(home)
        embedded.stop(home)


def remember(home):
    """Stores something in the running app's database."""
    address = embedded.start(home)
    with psycopg.connect(address, autocommit=True) as conn:
        conn.execute("INSERT INTO users (name) VALUES ('remembered')")
    embedded.stop(home)


def is_remembered(home):
    engine = database.open(Settings(home=home))
    with engine.begin() as conn:
        found = conn.exec_driver_sql("SELECT 1 FROM users WHERE name = 'remembered'").scalar()
    database.close(engine)
    return found == 1


def last_line(path):
    return path.read_text().rstrip().rpartition("\n")[2]


def says_in_one_sentence(done, *words):
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_running_app_is_healthy(app):
    answer = httpx.get(f"{app.address}/health").json()
    assert answer == {
        "status": "ok",
        "version": "0.1.0",
        "database": "embedded",
        "timescaledb": None,
    }


def test_pages_and_rest_api_share_the_port(app):
    assert "<title>" in httpx.get(f"{app.address}/").text
    assert httpx.get(f"{app.address}/api/v1/activities").json()["items"] == []


def test_services_send_people_back_to_the_port_that_was_chosen(app):
    navigates = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    answer = httpx.get(f"{app.address}/oauth/lastfm/start", headers=navigates)
    back = dict(parse_qsl(urlsplit(answer.headers["location"]).query))["cb"]
    assert back.startswith(f"{app.address}/oauth/lastfm/callback?")


def test_it_prints_where_it_is_and_nothing_else(app):
    assert app.printed().strip() == f"Run Sous BPM is at {app.address} (Ctrl-C stops it)"


def test_it_asks_nothing_and_leaves_nothing_outside_its_home(app):
    # Streamlit would ask for an e-mail address and keep the answer here.
    assert not (app.home.parent / ".streamlit" / "credentials.toml").exists()


def test_it_listens_on_this_machine_alone(app):
    tree = [psutil.Process(app.process.pid), *psutil.Process(app.process.pid).children(True)]
    places = [c.laddr.ip for p in tree for c in p.net_connections("inet") if c.status == "LISTEN"]
    assert places == ["127.0.0.1"]


def test_a_second_start_says_where_the_first_one_is(app):
    done = running.run("serve", f"--port={running.free_port()}", "--no-browser", home=app.home)
    says_in_one_sentence(done, "already running", app.address)


def test_a_second_start_by_streamlit_says_so_too(app):
    done = running.run(home=app.home, command=running.STREAMLIT)
    says_in_one_sentence(done, "already running", app.address)


def test_the_command_line_imports_while_the_app_runs(app, tmp_path):
    (tmp_path / "notes.txt").write_text("not a workout")
    done = running.run("import", "--json", str(tmp_path / "notes.txt"), home=app.home)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert report["totals"]["failed"] == 1
    assert report["files"][0]["status"] == "failed"
    assert httpx.get(f"{app.address}/health").status_code == 200


def test_a_taken_port_is_said_in_a_sentence(app, home):
    port = app.address.rpartition(":")[2]
    done = running.run("serve", f"--port={port}", "--no-browser", home=home)
    says_in_one_sentence(done, f"Port {port}", "--port")


@pytest.mark.parametrize("command", ["runsous", "streamlit"])
def test_it_is_not_shown_to_the_network_by_accident(home, command):
    port = running.free_port()
    if command == "runsous":
        done = running.run("serve", "--host=0.0.0.0", f"--port={port}", home=home)
    else:
        options = ["--server.address=0.0.0.0", f"--server.port={port}"]
        done = running.run(*options, home=home, command=running.STREAMLIT)
    says_in_one_sentence(done, "0.0.0.0", "RUNSOUS_ALLOW_REMOTE")


@pytest.mark.parametrize("command", ["runsous", "streamlit"])
def test_a_setting_that_cannot_be_is_said_in_a_sentence(home, command):
    arguments = ("serve",) if command == "runsous" else ()
    chosen = running.RUNSOUS if command == "runsous" else running.STREAMLIT
    done = running.run(*arguments, home=home, command=chosen, RUNSOUS_UNITS="furlongs")
    says_in_one_sentence(done, "RUNSOUS_UNITS", "km or miles")


def test_a_database_that_does_not_let_us_in_is_said_in_a_sentence(home, database_url):
    elsewhere = database_url.replace("runsous_test_", "no_such_")
    done = running.run("migrate", home=home, DATABASE_URL=elsewhere)
    says_in_one_sentence(done, "no_such_", "DATABASE_URL")


def test_a_given_database_is_migrated_and_served(home, start, database_url):
    app = start(DATABASE_URL=database_url)
    assert httpx.get(f"{app.address}/health").json()["database"] == "server"
    assert app.stop() == 0
    assert not (home / "postgres").exists()


@in_use
def test_streamlit_run_is_the_same_app(home):
    port = running.free_port()
    app = running.App(f"--server.port={port}", home=home, command=running.STREAMLIT)
    app.wait_until_healthy(f"http://127.0.0.1:{port}")
    assert httpx.get(f"{app.address}/api/v1/activities").status_code == 200
    app.stop()
    assert "Traceback" not in app.printed()
    assert last_line(home / "postgres.log").endswith("database system is shut down")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
@in_use
def test_stopping_leaves_the_database_clean_and_the_next_start_finds_it(home, start, number, code):
    app = start()
    remember(home)
    assert app.stop(number) == code
    assert "Traceback" not in app.printed()
    assert last_line(home / "postgres.log").endswith("database system is shut down")
    assert is_remembered(home)


@in_use
def test_being_killed_loses_nothing_and_the_next_start_works(home, start):
    app = start()
    remember(home)
    app.stop(signal.SIGKILL)
    again = start()
    assert again.stop() == 0
    assert is_remembered(home)
    assert last_line(home / "postgres.log").endswith("database system is shut down")


@in_use
def test_everything_being_killed_loses_nothing_either(home, start):
    app = start()
    remember(home)
    app.stop(signal.SIGKILL)
    number = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
    psutil.Process(number).kill()
    assert start().stop() == 0
    assert is_remembered(home)


def test_two_processes_can_migrate_at_once(home):
    both = [
        subprocess.Popen([*running.RUNSOUS, "migrate"], env=running.environment(home))
        for _ in range(2)
    ]
    assert [process.wait(90) for process in both] == [0, 0]


@in_use
def test_a_worker_can_run_on_its_own(home):
    worker = running.App("worker", home=home, command=running.RUNSOUS)
    while "Waiting for work" not in worker.printed():
        assert worker.process.poll() is None, worker.printed()
    assert worker.stop(signal.SIGTERM) == 0
    assert "Traceback" not in worker.printed()
    assert last_line(home / "postgres.log").endswith("database system is shut down")


def test_the_demo_shows_a_runner_and_leaves_nothing(home, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    port = running.free_port()
    app = running.App(
        *("demo", f"--port={port}", "--no-browser"),
        home=home,
        command=running.RUNSOUS,
        TMPDIR=str(temporary),
    )
    app.wait_until_healthy(f"http://127.0.0.1:{port}")
    assert httpx.get(f"{app.address}/api/v1/activities").json()["total"] > 0
    assert "be Ann (user name ann) or Ben (ben)" in app.printed()
    assert app.stop() == 0
    assert "Traceback" not in app.printed()
    assert not list(temporary.glob("runsous-demo-*"))
    assert not list(home.iterdir())


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_asks_for_a_newer_python_in_a_sentence(tmp_path):
    for name in ("Makefile", "requirements.lock", "requirements-test.lock", "pyproject.toml"):
        shutil.copy(running.ROOT / name, tmp_path)
    done = subprocess.run(
        ["make", "run", "PYTHON="], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Python 3.11 or newer" in done.stderr
