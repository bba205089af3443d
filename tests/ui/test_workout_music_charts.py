"""Tempo on workouts and elsewhere, as drawn."""

from __future__ import annotations

from runsous.analysis.workout_music import Band, Part, Side, Spread
from runsous.ui import workout_music_charts as charts

UNKNOWN = Side(3, 600.0, None, None)


def side(median: float) -> Side:
    return Side(20, 4000.0, Spread(20, median, median - 10.4, median + 10.4), None)


def rows(spec):
    return spec["data"]["values"]


def test_each_band_has_a_bar_for_either_side():
    drawn = rows(charts.tempos([Band(100, 110, 0.2, 0.7), Band(110, 120, 0.8, 0.3)]))
    assert [(row["until"], row["side"], row["share"]) for row in drawn] == [
        ("100–110 BPM", "on workouts", 0.2),
        ("100–110 BPM", "elsewhere", 0.7),
        ("110–120 BPM", "on workouts", 0.8),
        ("110–120 BPM", "elsewhere", 0.3),
    ]


def test_hours_are_drawn_from_the_first_to_the_last_that_is_known():
    parts = [
        Part("5", UNKNOWN, UNKNOWN),
        Part("6", side(160), UNKNOWN),
        Part("7", UNKNOWN, UNKNOWN),
        Part("8", UNKNOWN, side(120)),
        Part("9", UNKNOWN, UNKNOWN),
    ]
    drawn = charts.by_part(parts, "hour")
    assert drawn["encoding"]["x"]["scale"]["domain"] == ["6", "7", "8"]
    assert [(r["part"], r["side"], r["low"], r["median"], r["high"]) for r in rows(drawn)] == [
        ("6", "on workouts", 150, 160, 170),
        ("8", "elsewhere", 110, 120, 130),
    ]


def test_sports_have_one_side_only():
    drawn = charts.by_part([Part("run", side(160), None)], "sport")
    assert [row["side"] for row in rows(drawn)] == ["on workouts"]


def test_without_any_tempo_nothing_is_drawn():
    assert rows(charts.by_part([Part("run", UNKNOWN, None)], "sport")) == []
