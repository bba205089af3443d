"""One activity as its page reads it: what it shows, tries out and suggests."""

from __future__ import annotations

import pandas as pd
import pytest

from runsous import frames
from runsous.errors import NotFound
from runsous.reports import activity as report
from runsous.reports import music
from runsous.store import plays
from runsous.sync import songs
from tests.sync import make

PLAYED = [(-100, "Ana – Before", 200.0), (150, "Bo – Middle", 180.0), (400, "Ana – After", 240.0)]


def fill(engine, folder):
    """A run of ten minutes with a pause, another file of it, and songs."""
    make.take(
        engine,
        make.written(folder, "a.fit", make.fit(pauses=[(200, 260)])),
        make.written(folder, "a.gpx", make.gpx()),
        make.written(folder, "songs.json", make.spotify(*PLAYED)),
    )


@pytest.fixture
def run(engine, filled):
    """The id of that run."""
    return make.rows(engine, "SELECT id FROM activities")[0]["id"]


def view(engine, number):
    with engine.begin() as conn:
        return report.view(conn, make.user(engine), number)


def test_a_view_holds_all_there_is(engine, run):
    shown = view(engine, run)
    assert set(report.FACTS) <= set(shown.facts)
    assert len(shown.samples) == shown.facts["n_points"] == 540
    assert shown.pauses == ((200.0, 260.0),)
    assert [file.kind for file in sorted(shown.files, key=lambda f: f.kind)] == ["fit", "gpx"]
    assert {file.path.rpartition("/")[2] for file in shown.files} == {"a.fit", "a.gpx"}
    assert set(shown.segments) >= set(frames.SEGMENTS)


def test_what_is_not_this_users_is_not_there(engine, run):
    for read in (report.view, report.facts):
        with engine.begin() as conn, pytest.raises(NotFound):
            read(conn, make.user(engine) + 1, run)
    with engine.begin() as conn, pytest.raises(NotFound):
        report.samples(conn, make.user(engine) + 1, run, ["heartrate"])
    with engine.begin() as conn, pytest.raises(NotFound):
        music.music(conn, make.user(engine) + 1, run)


@pytest.mark.parametrize("offset", [0.0, 37.5, -250.0, 700.0, -86_400.0])
def test_a_preview_is_what_keeping_the_offset_gives(engine, run, offset):
    with engine.begin() as conn:
        tried = report.preview(conn, make.user(engine), view(engine, run), offset)
        songs.shift(conn, make.user(engine), run, offset)
    kept = view(engine, run).segments[list(frames.SEGMENTS)]
    pd.testing.assert_frame_equal(tried, kept)


def test_a_preview_changes_nothing(engine, run):
    before = make.tables(engine)
    with engine.begin() as conn:
        report.preview(conn, make.user(engine), view(engine, run), 99.0)
    assert make.tables(engine) == before


def suggestion(engine, number):
    with engine.begin() as conn:
        return report.suggestion(conn, make.user(engine), view(engine, number))


def test_songs_that_would_fit_two_hours_away_are_suggested(engine, tmp_path):
    away = [(7200 + 120 * n, f"Ana – Song {n}", 120.0) for n in range(5)]
    make.take(
        engine,
        make.written(tmp_path, "a.fit", make.fit()),
        make.written(tmp_path, "songs.json", make.spotify(*away)),
    )
    number = make.rows(engine, "SELECT id FROM activities")[0]["id"]
    found = suggestion(engine, number)
    assert found is not None
    assert (found.offset_s, found.n_songs) == (-7200.0, 5)
    with engine.begin() as conn:
        songs.shift(conn, make.user(engine), number, found.offset_s)
    assert view(engine, number).facts["n_songs"] == 5


def test_an_activity_with_songs_needs_no_suggestion(engine, run):
    assert suggestion(engine, run) is None


def test_while_songs_wait_to_be_placed_anew_what_is_gone_is_missing_not_wrong(engine, run):
    with engine.begin() as conn:
        plays.replace(
            conn,
            make.user(engine),
            [(make.START - pd.Timedelta(days=1), make.START + pd.Timedelta(days=1))],
            frames.of(frames.PLAYS),
        )
    with engine.begin() as conn:
        answer = music.music(conn, make.user(engine), run)
    before, *_ = answer["segments"]
    assert before["track"]["name"] == "Before"
    assert before["listen"] is None
    with engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM tracks")
        answer = music.music(conn, make.user(engine), run)
    assert [s["track"] for s in answer["segments"]] == [None] * 5
    assert answer["stats"]["segments_with_music"] == 0


def test_odd_names_come_through_as_they_were_told(engine, tmp_path):
    names = [
        '"Quoted", with; signs\\N',
        "\\.",
        "NULL",
        "{a,b}",
        "O'Brien's \\x41",
        "坂道 🏃‍♀️ Ñandú",
        "-",
        "0",
    ]
    played = [(60.0 * n, f"{name} – {name}", 60.0) for n, name in enumerate(names)]
    make.take(
        engine,
        make.written(tmp_path, "a.fit", make.fit()),
        make.written(tmp_path, "songs.json", make.spotify(*played)),
    )
    number = make.rows(engine, "SELECT id FROM activities")[0]["id"]
    shown = view(engine, number).segments.dropna(subset=["title"])
    assert shown["title"].tolist() == names
    assert shown["artist"].tolist() == names
