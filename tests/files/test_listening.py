from __future__ import annotations

import json
import math
from contextlib import suppress
from datetime import UTC, datetime
from itertools import combinations

import pytest

from runsous import frames
from runsous.errors import InputError
from runsous.files import (
    lastfm_export,
    listenbrainz_export,
    maloja_export,
    spotify_export,
    strava_export,
)
from runsous.histories.plays import number, seconds, tidy

ROOMS = {
    "spotify_extended": (spotify_export.is_spotify_extended, spotify_export.read_spotify_extended),
    "spotify_short": (spotify_export.is_spotify_short, spotify_export.read_spotify_short),
    "lastfm": (lastfm_export.is_lastfm, lastfm_export.read_lastfm),
    "listenbrainz": (listenbrainz_export.is_listenbrainz, listenbrainz_export.read_listenbrainz),
    "maloja": (maloja_export.is_maloja, maloja_export.read_maloja),
}
ENTRIES = {
    "spotify_extended": {
        "ts": "2024-05-01T10:03:20Z",
        "ms_played": 200_000,
        "master_metadata_track_name": "Song",
        "master_metadata_album_artist_name": "Band",
    },
    "spotify_short": {
        "endTime": "2024-05-01 10:03",
        "artistName": "Band",
        "trackName": "Song",
        "msPlayed": 200_000,
    },
    "lastfm": {"artist": {"#text": "Band"}, "name": "Song", "date": {"uts": "1714557600"}},
    "listenbrainz": {
        "listened_at": 1714557600,
        "track_metadata": {"artist_name": "Band", "track_name": "Song"},
    },
    "maloja": {"time": 1714557600, "track": {"artists": ["Band"], "title": "Song"}},
}
STAMPS = {
    "spotify_extended": "ts",
    "spotify_short": "endTime",
    "lastfm": "date",
    "listenbrainz": "listened_at",
    "maloja": "time",
}


def encoded(entries) -> bytes:
    return json.dumps(entries).encode()


@pytest.mark.parametrize("kind", ROOMS)
def test_every_room_knows_its_own_history_and_no_other(kind):
    content = encoded([ENTRIES[kind]] * 3)
    assert [name for name, (is_mine, _) in ROOMS.items() if is_mine(content)] == [kind]
    assert not strava_export.is_strava_index(content)


@pytest.mark.parametrize("kind", ROOMS)
def test_listens_have_the_columns_and_types_of_the_frame(kind):
    reading = ROOMS[kind][1](encoded([ENTRIES[kind]]))
    assert reading.kind == kind
    assert {name: str(dtype) for name, dtype in reading.listens.dtypes.items()} == dict(
        frames.LISTENS
    )
    assert list(reading.listens[["source", "artist", "title"]].iloc[0]) == [kind, "Band", "Song"]
    assert reading.left_out == 0
    assert reading.notes == ()


@pytest.mark.parametrize("kind", ROOMS)
def test_a_beginning_cut_anywhere_is_still_known(kind):
    content = encoded([ENTRIES[kind]] * 3)
    assert ROOMS[kind][0](content[: len(content) * 2 // 3])


@pytest.mark.parametrize("kind", ROOMS)
def test_wide_characters_are_known_and_read(kind):
    content = json.dumps([ENTRIES[kind]]).encode("utf-16")
    assert ROOMS[kind][0](content)
    assert len(ROOMS[kind][1](content).listens) == 1


@pytest.mark.parametrize("kind", ROOMS)
def test_a_cut_file_gives_what_stands_before_and_says_so(kind):
    entries = [_at(kind, minute) for minute in range(5)]
    reading = ROOMS[kind][1](encoded(entries)[:-20])
    assert len(reading.listens) == 4
    assert "cut off" in reading.notes[0]


@pytest.mark.parametrize("kind", ROOMS)
def test_an_empty_list_is_refused_in_a_sentence(kind):
    with pytest.raises(InputError, match=r"^It holds no songs\.$"):
        ROOMS[kind][1](b"[]")


@pytest.mark.parametrize("kind", ROOMS)
def test_a_history_of_which_nothing_can_be_used_is_refused_with_the_reason(kind):
    undated = {**ENTRIES[kind], STAMPS[kind]: math.nan}
    nameless = without_song(kind)
    with pytest.raises(InputError, match=r"^It holds no songs\. Left out: .+ \(2\), .+ \(1\)\.$"):
        ROOMS[kind][1](encoded([undated, nameless, nameless]))


@pytest.mark.parametrize("kind", ROOMS)
def test_an_entry_without_a_song_still_says_when_something_began(kind):
    reading = ROOMS[kind][1](encoded([without_song(kind), ENTRIES[kind]]))
    assert reading.n_listens == reading.left_out == 1
    nameless, song = (row for _, row in reading.listens.iterrows())
    assert nameless[["artist", "title", "album"]].isna().all()
    assert nameless["stamp"] == song["stamp"]
    assert reading.notes == ("Left out: entries without artist or title (1).",)


@pytest.mark.parametrize("kind", ROOMS)
def test_other_data_is_refused_in_a_sentence(kind):
    for other in ({"user_id": 1, "username": "ann"}, [{"score": 1, "recording_mbid": "x"}], [1, 2]):
        assert not ROOMS[kind][0](encoded(other))
        with pytest.raises(InputError, match=r"^It holds no plays.+\.$"):
            ROOMS[kind][1](encoded(other))


@pytest.mark.parametrize("kind", ROOMS)
@pytest.mark.parametrize(
    "odd",
    [None, True, -1, 0, 1e300, 10**30, "x" * 9_999, [], [[[]]], {}, {"uts": {}}, "\ud800\x00"],
)
def test_wrong_types_in_any_field_leave_the_entry_out_at_worst(kind, odd):
    good = ENTRIES[kind]
    for name in good:
        reading = ROOMS[kind][1](encoded([good, {**good, name: odd}]))
        assert 1 <= reading.n_listens <= 2
        assert reading.n_listens + reading.left_out == 2


@pytest.mark.parametrize("kind", ROOMS)
@pytest.mark.parametrize("year", ["0001", "1969", "1970", "2001", "2100", "9999"])
def test_absurd_dates_are_left_out_and_counted(kind, year):
    odd = {
        "spotify_extended": f"{year}-05-01T10:00:00Z",
        "spotify_short": f"{year}-05-01 10:00",
        "lastfm": {"#text": f"01 May {year}, 10:00"},
    }.get(kind, datetime(int(year), 5, 1, tzinfo=UTC).timestamp())
    reading = ROOMS[kind][1](encoded([ENTRIES[kind], {**ENTRIES[kind], STAMPS[kind]: odd}]))
    assert len(reading.listens) == 1
    assert reading.left_out == 1
    assert "entries without a date since 2002 (1)" in reading.notes[0]


@pytest.mark.parametrize("kind", ROOMS)
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 5_000,
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b"\xff\xfe\x00",
        b'[{"ts":',
        b'"' * 9_999,
        b"a" * 300_000,
        b"a,b;c\td\r\r\n\x00,",
        b"Artist;Album;Track;Date#x\n" + b'"' * 200_000,
    ],
)
def test_no_content_ends_in_a_traceback(kind, content):
    is_mine, read = ROOMS[kind]
    assert not is_mine(content) or kind == "lastfm"
    with suppress(InputError):
        assert list(read(content).listens) == list(frames.LISTENS)


def test_arbitrary_files_belong_to_no_room():
    others = [
        b'[{"artist": "A", "name": "B", "date": "2020"}]',
        b'{"list": [{"time": 1, "title": "a"}]}',
        b'{"items": [{"track": {"name": "S", "artists": []}, "played_at": "2024-01-01"}]}',
        b"artist,title,date\nBand,Song,2020\n",
        b"Artist,Album,Title,Date\nBand,LP,Song,1999-01-01\n",
        b"a,b,c,d\n1,2,3,4\n",
        b"plain words\n",
        b"[]",
    ]
    for content in others:
        assert not any(is_mine(content) for is_mine, _ in ROOMS.values()), content


def test_an_entry_cannot_be_of_two_kinds():
    for one, other in combinations(ROOMS, 2):
        content = encoded([ENTRIES[one]])
        assert not ROOMS[other][0](content)


def test_texts_are_trimmed_composed_and_bounded():
    assert tidy("  Bjo\u0308rk \x00\u202e\n Live ") == "Björk Live"
    assert tidy("\u200b \t") is None
    assert len(tidy("é" * 5_000)) == 500


def test_stamps_in_seconds_milliseconds_and_words_agree():
    values = [1714557600, "1714557600", 1714557600000, "2024-05-01T10:00:00Z"]
    written = ["2024-05-01 10:00:00 UTC", "2024-05-01 10:00", "01 May 2024, 10:00"]
    assert set(seconds([*values, *written, "1 May 2024 10:00"])) == {1714557600.0}


def test_what_is_no_number_is_nan():
    odd = [None, True, "x", "1_0", "", [], {}, math.inf, math.nan, 10**400]
    assert all(math.isnan(number(value)) for value in odd)
    assert number(" 12.5 ") == 12.5


def without_song(kind):
    """The entry with a blank for its title."""
    entry = json.loads(json.dumps(ENTRIES[kind]).replace('"Song"', '" "'))
    assert entry != ENTRIES[kind]
    return entry


def _at(kind, minute):
    stamp = {
        "spotify_extended": f"2024-05-01T10:0{minute}:20Z",
        "spotify_short": f"2024-05-01 10:0{minute}",
        "lastfm": {"uts": str(1714557600 + 60 * minute)},
    }.get(kind, 1714557600 + 60 * minute)
    return {**ENTRIES[kind], STAMPS[kind]: stamp}
