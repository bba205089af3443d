"""The main path: files dropped, the run on the map coloured by song, and all one can do there."""

from __future__ import annotations

import csv
import io
import re
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

from runsous.ui.colours import PALETTE
from tests.browser import screen, story
from tests.browser.conftest import AWAY

SECOND, FIRST, THIRD = PALETTE[0], PALETTE[1], PALETTE[2]
"""The song with most neighbours is given its colour first."""

pytestmark = pytest.mark.usefixtures("arrival")


@pytest.fixture(scope="module")
def page(arrival, windows):
    """The run's own page, reached from home; each test leaves it as it was."""
    page = windows()
    story.open_run(page)
    yield page
    page.goto(AWAY)


def is_chosen_everywhere(page, row, colour):
    """Whether table, map and charts all show that song, and the map and charts no other."""
    if screen.selected(page) != [row]:
        return False
    drawings = (screen.the_map(page), screen.the_charts(page))
    others = {FIRST, SECOND, THIRD} - {colour}
    return all(
        screen.shows(drawing, colour) and not any(screen.shows(drawing, c) for c in others)
        for drawing in drawings
    )


def expect_chosen(page, row, colour):
    screen.until(page, lambda: is_chosen_everywhere(page, row, colour), f"the choice of {row}")


def test_the_welcome_says_what_to_do(arrival):
    assert "Which song played where?" in arrival.welcome
    assert "Look around with sample data" in arrival.welcome
    assert "Where do I get these files?" in arrival.welcome


def test_home_then_shows_the_run_with_its_songs(arrival):
    assert re.search(r"First Early Birds, Second The Middles, Third Closing Time", arrival.outcome)
    assert "1.80 km" in arrival.outcome


def test_the_whole_card_leads_to_the_run(window):
    page = window()
    route = page.get_by_alt_text("Route").first.bounding_box()
    page.mouse.click(route["x"] + 5, route["y"] + 5)
    screen.expect_title(page, "Morning run")


def test_map_charts_and_table_show_the_songs_in_the_same_colours(page):
    for drawing in (screen.the_map(page), screen.the_charts(page)):
        screen.expect_colours(page, drawing, FIRST, SECOND, THIRD)
    assert page.get_by_test_id("stDataFrame").bounding_box()["width"] > 1000
    screen.expect_column(page, "At", story.AT)
    screen.expect_column(page, "Song", story.TITLES)
    screen.expect_column(page, "For", ["2:00", "5:00", "3:00"])
    for panel in ("Pace", "Heart rate", "Cadence", "Elevation"):
        expect(screen.the_charts(page).get_by_text(panel, exact=False).first).to_be_visible()


def test_a_song_chosen_in_the_table_the_chart_or_the_map_is_shown_in_all_three(page):
    screen.choose_row(page, 0)
    expect_chosen(page, 0, FIRST)
    chart = screen.the_charts(page)
    box = chart.bounding_box()
    # At nine tenths of the ten minutes the third song plays.
    chart.click(position={"x": 0.9 * box["width"], "y": box["height"] / 2})
    expect_chosen(page, 2, THIRD)
    the_map = screen.the_map(page)
    box = the_map.bounding_box()
    # In the middle of the way the second does.
    the_map.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    expect_chosen(page, 1, SECOND)
    told = page.locator(".st-key-chosen")
    expect(told).to_contain_text("Second")
    bottom = told.bounding_box()["y"] + told.bounding_box()["height"]
    assert bottom <= page.get_by_test_id("stDataFrame").first.bounding_box()["y"]
    screen.choose_row(page, 1)
    screen.expect_colours(page, screen.the_map(page), FIRST)
    screen.expect_selected(page, [])


def test_the_song_chosen_is_let_go_beside_its_name(page):
    table = page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    before = table.bounding_box()["y"]
    screen.choose_row(page, 2)
    expect_chosen(page, 2, THIRD)
    # It stays under the pointer.
    assert abs(table.bounding_box()["y"] - before) <= 1
    page.get_by_role("button", name="Show all songs").click()
    screen.expect_colours(page, screen.the_map(page), FIRST)
    screen.expect_selected(page, [])
    expect(page.get_by_role("button", name="Show all songs")).to_have_count(0)


def test_the_pointer_on_the_route_tells_song_and_time(page):
    the_map = screen.the_map(page)
    box = the_map.bounding_box()
    middle = {"x": box["width"] / 2, "y": box["height"] / 2}
    told = page.get_by_text("The Middles · after", exact=False).or_(
        page.get_by_text(re.compile(r"after [45]:\d\d · at 08:3[45]"))
    )
    screen.until(
        page,
        lambda: (the_map.hover(position=middle), told.first.is_visible())[1],
        "what is told of the place",
    )


def test_charts_run_along_distance_too(page):
    page.get_by_role("radio", name="distance").click()
    expect(screen.the_charts(page).get_by_text("1.75 km")).to_be_visible()
    page.get_by_role("radio", name="time").click()
    expect(screen.the_charts(page).get_by_text("10:00")).to_be_visible()


def test_a_shift_is_shown_before_it_is_kept_and_then_moves_the_songs(page):
    page.get_by_text("Songs early or late?").click()
    shift(page, 60)
    expect(page.get_by_text("With +60 s there would be 3 songs on it")).to_be_visible()
    screen.expect_column(page, "At", ["0:30", "3:00", "8:00"], 1)
    screen.expect_column(page, "At", story.AT)
    page.get_by_role("button", name="Keep this offset").click()
    screen.expect_column(page, "Song", ["No music", *story.TITLES])
    screen.expect_column(page, "At", ["0:00", "0:30", "3:00", "8:00"])
    shift(page, 0)
    page.get_by_role("button", name="Keep this offset").click()
    screen.expect_column(page, "At", story.AT)
    screen.settle(page)


def shift(page, seconds):
    field = page.get_by_role("spinbutton", name="Play the songs later")
    field.fill(str(seconds))
    field.press("Enter")


def downloaded(page, arrival, label):
    with page.expect_download() as waiting:
        page.get_by_role("link", name=label).click()
    path = arrival.downloads / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_the_downloads_carry_the_songs(page, arrival):
    songs = downloaded(page, arrival, "Songs (CSV)")
    told = list(csv.DictReader(io.StringIO(songs.read_text("utf-8"))))
    assert [row["title"] for row in told] == story.TITLES
    assert [row["start_time"][:19] for row in told] == [
        "2024-06-01T06:30:00",
        "2024-06-01T06:32:00",
        "2024-06-01T06:37:00",
    ]
    samples = downloaded(page, arrival, "Samples (CSV)")
    told = list(csv.DictReader(io.StringIO(samples.read_text("utf-8"))))
    assert [told[second]["title"] for second in (0, 119, 121, 419, 421, 599)] == [
        *("First", "First", "Second", "Second", "Third", "Third")
    ]
    gpx = ElementTree.parse(downloaded(page, arrival, "GPX with songs")).getroot()
    space = {"g": "http://www.topografix.com/GPX/1/1"}
    assert [p.findtext("g:name", namespaces=space) for p in gpx.findall("g:wpt", space)] == [
        "First – Early Birds",
        "Second – The Middles",
        "Third – Closing Time",
    ]
    assert len(gpx.findall(".//g:trkpt", space)) == 600


def test_the_plays_are_in_the_listening_timeline(window):
    page = window()
    page.get_by_role("link", name="Listening").click()
    screen.expect_title(page, "Listening")
    screen.settle(page)
    screen.expect_column(page, "Song", story.TITLES[::-1])
    page.get_by_role("textbox", name="Search").fill("middles")
    page.keyboard.press("Enter")
    screen.expect_column(page, "Song", ["Second"])


def test_a_second_start_finds_everything_again(server, page):
    # A page that is open meanwhile would complain that nobody is there.
    page.goto(AWAY)
    server.restart()
    page.goto(server.address)
    story.choose_run(page)
    screen.expect_column(page, "Song", story.TITLES)
