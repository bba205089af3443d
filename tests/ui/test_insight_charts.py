"""Pictures of effects: what is drawn is what was counted."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from runsous.analysis import effects as measuring
from runsous.ui import insight_charts as charts
from runsous.ui.insight_words import Look
from tests.reports.measured import going_along
from tests.ui.test_insight_words import HEARTRATE, SPEED, TEMPO

LOOK = Look("run", "km")
ROWS = going_along([10] * 8, mps_per_10bpm=0.1)


@pytest.fixture(scope="module")
def speed():
    return measuring.effect(ROWS, TEMPO, SPEED)


def points(outcome=SPEED):
    rows = measuring.per_activity(ROWS, TEMPO, outcome)
    return pd.DataFrame(
        {
            "x": rows["x"],
            "y": rows["y"],
            "c": "#123456",
            "song": "<b>A</b> – B",
            "day": "2024-06-01",
        }
    )


def layers(drawn):
    json.loads(json.dumps(drawn), parse_constant=pytest.fail)
    return [layer.get("data", {}).get("values") for layer in drawn["layer"]]


def test_points_are_paces_and_the_trend_has_the_slope_of_the_effect(speed):
    dots, band, line = layers(charts.scatter(points(), speed, LOOK))
    assert 70 < len(dots) <= 80
    known = dict(zip(points()["x"].round(3), points()["y"], strict=True))
    for dot in dots:
        assert dot["y"] == pytest.approx(1000 / known[dot["x"]], abs=0.01)
    assert dots[0]["Song"] == "<b>A</b> – B"
    assert dots[0]["It"].count(":") == 1
    first, last = line[0], line[-1]
    rise = (1000 / last["mid"] - 1000 / first["mid"]) / (last["x"] - first["x"])
    assert rise * 10 == pytest.approx(speed.estimate)
    rise = (1000 / band[-1]["high"] - 1000 / band[0]["low"]) / (last["x"] - first["x"])
    assert rise * 10 == pytest.approx(speed.high)


def test_fast_is_up_whether_it_is_a_pace_or_not(speed):
    for look, is_reversed in ((LOOK, True), (Look("ride", "km"), False)):
        drawn = charts.scatter(points(), speed, look)
        assert drawn["layer"][0]["encoding"]["y"]["scale"]["reverse"] is is_reversed


def test_the_histogram_counts_every_shift_and_shows_where_the_true_one_lies(speed):
    bars, line = layers(charts.null(speed))
    assert sum(bar["n"] for bar in bars) == len(speed.null.slopes)
    assert line == [{"at": speed.estimate}]
    assert bars[0]["from"] < speed.estimate < bars[-1]["to"]
    far = sum(bar["n"] for bar in bars[25:])
    assert far == np.count_nonzero(speed.null.slopes >= bars[25]["from"])


def test_bands_are_told_in_seconds_of_pace(speed):
    found = measuring.bands(ROWS, TEMPO, SPEED)
    drawn = charts.bands(found, speed, LOOK)
    rows = json.loads(json.dumps(drawn["data"]["values"]))
    assert [row["band"] for row in rows] == [f"{b.since:g}–{b.until:g}" for b in found]
    for row, band in zip(rows, found, strict=True):
        # What the headline says of so much speed, and up where it is faster.
        assert row["mid"] == pytest.approx(-1000 / speed.mean**2 * band.estimate)
        assert row["low"] * row["high"] == pytest.approx(1e6 / speed.mean**4 * band.low * band.high)
        assert row["Songs"] == band.n_songs
    heart = measuring.effect(ROWS, TEMPO, HEARTRATE)
    in_bpm = charts.bands(measuring.bands(ROWS, TEMPO, HEARTRATE), heart, LOOK)
    assert in_bpm["data"]["values"][0]["mid"] == pytest.approx(
        measuring.bands(ROWS, TEMPO, HEARTRATE)[0].estimate
    )


def test_standing_still_is_no_infinite_pace(speed):
    still = points()
    still.loc[:20, "y"] = 0.0
    still.loc[1, "y"] = -0.1
    dots, _, _ = layers(charts.scatter(still, speed, LOOK))
    assert 50 < len(dots) <= 59


def test_colours_by_day_go_from_grey_to_blue_and_by_song_to_those_heard_most():
    days = pd.Series(pd.to_datetime(["2024-01-03", "2024-01-01", "2024-01-02", "2024-01-01"]))
    colours = charts.by_date(days)
    assert colours[1] == colours[3]
    assert len(set(colours)) == 3
    assert charts.by_date(days[:1]) == [colours[1]]
    tracks = pd.Series([5] * 9 + [6] + list(range(100, 130)))
    by_song = charts.by_song(tracks)
    assert len(set(by_song[:9])) == 1
    assert by_song[-1] == charts.SILENCE
    assert by_song[0] != charts.SILENCE
