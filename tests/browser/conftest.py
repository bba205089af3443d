"""A real Chromium before the real server, as a newcomer has them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests import running
from tests.browser import screen, story

Open = Callable[..., Page]

AWAY = "about:blank"
"""Where a window is that nobody uses."""


@dataclass
class Server:
    """The running app; a test may stop and start it again at its address."""

    app: running.App

    @property
    def address(self) -> str:
        return self.app.address

    def restart(self) -> None:
        assert self.app.stop() == 0
        port = int(self.address.rpartition(":")[2])
        self.app = running.serve(self.app.home, port)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app on a home of its own, with nothing in it."""
    server = Server(running.serve(tmp_path_factory.mktemp("browser") / "home"))
    yield server
    assert server.app.stop() == 0
    assert "Traceback" not in server.app.printed()


@pytest.fixture(scope="session")
def windows(browser: Browser, server: Server) -> Iterator[Open]:
    """Opens a page of the app in a window that nobody else has; the end sees that none complained.

    What was put away is used again: a window that was there has the app's scripts already.
    """
    complaints: list[str] = []
    all_of_a_kind: dict[str, list[Page]] = {}

    def open_window(**options: Any) -> Page:
        context = browser.new_context(**options)
        context.set_default_timeout(60_000)
        page = context.new_page()
        screen.keep_offline(page)
        page.on("console", lambda message: complaints.extend(_complaint(message)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    def open_page(path: str = "", **options: Any) -> Page:
        options = {"viewport": {"width": 1360, "height": 1000}, **options}
        same = all_of_a_kind.setdefault(str(sorted(options.items())), [])
        page = next((page for page in same if page.url == AWAY), None)
        if page is None:
            page = open_window(**options)
            same.append(page)
        page.goto(f"{server.address}/{path}")
        screen.settle(page)
        return page

    expect.set_options(timeout=60_000)
    yield open_page
    for page in itertools.chain(*all_of_a_kind.values()):
        page.context.close()
    assert complaints == []


@pytest.fixture
def window(windows: Open) -> Iterator[Open]:
    """The same, and put away after the test."""
    opened: list[Page] = []

    def open_page(path: str = "", **options: Any) -> Page:
        opened.append(windows(path, **options))
        return opened[-1]

    yield open_page
    for page in opened:
        page.goto(AWAY)


@pytest.fixture(scope="session")
def arrival(windows: Open, tmp_path_factory: pytest.TempPathFactory) -> story.Arrival:
    """A newcomer's first minute: the welcome, two files dropped, the import finished."""
    page = windows()
    arrival = story.arrive(page, tmp_path_factory.mktemp("downloads"))
    page.goto(AWAY)
    return arrival


def _complaint(message: ConsoleMessage) -> list[str]:
    # On a deep link Streamlit first asks beside the page's own address, and is told 404.
    is_probe = "/_stcore/" in message.location.get("url", "")
    return [message.text] if message.type == "error" and not is_probe else []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
