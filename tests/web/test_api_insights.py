"""Insights over the API: the numbers of the page, and a table by which to get them oneself."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from pyarrow import parquet
from scipy import stats

from runsous.analysis import effects as measuring
from runsous.reports import insights as report
from tests.analysis.make_efforts import make_efforts
from tests.reports import measured
from tests.sync import make
from tests.web.test_api_reading import ask, described, found, problem

__all__ = ["ask", "described"]

TEMPO = "/insights/tempo"
ENERGY = "/insights/energy"
SONGS = "/insights/songs"
TABLE = "/insights/segments"
LOCK = "/insights/lock"
OUTCOMES = {
    "speed": "flat_mps",
    "heartrate": "heartrate",
    "cadence": "cadence",
}
TITLES = {0: "=cmd|' /C calc'!A0", 1: "<script>alert(1)</script>", 2: "**bold** [a](b)"}
LENGTHS = [3, 2, 7, 12, 22, 9]


def runs():
    """Activities of all lengths; some songs of a slow octave, some of a tempo that is a guess."""
    rows = measured.going_along(LENGTHS, seed=4)
    rows.loc[rows.index % 9 == 4, "tempo_bpm"] /= 2
    rows.loc[rows.index % 7 == 3, "tempo_confidence"] = 0.2
    rows.loc[rows.index % 11 == 5, "heartrate"] = None
    return rows


def fill(engine, folder):
    measured.keep(engine, runs(), titles=TITLES, artist="-Artist", n_short=4)


def fitted(rows, dose, step, outcome):
    """Slope and interval for ``step`` more of a dose, each activity with its own level and course
    written out as columns, as somebody would who has the table and the words on the page.
    """
    rows = rows.copy()
    if dose == "tempo_bpm":
        rows = rows[rows["tempo_confidence"].isna() | (rows["tempo_confidence"] >= 0.5)]
        while (slow := rows["tempo_bpm"] < 100).any():
            rows.loc[slow, "tempo_bpm"] *= 2
    rows = rows.dropna(subset=[dose, outcome])
    rows = rows[rows.groupby("activity_id")[dose].transform("size") >= 4].reset_index(drop=True)
    columns = [rows[dose] / step, rows["grade"].fillna(0), rows["warm_up"]]
    for _, part in rows.groupby("activity_id"):
        span = part["elapsed_share"].max() - part["elapsed_share"].min()
        at = 2 * (part["elapsed_share"] - part["elapsed_share"].min()) / span - 1
        terms = min(1 + -(-len(part) // 3), 7)
        course = [at**power for power in range(terms)]
        if len(part) >= terms + 4:
            course += levels(part[dose])
        columns += [column.reindex(rows.index, fill_value=0.0) for column in course]
    model = sm.OLS(rows[outcome].to_numpy(), np.column_stack(columns))
    return surest(model, rows["activity_id"].to_numpy(), rows["track_id"].to_numpy())


def without_each(x, y, cluster):
    """The variance of a slope found anew without each cluster, and how many clusters of one size
    count as much.
    """
    numbers, slope = np.unique(cluster), x @ y / (x @ x)
    off = [
        x[cluster != one] @ y[cluster != one] / np.square(x[cluster != one]).sum()
        for one in numbers
    ]
    weights = np.array([np.square(x[cluster == one]).sum() for one in numbers])
    n = len(numbers)
    variance = (n - 1) / n * np.square(np.array(off) - slope).sum()
    return variance, weights.sum() ** 2 / np.square(weights).sum()


def surest(model, activity, song):
    """The first slope with its interval, by least squares or leaving out one activity, and one
    song, after the other.
    """
    fit = model.fit()
    beside = model.exog[:, 1:]
    x, y = (sm.OLS(each, beside).fit().resid for each in (model.exog[:, 0], model.endog))
    by_activity, n_activities = without_each(x, y, activity)
    by_song, n_songs = without_each(x, y, song)
    by_both, _ = without_each(x, y, activity * (song.max() + 1) + song)
    repeated = max(by_song - by_both, 0) * (model.nobs / fit.df_resid) ** 2
    variance = by_activity + repeated
    fewest = min(len(np.unique(activity)), len(np.unique(song))) - 1
    reach = stats.t.ppf(0.975, fit.df_resid) * fit.bse[0]
    if variance / fit.bse[0] ** 2 > stats.chi2.ppf(0.8, fewest) / fewest:
        reach = stats.t.ppf(0.975, min(n_activities, n_songs) - 1) * variance**0.5
    return {
        "estimate": fit.params[0],
        "low": fit.params[0] - reach,
        "high": fit.params[0] + reach,
    }


def levels(dose):
    """A column for the second and the third level of a playlist, if it has three clear ones of two
    songs or more.
    """
    best, at = np.inf, (0, 0)
    for first in range(2, len(dose) - 3):
        for second in range(first + 2, len(dose) - 1):
            parts = dose.iloc[:first], dose.iloc[first:second], dose.iloc[second:]
            left = sum(((part - part.mean()) ** 2).sum() for part in parts)
            best, at = min((best, at), (left, (first, second)))
    whole = ((dose - dose.mean()) ** 2).sum()
    if not np.isfinite(best) or (whole - best) / 2 < 9 * best / (len(dose) - 3):
        return []
    number = pd.Series(range(len(dose)), dose.index)
    return [(number >= place).astype(float) for place in at]


def table(ask, **query):
    return pd.read_csv(io.StringIO(ask(TABLE, **query).text))


def test_who_has_the_table_gets_the_same_slope_and_interval(ask, engine, filled):
    rows = table(ask)
    assert len(rows) == sum(LENGTHS)
    for outcome, column in OUTCOMES.items():
        for path, dose, step, slope in (
            (TEMPO, "tempo_bpm", 10, "slope_per_10bpm"),
            (ENERGY, "energy", 0.1, "slope_per_tenth"),
        ):
            told = found(ask(path, outcome=outcome))
            assert told["enough_data"]
            assert told[slope] == pytest.approx(fitted(rows, dose, step, column), rel=1e-4)


def test_it_tells_what_the_function_itself_finds(ask, engine, filled):
    for each in measuring.effects(runs(), measuring.DOSES[0]):
        told = found(ask(TEMPO, outcome=each.outcome.name))
        slope = {"estimate": each.estimate, "low": each.low, "high": each.high}
        assert told["slope_per_10bpm"] == pytest.approx(slope)
        assert (told["p_shift"], told["q"]) == pytest.approx((each.null.p, each.q))
        assert tuple(told["correlation"].values()) == pytest.approx(each.correlation)
        assert (told["n_segments"], told["n_activities"]) == (each.n_songs, each.n_activities)
        assert told["unit"] == each.outcome.unit
        bands = measuring.bands(runs(), measuring.DOSES[0], each.outcome)
        assert [band["estimate"] for band in told["bands"]] == pytest.approx(
            [band.estimate for band in bands]
        )


def test_the_table_as_parquet_is_the_table_as_csv(ask, engine, filled):
    answer = ask(TABLE, format="parquet")
    rows = parquet.read_table(io.BytesIO(answer.content)).to_pandas()
    written = table(ask)
    assert list(rows) == list(written)
    numbers = rows.select_dtypes("number")
    assert numbers.to_numpy() == pytest.approx(
        written[list(numbers)].to_numpy(), abs=1e-6, nan_ok=True
    )
    # Nobody computes with Parquet as a spreadsheet does: titles are as they are.
    assert set(TITLES.values()) <= set(rows["title"])
    assert answer.headers["content-disposition"].endswith('"songs-on-activities.parquet"')


def test_no_title_is_a_formula_to_a_spreadsheet(ask, engine, filled):
    answer = ask(TABLE)
    assert answer.headers["content-disposition"].endswith('"songs-on-activities.csv"')
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    titles = {row["title"] for row in rows}
    assert {"'" + TITLES[0], TITLES[1], TITLES[2]} <= titles
    assert {row["artist"] for row in rows} == {"'-Artist"}
    assert rows[0]["start_time"] == "2024-06-01T06:30:00.000000Z"


def test_what_is_chosen_narrows_every_answer(ask, engine, filled):
    rides = make_efforts([9] * 4, seed=8)
    measured.keep(engine, rides, sport="ride", kind="long", start=make.START.replace(month=9))
    with engine.begin() as conn:
        conn.exec_driver_sql("UPDATE measured_activities SET route = 3 WHERE kind = 'long'")
    for query in (
        {"sport": "ride"},
        {"kind": "long"},
        {"since": "2024-08-01"},
        {"since": "2024-08-01T00:00:00Z", "until": "2100-01-01T02:00:00+02:00"},
        {"route": "3"},
        {"sport": "ride", "until": "9999-12-31", "since": "0001-01-01"},
    ):
        assert found(ask(TEMPO, **query))["n_segments"] == 36
        assert found(ask(SONGS, **query))["power"]["n_segments"] == 36
        assert len(table(ask, **query)) == 36


def test_without_a_sport_it_takes_the_one_with_most_songs_and_says_which(ask, engine, filled):
    # Fewer songs than on the runs, and faster songs go with less speed.
    rides = measured.going_along([9] * 5, -0.2, seed=8)
    measured.keep(engine, rides, sport="ride", kind="long", start=make.START.replace(month=9))
    assert sum(LENGTHS) > len(rides)
    for path in (TEMPO, ENERGY, SONGS):
        assert ask(path).content == ask(path, sport="run").content
        told = [found(ask(path, **query)) for query in ({}, {"sport": "ride"}, {"kind": "long"})]
        assert [each["sport"] for each in told] == ["run", "ride", "ride"]
        assert told[0] != told[1] == told[2]
    assert found(ask(TEMPO))["slope_per_10bpm"]["estimate"] > 0
    assert found(ask(TEMPO, kind="long"))["slope_per_10bpm"]["estimate"] < 0
    # The table tells the sport of each row.
    assert set(table(ask)["sport"]) == {"run", "ride"}


NOTHING = (
    {"sport": "swim"},
    {"kind": "intervals"},
    {"since": "2024-07-01", "until": "2024-06-01"},
    {"since": "9999-12-31"},
    {"until": "0001-01-01"},
    {"since": "2024-06-01T00:00:00", "until": "2024-06-01T00:00:00"},
)


def test_of_nothing_chosen_it_says_what_is_missing(ask, engine, filled):
    for query in NOTHING:
        for path in (TEMPO, ENERGY):
            told = found(ask(path, **query))
            assert not told["enough_data"]
            assert "there are 0 in 0" in told["message"]
            assert (told["p_shift"], told["correlation"], told["bands"]) == (None, None, [])
        songs = found(ask(SONGS, **query))
        assert songs["power"]["songs"] == songs["calming"]["songs"] == []
        assert "so far there are 0 plays of 0 songs" in songs["calming"]["message"]
        assert table(ask, **query).empty
        assert ask(TABLE, format="parquet", **query).content[:4] == b"PAR1"


def test_a_stranger_to_all_music_gets_answers_too(ask, engine):
    make.user(engine)
    told = found(ask(TEMPO))
    assert (told["enough_data"], told["sport"]) == (False, None)
    assert not found(ask(SONGS))["power"]["enough_data"]
    assert table(ask).empty


@pytest.mark.parametrize(
    "query",
    [
        {"outcome": "pace"},
        {"outcome": "lock"},
        {"since": "yesterday"},
        {"since": "1717225200"},
        {"since": ""},
        {"until": "0"},
        {"until": "-0"},
        {"until": "0-0"},
        {"until": "1717225200.5"},
        {"until": "-1e9"},
        {"until": "--------"},
        {"until": "2024-06-31"},
        {"until": "2024-06-01T24:01:00"},
        {"until": "2024-06-01\x00"},
        {"until": "٢٠٢٤-٠٦-٠١"},
        {"until": "null"},
        {"until": "[]"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"until": "10000-01-01"},
        {"route": "-1"},
        {"route": str(2**31)},
        {"sport": "a\x00"},
        {"sport": ""},
        {"sport": "<b>"},
        {"sport": "Run"},
        {"kind": "k" * 201},
        {"kind": ""},
        {"kind": "tempo"},
    ],
)
def test_a_question_that_is_none_is_refused(ask, engine, query):
    make.user(engine)
    said = problem(ask(TEMPO, **query), 422)
    assert said["detail"].startswith(f"query → {next(iter(query))}: ")
    assert "Value error" not in said["detail"]


def test_what_a_question_may_be_is_said(ask, engine):
    make.user(engine)
    said = [problem(ask(LOCK, **{name: "x"}), 422)["detail"] for name in ("sport", "kind")]
    assert said[0].startswith("query → sport: is none of run, ride, swim, walk,")
    assert said[1] == "query → kind: is none of steady, progression, intervals, long, short"


def test_a_route_that_nobody_took_is_not_found(ask, engine, filled):
    for path in (TEMPO, ENERGY, SONGS, LOCK, TABLE):
        said = problem(ask(path, route="7"), 404)
        assert said["detail"] == "No measured activity with songs is on a route of number 7."


def test_how_many_activities_wait_is_told_as_it_is_now(ask, engine, filled):
    paths = (TEMPO, ENERGY, SONGS, LOCK)
    assert [found(ask(path))["n_waiting"] for path in paths] == [0] * 4
    with engine.begin() as conn:
        conn.exec_driver_sql(
            "UPDATE activities SET revision = revision + 1"
            " WHERE id IN (SELECT id FROM activities ORDER BY id LIMIT 2)"
        )
    # Answers are those kept from before: nothing that was measured has changed.
    assert [found(ask(path))["n_waiting"] for path in paths] == [2] * 4


def test_too_few_tempos_are_told_beside_the_songs_that_have_none(ask, engine):
    rows = make_efforts([6, 6, 6])
    rows["tempo_confidence"] = np.nan
    rows.loc[rows.index % 6 > 2, "tempo_bpm"] = None
    rows.loc[1, "tempo_confidence"] = 0.2
    measured.keep(engine, rows)
    # Three of six have none, and one has a guess.
    told = "Of 18 songs, 10 have no known tempo, or one that is a guess."
    for path in (TEMPO, LOCK):
        assert found(ask(path))["message"].endswith(told)
    assert "tempo" not in found(ask(ENERGY))["message"]


def test_songs_are_the_strongest_first_and_as_many_as_wanted(ask, engine):
    shuffled = np.random.default_rng(1).permuted(np.tile(np.arange(10), (12, 1)), axis=1)
    rows = make_efforts([10] * 12, track_id=shuffled.ravel())
    rows["flat_mps"] += 0.4 * (rows["track_id"] == 6) - 0.4 * (rows["track_id"] == 2)
    rows["heartrate"] -= 15.0 * (rows["track_id"] == 2)
    measured.keep(engine, rows, titles={6: "<b>Up</b>", 2: "Down"})
    told = found(ask(SONGS, limit=3))
    assert [len(told[name]["songs"]) for name in ("power", "calming")] == [3, 3]
    first, calm = told["power"]["songs"][0], told["calming"]["songs"][0]
    assert (first["title"], first["n"]) == ("<b>Up</b>", 12)
    assert 0 < first["low"] < first["estimate"] < first["high"]
    assert (calm["title"], told["calming"]["unit"]) == ("Down", "bpm")
    assert calm["high"] < 0
    assert told["power"]["at_equal"] == "heart rate"


def test_where_no_song_stands_out_that_is_said_and_none_is_ranked(ask, engine):
    once = make_efforts([12] * 6, track_id=np.arange(72) % 12)
    others = {"activity_id": once["activity_id"] + 100, "track_id": once["track_id"]}
    again = once.assign(**others, flat_mps=6 - once["flat_mps"], heartrate=300 - once["heartrate"])
    measured.keep(engine, pd.concat([once, again], ignore_index=True))
    told = found(ask(SONGS))
    for name in ("power", "calming"):
        assert told[name]["songs"] == []
        assert not told[name]["enough_data"]
        assert told[name]["message"].startswith("No song stands out: ")


def test_no_answer_has_a_number_that_is_none(ask, engine):
    odd = make_efforts([9] * 4)
    odd.loc[odd.index % 5 == 0, ["flat_mps", "heartrate", "energy", "tempo_bpm"]] = None
    odd.loc[odd.index % 5 == 1, "tempo_bpm"] = 0.0
    odd.loc[odd.index % 5 == 2, "flat_mps"] = 0.0
    measured.keep(engine, odd.assign(grade=np.nan, warm_up=0.0))
    for path in (TEMPO, ENERGY, SONGS):
        json.loads(ask(path).text, parse_constant=pytest.fail)


def test_the_same_question_has_the_same_answer(ask, engine, filled):
    assert ask(TEMPO).content == ask(TEMPO).content


def test_an_answer_is_found_once_until_something_changes(ask, engine, filled, monkeypatch):
    asked = []
    effects = report.effects
    monkeypatch.setattr(report, "effects", lambda *all: asked.append(1) or effects(*all))
    first = [found(ask(TEMPO, outcome=outcome)) for outcome in (*OUTCOMES, "speed")]
    assert [each["outcome"] for each in first] == [*OUTCOMES, "speed"]
    assert len(asked) == 1
    ask(TEMPO, since="2024-06-02")
    ask(ENERGY)
    assert len(asked) == 3
    measured.keep(engine, make_efforts([12], seed=5), start=make.START.replace(month=9))
    later = found(ask(TEMPO))
    assert later["n_activities"] == first[0]["n_activities"] + 1
    assert len(asked) == 4
