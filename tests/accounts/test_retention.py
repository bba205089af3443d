"""Samples that are kept for a time only: what goes with them, what stays, and what comes after."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from runsous import tidying, working
from runsous.accounts import everything, retention
from runsous.errors import InputError
from runsous.reports import activity as report
from runsous.reports import export, music
from runsous.store import activities, audit, segments, users
from runsous.sync import import_files, listening, readers, sample, songs, workouts
from tests.sync import make

NOW = datetime.now(UTC).replace(microsecond=0)
OLD, FRESH = NOW - timedelta(days=400), NOW - timedelta(days=20)
DAYS = 365
PLAYS = [(10, "Ana – One", 200.0), (250, "Bo – Two", 200.0)]


@pytest.fixture
def user(engine):
    return make.user(engine)


def old_run():
    return make.fit(OLD, pauses=[(100, 130)])


def fill(engine, folder):
    """An old and a recent run with songs."""
    spread = [(at + ago, song, s) for ago in (0, 380 * 86_400) for at, song, s in PLAYS]
    take(
        engine,
        folder,
        {
            "old.fit": old_run(),
            "fresh.fit": make.fit(FRESH),
            "songs.json": make.spotify(*spread, start=OLD),
        },
    )


@pytest.fixture
def runs(engine, filled):
    """What each of them is known by."""
    found = make.rows(engine, "SELECT id FROM activities ORDER BY start_time")
    return [row["id"] for row in found]


def take(engine, folder, files):
    paths = [make.written(folder, name, content) for name, content in files.items()]
    return make.take(engine, *paths)


def kept(engine, user, activity_id):
    """What is there of an activity: its row, and how much of its parts."""
    (row,) = make.rows(engine, "SELECT * FROM activities WHERE id = :id", id=activity_id)
    values = {"id": activity_id}
    for name in ("activity_streams", "laps", "pauses", "segments"):
        row[name] = make.rows(
            engine,
            f"SELECT * FROM {name} WHERE activity_id = :id ORDER BY 1, 2, 3",
            **values,
        )
    row["originals"] = make.rows(
        engine,
        "SELECT o.sha256 FROM originals o JOIN activity_files f USING (user_id, sha256)"
        " WHERE f.activity_id = :id",
        **values,
    )
    return row


def summarise(engine, user, days=DAYS):
    retention.choose(engine, user, days)
    return retention.apply(engine, user)


def a_day_ago() -> datetime:
    """As the test runs, which may be minutes after it was read."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


GONE = {"activity_streams", "originals", "route", "channels", "has_gps", "n_points"}
TOLD = {"notes", "is_summary", "revision"}


def test_samples_positions_and_originals_go_and_every_figure_stays(engine, runs, user):
    old, fresh = (kept(engine, user, number) for number in runs)
    assert old["activity_streams"]
    assert old["originals"]
    assert [s["average_heartrate"] is not None for s in old["segments"]].count(True) >= 4
    assert summarise(engine, user) == 1
    after = kept(engine, user, runs[0])
    assert {name for name in old if after[name] != old[name]} == GONE | TOLD
    assert (after["activity_streams"], after["originals"], after["route"]) == ([], [], None)
    assert (after["channels"], after["has_gps"], after["n_points"]) == ([], False, 0)
    (note,) = after["notes"]
    assert note.startswith("Its samples were removed on ")
    assert str(NOW.year) in note
    assert after["revision"] > old["revision"]
    assert kept(engine, user, runs[1]) == fresh
    # Done once, it is done.
    assert retention.apply(engine, user) == 0
    assert kept(engine, user, runs[0]) == after


def test_the_limit_is_as_many_days_after_the_end(engine, tmp_path, user):
    starts = [NOW - timedelta(days=10, seconds=610), NOW - timedelta(days=9, hours=23)]
    take(engine, tmp_path, {f"{n}.fit": make.fit(start) for n, start in enumerate(starts)})
    assert summarise(engine, user, 11) == 0
    assert summarise(engine, user, 10) == 1
    (left,) = make.rows(engine, "SELECT start_time FROM activities WHERE NOT is_summary")
    assert left["start_time"] == starts[1]


def test_for_ever_is_for_ever(engine, runs, user):
    assert retention.choosers(engine) == []
    assert retention.apply(engine, user) == 0
    retention.choose(engine, user, DAYS)
    assert retention.choosers(engine) == [user]
    retention.choose(engine, user, None)
    assert retention.choosers(engine) == []
    assert retention.apply(engine, user) == 0
    assert kept(engine, user, runs[0])["activity_streams"]


def test_a_choice_is_checked_and_noted_and_pages_know(engine, user):
    for wrong in (0, -1, retention.LONGEST_DAYS + 1):
        with pytest.raises(InputError):
            retention.choose(engine, user, wrong)
    assert retention.choose(engine, user, 30)
    assert not retention.choose(engine, user, 30)
    assert retention.choose(engine, user, None)
    with engine.begin() as conn:
        log = audit.newest(conn, user)
        assert users.one(conn, user)["settings"] == {}
    assert [(x["action"], x["detail"]) for x in log] == [
        ("retention changed", "samples kept for ever"),
        ("retention changed", "samples kept 30 days"),
    ]


def test_others_keep_what_they_want_to_keep(engine, runs, user, tmp_path):
    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
    # The very same file: what is kept of it is kept for each.
    run = make.written(tmp_path, "old.fit", old_run())
    import_files.import_paths(engine, other, [run])
    (theirs,) = make.rows(engine, "SELECT id FROM activities WHERE user_id = :id", id=other)
    before = kept(engine, other, theirs["id"])
    summarise(engine, user)
    assert kept(engine, other, theirs["id"]) == before
    assert before["originals"]


def test_a_file_of_several_activities_stays_until_the_last_is_old(engine, tmp_path, user):
    # Of its legs of five minutes the first ended more than a day ago.
    start = a_day_ago() - timedelta(seconds=450)
    take(engine, tmp_path, {"three.fit": make.triathlon(start)})
    before = make.rows(engine, "SELECT sha256 FROM originals")
    assert summarise(engine, user, 1) == 1
    assert make.rows(engine, "SELECT sha256 FROM originals") == before
    with engine.begin() as conn:
        conn.execute(text("UPDATE activities SET start_time = start_time - interval '1 day'"))
    assert retention.apply(engine, user) == 2
    assert make.rows(engine, "SELECT sha256 FROM originals") == []


@pytest.mark.usefixtures("short_season")
def test_neither_entries_without_samples_nor_the_sample_runner_are_touched(engine, tmp_path, user):
    index = make.strava_index([make.strava_row(7, OLD)])
    take(engine, tmp_path, {"activities.csv": index})
    sample.add(engine, user)
    before = make.rows(engine, "SELECT * FROM activities ORDER BY id")
    assert summarise(engine, user, 1) == 0
    assert make.rows(engine, "SELECT * FROM activities ORDER BY id") == before


def test_what_waits_for_songs_gets_them_first(engine, tmp_path, user, runs):
    retention.choose(engine, user, DAYS)
    history = make.lastfm((520, "Cleo – Three"), start=OLD)
    path = make.written(tmp_path, "more.csv", history)
    with engine.begin() as conn:
        listening.keep(conn, user, readers.read(path.read_bytes()).listens, NOW)
    assert retention.apply(engine, user) == 0
    tidying.tidy(engine)
    after = kept(engine, user, runs[0])
    assert after["is_summary"]
    assert after["n_songs"] == 3
    assert after["segments"][-1]["average_heartrate"] > 100


@pytest.mark.parametrize("again", ["the same file", "another file", "an archive"])
def test_a_file_of_such_an_activity_brings_no_samples_back(engine, tmp_path, user, runs, again):
    summarise(engine, user)
    before = kept(engine, user, runs[0])
    original = make.fit(OLD, pauses=[(100, 130)])
    if again == "the same file":
        report_of = take(engine, tmp_path, {"old.fit": original})
        assert make.outcome(report_of) == [("fit", "duplicate")]
    elif again == "another file":
        report_of = take(engine, tmp_path, {"phone.gpx": make.gpx(OLD)})
    else:
        row = make.strava_row(1, OLD, Filename="activities/1.fit")
        index = make.strava_index([row])
        members = {"activities.csv": index, "activities/1.fit": original}
        report_of = make.take(engine, make.packed(members, tmp_path / "export.zip"))
    assert report_of.failed == 0, report_of
    if again != "the same file":
        told = [f.message for f in report_of.files if f.status == "imported"]
        assert told == [workouts._PASSED]
    assert kept(engine, user, runs[0]) == before
    assert make.rows(engine, "SELECT count(*) AS n FROM activities")[0]["n"] == 2
    # And from now on they are known.
    if again == "another file":
        report_of = take(engine, tmp_path, {"phone.gpx": make.gpx(OLD)})
        assert make.outcome(report_of) == [("gpx", "duplicate")]


def test_a_file_that_tells_of_it_and_of_a_newer_one_gives_the_newer_its_own(engine, tmp_path, user):
    """One leg of a triathlon is a summary; the whole comes again with an archive's index."""
    start = a_day_ago() - timedelta(seconds=450)
    take(engine, tmp_path, {"three.fit": make.triathlon(start)})
    assert summarise(engine, user, 1) == 1
    before = make.rows(engine, "SELECT count(*) AS n FROM activity_streams")
    row = make.strava_row(1, start, Filename="activities/1.fit")
    members = {
        "activities.csv": make.strava_index([row]),
        "activities/1.fit": make.triathlon(start),
    }
    found = make.take(engine, make.packed(members, tmp_path / "export.zip"))
    assert found.failed == 0, found
    assert make.rows(engine, "SELECT count(*) AS n FROM activity_streams") == before
    assert make.rows(engine, "SELECT count(*) AS n FROM originals")[0]["n"] == 1


def test_songs_learnt_of_later_change_no_figure_of_it(engine, tmp_path, user, runs):
    summarise(engine, user)
    before = kept(engine, user, runs[0])
    # Another source says the first song began later, and knows of a third.
    history = make.lastfm((40, "Ana – One"), (480, "Cleo – Three"), start=OLD)
    take(engine, tmp_path, {"more.csv": history})
    assert make.rows(engine, "SELECT id FROM activities WHERE is_stale") == []
    after = kept(engine, user, runs[0])
    unmoved = {name for name in before if name not in ("segments", "revision")}
    assert {name: after[name] for name in unmoved} == {name: before[name] for name in unmoved}
    # By which number the play is known now is all that may differ.
    assert _without_plays(after) == _without_plays(before)


def _without_plays(found):
    return [{n: v for n, v in s.items() if n != "play_id"} for s in found["segments"]]


def test_songs_stay_joined_to_their_plays_when_these_are_made_anew(engine, user, runs):
    summarise(engine, user)
    with engine.begin() as conn:
        before = segments.frame(conn, user, runs[0])
        listening.shift_source(conn, user, "spotify_extended", 5.0)
    songs.settle(engine, user)
    with engine.begin() as conn:
        after = segments.frame(conn, user, runs[0])
    assert after["title"].tolist() == before["title"].tolist()
    moved = (after["started_at"] - before["started_at"]).dropna()
    assert moved.dt.total_seconds().tolist() == [5.0, 5.0]
    assert after["start_s"].tolist() == before["start_s"].tolist()


def test_a_source_that_is_forgotten_leaves_silence_with_its_figures(engine, user, runs):
    summarise(engine, user)
    before = kept(engine, user, runs[0])
    with engine.begin() as conn:
        listening.forget_source(conn, user, "spotify_extended")
    songs.settle(engine, user)
    after = kept(engine, user, runs[0])
    assert (before["n_songs"], after["n_songs"]) == (2, 0)
    assert {s["track_id"] for s in after["segments"]} == {None}
    figures = [s["average_heartrate"] for s in before["segments"]]
    assert [s["average_heartrate"] for s in after["segments"]] == figures
    assert make.rows(engine, "SELECT id FROM activities WHERE is_stale") == []


def test_its_songs_cannot_be_shifted_any_more(engine, user, runs):
    summarise(engine, user)
    before = kept(engine, user, runs[0])
    with pytest.raises(InputError, match="samples were removed"), engine.begin() as conn:
        songs.shift(conn, user, runs[0], 10.0)
    assert kept(engine, user, runs[0]) == before


def test_reports_downloads_and_changes_work_without_samples(engine, user, runs):
    summarise(engine, user)
    with engine.begin() as conn:
        shown = report.view(conn, user, runs[0])
        assert shown.samples.empty
        assert shown.segments["title"].notna().sum() == 2
        told = music.music(conn, user, runs[0])
        assert [s["points"] for s in told["segments"]] == [[]] * len(told["segments"])
        assert "<trkpt" not in export.gpx(conn, user, runs[0])
        assert "Ana" in export.songs_csv(conn, user, runs[0])
        assert export.samples_csv(conn, user, runs[0]).count("\n") == 1
        activities.rename(conn, user, runs[0], "Long ago")
    export_id = everything.ask(engine, user)
    everything.make(engine, user, export_id)
    with zipfile.ZipFile(everything.archive(export_id)) as archive:
        streams = [name for name in archive.namelist() if name.startswith("streams/")]
        assert streams == [f"streams/activity-{runs[1]}.parquet"]
        told = json.load(io.TextIOWrapper(archive.open("activities.json")))
    assert [a["is_summary"] for a in told] == [True, False]
    with engine.begin() as conn:
        workouts.delete(conn, user, runs[0])
    assert make.rows(engine, "SELECT count(*) AS n FROM activities")[0]["n"] == 1


def test_it_stops_when_told_and_goes_on_later(engine, tmp_path, user):
    starts = [OLD - timedelta(days=n) for n in range(3)]
    take(engine, tmp_path, {f"{n}.fit": make.fit(s, 60) for n, s in enumerate(starts)})
    stopping = threading.Event()
    stopping.set()
    retention.choose(engine, user, DAYS)
    assert retention.apply(engine, user, stopping) == 0
    assert retention.apply(engine, user) == 3


def test_a_worker_sees_to_it_by_itself(engine, user, runs):
    retention.choose(engine, user, DAYS)

    async def work():
        async with working.worker(engine):
            give_up = time.monotonic() + 60
            while not make.rows(engine, "SELECT 1 AS x FROM activities WHERE is_summary"):
                assert time.monotonic() < give_up
                await asyncio.sleep(0.05)

    asyncio.run(work())
    assert kept(engine, user, runs[0])["activity_streams"] == []
