"""The same run, and the same plays, from a file and from a service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from runsous.demo.services.world import Activity, Listen, Song
from runsous.store import activities
from runsous.sync import connecting, workouts
from tests.sync import connected, make

NUMBER = 42
LENGTH_S = 600
SONG = Song("Ana", "Song", "LP", 180_000)


@pytest.fixture(autouse=True)
def hurried(monkeypatch, sims):
    connected.hurry(monkeypatch)
    ann = sims.world.people["ann"]
    ann.activities.clear()
    for told in ann.listens.values():
        told.clear()


@pytest.fixture
def start(sims):
    """When the run began, some days ago."""
    return datetime.fromtimestamp(int(sims.world.now()) - 3 * 86_400, UTC)


def streams():
    """What Strava tells of the run: every other second, with power, without cadence."""
    time = list(range(0, LENGTH_S, 2))
    return {
        "time": time,
        "latlng": [[50.08 + 3 * s / 111_195, 14.42] for s in time],
        "distance": [3.0 * s for s in time],
        "heartrate": [130] * len(time),
        "watts": [250] * len(time),
    }


@pytest.fixture
def run(sims, start):
    """The run at Strava."""
    found = Activity(
        id=NUMBER,
        start_s=int(start.timestamp()),
        name="Strava's name",
        elapsed_s=LENGTH_S,
        moving_s=LENGTH_S,
        distance_m=3.0 * LENGTH_S,
        time_zone="Europe/Prague",
        streams=streams,
        details={"description": "Told at Strava"},
    )
    sims.world.add("ann", found)
    return found


@pytest.fixture
def take(engine, tmp_path):
    """Imports a file."""

    def import_one(name, content):
        return make.take(engine, make.written(tmp_path, name, content))

    return import_one


def sync(engine, user, sims, service="strava"):
    known = {each["service"] for each in connected.all_connections(engine, user)}
    if service in known:
        return connected.again(engine, user, service, all_of_it=True)
    connected.connect(engine, user, sims, service)
    return connected.finish(engine, user, service)


def the_one(engine):
    (found,) = make.rows(engine, "SELECT * FROM activities")
    return found


@pytest.mark.usefixtures("run")
def test_in_either_order_they_are_one_with_the_best_of_both(engine, user, sims, start, take):
    take("a.fit", make.fit(start))
    sync(engine, user, sims)
    first = make.library(engine)
    one = the_one(engine)
    assert set(one["channels"]) >= {"heartrate", "cadence", "power_w", "altitude_m"}
    assert (one["n_points"], one["source"], one["external_id"]) == (600, "fit", str(NUMBER))
    assert (one["name"], one["description"]) == ("Strava's name", "Told at Strava")
    workouts_of = make.rows(engine, "SELECT kind FROM activity_files ORDER BY kind")
    assert [row["kind"] for row in workouts_of] == ["fit", "strava"]

    with engine.begin() as conn:
        workouts.delete(conn, user, one["id"])
        conn.execute(text("DELETE FROM connections"))
        conn.execute(text("DELETE FROM remote_activities"))
    sync(engine, user, sims)
    assert the_one(engine)["n_points"] == 300
    take("a.fit", make.fit(start))
    second = make.library(engine)
    assert second == first


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("is_file_first", [True, False])
def test_deleted_at_strava_the_file_s_stays(engine, user, sims, start, take, is_file_first):
    if is_file_first:
        take("a.fit", make.fit(start))
    sync(engine, user, sims)
    if not is_file_first:
        take("a.fit", make.fit(start))
    sims.world.delete("ann", NUMBER)
    counts = sync(engine, user, sims)
    assert (counts["status"], counts["activities_removed"]) == ("done", 0)
    one = the_one(engine)
    assert "power_w" not in one["channels"]
    assert (one["description"], one["external_id"]) == (None, None)
    assert [row["kind"] for row in make.rows(engine, "SELECT kind FROM originals")] == ["fit"]


@pytest.mark.usefixtures("run")
def test_deleted_here_it_does_not_come_back(engine, user, sims, start, take):
    sync(engine, user, sims)
    with engine.begin() as conn:
        workouts.delete(conn, user, the_one(engine)["id"])
    sims.world.edit("ann", NUMBER, name="Another name")
    before = len(sims.calls.log)
    sync(engine, user, sims)
    assert make.rows(engine, "SELECT * FROM activities") == []
    assert make.rows(engine, "SELECT * FROM originals") == []
    assert not [call for call in sims.calls.log[before:] if f"/activities/{NUMBER}" in call.path]
    # The file of it may.
    take("a.fit", make.fit(start))
    assert the_one(engine)["source"] == "fit"


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("has_file", [True, False])
def test_a_name_given_here_stays_and_strava_s_is_kept_beside_it(
    engine, user, sims, start, take, has_file
):
    if has_file:
        take("a.gpx", make.gpx(start))
    sync(engine, user, sims)
    with engine.begin() as conn:
        activities.rename(conn, user, the_one(engine)["id"], "My name")
    sims.world.edit("ann", NUMBER, name="Strava's second name")
    assert sync(engine, user, sims)["status"] == "done"
    assert the_one(engine)["name"] == "My name"
    (row,) = make.rows(engine, "SELECT summary ->> 'name' AS name FROM remote_activities")
    assert row["name"] == "Strava's second name"


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("has_file", [True, False])
def test_a_name_given_at_strava_is_taken_over(engine, user, sims, start, take, has_file):
    if has_file:
        take("a.fit", make.fit(start))
    sync(engine, user, sims)
    sims.world.edit("ann", NUMBER, name="Strava's second name")
    assert sync(engine, user, sims)["activities_changed"] == 1
    assert the_one(engine)["name"] == "Strava's second name"


@pytest.mark.usefixtures("run")
@pytest.mark.parametrize("has_file", [True, False])
def test_purged_only_what_a_file_tells_is_left(engine, user, sims, start, take, has_file):
    if has_file:
        take("a.fit", make.fit(start))
    sync(engine, user, sims)
    connecting.disconnect(engine, user, "strava", is_kept=False)
    found = make.rows(engine, "SELECT source, channels FROM activities")
    assert [row["source"] for row in found] == ["fit"] * has_file
    assert all("power_w" not in row["channels"] for row in found)
    assert make.rows(engine, "SELECT * FROM remote_activities") == []
    assert make.rows(engine, "SELECT * FROM activity_files WHERE kind = 'strava'") == []
    assert make.rows(engine, "SELECT * FROM originals WHERE kind = 'strava'") == []


def hear(sims, start, *seconds):
    for at in seconds:
        listen = Listen(int(start.timestamp()) + at, SONG, 180)
        sims.world.hear("ann", listen, ["lastfm"])


@pytest.mark.parametrize("is_file_first", [True, False])
def test_scrobbles_of_a_file_and_of_last_fm_are_the_same(
    engine, user, sims, start, take, is_file_first
):
    hear(sims, start, 0, 300, 600)
    csv = make.lastfm((0, "Ana – Song"), (300, "Ana – Song"), start=start)
    if is_file_first:
        take("songs.csv", csv)
    counts = sync(engine, user, sims, "lastfm")
    if not is_file_first:
        assert take("songs.csv", csv).as_json()["totals"]["listens"] == 0
    assert counts["listens_new"] == (1 if is_file_first else 3)
    assert connected.listens(engine, user, "lastfm") == connected.true_listens(sims, "lastfm")
    assert connected.plays(engine, user) == connected.true_listens(sims, "lastfm")


def test_a_scrobble_deleted_at_last_fm_stays_where_a_file_tells_of_it(
    engine, user, sims, start, take
):
    hear(sims, start, 0, 300)
    take("songs.csv", make.lastfm((0, "Ana – Song"), start=start))
    sync(engine, user, sims, "lastfm")
    for listen in list(sims.world.people["ann"].listens["lastfm"]):
        sims.world.forget("ann", listen, ["lastfm"])
    assert sync(engine, user, sims, "lastfm")["listens_removed"] == 1
    at = int(start.timestamp())
    assert connected.listens(engine, user, "lastfm") == [(at, "Ana", "Song")]
    assert connected.plays(engine, user) == [(at, "Ana", "Song")]
    # It is not Last.fm that told it any more.
    connecting.disconnect(engine, user, "lastfm", is_kept=False)
    assert connected.listens(engine, user, "lastfm") == [(at, "Ana", "Song")]


@pytest.mark.parametrize("is_kept", [True, False])
def test_disconnected_last_fm_s_plays_stay_or_go(engine, user, sims, start, is_kept):
    hear(sims, start, 0, 300)
    sync(engine, user, sims, "lastfm")
    connecting.disconnect(engine, user, "lastfm", is_kept=is_kept)
    there = connected.true_listens(sims, "lastfm") if is_kept else []
    assert connected.listens(engine, user, "lastfm") == there
    assert connected.plays(engine, user) == there
    assert len(make.rows(engine, "SELECT * FROM tracks")) == is_kept
    if is_kept:
        # What was kept is the user's own: another account says nothing about it.
        sims.world.people["ann"].listens["lastfm"].clear()
        hear(sims, start + timedelta(days=1), 0)
        sync(engine, user, sims, "lastfm")
        assert len(connected.listens(engine, user, "lastfm")) == 3
