"""Listens and runs meet: whichever came first, and wherever clocks are set."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from runsous.errors import InputError, NotFound
from runsous.model import SAMPLE
from runsous.store import users
from runsous.sync import listening, sample, songs
from tests.sync import make

PLAYED = [(-100, "Ana – Before", 200.0), (150, "Bo – Middle", 180.0), (400, "Ana – After", 240.0)]
TILES = [
    ("Before", 0, 100),
    (None, 100, 150),
    ("Middle", 150, 330),
    (None, 330, 400),
    ("After", 400, 600),
]


def tiles(engine):
    return [
        (row["title"], row["start_s"], row["end_s"])
        for row in make.rows(
            engine,
            "SELECT t.title, s.start_s, s.end_s FROM segments s"
            " JOIN activities a ON a.id = s.activity_id AND NOT a.is_sample"
            " LEFT JOIN tracks t ON t.id = s.track_id ORDER BY a.start_time, s.index",
        )
    ]


def import_run(engine, tmp_path):
    make.take(engine, make.written(tmp_path, "run.fit", make.fit()))
    return make.rows(engine, "SELECT id FROM activities WHERE NOT is_sample")[0]["id"]


FORMS = {
    "spotify_extended": make.spotify(*PLAYED),
    "listenbrainz": make.listenbrainz(*PLAYED),
    "maloja": make.maloja(*PLAYED),
}


@pytest.mark.parametrize("form", FORMS)
def test_songs_meet_the_run_whichever_comes_first(engine, tmp_path, form):
    history = make.written(tmp_path, "history", FORMS[form])
    make.take(engine, make.written(tmp_path, "run.fit", make.fit()))
    assert tiles(engine) == [(None, 0, 600)]
    (file,) = make.take(engine, history).files
    assert (file.kind, file.status, file.listens) == (form, "imported", 3)
    assert tiles(engine) == TILES
    run_first = make.library(engine)
    with engine.begin() as conn:
        for table in ("activities", "activity_streams", "listens", "plays", "tracks", "imports"):
            conn.execute(text(f"DELETE FROM {table}"))
    make.take(engine, history)
    make.take(engine, tmp_path / "run.fit")
    assert make.library(engine) == run_first
    assert make.rows(engine, "SELECT n_songs, is_stale FROM activities") == [
        {"n_songs": 3, "is_stale": False}
    ]


def test_scrobbles_without_lengths_last_until_the_next(engine, tmp_path):
    plays = [(-100, "Ana – Before"), (150, "Bo – Middle"), (400, "Ana – After")]
    import_run(engine, tmp_path)
    make.take(engine, make.written(tmp_path, "scrobbles.csv", make.lastfm(*plays)))
    assert tiles(engine) == [("Before", 0, 150), ("Middle", 150, 400), ("After", 400, 600)]


def test_what_two_sources_tell_of_one_song_is_one_play(engine, tmp_path):
    import_run(engine, tmp_path)
    plays = [(at + 20, song) for at, song, _ in PLAYED]
    make.take(
        engine,
        make.written(tmp_path, "scrobbles.csv", make.lastfm(*plays)),
        make.written(tmp_path, "history.json", make.spotify(*PLAYED)),
    )
    assert (
        make.rows(engine, "SELECT sources FROM plays")
        == [{"sources": ["lastfm", "spotify_extended"]}] * 3
    )
    assert [title for title, *_ in tiles(engine) if title] == ["Before", "Middle", "After"]


def test_a_history_that_comes_again_is_known_and_changes_nothing(engine, tmp_path):
    import_run(engine, tmp_path)
    path = make.written(tmp_path, "history.json", make.spotify(*PLAYED))
    make.take(engine, path)
    before = make.tables(engine, "imports", "uploads", "import_files")
    (same,) = make.take(engine, path).files
    assert (same.status, same.listens, same.duplicates) == ("duplicate", 0, 3)
    # The same plays in a file that is written another way.
    other = json.dumps(json.loads(make.spotify(*PLAYED)), indent=1).encode()
    (again,) = make.take(engine, make.written(tmp_path, "other.json", other)).files
    assert (again.status, again.listens, again.duplicates) == ("duplicate", 0, 3)
    after = make.tables(engine, "imports", "uploads", "import_files")
    assert after == before


def test_a_longer_history_adds_only_what_is_new(engine, tmp_path):
    make.take(engine, make.written(tmp_path, "a.json", make.spotify(*PLAYED[:2])))
    (file,) = make.take(engine, make.written(tmp_path, "b.json", make.spotify(*PLAYED))).files
    assert (file.status, file.listens, file.duplicates) == ("imported", 1, 2)


def test_a_source_that_was_forgotten_can_be_imported_again(engine, tmp_path):
    import_run(engine, tmp_path)
    first = make.written(tmp_path, "a.json", make.spotify(*PLAYED[:2]))
    second = make.written(tmp_path, "b.json", make.spotify(*PLAYED[2:]))
    make.take(engine, first, second)
    before = make.library(engine)
    user = make.user(engine)
    with engine.begin() as conn:
        listening.forget_source(conn, user, "spotify_extended")
    songs.settle(engine, user)
    assert tiles(engine) == [(None, 0, 600)]
    assert make.rows(engine, "SELECT * FROM tracks") == []
    # One after the other: that the second is in says nothing about the first.
    assert make.outcome(make.take(engine, second)) == [("spotify_extended", "imported")]
    assert make.outcome(make.take(engine, first)) == [("spotify_extended", "imported")]
    assert make.library(engine) == before


def test_an_offset_of_one_activity_moves_its_songs_alone(engine, tmp_path):
    number = import_run(engine, tmp_path)
    make.take(
        engine,
        make.written(tmp_path, "history.json", make.spotify(*PLAYED)),
        make.written(tmp_path, "other.fit", make.fit(make.START + timedelta(seconds=640))),
    )
    with engine.begin() as conn:
        songs.shift(conn, make.user(engine), number, 50.0)
    assert tiles(engine)[:6] == [
        ("Before", 0, 150),
        (None, 150, 200),
        ("Middle", 200, 380),
        (None, 380, 450),
        ("After", 450, 600),
        (None, 0, 600),
    ]
    with engine.begin() as conn:
        songs.shift(conn, make.user(engine), number, 0.0)
    assert tiles(engine)[:5] == TILES


def test_songs_an_hour_off_are_reached_by_an_offset_and_follow_later_imports(engine, tmp_path):
    number = import_run(engine, tmp_path)
    late = [(at + 3600, song, length) for at, song, length in PLAYED]
    make.take(engine, make.written(tmp_path, "a.json", make.spotify(*late[:2])))
    assert tiles(engine) == [(None, 0, 600)]
    with engine.begin() as conn:
        songs.shift(conn, make.user(engine), number, -3600.0)
    assert tiles(engine) == [*TILES[:3], (None, 330, 600)]
    make.take(engine, make.written(tmp_path, "b.json", make.spotify(*late)))
    assert tiles(engine) == TILES


@pytest.mark.parametrize("offset", [float("nan"), float("inf"), 86_401.0, -1e9])
def test_an_offset_of_more_than_a_day_is_refused(engine, tmp_path, offset):
    number = import_run(engine, tmp_path)
    user = make.user(engine)
    with engine.begin() as conn, pytest.raises(InputError, match="at most a day"):
        songs.shift(conn, user, number, offset)
    with engine.begin() as conn, pytest.raises(InputError, match="at most a day"):
        listening.shift_source(conn, user, "lastfm", offset)


def test_the_offset_of_a_source_moves_all_it_told(engine, tmp_path):
    import_run(engine, tmp_path)
    late = [(at + 90, song, length) for at, song, length in PLAYED]
    make.take(engine, make.written(tmp_path, "a.json", make.spotify(*late)))
    user = make.user(engine)
    with engine.begin() as conn:
        listening.shift_source(conn, user, "spotify_extended", -90.0)
    songs.settle(engine, user)
    assert tiles(engine) == TILES
    # What comes later from that source is shifted as well.
    more = [*late, (-390, "Bo – Early", 180.0), (640, "Bo – Last", 180.0)]
    make.take(engine, make.written(tmp_path, "b.json", make.spotify(*more)))
    assert tiles(engine) == TILES
    with engine.begin() as conn:
        listening.shift_source(conn, user, "spotify_extended", 0.0)
    songs.settle(engine, user)
    assert tiles(engine)[-1] == ("After", 490, 600)


def test_songs_placed_anew_on_stored_samples_are_where_the_import_put_them(engine, tmp_path):
    make.take(
        engine,
        make.written(tmp_path, "a.json", make.spotify(*PLAYED)),
        make.written(tmp_path, "run.fit", make.fit()),
    )
    # Another telling of the same run: joined, and placed by the samples of both.
    make.take(engine, make.written(tmp_path, "run.gpx", make.gpx()))
    before = make.tables(engine, "users")
    assert len(before["segments"]) == len(TILES)
    assert redo(engine) == 1
    assert make.tables(engine, "users") == before


def redo(engine, stopping=None):
    with engine.begin() as conn:
        conn.execute(text("UPDATE activities SET is_stale = true"))
    return songs.settle(engine, make.user(engine), stopping)


def test_whoever_is_told_to_stop_places_no_more_songs(engine, tmp_path):
    import_run(engine, tmp_path)
    stopping = threading.Event()
    stopping.set()
    assert redo(engine, stopping) == 0
    assert make.rows(engine, "SELECT is_stale FROM activities") == [{"is_stale": True}]
    assert songs.settle(engine, make.user(engine), threading.Event()) == 1


def test_a_revision_rises_with_what_is_shown_and_not_with_the_numbers_of_plays(engine, tmp_path):
    import_run(engine, tmp_path)
    scrobbles = make.lastfm(*[(at, song) for at, song, _ in PLAYED])
    make.take(engine, make.written(tmp_path, "a.csv", scrobbles))
    make.take(engine, make.written(tmp_path, "b.json", make.spotify(*PLAYED)))
    assert tiles(engine) == TILES

    def known():
        (activity,) = make.rows(engine, "SELECT revision FROM activities")
        return activity["revision"], make.rows(engine, "SELECT play_id FROM segments ORDER BY 1")

    revision, plays = known()
    forget(engine, "lastfm")
    assert tiles(engine) == TILES
    assert known()[0] == revision
    assert known()[1] != plays
    forget(engine, "spotify_extended")
    assert tiles(engine) == [(None, 0, 600)]
    assert known()[0] == revision + 1


def forget(engine, source):
    user = make.user(engine)
    with engine.begin() as conn:
        listening.forget_source(conn, user, source)
    songs.settle(engine, user)


def test_an_activity_of_another_user_cannot_be_shifted(engine, tmp_path):
    number = import_run(engine, tmp_path)
    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
    with engine.begin() as conn, pytest.raises(NotFound):
        songs.shift(conn, other, number, 1.0)


def test_songs_of_one_user_never_sound_on_anothers_runs(engine, tmp_path):
    import_run(engine, tmp_path)
    with engine.begin() as conn:
        other = conn.execute(text("INSERT INTO users (name) VALUES ('b') RETURNING id")).scalar()
    from runsous.sync import import_files

    history = make.written(tmp_path, "a.json", make.spotify(*PLAYED))
    import_files.import_paths(engine, other, [history])
    assert tiles(engine) == [(None, 0, 600)]


def test_a_list_entry_whose_start_is_hidden_gets_no_songs(engine, tmp_path):
    midnight = make.START.replace(hour=0, minute=0, second=1)
    index = make.strava_index([make.strava_row(1, midnight)])
    make.take(
        engine,
        make.written(tmp_path, "activities.csv", index),
        make.written(tmp_path, "a.json", make.spotify(*PLAYED, start=midnight)),
    )
    assert make.rows(engine, "SELECT is_start_hidden, n_songs FROM activities") == [
        {"is_start_hidden": True, "n_songs": 0}
    ]


@pytest.fixture
def season(engine, tmp_path, short_season):
    """A user's own run at the time of a sample run, with songs of its own."""
    user = make.user(engine)
    sample.add(engine, user)
    (of_sample,) = make.rows(
        engine, "SELECT start_time FROM activities WHERE n_songs > 3 ORDER BY 1 DESC LIMIT 1"
    )
    sample.remove(engine, user)
    start = of_sample["start_time"].replace(microsecond=0)
    make.take(
        engine,
        make.written(tmp_path, "own.fit", make.fit(start)),
        make.written(tmp_path, "own.json", make.spotify((30, "Ana – Own", 200.0), start=start)),
    )
    return user


def test_the_sample_comes_and_goes_without_a_trace(engine, season):
    before = make.tables(engine, "users")
    with engine.begin() as conn:
        version = users.one(conn, season)["data_version"]
    sample.add(engine, season)
    with_sample = make.tables(engine)
    assert len(with_sample["activities"]) > 5
    sample.add(engine, season)
    assert make.tables(engine, "users") == {
        name: rows for name, rows in with_sample.items() if name != "users"
    }
    sample.remove(engine, season)
    assert make.tables(engine, "users") == before
    with engine.begin() as conn:
        assert users.one(conn, season)["data_version"] > version


def test_songs_of_the_sample_and_ones_own_never_mix(engine, season):
    sample.add(engine, season)
    mixed = make.rows(
        engine,
        "SELECT 1 FROM segments s JOIN activities a ON a.id = s.activity_id"
        " JOIN plays p ON p.id = s.play_id WHERE a.is_sample <> (p.source = :sample)",
        sample=SAMPLE,
    )
    assert mixed == []
    assert tiles(engine) == [(None, 0, 30), ("Own", 30, 230), (None, 230, 600)]
    (overlapping,) = make.rows(
        engine,
        "SELECT count(*) AS n FROM activities s"
        " JOIN activities o ON s.is_sample AND NOT o.is_sample"
        " AND s.start_time < o.start_time + interval '10 min' AND o.start_time < s.start_time"
        " + make_interval(secs => s.elapsed_time_s) AND s.n_songs > 0",
    )
    assert overlapping["n"] == 1


@pytest.mark.usefixtures("short_season")
def test_a_file_of_ones_own_never_joins_a_sample_run(engine, tmp_path):
    user = make.user(engine)
    sample.add(engine, user)
    before = make.rows(engine, "SELECT * FROM activities WHERE is_sample ORDER BY id")
    (last,) = make.rows(
        engine, "SELECT start_time, elapsed_time_s FROM activities ORDER BY 1 DESC LIMIT 1"
    )
    start = last["start_time"].replace(microsecond=0)
    run = make.gpx(start, int(last["elapsed_time_s"]))
    (file,) = make.take(engine, make.written(tmp_path, "own.gpx", run)).files
    assert (file.status, file.activities) == ("imported", 1)
    assert make.rows(engine, "SELECT * FROM activities WHERE is_sample ORDER BY id") == before
