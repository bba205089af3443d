"""What is heard on a run and what elsewhere, from the library itself."""

from __future__ import annotations

from datetime import UTC, timedelta, timezone

import pandas as pd
import pytest

from runsous.reports import workout_music as report
from runsous.sync import sample, tempo
from tests.sync import make

EVENING = make.START - timedelta(hours=10, minutes=30)
"""Eight o'clock the evening before the run, on the last day of May."""


def fill(engine, folder):
    """An hour's run to a song a minute: five fast ones and one heard at home too; as many slow
    ones the evening before, and one given up at once.
    """
    fast = [f"Fast – F{i % 5}" for i in range(50)]
    slow = [f"Slow – S{i % 5}" for i in range(50)]
    both = ["Both – B"] * 10
    on = [(60.0 * i, song, 60.0) for i, song in enumerate([*fast, *both])]
    off = [(60.0 * i, song, 60.0) for i, song in enumerate([*slow, *both])]
    make.take(
        engine,
        make.written(folder, "run.fit", make.fit(n=3601)),
        make.written(folder, "a.json", make.spotify(*on)),
        make.written(
            folder, "b.json", make.spotify(*off, (3700, "Slow – Given up", 5), start=EVENING)
        ),
    )
    told = [("Fast", f"F{i}", 170.0, 0.9) for i in range(5)]
    told += [("Slow", f"S{i}", 120.0, 0.2) for i in range(5)]
    told += [("Both", "B", 75.0, 0.5), ("Slow", "Given up", 110.0, 0.1)]
    words = pd.DataFrame(told, columns=["artist", "title", "bpm", "energy"])
    with engine.begin() as conn:
        tempo.keep_words(conn, make.user(engine), "csv", words)


@pytest.fixture
def shelf(engine, filled):
    """The user whose all that is."""
    return make.user(engine)


def told(engine, user, zone=UTC):
    with engine.begin() as conn:
        return report.workout_music(conn, user, zone)


def names(heard):
    return [(each.name, each.artist, each.n_workouts, each.n_rest) for each in heard]


def change(engine, statement):
    with engine.begin() as conn:
        conn.exec_driver_sql(statement)


def test_songs_on_the_run_stand_against_those_at_home(engine, shelf):
    found = told(engine, shelf)
    assert found.enough_data
    assert (found.message, found.tempo_message, found.is_sample) == (None, None, False)
    assert (found.workouts.n_plays, found.rest.n_plays) == (60, 60)
    assert found.share == pytest.approx(0.5)
    assert (found.workouts.tempo.median, found.rest.tempo.median) == (170, 120)
    assert (found.workouts.energy.median, found.rest.energy.median) == (0.9, 0.2)
    shares = {band.since: (band.workouts, band.rest) for band in found.bands}
    assert shares[170] == pytest.approx((5 / 6, 0))
    assert shares[150] == pytest.approx((1 / 6, 1 / 6))
    assert shares[120] == pytest.approx((0, 5 / 6))
    assert [(part.name, part.workouts.n_plays) for part in found.by_sport] == [("run", 60)]


def test_hours_and_seasons_are_those_of_the_place(engine, shelf):
    found = told(engine, shelf, timezone(timedelta(hours=-4)))
    by_hour = {p.name: (p.workouts.n_plays, p.rest.n_plays) for p in found.by_hour}
    # The run began at 8:30 in Prague, the evening at 20:00 UTC.
    assert {hour: n for hour, n in by_hour.items() if any(n)} == {
        "8": (30, 0),
        "9": (30, 0),
        "16": (0, 60),
    }
    assert found.hemisphere == "north"
    by_season = {p.name: (p.workouts.n_plays, p.rest.n_plays) for p in found.by_season}
    assert (by_season["summer"], by_season["spring"]) == ((60, 0), (0, 60))


def test_songs_are_named_by_where_they_are_heard(engine, shelf):
    songs, artists = told(engine, shelf).songs, told(engine, shelf).artists
    fast = [(f"F{i}", "Fast", 10, 0) for i in range(5)]
    assert sorted(names(songs.typical)) == fast
    assert sorted(names(songs.only)) == fast
    assert sorted(names(songs.never)) == [(f"S{i}", "Slow", 0, 10) for i in range(5)]
    assert (songs.n_only, songs.n_never) == (5, 5)
    assert names(artists.typical) == [("Fast", None, 50, 0)]
    assert names(artists.never) == [("Slow", None, 0, 50)]


def test_a_play_that_sounds_on_two_activities_counts_once(engine, shelf):
    before = told(engine, shelf)
    change(
        engine,
        "INSERT INTO activities (user_id, source, sport, start_time, elapsed_time_s,"
        " moving_time_s, has_gps, channels, n_points, n_songs)"
        " SELECT user_id, 'file', 'walk', start_time, 60, 60, false, '{}', 0, 60 FROM activities",
    )
    change(
        engine,
        "INSERT INTO segments (activity_id, index, user_id, play_id, track_id, start_s, end_s,"
        " elapsed_s) SELECT (SELECT max(id) FROM activities), index, user_id, play_id, track_id,"
        " start_s, end_s, elapsed_s / 2 FROM segments",
    )
    found = told(engine, shelf)
    assert (found.workouts, found.rest) == (before.workouts, before.rest)
    assert [part.name for part in found.by_sport] == ["run"]


def test_what_is_missing_is_said_and_nothing_is_compared(engine, shelf):
    change(engine, "UPDATE plays SET is_skip = true WHERE started_at >= '2024-06-01 07:19Z'")
    found = told(engine, shelf)
    assert not found.enough_data
    assert found.message is not None
    assert found.message.endswith("so far there are 49 and 60.")
    assert (found.bands, found.by_hour, found.by_sport, found.songs.typical) == ([], [], [], [])


def test_songs_of_unknown_tempo_are_compared_by_name_only(engine, shelf):
    change(engine, "UPDATE tracks SET tempo_bpm = NULL WHERE title LIKE 'S_'")
    found = told(engine, shelf)
    assert found.enough_data
    assert found.tempo_message is not None
    assert found.tempo_message.endswith("so far there are 60 and 10.")
    assert (found.bands, found.rest.tempo) == ([], None)
    assert found.songs.n_never == 5


def test_somebody_who_heard_nothing_is_told_what_it_takes(engine):
    found = told(engine, make.user(engine))
    assert (found.enough_data, found.share) == (False, None)
    assert found.message is not None


def test_the_sample_is_looked_at_only_where_nothing_else_is(engine, short_season):
    user = make.user(engine)
    sample.add(engine, user)
    alone = told(engine, user)
    assert alone.is_sample
    assert alone.enough_data
    assert alone.workouts.tempo.median > alone.rest.tempo.median


def test_beside_own_music_the_sample_does_not_count(engine, shelf, short_season):
    before = told(engine, shelf)
    sample.add(engine, shelf)
    assert told(engine, shelf) == before
