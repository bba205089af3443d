"""A real browser: when a page is there, when its picture is drawn, and what it fetched."""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
_PATIENCE_MS = 60_000
_QUIET_MS = 800

# Notes when the map (WebGL) and the charts (SVG, or 2D on a canvas) are first drawn.
_WATCH = """
window.drawn = {};
const note = (what) => drawn[what] ??= performance.now();
const wrap = (kind, names, what, holder) => {
  for (const name of names) {
    const draw = kind.prototype[name];
    kind.prototype[name] = function (...args) {
      if (this.canvas?.closest?.(holder)) note(what);
      return draw.apply(this, args);
    };
  }
};
wrap(WebGL2RenderingContext,
  ['drawArrays', 'drawElements', 'drawArraysInstanced', 'drawElementsInstanced'],
  'map', '[data-testid="stDeckGlJsonChart"]');
wrap(CanvasRenderingContext2D, ['fill', 'stroke'], 'charts', '[data-testid="stVegaLiteChart"]');
const look = new MutationObserver(() => {
  if (document.querySelector('[data-testid="stVegaLiteChart"] svg.marks path')) {
    note('charts');
    look.disconnect();
  }
});
look.observe(document, {childList: true, subtree: true});
"""
_IS_THERE = """() => document.querySelector(
  '[data-testid="stApp"][data-test-script-state="notRunning"]') !== null"""


@dataclass
class Fetched:
    """Bytes a page got from its own server, Streamlit's static bundle not counted."""

    socket: int = 0
    http: int = 0
    last: float = field(default_factory=time.perf_counter)

    @property
    def kilobytes(self) -> float:
        """All of it in KB of 1,000 bytes."""
        return (self.socket + self.http) / 1e3


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium without a window; fails in a sentence where there is none."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise RuntimeError("Chromium is not installed (apt-get install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """One person's browser window: it keeps its cache from page to page."""

    def __init__(self, browser: Browser) -> None:
        self._context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 900})
        self._context.set_default_timeout(_PATIENCE_MS)
        self._context.add_init_script(_WATCH)
        self.page: Page = self._context.new_page()
        self.fetched = Fetched()
        self._urls: dict[str, str] = {}
        network = self._context.new_cdp_session(self.page)
        network.send("Network.enable")
        network.on("Network.responseReceived", self._on_response)
        network.on("Network.loadingFinished", self._on_loaded)
        network.on("Network.webSocketFrameReceived", self._on_frame)

    def leave(self) -> None:
        """Ends the session of the page that is open and lets the server put it away."""
        self.page.goto("about:blank")
        self.page.wait_for_timeout(200)

    def open(self, url: str, visible: str | None = None) -> float:
        """Opens a page in a new session; milliseconds until it is there (with ``visible``)."""
        self.fetched = Fetched()
        began = time.perf_counter()
        self.page.goto(url, wait_until="commit")
        if visible is not None:
            self.page.wait_for_selector(visible, state="visible")
        self.page.wait_for_function(_IS_THERE)
        return 1e3 * (time.perf_counter() - began)

    def rerun(self) -> float:
        """Lets the page's script run once more; milliseconds until the last of it came."""
        self.fetched = Fetched()
        began = time.perf_counter()
        self.page.keyboard.press("r")
        self.settle()
        if not self.fetched.socket:
            raise RuntimeError("The page did not run again.")
        return 1e3 * (self.fetched.last - began)

    def settle(self) -> None:
        """Returns once nothing has come from the server for a while."""
        while time.perf_counter() - self.fetched.last < _QUIET_MS / 1e3:
            self.page.wait_for_timeout(50)
        self.page.wait_for_function(_IS_THERE)

    def drawn_ms(self) -> tuple[float, float]:
        """Milliseconds from opening the page until the charts and until the map were drawn."""
        self.page.wait_for_function("drawn.map && drawn.charts")
        charts, route = self.page.evaluate("[drawn.charts, drawn.map]")
        return float(charts), float(route)

    def close(self) -> None:
        """Closes the window and forgets its cache."""
        self._context.close()

    def _on_response(self, event: dict[str, Any]) -> None:
        is_page = event["type"] == "Document"
        self._urls[event["requestId"]] = "" if is_page else event["response"]["url"]

    def _on_loaded(self, event: dict[str, Any]) -> None:
        self.fetched.last = time.perf_counter()
        url = self._urls.pop(event["requestId"], "")
        if _is_own(url):
            self.fetched.http += int(event["encodedDataLength"])

    def _on_frame(self, event: dict[str, Any]) -> None:
        self.fetched.last = time.perf_counter()
        content = event["response"]["payloadData"]
        is_text = event["response"]["opcode"] == 1
        self.fetched.socket += len(content if is_text else base64.b64decode(content))


def _is_own(url: str) -> bool:
    """Whether it is neither the page itself, nor part of the bundle, nor from elsewhere."""
    parts = urlsplit(url)
    is_bundle = parts.path.startswith("/static/") or parts.path.startswith("/favicon")
    return parts.hostname == "127.0.0.1" and not is_bundle
