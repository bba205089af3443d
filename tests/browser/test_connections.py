"""From the button of a service to the map: the whole way, through the service's own page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from runsous.demo.services.sample_world import made_up_world
from runsous.demo.services.server import Simulators
from tests import running
from tests.browser import screen


@pytest.fixture(scope="module")
def sims() -> Iterator[Simulators]:
    """Three activities, and what was heard during the newest."""
    with Simulators(made_up_world(activities=3, listens=60)) as simulators:
        simulators.lastfm.per_second = None
        yield simulators


@pytest.fixture(scope="module")
def address(sims: Simulators, tmp_path_factory) -> Iterator[str]:
    """An app that knows the services, and is connected to none before and after each test."""
    port = running.free_port()
    base = f"http://127.0.0.1:{port}"
    home = tmp_path_factory.mktemp("connected") / "home"
    app = running.serve(home, port, RUNSOUS_BASE_URL=base, **sims.environment())
    yield base
    assert app.stop() == 0
    assert "Traceback" not in app.printed()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Its page Connections."""
    context = browser.new_context(viewport={"width": 1360, "height": 1000})
    context.set_default_timeout(60_000)
    page = context.new_page()
    screen.keep_offline(page)
    page.goto(f"{address}/connections")
    yield page
    context.close()


def card(page: Page, service: str):
    # While the page is drawn anew the card before it is there still.
    return page.locator(f".st-key-service-{service}:not([data-stale='true'] *)").first


def test_connecting_by_a_click_leads_to_songs_on_the_map_and_can_be_undone(page, sims):
    expect.set_options(timeout=60_000)
    page.get_by_role("link", name="Connect with Strava").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("You did not let Run Sous BPM in at Strava")).to_be_visible()
    card(page, "lastfm").get_by_label("User name at Last.fm").fill("ann")
    card(page, "lastfm").get_by_role("button", name="Connect Last.fm").click()
    expect(card(page, "lastfm")).to_contain_text("60 new plays")
    page.get_by_role("link", name="Connect with Strava").click()
    page.get_by_role("button", name="Allow as Ann").click()
    expect(page.get_by_text("Strava is connected.")).to_be_visible()
    # The address does not tell it again with the next reload.
    expect(page).to_have_url(re.compile(r"/connections$"))
    expect(card(page, "strava")).to_contain_text("Connected as Ann")
    # It follows the run by itself until that has ended.
    expect(card(page, "strava")).to_contain_text("Last sync today")
    expect(card(page, "strava")).to_contain_text("3 new activities")
    page.get_by_role("banner").get_by_role("link", name="Activities").click()
    page.get_by_role("link", name="Run 2").click()
    screen.expect_title(page, "Run 2")
    expect(screen.the_map(page)).to_be_visible()
    expect(page.get_by_text("Choose a song")).to_be_visible()
    newest = max(sims.world.people["ann"].activities)
    there = page.get_by_role("link", name="View on Strava")
    expect(there).to_have_attribute("href", f"{sims.address}/strava/activities/{newest}")
    page.get_by_role("banner").get_by_role("link", name="Connections").click()
    let_go(page)
    assert sims.strava.grants.of_person("ann") == []
    page.get_by_role("banner").get_by_role("link", name="Activities").click()
    expect(page.get_by_role("link", name="Run 2")).to_be_visible()
    assert sims.calls.violations == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_comes_by_keyboard_sees_where_they_are(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.reload()
    for service in ("strava", "spotify"):
        link = card(page, service).get_by_role("link", name="Connect with")
        link.wait_for()
        box = link.bounding_box()
        around = {"x": box["x"] - 5, "y": box["y"] - 5, "width": 60, "height": 5}
        page.mouse.move(0, 0)
        plain = page.screenshot(clip=around)
        # Only what the keyboard was used on before is shown as focused.
        page.keyboard.press("Tab")
        link.focus()
        screen.until(
            page,
            lambda before=plain, place=around: contrast(before, page.screenshot(clip=place)) > 3,
            f"a ring around {service}'s button",
        )


def contrast(before, after):
    """The ratio of WCAG between what changed the most, before and after."""

    def light(png):
        values = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")) / 255
        linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05

    ratio = light(after) / light(before)
    return max(ratio.max(), 1 / ratio.min())


def let_go(page):
    """Disconnects Strava, and keeps what it told."""
    card(page, "strava").get_by_text("Schedule and disconnect").click()
    card(page, "strava").get_by_role("button", name="Disconnect").click()
    asked = page.get_by_role("dialog")
    asked.get_by_text("Keep them as my own").click()
    asked.get_by_role("button", name="Disconnect").click()
    expect(card(page, "strava")).to_contain_text("Not connected")
