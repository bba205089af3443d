"""What the simulated tempo services know of recordings, and what they get wrong."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest

from runsous.demo.services import catalogue, sample_world
from runsous.demo.services.noise import Noise
from runsous.demo.songs import songs

ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def many() -> catalogue.Catalogue:
    return catalogue.made_up(3000)


def test_all_that_people_heard_has_a_recording_with_its_true_tempo():
    known = catalogue.of_world(sample_world.made_up_world(activities=0, listens=2000))
    usual = {(each.artist, each.title): each for each in known.recordings if not each.version}
    truth = songs()
    assert len(usual) == len(truth)
    for artist, title, bpm in zip(truth.artist, truth.title, truth.tempo_bpm, strict=True):
        assert usual[artist, title].bpm == bpm
    live = [each for each in known.recordings if each.version == "live"]
    assert 5 < len(live) < 40
    assert all(each.bpm > usual[each.artist, each.title].bpm for each in live)


def test_ids_are_each_of_one_recording_and_look_like_ids(many):
    for each in many.recordings:
        assert all(ISRC.fullmatch(isrc) for isrc in each.isrcs)
        assert all(UUID.fullmatch(mbid) for mbid in (each.mbid, *each.merged))
        assert all(many.by_spotify[found] is each for found in each.spotify_ids)
        assert all(many.by_deezer[number] is each for number in each.deezer_ids)
        assert many.by_mbid[each.mbid] is each
    twice = sum(len(each.deezer_ids) == 2 for each in many.recordings)
    merged = sum(bool(each.merged) for each in many.recordings)
    assert 0.17 < twice / 3000 < 0.23
    assert 0.06 < merged / 3000 < 0.10


def test_the_merged_id_is_the_one_that_people_have():
    song = sample_world.made_up_world(0, 1).people["ann"].listens["lastfm"][0].song
    songs_ = [
        replace(song, title=f"T{n}", mbid=f"{n:08}-0000-4000-8000-{n:012}") for n in range(99)
    ]
    for each in songs_:
        made = catalogue.recording(each)
        assert each.mbid in (made.mbid, *made.merged)
    assert any(catalogue.recording(each).merged for each in songs_)


def test_names_are_found_by_their_words_whatever_the_accents():
    made = catalogue.of_world(sample_world.made_up_world(activities=0, listens=2000))
    assert {each.title for each in made.search("ylva sundstrom TRIO langsam")} == {"Långsam post"}
    assert {each.title for each in made.search("氷時計 青信号")} == {"青信号"}
    assert made.search("no such words") == made.search("") == []


def test_ten_thousand_recordings_are_no_matter():
    begun = time.process_time()
    many = catalogue.made_up(10_000)
    for number in range(0, 10_000, 10):
        assert len(many.search(f"Invented Artist {number // 12} Title {number}")) >= 1
    assert time.process_time() - begun < 5


def test_mistakes_are_as_frequent_as_they_are_said_to_be_and_always_the_same():
    wrong = Noise(seed=4, missing=0.1, silent=0.2, wrong=0.1, halved=0.2, doubled=0.1)
    about = [f"song {n}" for n in range(5000)]
    told = [wrong.tempo(each, 120.0) for each in about]
    assert told == [wrong.tempo(each, 120.0) for each in about]
    assert told != [replace(wrong, seed=5).tempo(each, 120.0) for each in about]
    assert sum(map(wrong.knows, about)) / 5000 == pytest.approx(0.9, abs=0.02)
    given = [bpm for bpm in told if bpm is not None]
    assert len(given) / 5000 == pytest.approx(0.8, abs=0.02)
    shares = {bpm: given.count(bpm) / len(given) for bpm in (60.0, 120.0, 240.0)}
    assert shares == pytest.approx({60.0: 0.2, 120.0: 0.6, 240.0: 0.1}, abs=0.02)
    others = [bpm for bpm in given if bpm not in shares]
    assert all(abs(bpm / beat - 1) > 0.06 for bpm in others for beat in (30, 60, 120, 240, 480))


def test_without_any_noise_the_truth_is_told():
    assert Noise().tempo("x", 171.5) == 171.5
    assert Noise(off_by_one=1.0).tempo("x", 171.5) in (170.5, 172.5)
    assert Noise().knows("x")
    assert not Noise(missing=1.0).knows("x")
