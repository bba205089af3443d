"""How far the look-up is for one user: what is done, waits and failed, and how long it takes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from runsous.reports import lookups
from runsous.store import song_queue, song_sources, users
from tests.store.queued import BEFORE, LATER, NOW, asked, hearing, run_to, tell_tempo, titles
from tests.sync import make


@pytest.fixture
def heard(engine, tmp_path):
    return hearing(engine, tmp_path)


@pytest.fixture
def other(engine):
    """Another user, who can have heard songs of the catalogue."""
    with engine.begin() as conn:
        user = conn.execute(text("INSERT INTO users (name) VALUES ('other') RETURNING id")).scalar()

    def has(conn, *songs):
        conn.execute(
            text(
                "INSERT INTO artists (user_id, key, name) VALUES (:user, 'o', 'o')"
                " ON CONFLICT DO NOTHING"
            ),
            {"user": user},
        )
        conn.execute(
            text(
                "INSERT INTO tracks (user_id, artist_id, title_key, title, song_id)"
                " SELECT a.user_id, a.id, s.title_key, s.title, s.id FROM artists a, songs s"
                " WHERE a.user_id = :user AND s.id = ANY(:songs)"
            ),
            {"user": user, "songs": list(songs)},
        )
        return user

    return has


def without(conn, *songs):
    """Takes songs away from everybody."""
    conn.execute(text("DELETE FROM tracks WHERE song_id = ANY(:songs)"), {"songs": list(songs)})


def at_deezer(conn, user):
    (found,) = [each for each in lookups.progress(conn, user, NOW).sources if each.name == "deezer"]
    return found


def test_progress_counts_a_song_once_however_many_sources_are_to_be_asked(engine, heard):
    ids = heard(Open=1, Half=1, Done=1)
    with engine.begin() as conn:
        for source in song_queue.WAYS:
            asked(conn, ids["Done"], source, "found", LATER)
        asked(conn, ids["Half"], "deezer", "found", LATER)
        at = lookups.progress(conn, make.user(engine), NOW)
        assert (at.total, at.done) == (3, 1)
        assert {each.name: each.n_open for each in at.sources} == {
            "deezer": 1,
            "musicbrainz": 2,
            "reccobeats": 0,
            "acousticbrainz": 0,
        }


def test_the_forecast_is_of_what_comes_before_ones_own_last_song(engine, heard, other):
    ids = heard(First=9, Mine=7, Last=5, Behind=3, Found=1)
    with engine.begin() as conn:
        user = make.user(engine)
        without(conn, ids["First"], ids["Behind"])
        stranger = other(conn, ids["First"], ids["Behind"])
        asked(conn, ids["Found"], "deezer", "found", LATER)
        # First, Mine, Last: three songs of 0.3 s; Behind comes after them.
        assert (at_deezer(conn, user).n_open, at_deezer(conn, user).left_s) == (2, 0.3 * 3)
        assert (at_deezer(conn, stranger).n_open, at_deezer(conn, stranger).left_s) == (2, 0.3 * 4)
        # It is run to: that is asked for first of all.
        run_to(conn, ids["Behind"])
        assert at_deezer(conn, user).left_s == 0.3 * 4
        # Whoever wants theirs not looked up stands in nobody's way.
        users.save_settings(conn, stranger, {lookups.SWITCH: "off"})
        assert at_deezer(conn, user).left_s == 0.3 * 2


def test_a_song_run_to_that_has_a_tempo_has_its_place_among_the_others(engine, heard, other):
    ids = heard(Run=2, Often=5, Seldom=1)
    with engine.begin() as conn:
        user = make.user(engine)
        without(conn, ids["Often"], ids["Seldom"])
        other(conn, ids["Often"], ids["Seldom"])
        run_to(conn, ids["Run"])
        assert at_deezer(conn, user).left_s == 0.3
        tell_tempo(conn, ids["Run"])
        assert at_deezer(conn, user).left_s == 0.3 * 2
        assert titles(conn, "deezer") == ["Often", "Run", "Seldom"]


def test_songs_nobody_heard_and_old_answers_make_nobody_wait(engine, heard):
    ids = heard(Mine=1, Old=1, New=5)
    with engine.begin() as conn:
        without(conn, ids["New"])
        conn.execute(text("UPDATE songs SET band = 4 WHERE id = :id"), {"id": ids["New"]})
        for source in song_queue.WAYS:
            asked(conn, ids["Old"], source, "found", BEFORE)
        found = lookups.progress(conn, make.user(engine), NOW)
        assert (found.total, found.done, found.waiting, found.failed) == (2, 1, 1, 0)
        assert at_deezer(conn, make.user(engine)).left_s == 0.3


def test_a_source_that_rests_takes_so_much_longer(engine, heard):
    heard(One=1)
    with engine.begin() as conn:
        song_sources.rest(conn, "deezer", NOW + timedelta(hours=2), "It has had enough.")
        found = lookups.progress(conn, make.user(engine), NOW)
        assert found.left == timedelta(hours=2, seconds=0.3)
        song_sources.rest(conn, "musicbrainz", NOW + timedelta(hours=3), "It is away.")
        assert lookups.progress(conn, make.user(engine), NOW).left is None


@pytest.mark.parametrize("due_at", [LATER, BEFORE])
def test_a_song_that_could_not_be_asked_for_is_not_done(engine, heard, due_at):
    ids = heard(Failed=1, Open=1, Done=1)
    with engine.begin() as conn:
        for source in ("deezer", "musicbrainz"):
            asked(conn, ids["Done"], source, "found", LATER)
        asked(conn, ids["Failed"], "deezer", "failed", due_at)
        asked(conn, ids["Failed"], "musicbrainz", "found", LATER)
        # Failed at one, and still to be asked for at the other.
        asked(conn, ids["Open"], "deezer", "failed", LATER)
        found = lookups.progress(conn, make.user(engine), NOW)
        assert (found.total, found.done, found.waiting, found.failed) == (3, 1, 1, 1)


def test_songs_of_who_paused_are_not_done(engine, heard):
    ids = heard(Open=1, Done=1)
    user = make.user(engine)
    with engine.begin() as conn:
        for source in song_queue.WAYS:
            asked(conn, ids["Done"], source, "found", LATER)
        users.save_settings(conn, user, {lookups.SWITCH: "off"})
        found = lookups.progress(conn, user, NOW)
        assert (found.is_on, found.total, found.done, found.waiting) == (False, 2, 1, 1)
        assert found.left is None
        # Nor are those that were never taken in.
        conn.execute(text("UPDATE tracks SET song_id = NULL"))
        found = lookups.progress(conn, user, NOW)
        assert (found.total, found.done, found.waiting) == (2, 0, 2)


def test_a_source_that_refuses_us_keeps_no_song_waiting(engine, heard):
    ids = heard(One=1)
    with engine.begin() as conn:
        asked(conn, ids["One"], "deezer", "found", LATER)
        song_sources.refuse(conn, "musicbrainz", "Not you.")
        found = lookups.progress(conn, make.user(engine), NOW)
        assert (found.done, found.waiting, found.left) == (1, 0, timedelta())
