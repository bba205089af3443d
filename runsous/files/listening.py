"""What the rooms of listening histories share: clean columns, and one way to finish a reading.

Rooms say what each entry of their format means, as a :class:`Play` of raw values; here the
values become clean columns, and what cannot be a play is left out, counted and named.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from runsous import frames
from runsous.errors import InputError
from runsous.model import Kind, Reading

Floats = NDArray[np.float64]

LONGEST_TEXT: Final = 500
_EARLIEST_S: Final = pd.Timestamp("2002-01-01", tz="UTC").timestamp()
"""Before the first scrobbler; Last.fm writes 1970 for a time it does not know."""
_LATEST_S: Final = pd.Timestamp("2100-01-01", tz="UTC").timestamp()
_MOST_PLAYS: Final = 2_000_000
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
    """One entry of a history with its values as they stand in the file.

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


NOT_UNDERSTOOD: Final = "entries that were not understood"

SOME: Final = 20
"""As many entries are looked at to tell a format, as the first may be an odd one."""


@dataclass
class Harvest:
    """The plays of a file, how many entries were left out for which reason, and notes."""

    plays: list[Play] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    is_damaged: bool = False


class NotMine(Exception):
    """An entry is nothing that this format knows."""


class LeftOut(Exception):
    """An entry is known but no play of music; the text is its kind, in the plural."""


def harvest(entries: Iterable[Any], play: Callable[[Any], Play]) -> Harvest:
    """The plays in ``entries``; ``play`` makes one of each or says why it is none.

    Raises :class:`InputError` when there are entries and not one is of the format.
    """
    found = Harvest()
    for entry in entries:
        try:
            found.plays.append(play(entry))
            if len(found.plays) > _MOST_PLAYS:
                raise InputError(
                    f"It holds more than {_MOST_PLAYS:,} plays; split it and try again."
                )
        except LeftOut as reason:
            found.left_out[str(reason)] += 1
        except NotMine:
            found.left_out[NOT_UNDERSTOOD] += 1
    if not found.plays and set(found.left_out) == {NOT_UNDERSTOOD}:
        raise InputError("It holds no plays, but other data; choose the listening history itself.")
    return found


def reading(kind: Kind, found: Harvest, *, has_repeats: bool = False) -> Reading:
    """The reading of a harvest: its listens in the order of the file.

    Entries without a stamp between 2002 and 2100 are left out, and with ``has_repeats`` those
    that stand in the file a second time. What is no song counts as left out too; its stamp
    stays, without artist and title, as the song before ended there. Raises
    :class:`InputError` when nothing in the file can be used.
    """
    if found.is_damaged and not found.plays and not found.left_out:
        raise InputError("It is damaged from the beginning; export or copy it once more.")
    is_usable = bool(found.left_out.keys() - {NOT_UNDERSTOOD})
    listens = _listens(kind, found)
    if has_repeats:
        is_repeat = listens.duplicated(["stamp", "artist", "title", "played_s"])
        n_songs = int((is_repeat & listens["title"].notna()).sum())
        found.left_out["entries that are in it twice"] += n_songs
        listens = listens[~is_repeat]
    is_empty = not listens["title"].notna().any()
    is_usable |= any(play.no_song for play in found.plays)
    notes = tuple(_notes(found, is_empty=is_empty))
    if is_empty and not is_usable:
        raise InputError(" ".join(notes))
    return Reading(
        kind=kind,
        listens=listens.reset_index(drop=True),
        left_out=found.left_out.total(),
        notes=notes,
    )


def _listens(kind: Kind, found: Harvest) -> pd.DataFrame:
    values = list(zip(*found.plays, strict=True)) or [()] * len(Play._fields)
    raw = dict(zip(Play._fields, values, strict=True))
    stamp_s = seconds(raw["stamp"])
    columns = {name: tidied(raw[name]) for name in ("artist", "title", "album")}
    songs = zip(columns["artist"], columns["title"], raw["no_song"], strict=True)
    is_song = np.array([bool(a and t and not other) for a, t, other in songs], bool)
    is_dated = (stamp_s >= _EARLIEST_S) & (stamp_s < _LATEST_S)
    for i in np.flatnonzero(~is_song).tolist():
        found.left_out[raw["no_song"][i] or "entries without artist or title"] += 1
    found.left_out["entries without a date since 2002"] += int((is_song & ~is_dated).sum())
    listens = frames.listens(
        source=[kind] * len(stamp_s),
        stamp=stamps(np.where(is_dated, stamp_s, np.nan)),
        played_s=_lengths(raw["played_s"]),
        duration_s=_lengths(raw["duration_s"]),
        isrc=[_code(_ISRC, text, _without_dashes) for text in raw["isrc"]],
        mbid=[_code(_UUID, text, str.lower) for text in raw["mbid"]],
        spotify_id=[_code(_SPOTIFY, text) for text in raw["spotify_id"]],
        **{
            name: list(raw[name])
            for name in ("stamp_kind", "precision_s", "idle_s", "is_skipped", "is_offline")
        },
        **{
            name: [text if song else None for text, song in zip(column, is_song, strict=True)]
            for name, column in columns.items()
        },
    )
    return listens[is_dated]


def _notes(found: Harvest, *, is_empty: bool) -> Iterable[str]:
    if found.is_damaged:
        yield "It is damaged or cut off; everything that could be read was kept."
    if is_empty:
        yield "It holds no songs."
    reasons = [f"{reason} ({count})" for reason, count in found.left_out.items() if count]
    if reasons:
        yield f"Left out: {', '.join(reasons)}."
    yield from found.notes


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


def number(value: Any) -> float:
    """A finite number, also one written as text; NaN for anything else."""
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else math.nan
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    # Integers of any length come out of JSON as floats, infinite ones included.
    return float(value) if math.isfinite(value) else math.nan


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
