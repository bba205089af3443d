"""A real Chromium before the real server, as a newcomer has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests import running
from tests.browser import screen, story

Open = Callable[..., Page]


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
    """Opens a page of the app in a window of its own; the end sees that none complained."""
    complaints: list[str] = []
    contexts = []

    def open_page(path: str = "", **options: Any) -> Page:
        options = {"viewport": {"width": 1360, "height": 1000}, **options}
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(60_000)
        screen.keep_offline(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.extend(_complaint(message)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{server.address}/{path}")
        screen.settle(page)
        return page

    expect.set_options(timeout=60_000)
    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def window(windows: Open) -> Iterator[Open]:
    """The same, and closed after the test."""
    opened: list[Page] = []

    def open_page(path: str = "", **options: Any) -> Page:
        opened.append(windows(path, **options))
        return opened[-1]

    yield open_page
    for page in opened:
        page.context.close()


@pytest.fixture(scope="session")
def arrival(windows: Open, tmp_path_factory: pytest.TempPathFactory) -> story.Arrival:
    """A newcomer's first minute: the welcome, two files dropped, the import finished."""
    return story.arrive(windows(), tmp_path_factory.mktemp("downloads"))


def _complaint(message: ConsoleMessage) -> list[str]:
    # On a deep link Streamlit first asks beside the page's own address, and is told 404.
    is_probe = "/_stcore/" in message.location.get("url", "")
    # A page that is open while the server starts anew finds nobody there for a moment.
    is_probe = is_probe or "/_stcore/health" in message.text
    return [message.text] if message.type == "error" and not is_probe else []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
