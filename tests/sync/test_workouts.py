"""Workouts on their way in: once, however often and in whichever form they come."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from runsous import settings
from runsous.analysis.recording import complete
from runsous.errors import NotFound
from runsous.store import activities, segments, users
from runsous.sync import import_files, readers, workouts
from tests.sync import make


def test_a_file_that_comes_again_changes_nothing(engine, tmp_path):
    path = make.written(tmp_path, "a.fit", make.fit())
    first = make.take(engine, path)
    assert make.outcome(first) == [("fit", "imported")]
    assert first.as_json()["totals"] == {
        "files": 1,
        "activities": 1,
        "listens": 0,
        "duplicates": 0,
        "failed": 0,
    }
    before = make.tables(engine, "imports", "uploads", "import_files")
    again = make.take(engine, path)
    assert make.outcome(again) == [("fit", "duplicate")]
    assert again.as_json()["totals"]["duplicates"] == 1
    assert make.tables(engine, "imports", "uploads", "import_files") == before


def test_packed_or_renamed_it_is_the_same_file(engine, tmp_path):
    make.take(engine, make.written(tmp_path, "a.fit", make.fit()))
    before = make.tables(engine, "imports", "uploads", "import_files")
    others = [
        make.written(tmp_path, "a.fit.gz", make.gz(make.fit())),
        make.written(tmp_path, "music.json", make.fit()),
        make.packed({"deep/b.FIT.gz": make.gz(make.fit())}, tmp_path / "c.zip"),
    ]
    assert make.outcome(make.take(engine, *others)) == [("fit", "duplicate")] * 3
    assert make.tables(engine, "imports", "uploads", "import_files") == before


_SONGS = make.listenbrainz(
    (-100, "Ana – Before", 200), (150, "Bo – Middle", 180), (400, "Ana – After", 240)
)
_FORMS = {
    "run.fit": make.fit(pauses=[(200, 260)]),
    "run.gpx": make.gpx(every=2),
    "run.tcx": make.tcx(),
    "songs.jsonl": _SONGS,
}


@pytest.fixture(scope="module")
def outcomes():
    """What each order of import led to; the first one is what all are held against."""
    return {}


@pytest.mark.parametrize("order", list(itertools.permutations(_FORMS)), ids="-".join)
def test_whatever_the_order_of_the_files_the_result_is_one_activity(
    engine, tmp_path, order, outcomes
):
    for name in order:
        report = make.take(engine, make.written(tmp_path, name, _FORMS[name]))
        assert make.outcome(report)[0][1] == "imported"
    found = make.library(engine)
    (activity, parts) = found["activities"][0]
    facts = dict(activity)
    assert len(found["activities"]) == 1
    assert facts["source"] == "fit"
    assert facts["name"] == "From the phone"
    assert set(facts["channels"]) >= {"latitude", "heartrate", "cadence", "altitude_m"}
    assert len(parts["files"]) == 3
    assert [dict(s)["track_id"] for s in parts["segments"]] == [
        ("Ana", "Before"),
        None,
        ("Bo", "Middle"),
        None,
        ("Ana", "After"),
    ]
    assert found == outcomes.setdefault("found", found)


def test_two_that_are_not_alike_become_one_through_a_third(engine, tmp_path, outcomes):
    # The first and the last share less than 80 %; the one between is like both.
    files = {
        "early.gpx": make.gpx(make.START, 1000),
        "whole.gpx": make.gpx(make.START + timedelta(seconds=100), 1000, name="Whole"),
        "late.gpx": make.gpx(make.START + timedelta(seconds=200), 1000, name="Late"),
    }
    results = []
    for order in itertools.permutations(files):
        for name in order:
            make.take(engine, make.written(tmp_path, name, files[name]))
        results.append(make.library(engine))
        for row in make.rows(engine, "SELECT id FROM activities"):
            with engine.begin() as conn:
                workouts.delete(conn, make.user(engine), row["id"])
    assert [len(r["activities"]) for r in results] == [1] * 6
    assert all(r == results[0] for r in results)


def test_joining_says_so_and_keeps_both_files(engine, tmp_path):
    make.take(engine, make.written(tmp_path, "a.gpx", make.gpx()))
    (file,) = make.take(engine, make.written(tmp_path, "a.fit", make.fit())).files
    assert (file.status, file.activities, file.duplicates) == ("imported", 0, 1)
    assert "Joined" in file.message
    assert len(make.rows(engine, "SELECT * FROM originals")) == 2


def test_a_name_its_owner_gave_survives_another_file_of_the_run(engine, tmp_path):
    make.take(engine, make.written(tmp_path, "a.gpx", make.gpx()))
    with engine.begin() as conn:
        (row,) = conn.execute(text("SELECT id FROM activities"))
        activities.rename(conn, make.user(engine), row.id, "My best one")
        activities.set_offset(conn, make.user(engine), row.id, 12.0)
    make.take(engine, make.written(tmp_path, "a.fit", make.fit()))
    (found,) = make.rows(engine, "SELECT name, music_offset_s, source FROM activities")
    assert found == {"name": "My best one", "music_offset_s": 12.0, "source": "fit"}


def test_a_triathlon_becomes_its_legs(engine, tmp_path):
    report = make.take(engine, make.written(tmp_path, "tri.fit", make.triathlon()))
    assert report.files[0].activities == 3
    found = make.rows(engine, "SELECT sport, start_time, elapsed_time_s FROM activities ORDER BY 2")
    assert [row["sport"] for row in found] == ["swim", "ride", "run"]
    assert [(row["start_time"] - make.START).total_seconds() for row in found] == [0, 300, 600]
    assert make.outcome(make.take(engine, tmp_path / "tri.fit")) == [("fit", "duplicate")]


def test_a_leg_that_was_deleted_comes_back_with_its_file(engine, tmp_path):
    path = make.written(tmp_path, "tri.fit", make.triathlon())
    make.take(engine, path)
    before = make.library(engine)
    (leg,) = make.rows(engine, "SELECT id FROM activities WHERE sport = 'ride'")
    with engine.begin() as conn:
        workouts.delete(conn, make.user(engine), leg["id"])
    (file,) = make.take(engine, path).files
    assert (file.status, file.activities) == ("imported", 1)
    assert make.library(engine) == before


def test_a_deleted_activity_comes_back_with_its_file(engine, tmp_path):
    path = make.written(tmp_path, "a.fit", make.fit())
    make.take(engine, path)
    before = make.library(engine)
    (row,) = make.rows(engine, "SELECT id FROM activities")
    with engine.begin() as conn:
        workouts.delete(conn, make.user(engine), row["id"])
    left = make.tables(engine, "imports", "uploads", "import_files", "users")
    assert {name for name, content in left.items() if content} == set()
    assert make.outcome(make.take(engine, path)) == [("fit", "imported")]
    assert make.library(engine) == before


def test_the_same_run_of_two_people_are_two(engine, tmp_path):
    path = make.written(tmp_path, "a.fit", make.fit())
    make.take(engine, path)
    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
    report = import_files.import_paths(engine, other, [path])
    assert make.outcome(report) == [("fit", "imported")]
    owners = make.rows(engine, "SELECT user_id FROM activities")
    assert {row["user_id"] for row in owners} == {make.user(engine), other}


def test_nobody_replaces_or_reads_anothers_activity(engine, tmp_path):
    make.take(engine, make.written(tmp_path, "a.fit", make.fit(pauses=[(100, 130)])))
    (row,) = make.rows(engine, "SELECT id, user_id FROM activities")
    before = make.tables(engine)
    run = complete(readers.read(make.fit()).workouts[0], home_zone=None)
    with engine.begin() as conn:
        for touch in (
            lambda: activities.replace(conn, row["user_id"] + 1, row["id"], run, route=None),
            lambda: activities.one(conn, row["user_id"] + 1, row["id"]),
            lambda: activities.remove(conn, row["user_id"] + 1, row["id"]),
        ):
            with pytest.raises(NotFound):
                touch()
        assert segments.frame(conn, row["user_id"] + 1, row["id"]).empty
        assert activities.one(conn, row["user_id"], row["id"])["n_pauses"] == 1
    assert make.tables(engine) == before


def test_a_day_long_ride_is_found_by_a_file_of_its_last_hours(engine, tmp_path):
    """Candidates are looked for by their start, which may lie days before."""
    long = make.gpx(n=9 * 86_400, every=600)
    make.take(engine, make.written(tmp_path, "long.gpx", long))
    cut = make.gpx(make.START + timedelta(days=1), n=8 * 86_400, every=600)
    make.take(engine, make.written(tmp_path, "cut.gpx", cut))
    assert make.rows(engine, "SELECT count(*) AS n FROM activities") == [{"n": 1}]


def indoors(tmp_path):
    """A treadmill run in a TCX: it tells neither place nor zone."""
    return make.written(tmp_path, "a.tcx", make.tcx())


def zone(engine):
    return make.rows(engine, "SELECT time_zone, utc_offset_s FROM activities")


def test_a_run_indoors_lies_in_the_zone_of_the_installation(engine, tmp_path):
    settings.use(replace(settings.current(), home_zone="Asia/Tokyo"))
    make.take(engine, indoors(tmp_path))
    assert zone(engine) == [{"time_zone": "Asia/Tokyo", "utc_offset_s": 9 * 3600}]


def test_a_run_indoors_lies_rather_in_its_owners_own_zone(engine, tmp_path):
    settings.use(replace(settings.current(), home_zone="Asia/Tokyo"))
    with engine.begin() as conn:
        users.save_settings(conn, users.local(conn), {"home_zone": "America/New_York"})
    make.take(engine, indoors(tmp_path))
    assert zone(engine) == [{"time_zone": "America/New_York", "utc_offset_s": -4 * 3600}]
