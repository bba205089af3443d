"""What all tests share: a PostgreSQL for the whole run, and a database of its own for each test.

The server is the bundled one, or the one ``DATABASE_URL`` names (for TimescaleDB).
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, TypeVar

import pandas as pd
import psycopg
import pytest
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Connection, Engine, make_url
from streamlit.components.v2 import manifest_scanner

from runsous import settings
from runsous.demo import music, season
from runsous.model import Workout
from runsous.settings import Settings
from runsous.settings.services import Services
from runsous.store import database
from tests import running

if TYPE_CHECKING:
    from tests.accounts import filling

_Made = TypeVar("_Made")

GIVEN = os.environ.get("DATABASE_URL")
_ATTEMPTS = 50
_MEMORY = Path("/dev/shm")
_ENOUGH = 4 << 30
_CHROMIUM = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-gpu-compositing",
    # Nobody is there but this machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


def pytest_configure() -> None:
    # Over a thousand databases are made and dropped, which is what disks are slowest at.
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Playwright keeps the main thread's event loop to itself from its first test on.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    for item in items:
        if item.get_closest_marker("browser"):
            # Into the JUnit report, where .ci/run looks for them.
            item.user_properties.append(("marker", "browser"))
        if item.get_closest_marker("timescale") and not GIVEN:
            item.add_marker(pytest.mark.skip("DATABASE_URL names no server with TimescaleDB"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> Iterator[Path]:
    """A home folder for this test alone: nothing ever touches the one of whoever runs it."""
    folder = tmp_path / "home"
    folder.mkdir()
    nowhere = Services(**{name.lower(): url for name, url in running.NOWHERE.items()})
    settings.use(Settings(home=folder, services=nowhere))
    yield folder
    settings.use(None)


@pytest.fixture(autouse=True)
def _main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that a test opens does not stay the main module, which new processes would run."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session", autouse=True)
def _components() -> Iterator[None]:
    """What Streamlit reads of all installed packages whenever a test opens a page is read once."""
    with pytest.MonkeyPatch.context() as patch:
        scan = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", scan)
        yield


@pytest.fixture(scope="session")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server on which databases can be made."""
    if GIVEN:
        yield GIVEN
        return
    engine = database.open(Settings(home=tmp_path_factory.mktemp("server")))
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    # Nothing here has to outlive a power cut.
    _tell(address, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield address
    database.close(engine)


_whole_season = cache(lambda seed, today, make=season.workouts: list(make(seed, today)))


@pytest.fixture
def short_season(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample of three weeks, where it does not matter that it is a whole season."""
    listening = music.listening

    def since(today: date) -> datetime:
        return datetime.combine(today - timedelta(weeks=3), time(), UTC)

    def few_workouts(seed: int, today: date) -> Iterator[Workout]:
        return (w for w in _whole_season(seed, today) if w.start_time > since(today))

    def little_listening(seed: int, today: date) -> pd.DataFrame:
        told = listening(seed, today)
        return told[told["stamp"] > since(today)].reset_index(drop=True)

    monkeypatch.setattr(season, "workouts", few_workouts)
    monkeypatch.setattr(music, "listening", little_listening)


@pytest.fixture(scope="session")
def _used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled database as an app that found nothing made it, and stopped again."""
    home = tmp_path_factory.mktemp("used")
    engine = database.open(Settings(home=home))
    database.migrate(engine)
    database.close(engine)
    return home / "postgres"


@pytest.fixture
def used_home(home: Path, _used: Path) -> None:
    """Lets the test's home have a database already, as a home that was used before."""
    # Not shutil: the files have to stay those of the account that PostgreSQL runs as.
    subprocess.run(["cp", "-Rp", str(_used), str(home)], check=True)


@pytest.fixture(scope="session")
def _template(_server: str) -> Iterator[str]:
    """The name of a database with the whole schema and nothing in it."""
    name = f"runsous_template_{os.getpid()}"
    make_template(_server, name, None, Path(), database.migrate)
    yield name
    _tell(_server, f'DROP DATABASE "{name}"')


_numbers = itertools.count()


@pytest.fixture(scope="session")
def _anas_town(
    _server: str, _template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[filling.Town]:
    """Ana, who has a bit of everything an account can have."""
    from tests.accounts import filling

    with filling.town(_server, _template, tmp_path_factory.mktemp("town"), "ana") as town:
        yield town


@pytest.fixture(scope="module")
def _filled_template(
    request: pytest.FixtureRequest,
    _server: str,
    _template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The name of a database with what ``fill(engine, folder)`` of the test's module puts in."""
    name = f"runsous_filled_{os.getpid()}_{next(_numbers)}"
    folder = tmp_path_factory.mktemp("filled")
    make_template(
        _server, name, _template, folder, lambda engine: request.module.fill(engine, folder)
    )
    yield name
    _tell(_server, f'DROP DATABASE "{name}"')


@pytest.fixture
def filled() -> None:
    """For a test whose database is filled already: once for all tests of its module."""


@pytest.fixture
def _template_of_test(request: pytest.FixtureRequest, _template: str) -> str:
    is_filled = "filled" in request.fixturenames
    return str(request.getfixturevalue("_filled_template")) if is_filled else _template


@pytest.fixture
def database_url(_server: str, _template_of_test: str) -> Iterator[str]:
    """The address of a fresh, migrated database, gone after the test."""
    name = f"runsous_test_{os.getpid()}_{next(_numbers)}"
    _copy(_server, name, _template_of_test)
    yield _in(_server, name)
    _tell(_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def engine(home: Path, database_url: str) -> Iterator[Engine]:
    """That database opened; pages and routes find it too."""
    settings.use(Settings(home=home, database_url=database_url))
    engine = database.open(settings.current())
    yield engine
    database.close(engine)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection to it in a transaction."""
    with engine.connect() as conn:
        yield conn


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without it a test is skipped, or fails where it must not be missing."""
    program = shutil.which("chromium")
    if program is None:
        missing = "chromium is not installed (apt-get install chromium)"
        if os.environ.get("RUNSOUS_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=_CHROMIUM)
        yield chromium
        chromium.close()


def make_template(
    server: str, name: str, source: str | None, home: Path, fill: Callable[[Engine], _Made]
) -> _Made:
    """Makes a database to copy for many tests: empty, or as the ``source``, and then filled.

    What ``fill`` writes into the home folder is for the caller to copy too.
    """
    _copy(server, name, source or "template1")
    settings.use(Settings(home=home, database_url=_in(server, name)))
    engine = database.open(settings.current())
    made = fill(engine)
    database.close(engine)
    # What copies it must be alone on it; TimescaleDB's workers would come back.
    _tell(
        server,
        f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false',
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    return made


def _copy(server: str, name: str, source: str) -> None:
    for attempt in itertools.count():
        try:
            _tell(server, f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY FILE_COPY')
        except psycopg.errors.ObjectInUse:
            # TimescaleDB's workers look into template1 now and then.
            if attempt == _ATTEMPTS:
                raise
            sleep(0.2)
        else:
            return


def _tell(address: str, *commands: str) -> None:
    with psycopg.connect(address, autocommit=True) as conn:
        for command in commands:
            conn.execute(command.encode())


def _in(address: str, name: str) -> str:
    return make_url(address).set(database=name).render_as_string(hide_password=False)
