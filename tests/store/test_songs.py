"""What is asked of which source next: songs never asked for, those due, those known by a new id."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import text

from runsous.reports import lookups
from runsous.store import song_facts, song_queue, songs, users
from runsous.store.song_facts import Lookup
from runsous.store.song_queue import Band
from tests.store.queued import (
    BEFORE,
    LATER,
    NOW,
    asked,
    hearing,
    known_by,
    run_to,
    tell_tempo,
    titles,
)
from tests.sync import make


@pytest.fixture
def heard(engine, tmp_path):
    return hearing(engine, tmp_path)


def bands(conn, source):
    return dict(+song_queue.bands(conn, [source], NOW)[source])


def test_never_asked_comes_by_band_then_by_plays(engine, heard):
    ids = heard(Rare=1, Often=3, Run=1, Told=2)
    with engine.begin() as conn:
        run_to(conn, ids["Run"])
        run_to(conn, ids["Told"])
        # A tempo is there: no hurry, though it was run to.
        tell_tempo(conn, ids["Told"])
        found = song_queue.wanted(conn, "deezer", NOW, 10)
        assert [each.title for each in found] == ["Run", "Often", "Told", "Rare"]
        assert [each.band for each in found] == [1, 2, 2, 2]
        assert titles(conn, "deezer", 2) == ["Run", "Often"]
        assert bands(conn, "deezer") == {Band.RUNS: 1, Band.HEARD: 3}


@pytest.mark.parametrize(
    ("state", "due_at", "band"),
    [
        ("found", LATER, None),
        ("unknown", LATER, None),
        ("failed", LATER, None),
        ("found", NOW, Band.STALE),
        ("unknown", BEFORE, Band.STALE),
        # That it could not be asked makes no answer old.
        ("failed", BEFORE, Band.HEARD),
    ],
)
def test_what_was_asked_comes_again_when_it_is_due(engine, heard, state, due_at, band):
    ids = heard(One=1)
    with engine.begin() as conn:
        asked(conn, ids["One"], "deezer", state, due_at, "search")
        # Another source's answers are no matter.
        asked(conn, ids["One"], "reccobeats", "found", LATER)
        found = [each.band for each in song_queue.wanted(conn, "deezer", NOW, 10)]
        assert found == ([] if band is None else [band])
        assert bands(conn, "deezer") == ({} if band is None else {band: 1})


@pytest.mark.parametrize(
    ("state", "kind", "match", "is_asked"),
    [
        ("unknown", "isrc", None, True),
        ("unknown", "isrc", 0.9, True),
        # One that leads to another song, one that Deezer has no use for.
        ("unknown", "isrc", 0.0, False),
        ("unknown", "mbid", 0.9, False),
        # Who knows it needs no other id, and who is away cannot be asked by any.
        ("found", "isrc", None, False),
        ("failed", "isrc", None, False),
    ],
)
def test_what_was_unknown_is_asked_at_once_by_a_new_id(engine, heard, state, kind, match, is_asked):
    ids = heard(One=1)
    with engine.begin() as conn:
        known_by(conn, ids["One"], "isrc", "OLD")
        asked(conn, ids["One"], "deezer", state, LATER, "isrc:OLD", "search")
        assert titles(conn, "deezer") == []
        known_by(conn, ids["One"], kind, "NEW", match)
        found = song_queue.wanted(conn, "deezer", NOW, 10)
        assert bool(found) == is_asked
        assert bands(conn, "deezer") == ({Band.HEARD: 1} if is_asked else {})
        for each in found:
            assert each.ids == {"isrc": ("NEW",)}
            assert each.tried == {"isrc:OLD", "search"}


def test_ids_come_with_the_best_first_and_all_of_them_once_it_is_due(engine, heard):
    ids = heard(One=1)
    with engine.begin() as conn:
        for value, match in (("C", None), ("B", 0.8), ("A", 0.9), ("WRONG", 0.0)):
            known_by(conn, ids["One"], "isrc", value, match)
        asked(conn, ids["One"], "deezer", "unknown", BEFORE, "isrc:A")
        (found,) = song_queue.wanted(conn, "deezer", NOW, 10)
        assert found.ids == {"isrc": ("A", "B", "C")}
        assert found.tried == frozenset()


def test_who_is_not_asked_by_name_is_asked_of_songs_with_an_id_alone(engine, heard):
    ids = heard(With=1, Without=2)
    with engine.begin() as conn:
        known_by(conn, ids["With"], "isrc", "X")
        assert titles(conn, "reccobeats") == ["With"]
        assert bands(conn, "reccobeats") == {Band.HEARD: 1}


def test_a_source_that_tells_no_names_is_asked_by_confirmed_ids_alone(engine, heard):
    ids = heard(Sure=1, Said=2)
    with engine.begin() as conn:
        known_by(conn, ids["Sure"], "mbid", "a", 0.9)
        known_by(conn, ids["Said"], "mbid", "b")
        assert titles(conn, "acousticbrainz") == ["Sure"]
        asked(conn, ids["Said"], "acousticbrainz", "unknown", LATER)
        known_by(conn, ids["Said"], "mbid", "b", 0.7)
        assert titles(conn, "acousticbrainz") == ["Said", "Sure"]


def test_a_source_has_its_turn_after_another_unless_an_id_is_known(engine, heard):
    ids = heard(Asked=3, Known=2, Neither=1)
    with engine.begin() as conn:
        asked(conn, ids["Asked"], "deezer", "failed", LATER)
        known_by(conn, ids["Known"], "mbid", "a")
        assert titles(conn, "musicbrainz") == ["Asked", "Known"]
        # It is still to come.
        assert bands(conn, "musicbrainz") == {Band.HEARD: 3}


def test_songs_of_nobody_but_who_paused_are_not_asked_for(engine, heard):
    ids = heard(One=1, Two=1)
    with engine.begin() as conn:
        users.save_settings(conn, make.user(engine), {lookups.SWITCH: "off"})
        conn.execute(text("UPDATE songs SET band = 4 WHERE id = :id"), {"id": ids["Two"]})
        assert titles(conn, "deezer") == []
        assert bands(conn, "deezer") == {}
        conn.execute(text("INSERT INTO users (name) VALUES ('somebody else')"))
        # Songs nobody has heard are for whoever wants any.
        assert titles(conn, "deezer") == ["Two"]
        assert bands(conn, "deezer") == {Band.DISCOVERY: 1}


def test_the_queue_names_every_band_of_every_source(connection):
    assert lookups.queue(connection, NOW) == {
        source: dict.fromkeys(Band, 0)
        for source in ("deezer", "musicbrainz", "reccobeats", "acousticbrainz")
    }
    assert all(len(of) == len(Band) for of in lookups.queue(connection, NOW).values())


def test_songs_are_taken_in_bit_by_bit(engine, tmp_path):
    user = make.user(engine)
    history = [(300 * at, f"Ana – {at}", 200.0) for at in range(5)]
    make.take(engine, make.written(tmp_path, "heard.json", make.spotify(*history)))
    with engine.begin() as conn:
        taken = [songs.enrol(conn, user, 2) for _ in range(4)]
        assert [len(each) for each in taken] == [2, 2, 1, 0]
        assert len({track for each in taken for track in each}) == 5
        assert songs.of_user(conn, user).untied == 0
        assert songs.untied_users(conn) == []


def test_two_sources_that_answer_at_once_both_count(engine, heard):
    """Each sees of the other's answer nothing until it is there to stay."""
    song = heard(One=1)["One"]
    with engine.connect() as first, engine.connect() as second, first.begin(), second.begin():
        asked(first, song, "deezer", "found", LATER)
        song_facts.note_lookup(second, song, "musicbrainz", Lookup("found", ["search"], LATER), NOW)
        settling = threading.Thread(target=song_queue.settle, args=(second, [song]))
        settling.start()
        time.sleep(0.2)
        assert settling.is_alive()
        first.commit()
        settling.join(10)
        second.commit()
    with engine.begin() as conn:
        assert titles(conn, "deezer") == titles(conn, "musicbrainz") == []
