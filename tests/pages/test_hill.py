"""The songs of a hill, as a section of a page."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from runsous.reports import hills
from runsous.ui import hill_chart
from tests.pages.reading import html, run, words
from tests.reports.test_hills import DAY, fill
from tests.sync import make

MINUTE = timedelta(minutes=1)


def section():
    from runsous.ui import session
    from runsous.ui.components import hill

    hill.show(session.require_user())


@pytest.fixture
def page(engine):
    st.cache_data.clear()
    st.cache_resource.clear()
    yield AppTest.from_function(section, default_timeout=60)
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def hilly(page, engine, tmp_path):
    fill(engine, tmp_path)
    return run(page)


def between(page, since_km, until_km):
    page.slider[0].set_value((since_km, until_km))
    return run(page)


def dots(engine):
    """What the chart of passes of the first run's stretch is drawn from."""
    (first,) = make.rows(engine, "SELECT id FROM activities ORDER BY start_time LIMIT 1")
    with engine.begin() as conn:
        found = hills.hill(conn, make.user(engine), first["id"], 600, 1200)
    rows: list[dict[str, Any]] = hill_chart.passes(found, "km")["data"]["values"]
    return rows


def test_without_routes_it_says_what_is_needed(page):
    assert "Songs of a hill need activities with positions and songs" in words(run(page))


def test_the_route_taken_most_often_comes_first_and_begins_with_a_kilometre(hilly):
    # Nothing climbs there.
    assert hilly.slider[0].value == (0.0, 1.0)
    (choice,) = hilly.selectbox
    assert choice.options[0] == "Morning run · 2.00 km · 5 times, last Wed 5 Jun 2024"
    assert len(choice.options) == 3


def test_a_stretch_tells_its_passes_and_what_each_song_was_like(hilly):
    said = words(between(hilly, 0.6, 1.2))
    assert "600 m length 0 m, 0.0% net climb 5 passes 3:20 usual time 5:33 /km pace" in said
    assert "145 bpm heart rate 1:40 slower without music, once" in said
    assert "Half of all passes lie between as fast and 40 s slower than usual" in said
    assert "Fast Ana 3 × 3:20 as fast 145 bpm" in said
    assert "Slow Bo 2 × 3:40 20 s slower 148 bpm" in said


def test_a_song_has_the_same_colour_in_chart_and_table(hilly, engine):
    page, rows = between(hilly, 0.6, 1.2), dots(engine)
    assert [row["Song"] for row in rows] == ["Fast", "Fast", "Slow", "no music", "Fast · Slow"]
    fast, _, slow, none, both = (row["c"] for row in rows)
    assert len({fast, slow, none}) == 3
    # Slow sounded for three quarters of that pass.
    assert both == slow
    table = next(e.value for e in html(page) if "rs-table" in e.value)
    for title, colour in (("Fast", fast), ("Slow", slow)):
        assert table.partition(f">{title}</a>")[0].rpartition("fill='%23")[2][:6] == colour[1:]
    assert [row["Day"] for row in rows][:2] == ["2024-06-01", "2024-06-02"]
    assert [row["s"] for row in rows] == pytest.approx([200, 150, 240, 300, 200], abs=0.5)


def test_few_days_are_named_one_by_one(hilly, engine):
    (first,) = make.rows(engine, "SELECT id FROM activities ORDER BY start_time LIMIT 1")
    with engine.begin() as conn:
        found = hills.hill(conn, make.user(engine), first["id"], 600, 1200)
    assert ticks(found) == ["2024-06-01", "2024-06-02", "2024-06-03", "2024-06-04", "2024-06-05"]
    twice = pd.concat([found.passes, found.passes.assign(at=found.passes["at"] + 9 * MINUTE)])
    assert ticks(replace(found, passes=twice)) == ticks(found)
    later = pd.concat([found.passes, found.passes.assign(at=found.passes["at"] + 9 * DAY)])
    assert ticks(replace(found, passes=later)) is None


def ticks(found):
    """The days at the axis, where they are chosen."""
    axis = hill_chart.passes(found, "km")["layer"][1]["encoding"]["x"]["axis"]
    if "values" not in axis:
        return None
    # Vega reads moments as they are written, and numbers as years.
    return [datetime.fromisoformat(at).date().isoformat() for at in axis["values"]]


def test_too_short_a_stretch_asks_for_more(hilly):
    assert "Choose a longer stretch" in words(between(hilly, 0.6, 0.65))


def test_one_pass_says_that_there_is_nothing_to_compare(hilly):
    hilly.selectbox[0].select_index(1)
    said = words(run(hilly))
    assert "You passed here once" in said
    assert "Fast Ana 1 ×" in said
