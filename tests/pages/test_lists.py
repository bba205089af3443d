"""Activities and Listening: finding, sorting, turning pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from runsous.store import users
from runsous.ui import format as fmt
from tests.files.make_fit import fit_run
from tests.pages import library
from tests.pages.reading import press, run, table, titles, visit, words
from tests.sync import make


@pytest.fixture
def activities(filled):
    return visit(filled, "activities")


@pytest.fixture
def listening(filled):
    return visit(filled, "listening")


def search(app, text):
    app.text_input[0].set_value(text)
    return run(app)


def choose(app, label, value):
    next(box for box in app.selectbox if box.label == label).set_value(value)
    return run(app)


def test_a_name_is_found_however_it_is_written(activities):
    assert titles(search(activities, "FROM the Pho")) == ["From the phone"]


def test_an_activity_is_found_by_a_song_on_it_and_by_its_artist(activities):
    for text in ("second", "early birds", "Closing <Time>"):
        assert titles(search(activities, text)) == ["Morning run"], text


def test_signs_that_mean_something_to_a_database_mean_nothing_here(activities):
    for text in ("%", "_", "'; DROP TABLE activities; --", "\\"):
        found = titles(search(activities, text))
        assert found == [name for name in library.NAMES[::-1] if text in name], text


def test_what_was_looked_for_is_still_there_on_coming_back(activities, engine):
    search(activities, "second")
    visit(activities, "activity", id=library.number(engine, library.START))
    visit(activities, "activities")
    assert activities.text_input[0].value == "second"
    assert titles(activities) == ["Morning run"]


def test_a_sport_looked_for_may_be_gone_on_coming_back(activities, engine):
    choose(activities, "Sport", "swim")
    swim = library.number(engine, library.day(3))
    visit(activities, "activity", id=swim)
    activities.checkbox[0].check()
    run(activities)
    press(activities, "Remove activity")
    visit(activities, "activities")
    assert len(titles(activities)) == 9


def test_nothing_found_says_what_to_do(activities):
    assert "Nothing fits. Take a word or a filter away." in words(search(activities, "zzz"))


def test_one_sport_alone(activities):
    assert titles(choose(activities, "Sport", "swim")) == ["Morning swim"]


def test_only_those_with_songs(activities):
    activities.toggle[0].set_value(True)
    assert titles(run(activities)) == ["Morning run"]


def test_on_a_phone_all_but_the_search_is_folded_away_while_unused(filled, monkeypatch):
    monkeypatch.setattr("runsous.ui.session.is_phone", lambda: True)
    visit(filled, "activities")
    (folded,) = filled.expander
    assert not folded.proto.expanded
    assert not folded.text_input
    assert [box.label for box in folded.selectbox] == ["Sport", "Order"]
    assert folded.date_input[0].label == "Days"
    folded.toggle[0].set_value(True)
    assert titles(run(filled)) == ["Morning run"]
    assert filled.expander[0].proto.expanded


def test_days_are_whole_days_from_the_first_to_the_last(activities):
    first = library.START.date()
    activities.date_input[0].set_value((first, first + timedelta(days=1)))
    assert len(titles(run(activities))) == 2
    activities.date_input[0].set_value((date(1999, 1, 1), date(1999, 1, 2)))
    assert not titles(run(activities))


def test_a_day_is_that_of_the_place_one_ran_at(app, engine, tmp_path):
    # Half past eleven at night in Honolulu; in Berlin it is the next day, half past eleven.
    late = fit_run(datetime(2024, 6, 2, 9, 30, tzinfo=UTC), 60, gps=False, utc_offset_h=-10)
    make.take(engine, make.written(tmp_path, "waikiki.fit", late))
    with engine.begin() as conn:
        users.save_settings(conn, make.user(engine), {"home_zone": "Europe/Berlin"})
    visit(app, "activities")
    for day, is_found in ((date(2024, 6, 1), True), (date(2024, 6, 2), False)):
        app.date_input[0].set_value((day, day))
        assert bool(titles(run(app))) is is_found, day


def test_half_a_range_of_days_is_one_day(activities):
    activities.date_input[0].set_value((library.START.date(),))
    assert titles(run(activities)) == ["Morning run"]


@pytest.mark.parametrize(
    ("order", "first"),
    [("newest", "Hidden"), ("oldest", "Morning run"), ("songs", "Morning run")],
)
def test_the_order_can_be_chosen(activities, order, first):
    assert titles(choose(activities, "Order", order))[0] == first


def test_a_long_list_is_turned_and_starts_over_with_another_search(app, engine, tmp_path):
    files = [
        make.written(tmp_path, f"{n}.fit", fit_run(library.day(n), 60, gps=n == 0))
        for n in range(14)
    ]
    make.take(engine, *files)
    visit(app, "activities")
    assert "1–12 of 14" in words(app)
    first = titles(app)
    press(app, "More")
    assert "13–14 of 14" in words(app)
    assert len(titles(app)) == 2
    press(app, "Back")
    assert titles(app) == first
    press(app, "More")
    choose(app, "Order", "oldest")
    assert "1–12 of 14" in words(app)


def test_the_plays_are_listed_newest_first_with_how_sure_their_time_is(listening):
    rows = table(listening)
    assert rows["Song"].tolist() == ["Third & *Last*", "Second", "Already On"]
    assert rows["Heard"].tolist() == ["5:30", "3:00", "1:30"]
    assert rows["Time"].tolist() == ["06:35:00", "06:31:30", "06:29:30"]
    assert set(rows["Time is"]) == {"exact ± 2 s"}
    assert set(rows["Reported by"]) == {"Spotify (extended)"}


def test_how_long_a_song_was_heard_is_shown_only_where_a_source_told(app, engine, tmp_path):
    scrobbles = make.lastfm((0, "Ana – First"), (200, "Ana – Second"))
    make.take(engine, make.written(tmp_path, "scrobbles.csv", scrobbles))
    assert set(table(visit(app, "listening"))["Heard"]) == {fmt.MISSING}


def test_a_play_is_found_by_song_artist_and_album(listening):
    assert table(search(listening, "already"))["Song"].tolist() == ["Already On"]
    assert table(search(listening, "middles"))["Song"].tolist() == ["Second"]
    assert len(table(search(listening, "lp"))) == 3
    assert "Nothing fits" in words(search(listening, "zzz"))


def test_the_plays_of_one_source(filled, engine, tmp_path):
    csv = make.lastfm((5000, "Somebody – Elsewhere"), start=library.START)
    make.take(engine, make.written(tmp_path, "scrobbles.csv", csv))
    visit(filled, "listening")
    assert len(table(filled)) == 4
    assert table(choose(filled, "Source", "lastfm"))["Song"].tolist() == ["Elsewhere"]


def test_a_long_history_is_turned(app, engine, tmp_path):
    plays = [(200.0 * n, f"Band – Song {n}", 180.0) for n in range(130)]
    make.take(engine, make.written(tmp_path, "long.json", make.spotify(*plays)))
    visit(app, "listening")
    assert "1–100 of 130" in words(app)
    press(app, "More")
    assert table(app)["Song"].tolist()[-1] == "Song 0"
