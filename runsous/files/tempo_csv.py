"""Lists of songs with their tempo, as CSV: playlists from Exportify and its like, what programs
for DJs write, tables made by hand.

A list needs columns for title, artist and tempo, in any order and under any of the names such
lists give them; what it tells of a song's character comes along.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from runsous.errors import InputError
from runsous.files import locales, text
from runsous.histories import plays
from runsous.model import Reading

_MOST_ROWS: Final = 1_000_000
_SLOWEST_BPM: Final = 40.0
_FASTEST_BPM: Final = 250.0

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "title": (
        *("trackname", "tracktitle", "songname", "songtitle", "title", "song", "name", "track"),
        *("titel", "titre", "morceau", "titulo", "cancion", "titolo", "brano", "musica", "曲名"),
    ),
    "artist": (
        *("artistnames", "artistname", "trackartist", "artists", "artist", "performer"),
        *("kunstler", "interpret", "artiste", "artistes", "artista", "artistas", "artisti"),
        *("interprete", "artiest", "アーティスト"),
    ),
    "bpm": ("bpm", "tempobpm", "bpmtempo", "trackbpm", "beatsperminute", "tempo"),
    "spotify_id": (
        *("trackuri", "spotifyuri", "spotifytrackuri", "uri", "spotifyid", "spotifytrackid"),
        *("trackid", "spotifyurl", "trackurl", "id"),
    ),
    "energy": ("energy",),
    "danceability": ("danceability", "dance"),
    "valence": ("valence", "happiness", "happy"),
    "key": ("key", "musicalkey", "initialkey", "tonart", "camelot"),
    "mode": ("mode",),
}
"""What columns are called, letters and digits alone, the most precise name first."""

_SPOTIFY_ID: Final = re.compile(r"[0-9A-Za-z]{22}")
_UNIT: Final = re.compile(r"\s*(?:bpm|%)$")
_NOTES: Final = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11, "h": 11}
_SHIFTS: Final = {"#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}
_ACCIDENTAL: Final = r"(#|♯|sharp|b|♭|flat)"
_NOTE: Final = re.compile(
    rf"([a-h])\s?{_ACCIDENTAL}?(?:\s?/\s?[a-h]{_ACCIDENTAL}?)?"
    r"\s?(?:((?:maj|mag|may|dur)[a-z]*)|((?:min|men|mol)[a-z]*|m))?"
)
_CAMELOT: Final = re.compile(r"(1[0-2]|[1-9])([ab])")
_MAJOR: Final = re.compile(r"1(\.0*)?|(maj|mag|may|dur).*")
_MINOR: Final = re.compile(r"0(\.0*)?|(min|men|mol).*|m")

Floats = NDArray[np.float64]


def is_tempo_csv(head: bytes) -> bool:
    """Whether a file begins as a table with columns for title, artist and tempo does."""
    return _columns(next(iter(text.Rows(text.decode(head))), [])) is not None


def read_tempo_csv(content: bytes) -> Reading:
    """The songs of a list that have a tempo from 40 to 250, and their character (see
    :class:`Reading`); the others are counted.

    Raises :class:`InputError` where the columns are missing or there are too many rows.
    """
    rows = text.Rows(text.decode(content))
    entries = iter(rows)
    columns = _columns(next(entries, []))
    if columns is None:
        raise InputError("It is no list of songs with the columns title, artist and BPM.")
    cells = _cells(entries, columns)
    told = pd.DataFrame(
        {
            "artist": plays.tidied(cells["artist"]),
            "title": plays.tidied(cells["title"]),
            "spotify_id": [_spotify_id(cell) for cell in cells["spotify_id"]],
            "bpm": _numbers(cells["bpm"]),
            **{name: _shares(cells[name]) for name in ("energy", "danceability", "valence")},
            **_tonality(cells["key"], cells["mode"]),
        }
    )
    is_song = (told["artist"].notna() & told["title"].notna()).to_numpy()
    is_told = np.array([bool(cell.strip()) for cell in cells["bpm"]], bool)
    is_tempo = told["bpm"].between(_SLOWEST_BPM, _FASTEST_BPM).to_numpy()
    left_out = {
        "rows without artist or title": ~is_song,
        "rows without a tempo": is_song & ~is_told,
        "rows whose tempo is not from 40 to 250": is_song & is_told & ~is_tempo,
    }
    counts = Counter({reason: int(rows.sum()) for reason, rows in left_out.items()})
    usable: pd.DataFrame = told.loc[is_song & is_tempo]
    return Reading(
        "tempo_csv",
        tempos=usable.reset_index(drop=True),
        left_out=counts.total(),
        notes=tuple(_notes(+counts, is_damaged=rows.is_damaged, is_empty=usable.empty)),
    )


def _columns(first: Sequence[str]) -> Mapping[str, int] | None:
    """Where what stands, by the names in the first row; ``None`` if one that is needed lacks."""
    names = ["".join(c for c in locales.plain(cell) if c.isalnum()) for cell in first]
    columns = {
        what: names.index(next(name for name in known if name in names))
        for what, known in _NAMES.items()
        if any(name in names for name in known)
    }
    return columns if columns.keys() >= {"title", "artist", "bpm"} else None


def _cells(rows: Iterator[list[str]], columns: Mapping[str, int]) -> dict[str, list[str]]:
    """The columns that count, each as long as there are rows."""
    found = [
        [row[at] if at < len(row) else "" for at in columns.values()]
        for row in islice(rows, _MOST_ROWS + 1)
    ]
    if len(found) > _MOST_ROWS:
        raise InputError(f"It holds more than {_MOST_ROWS:,} songs; split it and try again.")
    cells = {name: [row[n] for row in found] for n, name in enumerate(columns)}
    return {name: cells.get(name) or [""] * len(found) for name in _NAMES}


def _spotify_id(cell: str) -> str | None:
    """The id in a URI, an address or alone."""
    bare = cell.strip()
    return bare if _SPOTIFY_ID.fullmatch(bare) else plays.spotify_id(bare)


def _numbers(cells: Iterable[str]) -> Floats:
    values = (locales.quantity(_UNIT.sub("", cell.strip().lower())) for cell in cells)
    return np.array([np.nan if value is None else value for value in values])


def _shares(cells: Iterable[str]) -> Floats:
    """From 0 to 1, also where a list counts to 100; nothing of any other scale."""
    values = _numbers(cells)
    largest = np.nanmax(values, initial=0.0)
    if largest <= 1:
        return values
    # Some programs count energy from 1 to 10.
    return values / 100 if 10 < largest <= 100 else np.full_like(values, np.nan)


def _tonality(keys: Iterable[str], modes: Iterable[str]) -> dict[str, pd.Series]:
    found = [
        (key, implied if mode is None else mode)
        for (key, implied), mode in zip(map(_key, keys), map(_mode, modes), strict=True)
    ]
    return {
        name: pd.Series([row[n] for row in found], dtype="Int64")
        for n, name in enumerate(("key", "mode"))
    }


def _key(cell: str) -> tuple[int | None, int | None]:
    """Key and mode that a cell tells: "6", "F#", "Bb minor", "Am", "C♯/D♭ Major", "8A"."""
    words = locales.plain(cell)
    number = locales.quantity(words)
    if number is not None:
        return (int(number), None) if number in range(12) else (None, None)
    if wheel := _CAMELOT.fullmatch(words):
        # The wheel goes round by fifths; 8A is A minor, 8B C major.
        is_major = wheel[2] == "b"
        return ((int(wheel[1]) - 8) * 7 + (0 if is_major else 9)) % 12, int(is_major)
    if note := _NOTE.fullmatch(words):
        mode = 1 if note[4] else 0 if note[5] else None
        return (_NOTES[note[1]] + _SHIFTS.get(note[2], 0)) % 12, mode
    return None, None


def _mode(cell: str) -> int | None:
    words = locales.plain(cell)
    if _MAJOR.fullmatch(words):
        return 1
    return 0 if _MINOR.fullmatch(words) else None


def _notes(left_out: Mapping[str, int], *, is_damaged: bool, is_empty: bool) -> Iterable[str]:
    if is_damaged:
        yield "It is damaged or cut off; everything that could be read was kept."
    if is_empty:
        yield "It holds no tempos."
    if left_out:
        reasons = (f"{reason} ({count:,})" for reason, count in left_out.items())
        yield f"Left out: {', '.join(reasons)}."
