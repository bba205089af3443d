"""The page Insights: the numbers of the API in the words of the reader."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import streamlit as st

from runsous.analysis import effects as measuring
from runsous.analysis import power_songs
from runsous.reports import insights as report
from runsous.store import users
from runsous.ui import insight_charts, insight_words
from runsous.ui.insight_words import Look
from tests.analysis.make_efforts import make_efforts
from tests.pages.reading import html, run, visit, words
from tests.reports import measured
from tests.sync import make

TEMPO, ENERGY = measuring.DOSES
LOOK = Look("run", "km")
RUNS = make_efforts([10] * 8, seed=3, track_id=np.random.default_rng(3).integers(0, 16, 80))
# A song has the same tempo and energy wherever it is heard.
SAME = ["tempo_bpm", "energy"]
RUNS[SAME] = RUNS.groupby("track_id")[SAME].transform("first")
RUNS["flat_mps"] += 0.06 * (RUNS["tempo_bpm"] - 150) / 10
TITLES = {2: "<b>Up</b> & *on*", 3: "**bold** [a](b) $x^2$"}


@pytest.fixture
def kept(app, engine):
    """Eight runs with ten songs each."""
    measured.keep(engine, RUNS, titles=TITLES, n_short=3, n_still=1)
    return app


def choose(page, name):
    """Takes one of the choices above pictures and tables."""
    (group,) = [each for each in page.button_group if name in each.options]
    group.select(name)
    return run(page)


def downloads(page):
    """The addresses of the tables, with what they ask for."""
    links = [
        part for e in html(page) for part in e.value.split('"') if "/insights/segments" in part
    ]
    return [parse_qs(urlsplit(link.replace("&amp;", "&")).query) for link in links]


def test_the_first_answer_is_pace_with_what_it_rests_on(kept):
    page = visit(kept, "insights")
    each = measuring.effects(RUNS, TEMPO)[0]
    told = insight_words.effect(each, LOOK)
    said = words(page)
    assert f"{told.sentence} clear" in said
    assert f"{told.interval} · 80 songs in 8 activities" in said
    assert told.chance in said
    assert told.surer in said
    assert insight_words.CAUSE in said
    assert len(page.get("vega_lite_chart")) == 3


def test_every_outcome_and_dose_has_its_numbers(kept):
    page = visit(kept, "insights")
    for dose, button in ((TEMPO, "Tempo"), (ENERGY, "Energy")):
        choose(page, button)
        for each in measuring.effects(RUNS, dose):
            told = insight_words.effect(each, LOOK)
            choose(page, insight_words.OUTCOMES[each.outcome.name])
            said = words(page)
            # Once as the headline, once among all.
            assert said.count(told.sentence) == 2, said
            assert told.basis in said
            assert told.chance in said
            choose(page, "Coloured by song")


def test_power_songs_are_those_of_the_function_with_their_names(app, engine):
    runs = RUNS.assign(flat_mps=RUNS["flat_mps"] + (RUNS["track_id"] == 2))
    measured.keep(engine, runs, titles=TITLES, n_short=3)
    page = choose(visit(app, "insights"), "Power songs")
    said = words(page)
    best = power_songs.power_songs(runs).songs.iloc[0]
    mean = float(runs["flat_mps"].mean())
    assert best["track_id"] == 2
    effect = insight_words.ranked(best["estimate"], mean, LOOK, is_speed=True)
    interval = insight_words.ranked_between(best["low"], best["high"], mean, LOOK, is_speed=True)
    assert f"<b>Up</b> & *on* Artist {effect} {interval} {best['n']:.0f} ×" in said
    assert "24 plays that ended within a minute are left out" in said
    assert "at the same heart rate" in said
    shown = "".join(e.value for e in html(page))
    assert "<b>Up" not in shown
    assert "/track?id=" in shown


def test_what_is_left_out_is_counted_and_the_tables_are_those_of_the_chosen(kept):
    page = visit(kept, "insights")
    said = words(page)
    assert "80 songs on 8 activities were measured." in said
    assert "Left out: 24 songs shorter than a minute: they end before an effect shows." in said
    assert "Left out: 8 songs in which you mostly stood still." in said
    page.selectbox(key="insights kind").set_value("steady")
    page.date_input(key="insights days").set_value((date(2024, 6, 2), date(2024, 6, 5)))
    said = words(run(page))
    assert "40 songs on 4 activities were measured." in said
    assert "40 songs in 4 activities" in said
    chosen = {
        "sport": ["run"],
        "kind": ["steady"],
        "since": ["2024-06-02"],
        "until": ["2024-06-05"],
    }
    assert downloads(page) == [{**chosen, "format": [form]} for form in ("csv", "parquet")]


def test_what_counts_for_power_songs_is_told_there_and_tempo_does_not(app, engine):
    measured.keep(engine, RUNS.assign(tempo_bpm=RUNS["tempo_bpm"].where(RUNS["track_id"] > 2)))
    page = visit(app, "insights")
    said = words(page)
    assert "without a known tempo" in said
    assert "Tempos with a confidence of 0.5 or more count" in said
    said = words(choose(page, "Power songs"))
    assert "80 songs on 8 activities were measured." in said
    assert "in that place of that activity" in said
    assert "without a known tempo" not in said
    assert "Tempos with a confidence" not in said
    assert "those of which it is not known count too" in said


def test_a_single_song_and_activity_are_told_as_one(app, engine):
    measured.keep(engine, make_efforts([1]))
    assert "1 song on 1 activity was measured." in words(visit(app, "insights"))


def test_where_not_all_points_are_drawn_it_says_how_many(kept, monkeypatch):
    assert "One point per song and activity. Points are" in words(visit(kept, "insights"))
    st.cache_data.clear()
    monkeypatch.setattr(insight_charts, "MOST_POINTS", 50)
    said = words(visit(kept, "insights"))
    assert "of 80 there are, 50 are drawn, picked at random. Points are" in said


def test_too_little_says_what_is_missing_and_nothing_else(kept):
    page = visit(kept, "insights")
    page.date_input(key="insights days").set_value((date(2024, 6, 2), date(2024, 6, 2)))
    said = words(run(page))
    assert (
        "**Not enough data.** At least 8 songs in 3 activities are needed, 4 or more in each,"
        " with a known tempo and a known speed; there are 10 in 1." in said
    )
    assert "goes with" not in said
    assert not page.get("vega_lite_chart")
    page.date_input(key="insights days").set_value((date(2020, 1, 1), date(2020, 1, 2)))
    assert "there are 0 in 0." in words(run(page))
    said = words(choose(page, "Power songs"))
    assert said.count("**Not enough data.** It takes at least 8 songs") == 2
    assert "so far there are 0 plays of 0 songs" in said


def test_filters_keep_a_choice_for_all_that_another_view_does_not_empty(kept):
    page = visit(kept, "insights")
    for view in ("Workouts and life", "Faster with faster songs?"):
        choose(page, view)
    for key in ("kind", "route"):
        assert page.selectbox(key=f"insights {key}").options[0] == f"All {key}s"
        # A kept None is drawn as no choice at all.
        assert page.session_state[f"insights {key}"] is not None
    assert "80 songs on 8 activities" in words(page)


def test_one_day_of_two_chosen_is_that_day_alone(kept):
    page = visit(kept, "insights")
    page.date_input(key="insights days").set_value((date(2024, 6, 3),))
    assert "there are 10 in 1." in words(run(page))


def test_without_heart_rate_the_others_are_told(app, engine):
    measured.keep(engine, RUNS.assign(heartrate=float("nan")))
    page = visit(app, "insights")
    assert "Heart rate not enough data" in words(page)
    said = words(choose(page, "Heart rate"))
    assert "with a known tempo and a known heart rate; there are 0 in 0." in said
    said = words(choose(page, "Power songs"))
    assert "whatever the effort, of which too little is known" in said
    assert "whose heart rate is known; so far there are 0 plays" in said


def test_songs_of_one_tempo_leave_nothing_to_compare(app, engine):
    measured.keep(engine, RUNS.assign(tempo_bpm=170.0))
    said = words(visit(app, "insights"))
    assert "**Not enough data.** In each activity the tempo of all songs is the same" in said


def test_rides_have_speed_and_swims_a_pace_per_hundred_metres_in_ones_units(app, engine):
    measured.keep(engine, RUNS, sport="ride", kind="long")
    measured.keep(engine, RUNS.assign(cadence=float("nan")), sport="swim", kind="short")
    page = visit(app, "insights")
    for units, ride, swim in (("km", "km/h", "s/100 m"), ("miles", "mph", "s/100 yd")):
        with engine.begin() as conn:
            users.save_settings(conn, make.user(engine), {"units": units})
        for sport, unit in (("ride", ride), ("swim", swim)):
            page.selectbox(key="insights sport").set_value(sport)
            assert f"{unit} faster" in words(run(page))
    assert "Cadence not enough data" in words(page)


def test_the_sport_with_most_songs_comes_first_however_many_activities_others_have(app, engine):
    measured.keep(engine, make_efforts([3] * 9), sport="ride")
    measured.keep(engine, RUNS)
    sport = visit(app, "insights").selectbox(key="insights sport")
    assert (sport.value, sport.options) == ("run", ["Run", "Ride"])


def test_activities_still_to_be_measured_are_told_instead_of_none(app, engine, tmp_path):
    make.take(
        engine,
        make.written(tmp_path, "run.fit", make.fit()),
        make.written(tmp_path, "a.json", make.spotify((0, "A – One", 200), (200, "A – Two", 200))),
    )
    said = words(visit(app, "insights"))
    assert "One activity is still to be measured" in said
    assert "There are no activities with songs" not in said


def test_the_page_tells_the_numbers_of_the_report(kept, engine):
    with engine.begin() as conn:
        found = report.songs(conn, make.user(engine))
    ours = report.effects(found, TEMPO)
    for mine, theirs in zip(ours, measuring.effects(RUNS, TEMPO), strict=True):
        assert (mine.estimate, mine.low) == pytest.approx((theirs.estimate, theirs.low))


def test_in_time_is_told_beside_what_chance_makes_of_it(app, engine):
    for day, shifts in enumerate(([0.6, 0.3, 0.2], [0.5, 0.4, 0.3], [0.9, 0.1, 0.5]), 1):
        start = make.START.replace(day=day)
        rows = RUNS[RUNS["activity_id"] == 10 + day]
        measured.keep(engine, rows, start=start, kind=f"{day}", lock_shifts=shifts)
    page = choose(visit(app, "insights"), "In time")
    said = words(page)
    assert "In time 67 % of the time, 36.7 points more than by chance" in said
    assert "9 songs in 3 activities" in said
    # The histogram alone.
    assert len(page.get("vega_lite_chart")) == 1
    assert insight_words.CAUSE in said
    page.date_input(key="insights days").set_value((date(2024, 6, 1), date(2024, 6, 2)))
    assert "known tempo and a known cadence; there are 6 in 2." in words(run(page))
    # Energy has no beat: something else is shown then.
    choose(page, "Energy")
    assert all("In time" not in group.options for group in page.button_group)
    assert "known energy" in words(page)
