"""Pages as Streamlit runs them, without a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

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
    conftest.make_template(
        _server, name, _template, folder, lambda engine: library.fill(engine, folder)
    )
    yield name
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
