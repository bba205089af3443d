"""One play as a history tells it, and the clean columns that such plays become.

Whoever knows a format, of a file or of a service's answers, says what each entry means as a
:class:`Play` of raw values; here they become :data:`runsous.frames.LISTENS`, so that the same
play is the same report wherever it was read.
"""

from __future__ import annotations

import math
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from runsous import frames

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

LONGEST_TEXT: Final = 500
_EARLIEST_S: Final = pd.Timestamp("2002-01-01", tz="UTC").timestamp()
"""Before the first scrobbler; Last.fm writes 1970 for a time it does not know."""
_LATEST_S: Final = pd.Timestamp("2100-01-01", tz="UTC").timestamp()
_MILLISECONDS_FROM: Final = 1e11
_DAY_S: Final = 86_400.0
_UNSEEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
)
_NUMBER: Final = re.compile(r"\s*-?[0-9]{1,18}(?:\.[0-9]{1,18})?\s*")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ISRC: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_SPOTIFY: Final = re.compile(r"track[:/]([0-9A-Za-z]{22})(?![0-9A-Za-z])")


class Play(NamedTuple):
    """One entry of a history with its values as they stand there.

    ``stamp`` is a number of seconds or milliseconds since 1970 or a written time in UTC,
    the durations are seconds; ``precision_s`` is the ± of the stamp. ``no_song`` says what
    played instead of a song, in the plural, where that is known.
    """

    stamp: Any
    artist: Any
    title: Any
    album: Any = None
    played_s: Any = None
    duration_s: Any = None
    isrc: Any = None
    mbid: Any = None
    spotify_id: Any = None
    stamp_kind: str = "start"
    precision_s: float = 5.0
    idle_s: float = math.nan
    no_song: str = ""
    is_skipped: bool | None = None
    is_offline: bool | None = None


class NotMine(Exception):
    """An entry is nothing that this format knows."""


class LeftOut(Exception):
    """An entry is known but no play of music; the text is its kind, in the plural."""


def listens(source: str, plays: Sequence[Play]) -> tuple[pd.DataFrame, Counter[str]]:
    """The plays as :data:`frames.LISTENS`, in their order, and why others were left out.

    Plays without a stamp between 2002 and 2100 are left out. What is no song counts as left
    out too; its stamp stays, without artist and title, as the song before ended there.
    """
    left_out: Counter[str] = Counter()
    values = list(zip(*plays, strict=True)) or [()] * len(Play._fields)
    raw = dict(zip(Play._fields, values, strict=True))
    stamp_s = seconds(raw["stamp"])
    columns = {name: tidied(raw[name]) for name in ("artist", "title", "album")}
    songs = zip(columns["artist"], columns["title"], raw["no_song"], strict=True)
    is_song = np.array([bool(a and t and not other) for a, t, other in songs], bool)
    is_dated = is_possible(stamp_s)
    for i in np.flatnonzero(~is_song).tolist():
        left_out[raw["no_song"][i] or "entries without artist or title"] += 1
    left_out["entries without a date since 2002"] += int((is_song & ~is_dated).sum())
    frame = frames.listens(
        source=[source] * len(stamp_s),
        stamp=stamps(np.where(is_dated, stamp_s, np.nan)),
        played_s=_lengths(raw["played_s"]),
        duration_s=_lengths(raw["duration_s"]),
        isrc=[isrc(text) for text in raw["isrc"]],
        mbid=[mbid(text) for text in raw["mbid"]],
        spotify_id=[spotify_id(text) for text in raw["spotify_id"]],
        **{
            name: list(raw[name])
            for name in ("stamp_kind", "precision_s", "idle_s", "is_skipped", "is_offline")
        },
        **{
            name: [text if song else None for text, song in zip(column, is_song, strict=True)]
            for name, column in columns.items()
        },
    )
    return frame[is_dated], left_out


def is_possible(stamp_s: Floats) -> Bools:
    """Which stamps can be those of a play: between 2002 and 2100."""
    return (stamp_s >= _EARLIEST_S) & (stamp_s < _LATEST_S)


def tidied(values: Iterable[Any]) -> list[str | None]:
    """Texts trimmed, composed (NFC), without invisible characters, at most 500 long.

    Whatever is no text, or empty then, is ``None``.
    """
    known: dict[str, str | None] = {}
    column: list[str | None] = []
    for value in values:
        if not isinstance(value, str):
            column.append(None)
            continue
        if value not in known:
            known[value] = tidy(value)
        column.append(known[value])
    return column


def tidy(text: str) -> str | None:
    """One text trimmed, composed (NFC), without invisible characters, at most 500 long."""
    seen = _UNSEEN.sub(" ", text[: 4 * LONGEST_TEXT])
    composed = unicodedata.normalize("NFC", " ".join(seen.split()))
    return composed[:LONGEST_TEXT].rstrip() or None


def word(value: Any) -> str:
    """A text in lower case; whatever is no text is empty."""
    return value[:LONGEST_TEXT].lower() if isinstance(value, str) else ""


def isrc(value: Any) -> str | None:
    """The ISRC in a text, without dashes; ``None`` where there is none."""
    return _code(_ISRC, value, _without_dashes)


def mbid(value: Any) -> str | None:
    """The MusicBrainz id in a text, in lower case; ``None`` where there is none."""
    return _code(_UUID, value, str.lower)


def spotify_id(value: Any) -> str | None:
    """The Spotify id in a track's URI or address; ``None`` where there is none."""
    return _code(_SPOTIFY, value)


def number(value: Any) -> float:
    """A finite number, also one written as text; NaN for anything else."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    # JSON knows integers of any length, and Python's reader of it infinite numbers too.
    return float(value) if abs(value) <= sys.float_info.max else math.nan


def seconds(values: Sequence[Any]) -> Floats:
    """Stamps in seconds since 1970 (UTC) from seconds, milliseconds or written times, else NaN."""
    found = np.array([number(value) for value in values], dtype=np.float64)
    found = np.where(np.abs(found) > _MILLISECONDS_FROM, found / 1000, found)
    written = [i for i in np.flatnonzero(np.isnan(found)).tolist() if isinstance(values[i], str)]
    if written:
        texts = pd.Series([_UNSEEN.sub("", values[i])[:40] for i in written], dtype="object")
        found[written] = _parsed(texts)
    return found


def _parsed(texts: pd.Series) -> Floats:
    """Written times: ISO 8601, or as Last.fm writes them ("30 Dec 2021, 06:29")."""
    texts = texts.str.strip().str.replace(r"\s+UTC$", "Z", regex=True)
    found = pd.Series(pd.NaT, index=texts.index, dtype=frames.UTC_STAMP)
    plain = texts.str.replace(",", "")
    for form, column in (
        ("ISO8601", texts),
        ("%d %b %Y %H:%M", plain),
        ("%d %b %Y %H:%M:%S", plain),
    ):
        rest = found.isna()
        if not rest.any():
            break
        parsed = pd.to_datetime(column[rest], format=form, utc=True, errors="coerce")
        found[rest] = parsed.astype(frames.UTC_STAMP)
    micros = found.astype("int64").to_numpy() / 1e6
    return np.where(found.isna(), np.nan, micros)


def stamps(stamp_s: Floats) -> pd.Series:
    """Stamps from seconds since 1970; NaN gives NaT."""
    micros = pd.Series(stamp_s * 1e6).round().astype("Int64")
    return pd.to_datetime(micros, unit="us", utc=True)


def _lengths(values: Iterable[Any]) -> Floats:
    """Seconds that a play can last; 0 means unknown."""
    found = np.array([number(value) for value in values], dtype=np.float64)
    return np.where((found > 0) & (found <= _DAY_S), found, np.nan)


def _code(pattern: re.Pattern[str], value: Any, spell: Callable[[str], str] = str) -> str | None:
    match = pattern.search(spell(value[:LONGEST_TEXT])) if isinstance(value, str) else None
    return match.group(match.lastindex or 0) if match else None


def _without_dashes(text: str) -> str:
    return text.replace("-", "").upper()
