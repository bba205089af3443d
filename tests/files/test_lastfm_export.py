from __future__ import annotations

import json

import pandas as pd
import pytest

from runsous.files.lastfm_export import is_lastfm, read_lastfm

START = pd.Timestamp("2024-05-01T10:00:00Z")
UTS = 1714557600
MBID = "0aae14b1-1393-4b35-9d79-4d581f1b965e"


def track(**fields):
    return {
        "artist": {"mbid": "", "#text": "Band"},
        "album": {"mbid": "", "#text": "LP"},
        "name": "Song",
        "mbid": MBID,
        "date": {"uts": str(UTS), "#text": "01 May 2024, 10:00"},
        **fields,
    }


PLAYING = track(**{"@attr": {"nowplaying": "true"}})
del PLAYING["date"]

CSV = {
    "without header": "Band,LP,Song,01 May 2024 10:00\n",
    "without header, with comma": 'Band,LP,Song,"01 May 2024, 10:00"\n',
    "uts": "uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid\n"
    f'"{UTS}","01 May 2024, 10:00","Band","","LP","","Song","{MBID}"\n',
    "lastfmstats": f"\ufeffArtist;Album;AlbumId;Track;Date#ann\nBand;LP;;Song;{UTS}000\n",
    "scrobbler": f"Artist;Album;Title;Date\nBand;LP;Song;{UTS}000\n",
    "tabs": f"artist\talbum\ttrack\ttimestamp\nBand\tLP\tSong\t{UTS}\n",
    "iso": "Artist,Album,Title,Date\nBand,LP,Song,2024-05-01 10:00:00\n",
}
JSON = {
    "tracks": [track()],
    "pages": [{"track": [track()], "@attr": {"page": "1"}}, {"track": []}],
    "answer": {"recenttracks": {"track": [track()], "@attr": {"user": "ann"}}},
    "a single object": {"recenttracks": {"track": track(), "@attr": {"total": "1"}}},
    "extended": [track(artist={"name": "Band", "url": "x"}, album={"#text": "LP"}, loved="0")],
    "lastfmstats": {
        "username": "ann",
        "scrobbles": [{"track": "Song", "artist": "Band", "album": "LP", "date": UTS * 1000}],
    },
    "numbers": [track(date={"uts": UTS})],
}
FORMS = {f"csv {name}": text.encode() for name, text in CSV.items()} | {
    f"json {name}": json.dumps(value).encode() for name, value in JSON.items()
}


@pytest.mark.parametrize("form", FORMS)
def test_every_exporters_form_is_known_and_means_the_same(form):
    assert is_lastfm(FORMS[form])
    reading = read_lastfm(FORMS[form])
    listen = reading.listens.iloc[0]
    assert len(reading.listens) == 1
    assert reading.left_out == 0
    assert (listen["stamp"], listen["stamp_kind"]) == (START, "start")
    assert (listen["artist"], listen["album"], listen["title"]) == ("Band", "LP", "Song")


@pytest.mark.parametrize("form", FORMS)
def test_stamps_to_the_second_are_finer_than_whole_minutes(form):
    reading = read_lastfm(FORMS[form])
    is_minutes = form.startswith("csv without header")
    assert reading.listens["precision_s"].tolist() == [60 if is_minutes else 5]
    assert any("whole minutes" in note for note in reading.notes) == is_minutes


def test_the_recordings_id_is_kept_where_it_is_one():
    assert read_lastfm(FORMS["csv uts"]).listens["mbid"].tolist() == [MBID]
    assert read_lastfm(FORMS["json tracks"]).listens["mbid"].tolist() == [MBID]
    assert read_lastfm(json.dumps([track(mbid="")]).encode()).listens["mbid"].isna().all()


def test_what_is_playing_now_is_no_scrobble():
    content = json.dumps({"recenttracks": {"track": [PLAYING, track()]}}).encode()
    assert is_lastfm(content)
    reading = read_lastfm(content)
    assert len(reading.listens) == 1
    assert reading.notes == ("Left out: songs that were just playing (1).",)


@pytest.mark.parametrize("uts", ["0", 0, ""])
def test_scrobbles_of_unknown_time_are_left_out(uts):
    unknown = track(date={"uts": uts, "#text": "01 Jan 1970, 00:00"})
    reading = read_lastfm(json.dumps([unknown, track()]).encode())
    assert len(reading.listens) == 1
    assert reading.left_out == 1


def test_scrobbles_of_unknown_time_on_top_do_not_hide_the_format():
    assert is_lastfm(json.dumps([track(date={"uts": "0"}), track()]).encode())
    assert is_lastfm(b"Band,LP,Song,01 Jan 1970 00:00\nBand,LP,Song,01 May 2024 10:00\n")


def test_rows_of_another_width_are_left_out():
    content = (CSV["without header"] + "Band, too,LP,Song,01 May 2024 10:05\nBand\n").encode()
    reading = read_lastfm(content)
    assert len(reading.listens) == 1
    assert reading.notes[0] == "Left out: entries that were not understood (2)."


def test_several_pages_follow_one_another():
    pages = [{"track": [track(name=f"Song {n}")]} for n in range(3)]
    assert read_lastfm(json.dumps(pages).encode()).listens["title"].tolist() == [
        "Song 0",
        "Song 1",
        "Song 2",
    ]


def test_names_in_western_european_bytes_are_read():
    content = "Motörhead,Ace,Überfall,01 May 2024 10:00\n".encode("latin-1")
    listen = read_lastfm(content).listens.iloc[0]
    assert (listen["artist"], listen["title"]) == ("Motörhead", "Überfall")


def test_quoted_names_keep_commas_and_quotation_marks():
    content = b'"Earth, Wind & Fire","""Best"" of","September",01 May 2024 10:00\n'
    listen = read_lastfm(content).listens.iloc[0]
    assert (listen["artist"], listen["album"]) == ("Earth, Wind & Fire", '"Best" of')
