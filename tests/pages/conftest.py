"""Pages as Streamlit runs them, without a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from runsous import settings
from runsous.settings import Settings
from runsous.store import database
from tests import conftest, running
from tests.pages import library
from tests.pages.reading import PAGES


@pytest.fixture(scope="session")
def _filled_template(
    _server: str, _template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The name of a database with one activity of each kind and the music of one of them."""
    name = f"runsous_filled_{os.getpid()}"
    folder = tmp_path_factory.mktemp("filled")
    conftest._tell(_server, f'CREATE DATABASE "{name}" TEMPLATE "{_template}" STRATEGY FILE_COPY')
    settings.use(Settings(home=folder, database_url=conftest._in(_server, name)))
    engine = database.open(settings.current())
    library.fill(engine, folder)
    database.close(engine)
    # What copies it must be alone on it; TimescaleDB's workers would come back.
    conftest._tell(
        _server,
        f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false',
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    yield name
    conftest._tell(_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def _template_of_test(request: pytest.FixtureRequest, _template: str) -> str:
    is_filled = "filled" in request.fixturenames
    return str(request.getfixturevalue("_filled_template")) if is_filled else _template


@pytest.fixture
def database_url(_server: str, _template_of_test: str) -> Iterator[str]:
    """The address of a fresh database for this test: empty, or filled if it asks for that."""
    name = f"runsous_page_{os.getpid()}"
    conftest._tell(
        _server, f'CREATE DATABASE "{name}" TEMPLATE "{_template_of_test}" STRATEGY FILE_COPY'
    )
    yield conftest._in(_server, name)
    conftest._tell(_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def app(engine: Engine) -> Iterator[AppTest]:
    """The app at its home page, with empty caches."""
    st.cache_data.clear()
    st.cache_resource.clear()
    yield AppTest.from_file(str(Path(running.ROOT, "pages", "menu.py")), default_timeout=60)
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def filled(app: AppTest) -> AppTest:
    """The app on a database with the whole :mod:`tests.pages.library`."""
    return app


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    """Each page once."""
    return str(request.param)
