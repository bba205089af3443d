"""Every page on a phone, by day and by night."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from runsous.ui.colours import PALETTE
from tests.browser import screen, story

LAST = {
    "": "Newest activities",
    "activities": "Morning run",
    "insights": "How this is counted",
    "listening": "Times are in",
    "tempo": "Do you have them in a list?",
    "track?id=1": "Played on",
    "add_data": "Past imports",
    "connections": "What you submit to ListenBrainz",
    "preferences": "Sample data",
}
"""By what each page is known to be there, but for an activity's."""
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "user_agent": "Mozilla/5.0 (Linux; Android 15) Mobile",
    "has_touch": True,
    "is_mobile": True,
}

pytestmark = pytest.mark.usefixtures("arrival")


def too_wide(page):
    """What reaches beyond the right edge of the screen, unless it scrolls by itself."""
    return page.evaluate(
        """() => {
          const main = document.querySelector('[data-testid="stMain"]');
          const wide = [document.documentElement, main].filter(e => e.scrollWidth > innerWidth);
          const own = '[data-testid="stDataFrame"], [data-testid="stDeckGlJsonChart"], svg';
          const out = [...main.querySelectorAll('*')].filter(
            e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(own));
          return [...wide, ...out].map(e => e.outerHTML.slice(0, 200));
        }"""
    )


def test_nothing_reaches_beyond_a_phone_s_screen(window, server):
    page = window(**PHONE)
    for path, last in LAST.items():
        page.goto(f"{server.address}/{path}")
        expect(page.get_by_text(last).first).to_be_visible()
        screen.settle(page)
        expect_it_fits(page)


def expect_it_fits(page):
    # What is still being drawn may reach out for a moment.
    screen.until(page, lambda: not too_wide(page), f"{page.url} within {too_wide(page)}")


def test_an_activity_and_its_songs_fit_a_phone_and_the_one_chosen_tells_the_rest(window):
    page = window("activity?id=1", **PHONE)
    expect(page.get_by_text("Name, files and removal")).to_be_visible()
    screen.expect_column(page, "At", story.AT)
    expect_it_fits(page)
    songs = page.get_by_test_id("stDataFrame").first.locator(".dvn-scroller")
    assert songs.evaluate("e => e.scrollWidth - e.clientWidth") <= 1
    songs.scroll_into_view_if_needed()
    songs.click(position={"x": 18, "y": 38 + 66 * 1.5})
    told = page.locator(".st-key-chosen")
    expect(told).to_contain_text("Second The Middles")
    expect(told).to_contain_text("exact ± 2 s")


def test_the_list_of_activities_begins_on_a_phone_s_first_screen(window):
    page = window("activities", **PHONE)
    card = page.get_by_role("link", name="Morning run").first
    expect(card).to_be_in_viewport()
    page.get_by_text("Sport, days, order").click()
    expect(page.get_by_text("Only with songs")).to_be_visible()


def test_the_plays_fit_a_phone(window):
    page = window("listening", **PHONE)
    plays = page.get_by_test_id("stDataFrame").first
    songs = ["Third – Closing Time", "Second – The Middles", "First – Early Birds"]
    screen.expect_column(page, "Song", songs)
    assert plays.locator(".dvn-scroller").evaluate("e => e.scrollWidth - e.clientWidth") <= 1


def test_the_pages_are_reached_on_a_phone_too(window):
    page = window(**PHONE)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("link", name="Listening").click()
    screen.expect_title(page, "Listening")


def test_by_night_pages_are_dark_with_light_words_and_songs_keep_their_colours(window):
    page = window(color_scheme="dark")
    story.open_run(page)
    drawing = screen.the_map(page)
    screen.expect_colours(page, drawing, *PALETTE[:3])
    assert screen.pixels(drawing).mean() < 80
    for name in ("Home", "Activities", "Listening", "Add data", "Connections", "Preferences"):
        page.get_by_role("banner").get_by_role("link", name=name).click()
        screen.settle(page)
        assert brightness(page, "stApp", "backgroundColor") < 60, name
        assert brightness(page, "stMainBlockContainer", "color") > 180, name


def brightness(page, test_id, style):
    colour = page.get_by_test_id(test_id).evaluate(f"e => getComputedStyle(e).{style}")
    return sum(int(part) for part in colour[4:-1].split(",")) / 3
