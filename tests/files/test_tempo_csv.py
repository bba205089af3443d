"""Lists of songs with their tempo, as playlists, DJs' programs and people write them."""

from __future__ import annotations

import csv
import io
import time

import pandas as pd
import pytest

from runsous.errors import InputError
from runsous.files import tempo_csv
from runsous.files.tempo_csv import is_tempo_csv, read_tempo_csv
from runsous.sync import readers
from tests.files import test_lastfm_export as scrobbles
from tests.sync import make

SPOTIFY = "2uuJs2nltcYFh9pkKP7bW4"

LISTS = {
    "plain": "track,artist,BPM\nSong,Band,174.5\n",
    "another order": "BPM,Artist,Title\n174.5,Band,Song\n",
    "semicolons and decimal comma": "Titel;Künstler;BPM\nSong;Band;174,5\n",
    "tabs": "Song Name\tArtist(s)\tTempo (BPM)\nSong\tBand\t174.50\n",
    "quotes": '"Title","Artist","BPM"\n"Song","Band","174.5"\n',
    "spaces and capitals": " TRACK_NAME , artist name ,  bpm \n Song , Band , 174.5 \n",
    "French": "Titre;Artiste;BPM\nSong;Band;174,5 bpm\n",
    "Spanish": "Título;Artista;Tempo\nSong;Band;174,5\n",
    "no end of line": "Name,Artists,Tempo\r\nSong,Band,174.5",
}
ENCODED = {
    **{name: content.encode() for name, content in LISTS.items()},
    "byte order mark": "\ufeff".encode() + LISTS["plain"].encode(),
    "UTF-16": LISTS["tabs"].encode("utf-16"),
    "UTF-16 without a mark": LISTS["tabs"].encode("utf-16-le"),
    "Western": LISTS["semicolons and decimal comma"].encode("cp1252"),
}


def listed(header: str, *rows: str) -> bytes:
    return "\n".join([header, *rows]).encode()


def only(content: bytes) -> dict[str, object]:
    (row,) = read_tempo_csv(content).tempos.to_dict("records")
    return row


@pytest.mark.parametrize("form", ENCODED)
def test_a_list_is_read_however_it_is_written(form):
    assert is_tempo_csv(ENCODED[form])
    reading = read_tempo_csv(ENCODED[form])
    (row,) = reading.tempos.to_dict("records")
    assert (row["artist"], row["title"], row["bpm"]) == ("Band", "Song", 174.5)
    assert (reading.kind, reading.left_out, reading.notes) == ("tempo_csv", 0, ())
    assert reading.listens is None
    assert reading.workouts == ()


def test_an_exportify_playlist_tells_character_and_id_too():
    row = only(
        listed(
            "Track URI,Track Name,Album Name,Artist Name(s),Duration (ms),Added At,Danceability,"
            "Energy,Key,Loudness,Mode,Valence,Tempo,Time Signature",
            f'spotify:track:{SPOTIFY},"Song, live","LP","Band;Guest",220386,2025-11-26T15:44:37Z,'
            "0.599,0.646,6,-6.326,1,0.638,176.153,4",
        )
    )
    assert row == {
        "artist": "Band;Guest",
        "title": "Song, live",
        "spotify_id": SPOTIFY,
        "bpm": 176.153,
        "energy": 0.646,
        "danceability": 0.599,
        "valence": 0.638,
        "key": 6,
        "mode": 1,
    }


@pytest.mark.parametrize(
    "told", [SPOTIFY, f"spotify:track:{SPOTIFY}", f"https://open.spotify.com/track/{SPOTIFY}?si=1"]
)
def test_a_spotify_id_is_found_in_any_form(told):
    assert only(listed("title,artist,bpm,Spotify ID", f"S,A,120,{told}"))["spotify_id"] == SPOTIFY


@pytest.mark.parametrize("told", ["", "17", "spotify:local:Band:LP:Song:220"])
def test_what_is_no_spotify_id_is_none(told):
    assert pd.isna(only(listed("title,artist,bpm,Track ID", f"S,A,120,{told}"))["spotify_id"])


# The numbers of keys by the circle: C 0, C♯ 1, D 2, E♭ 3, E 4, F 5, F♯ 6, G 7, A♭ 8, A 9, B♭ 10,
# B 11.
@pytest.mark.parametrize(
    ("key", "mode", "number", "major"),
    [
        ("6", "1", 6, 1),
        ("0", "0", 0, 0),
        ("11", "Major", 11, 1),
        ("2.0", "minor", 2, 0),
        ("5", "", 5, None),
        ("F#", "Moll", 6, 0),
        ("Bb", "Dur", 10, 1),
        ("B", "", 11, None),
        ("Am", "", 9, 0),
        ("Bbm", "", 10, 0),
        ("E♭ Major", "", 3, 1),
        ("C♯/D♭ Minor", "", 1, 0),
        ("8A", "", 9, 0),
        ("8B", "", 0, 1),
        ("9B", "", 7, 1),
        ("5A", "", 0, 0),
        ("-1", "1", None, 1),
        ("12", "", None, None),
        ("amazing", "", None, None),
        ("", "2", None, None),
    ],
)
def test_key_and_mode_are_understood_in_any_notation(key, mode, number, major):
    row = only(listed("title,artist,bpm,key,mode", f"S,A,120,{key},{mode}"))
    assert (None if pd.isna(row["key"]) else row["key"]) == number
    assert (None if pd.isna(row["mode"]) else row["mode"]) == major


def test_shares_are_of_one_or_of_a_hundred_and_of_no_other_scale():
    header = "title,artist,bpm,energy,danceability,valence"
    rows = ["S,A,120,80,0.5,7", "T,A,121,1,1,9", "U,A,122,,x,2"]
    found = read_tempo_csv(listed(header, *rows)).tempos
    assert found["energy"].tolist()[:2] == [0.8, 0.01]
    assert found["danceability"].tolist()[:2] == [0.5, 1.0]
    assert found.loc[2, ["energy", "danceability"]].isna().all()
    assert found["valence"].isna().all()


def test_what_cannot_be_a_tempo_is_left_out_and_counted():
    rows = ["A,Song,174", *(f"A,Bad{n},{bpm}" for n, bpm in enumerate(["0", "abc", "9999", "-90"]))]
    rows += ["A,None,", "A,Short", " ,Nobody,120", "A,,120", "A,Slow,40", "A,Fast,250", "A,X,250.1"]
    reading = read_tempo_csv(listed("artist,title,bpm", *rows))
    assert reading.tempos["title"].tolist() == ["Song", "Slow", "Fast"]
    assert reading.left_out == 9
    assert reading.notes == (
        "Left out: rows without artist or title (2), rows without a tempo (2),"
        " rows whose tempo is not from 40 to 250 (5).",
    )


@pytest.mark.parametrize("rows", [[], ["A,Song,", "A,Other,0"]])
def test_a_list_without_a_tempo_says_so(rows):
    reading = read_tempo_csv(listed("artist,title,bpm", *rows))
    assert reading.tempos.empty
    assert reading.notes[0] == "It holds no tempos."


def test_a_list_that_is_cut_off_gives_what_stands_before():
    reading = read_tempo_csv(b'artist,title,bpm\nA,Song,174\nA,"Never closed' + b"x" * 200_000)
    assert reading.tempos["title"].tolist() == ["Song"]
    assert reading.notes[0] == ("It is damaged or cut off; everything that could be read was kept.")


OTHERS = {
    **scrobbles.FORMS,
    "Strava's index": make.strava_index([make.strava_row(1, make.START)]),
    "heart rates": b"Date/Time,Avg (count/min),Source,Track Description\n2024-02-01,136,Watch,S\n",
    "lengths of a pool": b"Length,Stroke,Tempo\n1,free,90\n",
    "songs without a tempo": b"title,artist,album\nSong,Band,LP\n",
    "tempos without artist": b"title,bpm\nSong,120\n",
    "nothing": b"",
    "binary": bytes(range(256)),
    "JSON": b'[{"title": "Song", "artist": "Band", "bpm": 120}]',
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_not_taken_for_a_list_of_tempos(name):
    assert not is_tempo_csv(OTHERS[name])
    with pytest.raises(InputError):
        read_tempo_csv(OTHERS[name])


@pytest.mark.parametrize("form", ENCODED)
def test_no_other_reader_takes_a_list_of_tempos_for_its_own(form):
    assert [r.kind for r in readers.READERS if r.is_mine(ENCODED[form])] == ["tempo_csv"]


def test_scrobbles_with_a_tempo_are_a_listening_history():
    content = b"uts,artist,track,bpm\n1714557600,Band,Song,120\n"
    assert readers.reader_for(content).kind == "lastfm"


def test_a_list_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(tempo_csv, "_MOST_ROWS", 3)
    with pytest.raises(InputError, match="more than 3 songs"):
        read_tempo_csv(listed("artist,title,bpm", *["A,Song,120"] * 4))


def test_a_hundred_thousand_songs_are_read_in_seconds():
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["title", "artist", "bpm", "key", "energy"])
    writer.writerows(
        [f"Song {n}", f"Band {n % 5000}", 60 + n % 120, n % 12, 0.5] for n in range(100_000)
    )
    content = out.getvalue().encode()
    began = time.process_time()
    assert len(read_tempo_csv(content).tempos) == 100_000
    assert time.process_time() - began < 6
