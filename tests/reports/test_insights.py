"""What music does to activities, from the library itself."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pandas as pd
import pytest
from pyarrow import parquet

from runsous.analysis import effects as measuring
from runsous.analysis import power_songs
from runsous.reports import insights as report
from runsous.reports.insights import Chosen
from runsous.store import efforts
from tests.analysis.make_efforts import make_efforts
from tests.reports import measured
from tests.sync import make

TEMPO, ENERGY = measuring.DOSES
RUNS = measured.going_along([8] * 6, seed=1)
RIDES = measured.going_along([5] * 4, seed=2, cadence=None)


def fill(engine, folder):
    """Six runs in June and four rides of intervals in July."""
    measured.keep(engine, RUNS, n_short=2, n_unsure=1)
    july = make.START.replace(month=7)
    measured.keep(engine, RIDES, sport="ride", kind="intervals", start=july, n_still=3)


@pytest.fixture
def shelf(engine, filled):
    """The user whose all that is."""
    return make.user(engine)


def told(engine, user, **chosen):
    with engine.begin() as conn:
        return report.choose(report.songs(conn, user), Chosen(**chosen))


def change(engine, statement):
    with engine.begin() as conn:
        conn.exec_driver_sql(statement)


def numbers(effect):
    return effect.n_songs, effect.n_activities, effect.estimate, effect.low, effect.high


def test_effects_of_the_chosen_are_those_of_their_rows_alone(engine, shelf):
    found = report.effects(told(engine, shelf, sport="run"), TEMPO)
    alone = measuring.effects(RUNS, TEMPO)
    assert [each.outcome.name for each in found] == ["speed", "heartrate", "cadence"]
    for ours, theirs in zip(found, alone, strict=True):
        assert numbers(ours) == pytest.approx(numbers(theirs))
        assert ours.null.p == theirs.null.p
    assert found[0].estimate > 0.03


CHOSEN = (
    ({}, 10),
    ({"sport": "ride"}, 4),
    ({"sport": "swim"}, 0),
    ({"kind": "steady"}, 6),
    ({"sport": "run", "kind": "intervals"}, 0),
    ({"since": date(2024, 6, 3)}, 8),
    ({"until": date(2024, 6, 3)}, 3),
    ({"since": date(2024, 6, 3), "until": date(2024, 6, 3)}, 1),
    ({"since": date(2024, 7, 1), "until": date(2024, 6, 30)}, 0),
    ({"since": date.min, "until": date.max}, 10),
    ({"since": date.max}, 0),
    ({"until": date.min}, 0),
    ({"route": 2**31 - 1}, 0),
)


def test_activities_are_chosen_by_sport_kind_and_days(engine, shelf):
    for chosen, n in CHOSEN:
        assert len(told(engine, shelf, **chosen).activities) == n, chosen


def test_activities_are_chosen_by_route(engine, shelf):
    change(engine, "UPDATE measured_activities SET route = 7 WHERE kind = 'intervals'")
    found = told(engine, shelf, route=7)
    assert set(found.activities["sport"]) == {"ride"}
    assert len(found.efforts) == 20


def test_a_day_is_that_of_the_place_summer_and_winter(engine):
    user = make.user(engine)
    rows = make_efforts([3])
    # Half past eleven at night by UTC: in Prague it is past midnight, by one hour or by two.
    for start, offset in (
        (datetime(2024, 3, 30, 23, 30, tzinfo=UTC), 3600),
        (datetime(2024, 10, 26, 22, 30, tzinfo=UTC), 7200),
        (datetime(2024, 10, 27, 22, 30, tzinfo=UTC), 3600),
    ):
        measured.keep(engine, rows, start=start, utc_offset_s=offset, kind=f"k{start:%d%m}")
    for day, n in (
        (date(2024, 3, 30), 0),
        (date(2024, 3, 31), 1),
        (date(2024, 10, 26), 0),
        (date(2024, 10, 27), 2),
        (date(2024, 10, 28), 0),
    ):
        assert len(told(engine, user, since=day, until=day).activities) == n, day


def test_what_does_not_count_is_counted_by_reason(engine, shelf):
    change(engine, "UPDATE tracks SET tempo_bpm = NULL WHERE title ~ '^Song 1 '")
    change(engine, "UPDATE tracks SET tempo_confidence = 0.4 WHERE title ~ '^Song 2 '")
    left = report.left_out(told(engine, shelf))
    assert left == report.LeftOut(short=12, unsure=6, still=12, without_tempo=2, unsure_tempo=2)
    assert report.left_out(told(engine, shelf, sport="ride")).short == 0


def test_power_songs_have_the_names_and_numbers_they_have_without_a_library(engine):
    track = [n % 12 for n in range(96)]
    rows = make_efforts([8] * 12, track_id=track)
    rows["flat_mps"] += 0.5 * (rows["track_id"] == 3)
    measured.keep(engine, rows, titles={3: "Push"})
    user = make.user(engine)
    with engine.begin() as conn:
        found = report.songs(conn, user)
        ranking = report.power(conn, user, found)
    alone = power_songs.power_songs(rows).songs
    assert (ranking.songs["title"][0], ranking.songs["artist"][0]) == ("Push", "Artist")
    assert ranking.songs["estimate"].to_numpy() == pytest.approx(alone["estimate"].to_numpy())
    assert ranking.songs["n"].tolist() == [8] * 12


EVERYTHING = {
    "without activities": lambda rows: rows.iloc[:0],
    "one song": lambda rows: rows.iloc[:1],
    "one activity": lambda rows: rows[rows["activity_id"] == 11],
    "two songs each": lambda rows: rows[rows["index"] < 2],
    "all of one tempo": lambda rows: rows.assign(tempo_bpm=170.0),
    "without tempo": lambda rows: rows.assign(tempo_bpm=None),
    "without energy": lambda rows: rows.assign(energy=None),
    "only guesses": lambda rows: rows.assign(tempo_confidence=0.1),
    "without heart rate": lambda rows: rows.assign(heartrate=None),
    "without anything": lambda rows: rows.assign(
        flat_mps=None, heartrate=None, cadence=None, locked=None, grade=None
    ),
    "standing still": lambda rows: rows.assign(flat_mps=0.0, cadence=0.0),
}


def test_whatever_is_missing_every_question_has_an_answer(engine):
    whole = make_efforts([8] * 4)
    for case, change_rows in EVERYTHING.items():
        rows = change_rows(whole).astype(whole.dtypes)
        with engine.begin() as conn:
            insert = "INSERT INTO users (name) VALUES (%s) RETURNING id"
            user = conn.exec_driver_sql(insert, (case,)).scalar()
        measured.keep(engine, rows, user=user)
        with engine.begin() as conn:
            found = report.songs(conn, user)
            for dose in measuring.DOSES:
                for each in report.effects(found, dose):
                    assert report.sentence(each, found), case
                    assert each.has_enough == (each.missing is None) == (each.estimate is not None)
                    report.bands(found, dose, each.outcome)
            for rank in (report.power, report.calming):
                ranking = rank(conn, user, found)
                assert {"track_id", "title", "artist", "estimate"} <= set(ranking.songs), case
                assert ranking.missing is not None, case
            report.left_out(found)
            rows = report.table(conn, user, found)
        assert len(parquet.read_table(io.BytesIO(report.as_parquet(rows)))) == len(rows), case
        assert len(report.as_csv(rows).splitlines()) == 1 + len(rows), case


def test_what_is_missing_is_named(engine):
    measured.keep(engine, make_efforts([2, 2, 9]))
    found = told(engine, make.user(engine))
    speed = report.effects(found, TEMPO)[0]
    assert speed.missing == (
        "At least 8 songs in 3 activities are needed, 4 or more in each, with a known tempo and"
        " a known speed; there are 9 in 1. 4 more songs are on 2 activities with fewer than 4."
    )
    assert report.sentence(speed, found) == speed.missing


def test_the_sentence_tells_effect_interval_basis_and_that_it_is_no_cause(engine, shelf):
    found = told(engine, shelf, sport="run")
    each = report.effects(found, TEMPO)[0]
    said = report.sentence(each, found)
    assert said.startswith(f"+10 BPM goes with {each.estimate:+.3g} m/s (speed), 95 % interval")
    assert "48 songs in 6 activities" in said
    assert said.endswith("What goes together need not cause each other.")
    energy = report.effects(found, ENERGY)[0]
    assert report.sentence(energy, found).startswith("+0.1 energy goes with ")


def test_the_table_is_the_same_as_csv_and_as_parquet(engine, shelf):
    user, found = shelf, told(engine, shelf, sport="run")
    with engine.begin() as conn:
        rows = report.table(conn, user, found)
    as_csv = pd.read_csv(io.StringIO(report.as_csv(rows)))
    as_parquet = parquet.read_table(io.BytesIO(report.as_parquet(rows))).to_pandas()
    assert list(as_csv) == list(as_parquet) == list(rows)
    assert as_csv["flat_mps"].to_numpy() == pytest.approx(as_parquet["flat_mps"].to_numpy())
    assert as_csv["title"].tolist() == as_parquet["title"].tolist()
    assert as_parquet["start_time"].dt.tz is not None
    needed = {"elapsed_share", "warm_up", "grade", "tempo_bpm", "tempo_confidence", "energy"}
    assert needed | {"flat_mps", "heartrate", "cadence", "locked"} <= set(as_csv)


def test_the_sample_is_looked_at_only_where_nothing_else_is(engine):
    user = make.user(engine)
    measured.keep(engine, make_efforts([4] * 3), is_sample=True, kind="long")
    assert len(told(engine, user).efforts) == 12
    measured.keep(engine, make_efforts([5]), kind="short")
    assert len(told(engine, user).efforts) == 5


def test_users_never_mix(engine, shelf):
    with engine.begin() as conn:
        other = conn.exec_driver_sql("INSERT INTO users (name) VALUES ('b') RETURNING id").scalar()
    before = told(engine, shelf)
    measured.keep(engine, make_efforts([9] * 3, seed=5), user=other)
    after = told(engine, shelf)
    pd.testing.assert_frame_equal(after.efforts, before.efforts)
    pd.testing.assert_frame_equal(after.activities, before.activities)
    assert len(told(engine, other).efforts) == 27
    # Nobody learns a name by a number.
    with engine.begin() as conn:
        theirs = efforts.songs(conn, shelf, told(engine, other).efforts["track_id"].tolist())
    assert theirs.empty
