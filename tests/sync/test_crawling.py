"""From what was heard to a tempo: sources are asked once, in order, and believed with care."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import text

from runsous import settings
from runsous.demo.services.catalogue import Catalogue, made_up, recording
from runsous.demo.services.faults import Chance, Fault
from runsous.demo.services.limits import Counted, Sliding
from runsous.demo.services.noise import Noise
from runsous.demo.services.sample_world import made_up_world
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock, Song
from runsous.store import song_facts, song_queue, songs, users
from runsous.sync import crawling, tempo
from tests.sync import connected, songs_heard

SOURCES = ("deezer", "musicbrainz", "reccobeats", "acousticbrainz")
HONEST = Noise(off_by_one=0.3)


@pytest.fixture
def catalogue() -> Catalogue:
    return made_up(60)


@pytest.fixture
def sims(engine, catalogue, monkeypatch):
    """Services that know all songs and bear any number of calls."""
    world = made_up_world(activities=1, listens=1, now=Clock())
    with Simulators(world, catalogue=catalogue) as simulators:
        for source in SOURCES:
            getattr(simulators, source).noise = HONEST
        simulators.deezer.limit = Sliding(None, 5.0)
        simulators.musicbrainz.limit = Sliding(None, 1.0)
        simulators.reccobeats.limit = Sliding(None, 1.0)
        simulators.musicbrainz.busy = 0.0
        simulators.acousticbrainz.limit = Counted(100_000, 10.0)
        songs_heard.hurry(monkeypatch)
        connected.use(simulators)
        connected.hurry(monkeypatch)
        yield simulators


def test_every_song_that_was_heard_gets_its_tempo(engine, user, sims, catalogue):
    songs_heard.hear(engine, user, catalogue.recordings)
    songs_heard.crawl(engine)
    found = songs_heard.tempos(engine, user)
    for each in catalogue.recordings:
        bpm = found[each.artist, each.title]
        assert bpm is not None, each
        assert songs_heard.is_same_beat(bpm, each.bpm), each
    assert sims.calls.violations == []


def test_what_was_asked_is_not_asked_again_until_it_is_old(engine, user, sims, catalogue):
    songs_heard.hear(engine, user, catalogue.recordings)
    songs_heard.crawl(engine)
    asked = [call.target for call in sims.calls.log]
    assert len(asked) == len(set(asked))
    songs_heard.crawl(engine)
    assert len(sims.calls.log) == len(asked)
    songs_heard.age(engine, timedelta(days=29))
    songs_heard.crawl(engine)
    assert len(sims.calls.log) == len(asked)
    songs_heard.age(engine, timedelta(days=2))
    songs_heard.crawl(engine)
    assert len(sims.calls.log) > len(asked)


def test_what_nobody_knows_is_remembered_for_a_week(engine, user, sims):
    songs_heard.hear(engine, user, [recording(Song("Nobody", "Unheard of", "No", 200_000))])
    songs_heard.crawl(engine)
    states = songs_heard.rows(engine, "SELECT DISTINCT state FROM song_lookups")
    assert [row["state"] for row in states] == ["unknown"]
    asked = len(sims.calls.log)
    songs_heard.age(engine, timedelta(days=6))
    songs_heard.crawl(engine)
    assert len(sims.calls.log) == asked
    songs_heard.age(engine, timedelta(days=2))
    songs_heard.crawl(engine)
    assert len(sims.calls.log) > asked


@pytest.mark.parametrize("kind", ["html", "hung_up", "truncated", "malformed", "busy", "hidden"])
def test_a_source_that_is_out_of_order_is_not_taken_for_one_that_knows_nothing(
    engine, user, sims, catalogue, kind
):
    songs_heard.hear(engine, user, catalogue.recordings[:6])
    sims.faults.plan(Fault(kind, service="deezer", times=1000))
    crawling.due(engine)
    assert not crawling.go_on(engine, "deezer", threading.Event())
    states = songs_heard.rows(
        engine, "SELECT DISTINCT state FROM song_lookups WHERE source = 'deezer'"
    )
    assert "unknown" not in {row["state"] for row in states}
    (noted,) = songs_heard.rows(engine, "SELECT * FROM song_sources WHERE source = 'deezer'")
    assert noted["message"]
    sims.faults.clear()
    songs_heard.age(engine, timedelta(days=1), "failed")
    songs_heard.crawl(engine)
    assert None not in songs_heard.tempos(engine, user).values()


@pytest.mark.parametrize("seed", range(4))
def test_faults_change_nothing_in_the_end(engine, user, sims, catalogue, seed):
    songs_heard.hear(engine, user, catalogue.recordings[:30])
    kinds = ("html", "hung_up", "cut_off", "truncated", "malformed", "hidden")
    sims.faults.chance = Chance(seed, 0.25, kinds, services=SOURCES)
    songs_heard.crawl(engine)
    sims.faults.clear()
    songs_heard.age(engine, timedelta(hours=2), "failed")
    songs_heard.crawl(engine)
    for (artist, title), bpm in songs_heard.tempos(engine, user).items():
        truth = next(r for r in catalogue.recordings if (r.artist, r.title) == (artist, title))
        assert bpm is not None
        assert songs_heard.is_same_beat(bpm, truth.bpm)


def test_a_song_is_not_known_by_another_songs_code(engine, user, sims, catalogue):
    """A history can say that a song has any ISRC or MBID; what is found by it must be the song."""
    mine, other = catalogue.recordings[0], catalogue.recordings[30]
    songs_heard.hear(
        engine,
        user,
        [mine],
        isrc=list(other.isrcs),
        mbid=[other.mbid],
        spotify_id=list(other.spotify_ids[:1]),
    )
    songs_heard.crawl(engine)
    assert songs_heard.is_same_beat(
        songs_heard.tempos(engine, user)[mine.artist, mine.title], mine.bpm
    )
    named = songs_heard.rows(
        engine, "SELECT DISTINCT title FROM song_facts WHERE title IS NOT NULL"
    )
    assert {row["title"] for row in named} == {mine.title}


def test_an_id_of_another_song_brings_no_tempo_where_no_length_is_known(
    engine, user, sims, catalogue
):
    """AcousticBrainz tells no names: only ids that somebody has confirmed lead to it."""
    mine, other = catalogue.recordings[0], catalogue.recordings[30]
    for source in ("deezer", "reccobeats"):
        getattr(sims, source).noise = Noise(missing=1.0)
    songs_heard.hear(engine, user, [mine], mbid=[other.mbid], duration_s=[None])
    songs_heard.crawl(engine)
    found = songs_heard.tempos(engine, user)[mine.artist, mine.title]
    assert found is None or songs_heard.is_same_beat(found, mine.bpm)
    asked = [call.query for call in sims.calls.of("acousticbrainz")]
    assert not any(other.mbid in query for query in asked)


def test_a_song_found_by_its_name_is_known_by_its_code_from_then_on(engine, user, sims, catalogue):
    """MusicBrainz's search tells no ISRC, by which alone ReccoBeats would know it."""
    sims.deezer.noise = Noise(missing=1.0)
    songs_heard.hear(engine, user, catalogue.recordings[:1])
    songs_heard.crawl(engine)
    sources = songs_heard.rows(engine, "SELECT DISTINCT source FROM song_facts")
    assert {"musicbrainz", "reccobeats"} <= {row["source"] for row in sources}


def test_a_source_that_is_away_for_a_minute_costs_no_song_an_hour(engine, user, sims, catalogue):
    songs_heard.hear(engine, user, catalogue.recordings[:20])
    for source in SOURCES:
        sims.faults.plan(Fault("hung_up", service=source, times=15))
    songs_heard.crawl(engine)
    assert songs_heard.rows(engine, "SELECT * FROM song_lookups WHERE state = 'failed'") == []
    assert None not in songs_heard.tempos(engine, user).values()


def test_a_song_that_cannot_be_asked_for_keeps_no_others_waiting(engine, user, sims, catalogue):
    odd = catalogue.recordings[3]
    songs_heard.hear(engine, user, catalogue.recordings[:9])
    sims.faults.plan(Fault("html", service="deezer", where=odd.title.replace(" ", "+"), times=999))
    songs_heard.crawl(engine)
    failed = songs_heard.rows(
        engine,
        "SELECT s.title FROM song_lookups l JOIN songs s ON s.id = l.song_id"
        " WHERE l.state = 'failed' AND l.source = 'deezer'",
    )
    assert failed == [{"title": odd.title}]
    found = songs_heard.rows(engine, "SELECT * FROM song_lookups WHERE source = 'deezer'")
    assert len(found) == 9


@pytest.mark.parametrize("n_odd", [2, 5])
def test_songs_that_can_never_be_asked_for_keep_no_others_waiting_however_short_the_turns(
    engine, user, sims, catalogue, monkeypatch, n_odd
):
    # As if each took as long as a turn.
    monkeypatch.setattr(crawling, "SLICE_S", 0.0)
    odd = catalogue.recordings[:n_odd]
    # Those heard twice come first.
    songs_heard.hear(engine, user, [*catalogue.recordings[:9], *odd])
    for each in odd:
        where = each.title.replace(" ", "+")
        sims.faults.plan(Fault("html", service="deezer", where=where, times=9999))
    songs_heard.crawl(engine)
    states = songs_heard.rows(
        engine,
        "SELECT s.title, l.state FROM song_lookups l JOIN songs s ON s.id = l.song_id"
        " WHERE l.source = 'deezer'",
    )
    assert {row["title"] for row in states if row["state"] == "failed"} == {o.title for o in odd}
    assert len(states) == 9


def test_a_length_that_is_told_later_corrects_what_was_matched_without_it(
    engine, user, sims, catalogue
):
    short, unsure = catalogue.recordings[:2]
    truth = short.duration_ms / 1000
    songs_heard.hear(engine, user, [short, unsure], duration_s=[30.0, None])
    songs_heard.crawl(engine)
    before = songs_heard.tempos(engine, user)
    assert before[short.artist, short.title] is None
    assert before[unsure.artist, unsure.title] is not None
    asked = len(sims.calls.of("deezer"))
    for _ in range(2):
        songs_heard.hear(engine, user, [short] * 4, duration_s=[truth] * 4)
        crawling.rank(engine)
        songs_heard.age(engine, timedelta(0))
        songs_heard.crawl(engine)
    after = songs_heard.tempos(engine, user)
    assert songs_heard.is_same_beat(after[short.artist, short.title], short.bpm)
    assert after[unsure.artist, unsure.title] == before[unsure.artist, unsure.title]
    assert len(sims.calls.of("deezer")) > asked


def test_errors_that_come_with_a_good_status_are_counted(engine, user, sims, catalogue):
    songs_heard.hear(engine, user, catalogue.recordings[:1])
    sims.faults.plan(Fault("hidden", service="deezer", value=700, times=2))
    songs_heard.crawl(engine)
    (noted,) = songs_heard.rows(engine, "SELECT * FROM song_sources WHERE source = 'deezer'")
    assert noted["n_errors"] == 2


def test_a_recording_that_was_merged_is_known_by_both_its_ids(engine, user, sims, catalogue):
    merged = next(each for each in catalogue.recordings if each.merged)
    songs_heard.hear(engine, user, [merged], mbid=[merged.merged[0]])
    songs_heard.crawl(engine)
    known = songs_heard.rows(engine, "SELECT value FROM song_ids WHERE kind = 'mbid' AND match > 0")
    assert {row["value"] for row in known} == {merged.mbid, merged.merged[0]}


def test_songs_of_runs_come_first_then_those_heard_most(engine, user, sims, catalogue):
    heard = catalogue.recordings[:6]
    songs_heard.hear(engine, user, [*heard, heard[3], heard[3], heard[4]])
    crawling.due(engine)
    with engine.begin() as conn:
        songs_heard.run_to(conn, user, heard[5])
        songs.rank(conn)
        wanted = song_queue.wanted(conn, "deezer", songs_heard.now(), 10)
    titles = [each.title for each in wanted]
    assert titles[:3] == [heard[5].title, heard[3].title, heard[4].title]
    assert [each.band for each in wanted[:2]] == [song_queue.Band.RUNS, song_queue.Band.HEARD]


def test_a_user_who_does_not_want_it_is_left_alone(engine, user, sims, catalogue):
    with engine.begin() as conn:
        users.save_settings(conn, user, {"tempo_lookups": "off"})
    songs_heard.hear(engine, user, catalogue.recordings[:5])
    songs_heard.crawl(engine)
    assert sims.calls.log == []
    with engine.begin() as conn:
        users.save_settings(conn, user, {"tempo_lookups": None})
    songs_heard.crawl(engine)
    assert None not in songs_heard.tempos(engine, user).values()


def test_who_pauses_it_stops_what_is_under_way(engine, user, sims, catalogue):
    songs_heard.hear(engine, user, catalogue.recordings[:5])
    crawling.due(engine)
    with engine.begin() as conn:
        users.save_settings(conn, user, {"tempo_lookups": "off"})
    songs_heard.crawl(engine)
    assert sims.calls.log == []


def test_what_is_known_already_serves_everybody_at_once(engine, user, sims, catalogue):
    songs_heard.hear(engine, user, catalogue.recordings[:8])
    songs_heard.crawl(engine)
    asked = len(sims.calls.log)
    other = songs_heard.another(engine)
    songs_heard.hear(engine, other, catalogue.recordings[:8])
    crawling.due(engine)
    assert songs_heard.tempos(engine, other) == songs_heard.tempos(engine, user)
    songs_heard.crawl(engine)
    assert len(sims.calls.log) == asked


def test_a_users_own_word_stays_theirs(engine, user, sims, catalogue):
    other = songs_heard.another(engine)
    for each in (user, other):
        songs_heard.hear(engine, each, catalogue.recordings[:1])
    songs_heard.crawl(engine)
    before = songs_heard.tempos(engine, other)
    (track,) = songs_heard.rows(engine, "SELECT id FROM tracks WHERE user_id = :u", u=user)
    with engine.begin() as conn:
        tempo.say(conn, user, track["id"], 123.0)
    assert list(songs_heard.tempos(engine, user).values()) == [123.0]
    assert songs_heard.tempos(engine, other) == before
    with engine.begin() as conn:
        tempo.unsay(conn, user, track["id"])
    assert songs_heard.tempos(engine, user) == before


def test_spotify_is_left_alone_once_it_has_refused(engine, user, sims, catalogue):
    connected.connect(engine, user, sims, "spotify")
    ids = [each.spotify_ids[0] for each in catalogue.recordings[:4]]
    songs_heard.hear(engine, user, catalogue.recordings[:4], spotify_id=ids)
    songs_heard.crawl(engine)
    songs_heard.age(engine, timedelta(days=400))
    songs_heard.crawl(engine)
    assert len(sims.calls.of("spotify", "audio-features")) == 1


def test_spotify_is_asked_again_by_another_application_alone(
    engine, user, sims, catalogue, monkeypatch
):
    def known_as(client_id):
        services = replace(settings.current().services, spotify_client_id=client_id)
        settings.use(replace(settings.current(), services=services))

    connected.connect(engine, user, sims, "spotify")
    first = settings.current().services.spotify_client_id
    ids = [each.spotify_ids[0] for each in catalogue.recordings[:4]]
    songs_heard.hear(engine, user, catalogue.recordings[:4], spotify_id=ids)
    songs_heard.crawl(engine)
    known_as("another")
    songs_heard.crawl(engine)
    assert len(sims.calls.of("spotify", "audio-features")) == 2
    # Two servers on one database, each with its own: neither makes the other forget.
    for each in (first, "another", first):
        known_as(each)
        songs_heard.crawl(engine)
    assert len(sims.calls.of("spotify", "audio-features")) == 2
    sims.spotify.audio_features.is_open = True
    known_as("an old one that it tells")
    songs_heard.crawl(engine)
    told = songs_heard.rows(
        engine, "SELECT DISTINCT song_id FROM song_facts WHERE source = 'spotify'"
    )
    assert len(told) == 4


def batches(sims, source, separator):
    """How many songs each call asked for, one after another."""
    calls = [call.query for call in sims.calls.of(source)]
    names = ("recording_ids", "ids")
    asked = [dict(parse_qsl(query)) for query in calls]
    return [len(next(q[n] for n in names if n in q).split(separator)) for q in asked]


def test_calls_for_many_songs_ask_for_as_many_as_there_may_be(engine, user, sims, monkeypatch):
    catalogue = made_up(90)
    for source in ("reccobeats", "acousticbrainz"):
        getattr(sims, source)._catalogue = catalogue
    songs_heard.hear(
        engine,
        user,
        catalogue.recordings,
        spotify_id=[each.spotify_ids[0] for each in catalogue.recordings],
        mbid=[each.mbid for each in catalogue.recordings],
    )
    crawling.due(engine)
    with engine.begin() as conn:
        conn.execute(text("UPDATE song_ids SET match = 0.9"))
    crawling.rank(engine)
    with engine.begin() as conn:
        every = conn.execute(text("SELECT id FROM songs")).scalars().all()
        song_queue.settle(conn, every)
    for source in ("reccobeats", "acousticbrainz"):
        assert not crawling.go_on(engine, source, threading.Event())
    # ReccoBeats tells names and features apart.
    assert batches(sims, "reccobeats", ",") == [40, 40, 40, 40, 10, 10]
    assert batches(sims, "acousticbrainz", ";") == [25, 25, 25, 15]


def test_songs_found_while_a_batch_is_asked_for_make_up_the_next(engine, user, sims, catalogue):
    """Another source finds one after the other: a call for each would be one for forty."""
    heard = catalogue.recordings[:12]
    songs_heard.hear(engine, user, heard)
    crawling.due(engine)
    found = {row["title"]: row["id"] for row in songs_heard.rows(engine, "SELECT * FROM songs")}

    def find(n):
        with engine.begin() as conn:
            for each in heard[n : n + 4]:
                ids = [("spotify", each.spotify_ids[0], 1.0)]
                song_facts.note_ids(conn, found[each.title], "deezer", ids)
            song_queue.settle(conn, list(found.values()))

    find(0)
    assert not crawling.go_on(engine, "reccobeats", threading.Event())
    find(4)
    # Its own answers give it no reason to go on at once.
    assert "reccobeats" not in crawling.due(engine)
    # By Deezer's codes the last four can be asked for as well.
    crawling.go_on(engine, "deezer", threading.Event())
    assert "reccobeats" in crawling.due(engine)
    crawling.go_on(engine, "reccobeats", threading.Event())
    assert batches(sims, "reccobeats", ",")[:4:2] == [4, 8]


def test_being_stopped_between_two_songs_loses_nothing(engine, user, sims, catalogue, monkeypatch):
    songs_heard.hear(engine, user, catalogue.recordings[:20])
    monkeypatch.setattr(crawling, "SLICE_S", 0.0)
    songs_heard.crawl(engine, rounds=500)
    asked = [call.target for call in sims.calls.log]
    assert len(asked) == len(set(asked))
    assert None not in songs_heard.tempos(engine, user).values()


def test_songs_nobody_has_any_more_are_forgotten(engine, user, sims, catalogue):
    songs_heard.hear(engine, user, catalogue.recordings[:3])
    songs_heard.crawl(engine)
    with engine.begin() as conn:
        conn.execute(text("DELETE FROM users"))
        songs.sweep(conn)
    assert songs_heard.rows(engine, "SELECT * FROM songs") == []
    assert songs_heard.rows(engine, "SELECT * FROM song_facts") == []
