"""The tempo of songs: tapped along in the browser, and settled where sources disagree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from runsous.sync import tempo
from tests import running
from tests.browser import screen, story
from tests.browser.club import engine
from tests.browser.test_looks import PHONE
from tests.files.make_fit import fit_run
from tests.sync import make

__all__ = ["engine"]

DISPUTED = [("Early Birds", "First"), ("Closing Time", "Third")]
DISPUTE = "[class*='st-key-dispute-']"
TAPS_AT = """async ([pad, times]) => {
  const begin = performance.now();
  for (const time of times) {
    while (performance.now() - begin < time) await new Promise(next => setTimeout(next, 1));
    pad.dispatchEvent(new PointerEvent("pointerdown", {bubbles: true}));
    pad.click();
  }
}"""


@pytest.fixture(scope="module")
def address(engine: Engine, tmp_path_factory) -> Iterator[str]:
    """An app with a run of three songs; on the tempo of two of them lists disagree."""
    folder = tmp_path_factory.mktemp("tempo")
    # Without a map, which takes long to draw and is of no matter here.
    run = fit_run(story.START, 600, gps=False)
    make.take(engine, make.written(folder, "run.fit", run))
    make.take(engine, make.written(folder, "songs.json", story.music_file()))
    disagree(engine, DISPUTED)
    url = engine.url.set(drivername="postgresql").render_as_string(False)
    app = running.serve(folder / "home", DATABASE_URL=url)
    yield app.address
    assert app.stop() == 0
    assert "Traceback" not in app.printed()


@pytest.fixture
def screens() -> dict[str, Any]:
    """What the browser is told of the screen."""
    return {"viewport": {"width": 1360, "height": 1000}}


@pytest.fixture
def page(browser: Browser, address: str, screens: dict[str, Any]) -> Iterator[Page]:
    complaints: list[str] = []
    context = browser.new_context(**screens)
    context.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    page = context.new_page()
    screen.keep_offline(page)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    # What the policy of the page forbids is told here.
    page.on("console", lambda m: complaints.extend([m.text] if "Policy" in m.text else []))
    yield page
    context.close()
    assert complaints == []


def number(engine: Engine, title: str) -> int:
    return int(make.rows(engine, "SELECT id FROM tracks WHERE title = :t", t=title)[0]["id"])


def disagree(engine: Engine, songs: list[tuple[str, str]]) -> None:
    """Two lists tell tempos of songs that have nothing to do with each other."""
    with engine.begin() as conn:
        for source, bpm in (("csv", 128.0), ("audio", 97.0)):
            said = pd.DataFrame(songs, columns=["artist", "title"]).assign(bpm=bpm)
            tempo.keep_words(conn, make.user(engine), source, said)


def unsay(engine: Engine, title: str) -> None:
    with engine.begin() as conn:
        tempo.unsay(conn, make.user(engine), number(engine, title))


def tempo_of(engine: Engine, title: str) -> tuple[float, str]:
    row = make.rows(engine, "SELECT tempo_bpm, tempo_source FROM tracks WHERE title = :t", t=title)[
        0
    ]
    return row["tempo_bpm"], row["tempo_source"]


def test_a_tempo_tapped_along_is_the_songs_from_then_on(page, address, engine):
    page.goto(f"{address}/track?id={number(engine, 'Second')}")
    pad = page.get_by_role("button", name="Tap the beat")
    take = page.get_by_role("button", name="Use ")
    expect(take).to_be_disabled()
    # 172 BPM; three beats are missed, and once the finger bounces.
    beat_ms = 60_000 / 172
    times = sorted([*(n * beat_ms for n in range(17) if n not in (4, 7, 8)), 12 * beat_ms + 60])
    page.evaluate(TAPS_AT, [pad.element_handle(), times])
    expect(take).to_be_enabled()
    assert abs(int(pad.inner_text().split()[0]) - 172) <= 2
    take.click()
    expect(page.get_by_text("Tapped by you")).to_be_visible()
    bpm, source = tempo_of(engine, "Second")
    assert source == "tap"
    assert abs(bpm - 172) <= 2
    (run,) = make.rows(engine, "SELECT id FROM activities")
    page.goto(f"{address}/activity?id={run['id']}")
    told = {row["Song"]: row["BPM"] for row in screen.rows(page)}
    assert abs(int(told["Second"]) - 172) <= 2


@pytest.mark.parametrize("screens", [PHONE])
def test_tempos_of_songs_fit_a_phone(page, address, engine):
    (run,) = make.rows(engine, "SELECT id FROM activities")
    page.goto(f"{address}/activity?id={run['id']}")
    assert {row["Song"]: row["BPM"] for row in screen.rows(page)}["Third – Closing Time"] == "128 ≠"
    table = page.get_by_test_id("stDataFrame").first
    assert table.locator(".dvn-scroller").evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    # The tools over it would lie on the words above.
    table.hover()
    expect(page.get_by_test_id("stElementToolbar").last).to_be_hidden()


def test_a_disagreement_is_settled_by_one_click(page, address, engine):
    page.goto(f"{address}/tempo")
    page.locator(DISPUTE, has_text="First").get_by_role("button", name="Your music file 97").click()
    expect(page.locator(DISPUTE, has_text="First")).to_have_count(0)
    assert tempo_of(engine, "First") == (194.0, "manual")


def test_a_disagreement_is_settled_by_the_space_bar(page, address, engine):
    page.goto(f"{address}/tempo")
    page.locator(DISPUTE, has_text="Third").get_by_role("button", name="By ear").click()
    pad = page.get_by_role("dialog").get_by_role("button", name="Tap the beat")
    pad.focus()
    for _ in range(5):
        page.keyboard.press("Space")
        page.wait_for_timeout(400)
    expect(pad).to_contain_text("BPM ±")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(DISPUTE, has_text="Third")).to_have_count(0)
    bpm, source = tempo_of(engine, "Third")
    assert source == "tap"
    # 400 ms and what it takes to press a key.
    assert 100 <= bpm <= 150


def test_disagreements_come_up_by_themselves_but_not_while_somebody_taps(page, address, engine):
    unsay(engine, "First")
    unsay(engine, "Second")
    page.goto(f"{address}/tempo")
    first, second = (page.locator(DISPUTE, has_text=title) for title in ("First", "Second"))
    expect(first).to_be_visible()
    expect(second).to_have_count(0)
    disagree(engine, [("The Middles", "Second")])
    expect(second).to_be_visible()
    second.get_by_role("button", name="By ear").click()
    pad = page.get_by_role("dialog").get_by_role("button", name="Tap the beat")
    pad.click()
    expect(pad).to_contain_text("3 more")
    with engine.begin() as conn:
        tempo.say(conn, make.user(engine), number(engine, "First"), 194.0)
    page.wait_for_timeout(6_000)
    expect(pad).to_contain_text("3 more")
    page.keyboard.press("Escape")
    expect(first).to_have_count(0)
    expect(second).to_be_visible()
