from __future__ import annotations

import json

import pandas as pd
import pytest

from runsous.errors import InputError
from runsous.files.listenbrainz_export import is_listenbrainz, read_listenbrainz

START = pd.Timestamp("2024-05-01T10:00:00Z")
AT = 1714557600
MBID = "0aae14b1-1393-4b35-9d79-4d581f1b965e"
OTHER = "6ac416f7-94e8-43b6-b8b8-93423dd43376"
TRACK = "3aJ2aJz5xL03hpaqdPS7Ah"


def listen(info=None, **fields):
    track = {"artist_name": "Band", "track_name": "Song", "release_name": "LP"}
    metadata = {**track, "additional_info": info or {}, **fields.pop("metadata", {})}
    return {"listened_at": AT, "track_metadata": metadata, **fields}


def read(*listens):
    return read_listenbrainz("\n".join(json.dumps(each) for each in listens).encode())


FORMS = {
    "lines": json.dumps(listen()) + "\n",
    "array": json.dumps([listen()]),
    "answer": json.dumps({"payload": {"count": 1, "user_id": "ann", "listens": [listen()]}}),
    "submitted": json.dumps({"listen_type": "import", "payload": [listen()]}),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_listens_is_known_and_means_the_same(form):
    content = FORMS[form].encode()
    assert is_listenbrainz(content)
    found = read_listenbrainz(content).listens.iloc[0]
    assert (found["stamp"], found["stamp_kind"], found["precision_s"]) == (START, "start", 5)
    assert (found["artist"], found["title"], found["album"]) == ("Band", "Song", "LP")


@pytest.mark.parametrize("length", ["duration", "duration_ms", "duration_played", "ms_played"])
def test_a_player_that_tells_a_length_tells_the_start_exactly(length):
    assert read(listen({length: 200_000})).listens["precision_s"].tolist() == [2]


@pytest.mark.parametrize("at", [AT, float(AT), str(AT), AT * 1000])
def test_stamps_may_be_seconds_or_milliseconds(at):
    assert read({**listen(), "listened_at": at}).listens["stamp"].tolist() == [START]


@pytest.mark.parametrize("client", ["listenbrainz", "ListenBrainz Archive Importer", None])
def test_what_listenbrainz_took_from_spotify_is_stamped_by_its_end(client):
    info = {"music_service": "spotify.com", "submission_client": client}
    found = read(listen(info)).listens.iloc[0]
    assert (found["stamp_kind"], found["precision_s"]) == ("end", 30)


@pytest.mark.parametrize(
    "info",
    [
        {"music_service": "spotify.com", "submission_client": "Web Scrobbler"},
        {"submission_client": "ListenBrainz lastfm importer v2"},
        {"listening_from": "lastfm"},
    ],
)
def test_other_clients_stamp_the_start_even_when_they_watch_spotify(info):
    assert read(listen(info)).listens["stamp_kind"].tolist() == ["start"]


def test_older_listens_name_spotify_as_where_they_are_from():
    assert read(listen({"listening_from": "spotify"})).listens["stamp_kind"].tolist() == ["end"]


def test_lengths_are_read_in_either_unit():
    infos = [{"duration_ms": 215_000}, {"duration": 215}, {"duration_ms": 215_000, "duration": 9}]
    assert read(*map(listen, infos)).listens["duration_s"].tolist() == [215, 215, 215]
    played = [{"duration_played": 99}, {"ms_played": 99_000}]
    assert read(*map(listen, played)).listens["played_s"].tolist() == [99, 99]


def test_a_length_of_zero_is_unknown():
    assert read(listen({"duration_ms": 0})).listens["duration_s"].isna().all()


def test_the_mapped_recording_comes_before_the_submitted_one():
    mapped = listen({"recording_mbid": OTHER}, metadata={"mbid_mapping": {"recording_mbid": MBID}})
    unmapped = listen({"recording_mbid": OTHER}, metadata={"mbid_mapping": None})
    assert read(mapped, unmapped).listens["mbid"].tolist() == [MBID, OTHER]


def test_codes_are_kept_in_one_spelling_and_only_where_they_are_codes():
    info = {"isrc": "us-um7-1500001", "spotify_id": f"https://open.spotify.com/track/{TRACK}?si=x"}
    odd = {"isrc": "none", "spotify_id": "https://open.spotify.com/artist/1", "recording_mbid": 7}
    found = read(listen(info), listen(odd)).listens
    assert found.loc[0, ["isrc", "spotify_id"]].tolist() == ["USUM71500001", TRACK]
    assert found.loc[1, ["isrc", "spotify_id", "mbid"]].isna().all()


def test_what_is_playing_now_is_no_listen():
    playing = {"playing_now": True, "track_metadata": listen()["track_metadata"]}
    content = json.dumps({"payload": {"listens": [playing, listen()]}}).encode()
    assert is_listenbrainz(content)
    reading = read_listenbrainz(content)
    assert len(reading.listens) == 1
    assert reading.left_out == 1


@pytest.mark.parametrize(
    "other",
    [
        '{"user_id":46008,"username":"ann"}',
        '{"score":1,"created":1700000000,"recording_mbid":"x","recording_msid":null}',
        '{"created":1700000000,"pinned_until":1700600000,"blurb_content":"!","recording_mbid":"x"}',
    ],
)
def test_the_other_members_of_the_export_are_not_listens(other):
    assert not is_listenbrainz(other.encode())
    with pytest.raises(InputError, match="holds no plays"):
        read_listenbrainz(other.encode())


def test_a_damaged_line_costs_that_line():
    lines = [json.dumps({**listen(), "listened_at": AT + n}) for n in range(5)]
    lines[2] = lines[2][:40]
    reading = read_listenbrainz("\n".join(lines).encode())
    assert reading.listens["stamp"].tolist() == [
        START + pd.Timedelta(seconds=n) for n in (0, 1, 3, 4)
    ]
    assert "damaged" in reading.notes[0]
