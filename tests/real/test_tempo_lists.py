"""Lists of tempos people published, against what the csv module reads in them."""

from __future__ import annotations

import csv
from collections import defaultdict
from unicodedata import category, normalize

import pytest

from runsous.sync import readers
from tests.sync import make

pytestmark = pytest.mark.real

EXPORTIFY = "tempo/exportify_liked_songs_kofort9.csv"
HARMONIX = "tempo/harmonixset_metadata.csv"


def plainly(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def plain(name: str) -> str:
    """A name without what cannot be seen."""
    visible = "".join(" " if category(c) in ("Cf", "Cc") else c for c in name)
    return normalize("NFC", " ".join(visible.split()))


def usable(rows, artist: str, title: str, bpm: str):
    return [
        r for r in rows if r[artist].strip() and r[title].strip() and 40 <= float(r[bpm]) <= 250
    ]


def test_every_row_of_an_exportify_playlist_is_read_as_it_stands(shared_data):
    path = shared_data / EXPORTIFY
    rows = plainly(path)
    assert len(rows) == 7785
    expected = usable(rows, "Artist Name(s)", "Track Name", "Tempo")
    reading = readers.read(path.read_bytes())
    assert reading.kind == "tempo_csv"
    assert reading.left_out == len(rows) - len(expected) == 2
    told = reading.tempos
    assert told["spotify_id"].tolist() == [r["Track URI"].rpartition(":")[2] for r in expected]
    for name, column in {
        "bpm": "Tempo",
        "energy": "Energy",
        "danceability": "Danceability",
        "valence": "Valence",
        "key": "Key",
        "mode": "Mode",
    }.items():
        assert told[name].tolist() == [float(r[column]) for r in expected], name
    assert told["title"].tolist() == [plain(r["Track Name"]) for r in expected]
    assert told["artist"].tolist() == [plain(r["Artist Name(s)"]) for r in expected]


def test_the_tempos_of_a_playlist_are_those_of_the_songs_heard(shared_data, engine, tmp_path):
    path = shared_data / EXPORTIFY
    by_song, by_first = defaultdict(set), defaultdict(set)
    for row in usable(plainly(path), "Artist Name(s)", "Track Name", "Tempo"):
        artist, title = plain(row["Artist Name(s)"]), plain(row["Track Name"])
        by_song[artist, title].add(float(row["Tempo"]))
        by_first[artist.partition(";")[0], title].add(float(row["Tempo"]))
    heard = list(by_first)[:400]
    plays = ((n * 300, f"{artist} – {title}", 200.0) for n, (artist, title) in enumerate(heard))
    make.take(engine, make.written(tmp_path, "songs.json", make.spotify(*plays)))

    (file,) = make.take(engine, path).files
    told = make.rows(engine, "SELECT artist, title, bpm FROM song_words")
    assert file.status == "imported"
    assert f"Tempos of {len(told):,} songs were taken over." in file.message
    # Guests and marks of the release make no song of their own.
    assert 0.95 * len(by_song) < len(told) <= len(by_song)
    assert all(row["bpm"] in by_song[row["artist"], row["title"]] for row in told)

    tracks = make.rows(
        engine,
        "SELECT a.name, t.title, t.tempo_bpm, t.tempo_source FROM tracks t"
        " JOIN artists a ON a.id = t.artist_id",
    )
    assert {row["tempo_source"] for row in tracks} == {"csv"}
    # Shown in an octave of its own, to a tenth; of two releases the other may have been taken.
    right = [
        any(
            abs(row["tempo_bpm"] - bpm * octave) < 0.11
            for bpm in by_first[row["name"], row["title"]]
            for octave in (0.5, 1, 2)
        )
        for row in tracks
    ]
    assert sum(right) >= 0.99 * len(right) > 350

    (again,) = make.take(engine, path).files
    assert (again.status, again.duplicates) == ("duplicate", len(told))


def test_a_table_of_verified_tempos_is_read_whole(shared_data):
    rows = plainly(shared_data / HARMONIX)
    told = readers.read((shared_data / HARMONIX).read_bytes()).tempos
    assert told["bpm"].tolist() == [float(row["BPM"]) for row in rows]
    assert told["artist"].tolist() == [plain(row["Artist"]) for row in rows]


def test_no_other_real_table_is_taken_for_a_list_of_tempos(shared_data):
    tables = sorted(shared_data.rglob("*.csv"))
    kinds = {}
    for path in tables:
        reader = readers.reader_for(path.read_bytes()[: readers.HEAD_BYTES])
        kinds[path.relative_to(shared_data).as_posix()] = reader and reader.kind
    assert len(tables) > 20
    assert {name for name, kind in kinds.items() if kind == "tempo_csv"} == {EXPORTIFY, HARMONIX}
