"""The activity page: each kind of activity, moving songs, renaming, removing."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from runsous.accounts import retention
from runsous.model import SongFacts
from runsous.ui.components import cards
from tests.files.make_fit import fit_run
from tests.pages import library
from tests.pages.reading import button, press, run, table, titles, visit, words
from tests.sync import make

NO_SONGS = "No plays are known for this time"


@pytest.fixture
def look(filled, engine):
    """Opens the activity of that day."""

    def open_day(day: int) -> AppTest:
        return visit(filled, "activity", id=library.number(engine, library.day(day)))

    return open_day


@pytest.fixture
def run_page(look):
    return look(0)


def has_map(app):
    return bool(app.get("deck_gl_json_chart"))


def has_charts(app):
    return bool(app.get("vega_lite_chart"))


def test_a_run_with_music_has_everything(run_page):
    assert run_page.title[0].value == "Morning run"
    said = words(run_page)
    assert "Sat 1 Jun 2024, 08:30 · run" in said
    # 600 s, half a minute of it paused, at 3 m/s.
    assert "1.71 km distance" in said
    assert "9:30 moving time" in said
    assert "10:00 elapsed" in said
    assert "5:33 /km average" in said
    assert "3 songs" in said
    assert "no heart rate" not in said
    assert NO_SONGS not in said
    assert has_map(run_page)
    assert has_charts(run_page)


def test_a_run_whose_samples_were_removed_shows_its_summary_and_says_so(look, engine):
    retention.choose(engine, make.user(engine), 1)
    retention.apply(engine, make.user(engine))
    page = look(0)
    said = words(page)
    assert "1.71 km distance" in said
    assert "3 songs" in said
    assert "Its samples were removed on" in said
    assert "Only its totals are known" not in said
    assert not has_map(page)
    assert table(page)["Song"].tolist()[2] == "Second"
    assert "Songs early or late?" not in said


def test_the_songs_stand_in_order_with_when_how_long_and_how_sure(run_page):
    rows = table(run_page)
    assert rows["At"].tolist() == ["0:00", "1:00", "1:30", "4:30", "5:00"]
    assert rows["For"].tolist() == ["1:00", "0:30", "3:00", "0:30", "5:00"]
    assert rows["Song"].tolist() == [
        "Already On",
        "No music",
        "Second",
        "No music",
        "Third & *Last*",
    ]
    assert rows["Start is"].tolist() == ["exact ± 2 s", "", "exact ± 2 s", "", "exact ± 2 s"]
    assert set(rows["Pace"]) <= {"5:33 /km", "5:34 /km"}


def test_a_start_known_better_is_seen_at_once_though_no_song_moved(app, engine, tmp_path):
    songs = [(-30, "Ana – One", 120), (90, "Bo – Two", 210), (300, "Ana – Three", 330)]
    scrobbled = make.lastfm(*[song[:2] for song in songs], start=library.START)
    make.take(engine, make.written(tmp_path, "run.fit", library.run_with_music()))
    make.take(engine, make.written(tmp_path, "scrobbles.csv", scrobbled))
    number = library.number(engine, library.START)
    before = table(visit(app, "activity", id=number))
    make.take(engine, make.written(tmp_path, "a.json", make.spotify(*songs, start=library.START)))
    after = table(visit(app, "activity", id=number))
    assert before["At"].tolist() == after["At"].tolist() == ["0:00", "1:30", "5:00"]
    assert before["Start is"].tolist() != after["Start is"].tolist() == ["exact ± 2 s"] * 3


def test_choosing_a_song_changes_what_map_and_charts_show(run_page, engine):
    before = run_page.get("deck_gl_json_chart")[0].proto.json
    number = library.number(engine, library.START)
    run_page.session_state[f"chosen of activity {number}"] = 2
    run(run_page)
    after = run_page.get("deck_gl_json_chart")[0].proto.json
    assert json.loads(after) != json.loads(before)


def test_the_song_chosen_is_told_above_the_table_until_it_is_let_go(run_page, engine):
    number = library.number(engine, library.START)
    run_page.session_state[f"chosen of activity {number}"] = 2
    run(run_page)
    told = "Second The Middles Open in Spotify 1:30 at 3:00 for 5:33 /km pace"
    assert told in words(run_page)
    assert "exact ± 2 s start is" in words(run_page)
    press(run_page, "Show all songs")
    assert told not in words(run_page)
    assert run_page.session_state[f"chosen of activity {number}"] is None


def test_in_time_with_the_beat_are_songs_and_run_by_their_tempo(run_page, engine):
    """Both feet come down 171 times a minute throughout, the half minute's pause aside."""
    number = library.number(engine, library.START)
    # The 90 s of one song were not in time, one at half the steps was, for 300 s.
    library.tell(engine, "Second", SongFacts("deezer", "1", "search", bpm=128))
    library.tell(engine, "Third & *Last*", SongFacts("deezer", "2", "search", bpm=171.5))
    page = visit(run_page, "activity", id=number)
    rows = table(page).set_index("Song")
    assert rows["BPM"][["Already On", "Second", "Third & *Last*"]].tolist() == [
        "",
        "≈ 128",
        "≈ 172",
    ]
    assert rows["In time"][["Already On", "Second", "Third & *Last*"]].tolist() == [
        "",
        "0 %",
        "100 %",
    ]
    second = library.track(engine, "Second")
    assert rows["Track"]["Second"] == f"/track?id={second}"
    # Of 450 s, as 30 of the 180 s of "Second" were paused.
    assert "67 % in time with the beat" in words(page)
    assert "within ±2.5 % of a song’s beat" in words(page)
    page.session_state[f"chosen of activity {number}"] = 2
    run(page)
    assert "Deezer 128, shown as 128" in words(page)
    assert "About this song" in words(page)


def test_without_known_tempo_nothing_is_said_of_the_beat_but_how_to_find_it(run_page):
    assert "in time with the beat" not in words(run_page)
    assert {"BPM", "In time"}.isdisjoint(table(run_page))
    assert "No song on it has a known tempo yet" in words(run_page)
    assert "tempo" in [link.page for link in run_page.get("page_link")]


def test_without_cadence_it_is_said_what_would_help(app, engine, tmp_path):
    make.take(engine, make.written(tmp_path, "phone.gpx", make.gpx(library.START)))
    make.take(engine, make.written(tmp_path, "songs.json", library.history()))
    visit(app, "activity", id=library.number(engine, library.START))
    assert "Without cadence nobody can tell" in words(app)
    assert "in time with the beat" not in words(app)


def test_an_activity_indoors_has_charts_and_no_map(look):
    page = look(1)
    assert "It was recorded without GPS" in words(page)
    assert not has_map(page)
    assert has_charts(page)
    assert "GPX with songs" not in words(page)
    assert "Samples (CSV)" in words(page)


def test_an_activity_without_heart_rate_and_songs_says_both(look):
    page = look(2)
    assert "It has no heart rate." in words(page)
    assert NO_SONGS in words(page)
    assert has_map(page)
    assert not page.dataframe


def test_a_pool_swim_is_told_as_swimmers_do(look):
    page = look(3)
    said = words(page)
    assert page.title[0].value == "Morning swim"
    assert "200 m distance" in said
    assert "2:00 /100 m average" in said
    assert "· lap swimming ·" in said
    assert has_charts(page)


def test_an_entry_of_totals_says_that_there_is_no_more(filled, engine):
    visit(filled, "activity", id=library.named(engine, "Totals only"))
    said = words(filled)
    assert "Only its totals are known" in said
    assert "1.80 km distance" in said
    assert not has_map(filled)
    assert not has_charts(filled)
    assert "Samples (CSV)" not in said


def test_over_a_few_metres_the_table_tells_no_pace(app, engine, tmp_path):
    """Between the songs one runs for two seconds and stands for six."""
    songs = make.spotify((0, "Ana – One", 198), (206, "Bo – Two", 394), start=library.START)
    make.take(engine, make.written(tmp_path, "run.fit", library.run_with_music()))
    make.take(engine, make.written(tmp_path, "songs.json", songs))
    visit(app, "activity", id=library.number(engine, library.START))
    rows = table(app)
    assert rows["Song"].tolist() == ["One", "No music", "Two"]
    assert rows["Distance"].tolist()[1] == "6 m"
    first, between, last = rows["Pace"]
    assert between == "–"
    assert {first, last} <= {"5:33 /km", "5:34 /km"}


def test_a_hidden_start_is_said_and_offers_no_shift(filled, engine):
    visit(filled, "activity", id=library.named(engine, "Hidden"))
    assert "Strava hides this activity's start time" in words(filled)
    assert "start time hidden" in words(filled)
    assert NO_SONGS not in words(filled)
    assert not filled.number_input


@pytest.mark.parametrize("samples", [1, 2])
def test_an_activity_of_a_moment_shows_no_more_than_it_has(app, engine, tmp_path, samples):
    start = datetime(2024, 7, 2, 6, tzinfo=UTC)
    make.take(engine, make.written(tmp_path, "blip.fit", fit_run(start, samples)))
    visit(app, "activity", id=library.number(engine, start))
    said = words(app)
    assert app.title[0].value == "Morning run"
    assert "nan" not in said.lower()
    assert "inf" not in said.lower()
    assert NO_SONGS in said
    assert ("It holds a single sample" in said) is (samples == 1)
    assert has_map(app) is has_charts(app) is (samples == 2)


def test_lifting_weights_has_no_distance_to_speak_of(app, engine, tmp_path):
    start = datetime(2024, 7, 1, 6, tzinfo=UTC)
    lifting = fit_run(start, 60, gps=False, sport=10, sub_sport=20, total_distance=0)
    make.take(engine, make.written(tmp_path, "gym.fit", lifting))
    visit(app, "activity", id=library.number(engine, start))
    assert "strength" in words(app)
    assert has_charts(app)


def test_a_shift_is_shown_before_it_is_kept_and_moves_the_songs_once_it_is(run_page):
    run_page.number_input[0].set_value(45.0)
    run(run_page)
    shown = table(run_page, 1)
    assert shown["At"].tolist() == ["0:15", "2:15", "5:45"]
    assert shown["Song"].tolist() == ["Already On", "Second", "Third & *Last*"]
    assert "With +45 s there would be 3 songs on it" in words(run_page)
    assert table(run_page)["At"].tolist() == ["0:00", "1:00", "1:30", "4:30", "5:00"]
    press(run_page, "Keep this offset")
    moved = ["0:00", "0:15", "1:45", "2:15", "5:15", "5:45"]
    assert table(run_page)["At"].tolist() == moved
    assert "The songs are placed anew." in words(run_page)
    assert run_page.number_input[0].value == 45
    assert len(run_page.dataframe) == 1


def test_a_clock_in_another_zone_is_noticed_and_put_right(app, engine, tmp_path):
    plays = [(-7200 + 200.0 * n, f"Band – Song {n}", 200.0) for n in range(4)]
    music = make.spotify(*plays, start=library.START)
    make.take(engine, make.written(tmp_path, "run.fit", library.run_with_music()))
    make.take(engine, make.written(tmp_path, "songs.json", music))
    visit(app, "activity", id=library.number(engine, library.START))
    assert NO_SONGS in words(app)
    assert "(2 h later)" in words(app)
    press(app, "Use it")
    assert table(app)["Song"].tolist() == ["Song 0", "Song 1", "Song 2"]


def test_a_name_can_be_given_and_taken_back(run_page):
    run_page.text_input[0].set_value("With **friends** <3")
    run(run_page)
    assert "With **friends** <3" in words(run_page)
    run_page.text_input[0].set_value("  ")
    run(run_page)
    assert run_page.title[0].value == "Morning run"


def test_a_new_name_is_seen_in_the_list_at_once(look, engine):
    assert "From the phone" in titles(visit(look(2), "activities"))
    page = look(2)
    page.text_input[0].set_value("Along the river")
    run(page)
    names = titles(visit(page, "activities"))
    assert "Along the river" in names
    assert "From the phone" not in names


def test_a_download_is_named_after_the_day_there_and_the_activity():
    # Half past midnight in Prague.
    late = {"start_time": datetime(2024, 5, 31, 22, 30, tzinfo=UTC), "sport": "run"}
    late |= {"time_zone": "Europe/Prague", "utc_offset_s": 7200}
    assert cards.file_name({**late, "name": None}) == "2024-06-01 Night run"
    odd = {**late, "name": 'Up/down: a "hill"?\t ריצה 😀'}
    assert cards.file_name(odd) == "2024-06-01 Up down a hill ריצה 😀"


def test_removing_takes_two_steps_and_leads_back_to_the_list(run_page, engine):
    assert button(run_page, "Remove activity").disabled
    run_page.checkbox[0].check()
    run(run_page)
    press(run_page, "Remove activity")
    left = make.rows(engine, "SELECT count(*) AS n FROM activities WHERE name IS NULL")
    assert left[0]["n"] == 2
    assert "The activity is gone." in words(run_page)
    assert run_page.title[0].value == "Activities"


def test_the_files_it_came_from_are_named(run_page):
    assert "run.fit" in words(run_page)
