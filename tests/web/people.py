"""A server of accounts in this process, and the browsers of people who use it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from unittest.mock import MagicMock

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine
from starlette.applications import Starlette
from streamlit.web.server.starlette.starlette_app import create_streamlit_routes

from runsous import settings
from runsous.accounts import entry, passwords
from runsous.store import accounts

with warnings.catch_warnings():
    # It would rather have the successor of httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

ANA, BO = "ana@example.org", "bo@example.org"
PASSWORD = "correct horse battery"
HERE = "203.0.113.7"

Browser = Callable[..., TestClient]


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hashes that take no time, and answers that wait for nothing."""
    from runsous.web import forms

    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(1, 8, 1))
    monkeypatch.setattr(forms, "_ANSWER_S", 0.0)
    passwords._nobodys.cache_clear()
    yield
    passwords._nobodys.cache_clear()


def configure(**changes: object) -> None:
    """Changes the settings of this test."""
    settings.use(replace(settings.current(), **changes))  # type: ignore[arg-type]


@pytest.fixture
def server(engine: Engine, cheap: None) -> Starlette:
    """All routes of a server of accounts, Streamlit's own too, on a database of its own."""
    from runsous.web import routes

    configure(auth="accounts", base_url="http://testserver")
    streamlits = create_streamlit_routes(MagicMock())
    return Starlette(routes=[*routes.routes(), *streamlits], middleware=routes.middleware())


@pytest.fixture
def browser(server: Starlette) -> Browser:
    """Makes browsers with empty cookie jars, each at its own address if asked to."""

    def make(address: str = HERE, **options: object) -> TestClient:
        return TestClient(
            server,
            base_url=settings.current().base_url,
            client=(address, 50000),
            follow_redirects=False,
            **options,
        )

    return make


def fill_in(client: TestClient, path: str, **fields: str):
    """Opens a form and sends it with these fields; the answer."""
    page = client.get(path)
    token = re.search(r'name="csrf_token" value="(\w+)"', page.text)
    assert token, page.text
    return client.post(path.partition("?")[0], data={"csrf_token": token[1], **fields})


def add(engine: Engine, email: str = ANA, password: str = PASSWORD) -> int:
    """An account; its id."""
    with engine.begin() as conn:
        number = accounts.create(conn, email, passwords.hashed(password))
    assert number is not None
    return number


def sign_in(client: TestClient, email: str = ANA, password: str = PASSWORD) -> TestClient:
    """Signs in by the form."""
    answer = fill_in(client, "/auth/login", email=email, password=password)
    assert answer.status_code == 303, answer.text
    return client


def session(engine: Engine, user_id: int) -> str:
    """The secret of a session somebody has, without a form."""
    with engine.begin() as conn:
        return entry._session(conn, user_id, "with a password", HERE)
