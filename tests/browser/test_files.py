"""Files that cannot be read, files that come twice, and many at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser import screen, story
from tests.files.make_fit import fit_run

MANY = 60

pytestmark = pytest.mark.usefixtures("arrival")


@pytest.fixture(scope="module")
def batch():
    """Indoor runs of twenty minutes, one a day, before the run with music."""
    return {
        f"run{n:02}.fit": fit_run(story.START + timedelta(days=-n - 1), 1200, gps=False)
        for n in range(MANY)
    }


def add(window):
    page = window("add_data")
    screen.expect_title(page, "Add data")
    return page


def test_a_file_that_cannot_be_read_is_named_with_the_reason(window):
    page = add(window)
    screen.drop(page, **{"holiday.jpg": b"\xff\xd8\xff\xe0 not a workout"})
    listed = page.locator(".rs-file", has_text="holiday.jpg").first
    expect(listed).to_contain_text("not imported")
    expect(listed).to_contain_text("It is neither a workout")
    expect(page.get_by_role("button", name="Retry").first).to_be_visible()


def test_the_same_files_again_change_nothing_and_say_so(window):
    page = window()
    before = screen.figures(page)
    page.get_by_role("link", name="Add data").first.click()
    screen.expect_title(page, "Add data")
    again = {"run.fit": story.run_file(), "again.json": story.music_file()}
    screen.drop(page, **again)
    for name in again:
        expect(page.locator(".rs-file", has_text=name).first).to_contain_text("already known")
    page.get_by_role("link", name="Home").first.click()
    expect(page.get_by_text("Newest activities")).to_be_visible()
    screen.until(page, lambda: screen.figures(page) == before, "the same figures")


def test_many_files_show_their_progress_while_the_app_stays_usable(window, batch):
    page = add(window)
    screen.drop(page, **batch)
    expect(page.get_by_text(re.compile(rf"and {MANY - 1} more · \d+ of {MANY}"))).to_be_visible()
    each = page.locator(".rs-file:has(i)")
    expect(each).to_have_count(MANY)
    shown = each.all_inner_texts()
    assert any("waiting" in told or "reading" in told for told in shown)
    page.get_by_role("link", name="Activities").first.click()
    page.get_by_role("textbox", name="Search").fill("middles")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=re.compile("run$"))).to_have_count(1)
    page.get_by_role("link", name="Add data").first.click()
    expect(page.get_by_text(f"{MANY} activities").first).to_be_visible(timeout=60_000)
    expect(page.locator(".rs-file.imported", has_text="run59.fit")).to_be_visible()
