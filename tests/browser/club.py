"""What tests of a server of accounts share: its database, and browsers that never were there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine

from runsous.settings import Settings
from runsous.store import database
from tests import conftest, running
from tests.browser import screen

Visit = Callable[..., Page]


class Club(Protocol):
    """A running server."""

    address: str


@pytest.fixture(scope="module")
def engine(_server: str, _template: str) -> Iterator[Engine]:
    """A database of its own for all tests of a file."""
    name = f"runsous_club_{os.getpid()}"
    conftest._tell(_server, f'CREATE DATABASE "{name}" TEMPLATE "{_template}" STRATEGY FILE_COPY')
    engine = database.open(Settings(home=Path(), database_url=conftest._in(_server, name)))
    yield engine
    database.close(engine)
    conftest._tell(_server, f'DROP DATABASE "{name}" WITH (FORCE)')


def configured(engine: Engine, **more: str) -> dict[str, str]:
    """The environment of a server of accounts on that database."""
    url = engine.url.set(drivername="postgresql").render_as_string(False)
    return {"RUNSOUS_AUTH": "accounts", "DATABASE_URL": url, **more}


def start(folder: Path, engine: Engine, port: int | None = None, **more: str) -> running.App:
    """The server, up and healthy; its base URL is where it is."""
    port = port or running.free_port()
    base = f"http://127.0.0.1:{port}"
    given = configured(engine, RUNSOUS_BASE_URL=base, **more)
    return running.serve(folder / "home", port, **given)


@pytest.fixture(scope="module")
def visit(browser: Browser, club: Club) -> Iterator[Visit]:
    """Opens pages, each in a browser that never was there; the end sees that none complained."""
    complaints: list[str] = []
    opened: list[BrowserContext] = []

    def come(path: str = "", cookies: dict[str, str] | None = None, **options: Any) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(60_000)
        context.add_cookies(
            [
                {"name": name, "value": value, "url": club.address}
                for name, value in (cookies or {}).items()
            ]
        )
        opened.append(context)
        page = context.new_page()
        screen.keep_offline(page)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        # What the policy of the page forbids is told here.
        page.on("console", lambda m: complaints.extend([m.text] if "Policy" in m.text else []))
        page.goto(f"{club.address}/{path}")
        return page

    expect.set_options(timeout=60_000)
    yield come
    for context in opened:
        context.close()
    assert complaints == []
