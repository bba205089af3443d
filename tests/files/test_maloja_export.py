from __future__ import annotations

import json

import pandas as pd
import pytest

from runsous.files.maloja_export import is_maloja, read_maloja

START = pd.Timestamp("2024-05-01T10:00:00Z")


def scrobble(origin="client:default", **fields):
    album = {"artists": ["Band"], "albumtitle": "LP"}
    track = {"artists": ["Band", "Guest"], "title": "Song", "album": album, "length": 215}
    return {"time": 1714557600, "track": track, "duration": 99, "origin": origin, **fields}


def flat():
    return {"time": 1714557600, "artists": ["Band", "Guest"], "title": "Song", "album": "LP"}


FORMS = {
    "export": {"maloja": {"export_time": 1748738994}, "scrobbles": [scrobble()]},
    "answer": {"status": "ok", "list": [scrobble()]},
    "list": [scrobble()],
    "older list": [flat()],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_known_and_means_the_same(form):
    content = json.dumps(FORMS[form]).encode()
    assert is_maloja(content)
    found = read_maloja(content).listens.iloc[0]
    assert (found["stamp"], found["stamp_kind"], found["precision_s"]) == (START, "start", 5)
    assert (found["artist"], found["title"], found["album"]) == ("Band, Guest", "Song", "LP")


def test_time_listened_and_length_are_told_apart():
    found = read_maloja(json.dumps([scrobble()]).encode()).listens.iloc[0]
    assert (found["played_s"], found["duration_s"]) == (99, 215)


def test_plays_imported_from_spotify_are_ends_that_the_user_is_warned_of():
    reading = read_maloja(json.dumps([scrobble("import:spotify"), scrobble()]).encode())
    assert reading.listens["stamp_kind"].tolist() == ["end", "start"]
    assert reading.listens["precision_s"].tolist() == [60, 5]
    assert "server's time zone" in reading.notes[0]


def test_a_track_without_artists_is_left_out():
    nobody = scrobble(track={"artists": [], "title": "Song"})
    assert read_maloja(json.dumps([nobody, scrobble()]).encode()).left_out == 1


def test_a_track_without_an_album_is_read():
    single = scrobble(track={"artists": ["Band"], "title": "Song", "album": None, "length": None})
    assert read_maloja(json.dumps([single]).encode()).listens["album"].isna().all()
