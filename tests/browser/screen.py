"""What is seen on the screen: words, rows of tables, colours of drawings."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

_NO_MAP = {
    "responseCode": 200,
    "responseHeaders": [{"name": "Access-Control-Allow-Origin", "value": "*"}],
    "body": base64.b64encode(b'{"version": 8, "sources": {}, "layers": []}').decode(),
}
_DROP = """async files => {
  const transfer = new DataTransfer();
  for (const [name, content] of files) {
    const bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0));
    transfer.items.add(new File([bytes], name));
  }
  return transfer;
}"""


def keep_offline(page: Page) -> None:
    """There is no internet in tests; the map's ground is blank."""
    # Not a route of Playwright's: with one, the browser keeps no file it was sent.
    tools = page.context.new_cdp_session(page)

    def answer(asked: dict[str, Any]) -> None:
        what = {"requestId": asked["requestId"]}
        if "style" in asked["request"]["url"]:
            tools.send("Fetch.fulfillRequest", {**what, **_NO_MAP})
        else:
            tools.send("Fetch.failRequest", {**what, "errorReason": "InternetDisconnected"})

    tools.on("Fetch.requestPaused", answer)
    tools.send("Fetch.enable", {"patterns": [{"urlPattern": "https://*"}]})


def settle(page: Page) -> None:
    """Waits until the server has answered and what it sent is shown."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    page.wait_for_selector('[data-stale="true"]', state="detached")


def drop(page: Page, **files: bytes) -> None:
    """Drags files over the drop zone and lets them go there."""
    named = [[name, base64.b64encode(content).decode()] for name, content in files.items()]
    transfer = page.evaluate_handle(_DROP, named)
    zone = page.get_by_test_id("stFileUploaderDropzone")
    for kind in ("dragenter", "dragover", "drop"):
        zone.dispatch_event(kind, {"dataTransfer": transfer})


def words(page: Page) -> str:
    return page.get_by_test_id("stMain").inner_text()


def figures(page: Page) -> str:
    """The row of figures at the top of a page."""
    return page.locator(".rs-figures").inner_text()


def until(page: Page, is_so: Callable[[], bool], what: str, patience_s: float = 15) -> None:
    """Waits for something that no selector tells."""
    for _ in range(int(patience_s * 10)):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{what} did not come about")


def rows(page: Page, place: int = 0) -> list[dict[str, str]]:
    """The rows of a table, as it tells them to a screen reader."""
    grid = page.get_by_test_id("stDataFrame").nth(place).locator("canvas table")
    grid.wait_for(state="attached")
    cells: list[list[str]] = grid.evaluate(
        "t => [...t.rows].map(r => [...r.cells].map(c => c.textContent))"
    )
    head, *body = cells
    return [dict(zip(head, row, strict=True)) for row in body]


def column(page: Page, name: str, place: int = 0) -> list[str]:
    return [row[name] for row in rows(page, place)]


def selected(page: Page) -> list[int]:
    """Which rows of the first table are marked as chosen."""
    grid = page.get_by_test_id("stDataFrame").first.locator("canvas table")
    found: list[int] = grid.evaluate(
        "t => [...t.tBodies[0].rows].flatMap((r, i) =>"
        " r.getAttribute('aria-selected') === 'true' ? [i] : [])"
    )
    return found


def expect_selected(page: Page, places: list[int]) -> None:
    # A table tells screen readers of a change some moments after it shows it.
    until(page, lambda: selected(page) == places, f"rows {places} chosen")


def expect_column(page: Page, name: str, cells: list[str], place: int = 0) -> None:
    until(page, lambda: column(page, name, place) == cells, f"{name}: {cells}")


def choose_row(page: Page, row: int) -> None:
    """Clicks the box before a row of the first table."""
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    table.click(position={"x": 18, "y": 35 * row + 53})


def the_map(page: Page) -> Locator:
    return page.get_by_test_id("stDeckGlJsonChart")


def the_charts(page: Page) -> Locator:
    return page.get_by_test_id("stVegaLiteChart")


def pixels(drawing: Locator) -> Any:
    """Rows of pixels, each red, green and blue."""
    return np.asarray(Image.open(io.BytesIO(drawing.screenshot())).convert("RGB"), dtype=int)


def shows(drawing: Locator, colour: str, least: int = 40) -> bool:
    """Whether at least so many pixels have that colour at full strength."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    near = np.abs(pixels(drawing) - wanted).max(axis=2) <= 6
    return int(near.sum()) >= least


def expect_colours(page: Page, drawing: Locator, *colours: str) -> None:
    until(page, lambda: all(shows(drawing, c) for c in colours), f"{colours}")


def expect_title(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
