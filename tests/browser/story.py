"""The newcomer's run, its music, and how both come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import screen
from tests.files.make_fit import fit_run
from tests.sync import make

START = datetime(2024, 6, 1, 6, 30, tzinfo=UTC)
"""Half past eight in Prague, where the run goes straight north for ten minutes."""

SONGS = (
    (-30, "Early Birds – First", 150),
    (120, "The Middles – Second", 300),
    (420, "Closing Time – Third", 280),
)
"""(Seconds after the start at which it began, song, seconds heard): one after the other."""

AT = ["0:00", "2:00", "7:00"]
TITLES = ["First", "Second", "Third"]


@dataclass(frozen=True)
class Arrival:
    """What a newcomer saw, and where their browser keeps downloads."""

    welcome: str
    outcome: str
    downloads: Path


def run_file() -> bytes:
    return fit_run(START, 600)


def music_file() -> bytes:
    return make.spotify(*SONGS, start=START)


def arrive(page: Page, downloads: Path) -> Arrival:
    """From the welcome of an empty home to the finished import."""
    expect(page.get_by_role("button", name="Look around with sample data")).to_be_visible()
    expect(page.get_by_text("Where do I get these files?")).to_be_visible()
    welcome = screen.words(page)
    screen.drop(page, **{"run.fit": run_file(), "Streaming_History_Audio_2024.json": music_file()})
    expect(page.get_by_text("Newest activities")).to_be_visible()
    expect(page.get_by_text("Import finished: 1 activity, 3 plays.")).to_be_visible()
    screen.settle(page)
    outcome = screen.words(page)
    return Arrival(welcome, outcome, downloads)


def choose_run(page: Page) -> None:
    """From home to the run's own page."""
    card = page.locator('[class*="st-key-card-"]', has_text="The Middles")
    card.get_by_role("link").click()
    screen.expect_title(page, "Morning run")


def open_run(page: Page) -> None:
    """The same, and waits until everything is drawn."""
    choose_run(page)
    screen.settle(page)
    screen.the_charts(page).locator("svg").wait_for()
    blue = "#0072B2"
    screen.until(page, lambda: screen.shows(screen.the_map(page), blue), "the map")
