"""What GPX and TCX share: safe streaming XML, columns of points, times and words for sports.

Names of elements are compared without prefix, namespace and case: writers differ in all
three (``gpxtpx:hr``, ``ns3:hr``, a bare ``hr``), never in the word itself.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite, nan
from typing import Final, NamedTuple, Protocol

import numpy as np
import pandas as pd
from lxml import etree
from numpy.typing import NDArray

from runsous import frames
from runsous.errors import InputError
from runsous.files.text import is_western

_CHUNK: Final = 1 << 16
_DEEPEST: Final = 64
_MOST_NAMES: Final = 2_000
_MOST_POINTS: Final = 2_000_000
_SAFE: Final[Mapping[str, bool]] = {
    "recover": True,
    "resolve_entities": False,
    "load_dtd": False,
    "no_network": True,
    "huge_tree": False,
}
_HARMLESS: Final = frozenset(
    {
        "ERR_DOCUMENT_END",
        "ERR_ENTITYREF_SEMICOL_MISSING",
        "ERR_INVALID_ENCODING",
        "ERR_NAME_REQUIRED",
        "ERR_UNDECLARED_ENTITY",
    }
)
"""Faults of a text (a bare "&", a Latin-1 letter) or behind the end: they cost no point."""


class Listener(Protocol):
    """Hears the elements of a document in order, names in lower case without prefix."""

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""

    def closed(self, name: str, parent: str, text: str) -> None:
        """An element ends; ``text`` is what stood since the last tag."""


class _Target:
    """The lxml target that tells a listener, within bounds a hostile file cannot pass."""

    def __init__(self, listener: Listener) -> None:
        self.path = [""]
        self._opened, self._closed = listener.opened, listener.closed
        self._names: dict[str, str] = {}
        self._text: list[str] = []
        self.data = self._text.append

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = self._names.get(tag) or self._named(tag)
        if len(self.path) > _DEEPEST:
            raise InputError("is nested too deeply to be a recorded workout.")
        self.path.append(name)
        self._text.clear()
        self._opened(name, attributes)

    def end(self, tag: str) -> None:
        text = "".join(self._text)
        self._text.clear()
        name = self.path.pop()
        self._closed(name, self.path[-1], text)

    def doctype(self, *_: str | None) -> None:
        raise InputError(
            "contains a document type declaration, which no workout needs and which is "
            "refused for safety; export the file again."
        )

    def close(self) -> None:
        pass

    def _named(self, tag: str) -> str:
        if len(self._names) >= _MOST_NAMES:
            raise InputError("has more kinds of elements than any recorded workout.")
        return self._names.setdefault(tag, _local(tag))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def _wide(head: bytes) -> str | None:
    """The UTF-16 a document is written in, by its mark or its first letter."""
    if head.startswith(b"\xff\xfe") or (head[1:2] == b"\0" and head[:1] != b"\0"):
        return "utf-16-le"
    if head.startswith(b"\xfe\xff") or (head[:1] == b"\0" and head[1:2] > b"\0"):
        return "utf-16-be"
    return None


def _begun(content: bytes) -> tuple[memoryview, str | None]:
    """The document without what must not stand before it, and its encoding if not its own word."""
    wide = _wide(content)
    if wide:
        content = content.decode(wide, "replace").encode()
    head = content[:_CHUNK]
    document = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    rest = memoryview(content)[len(head) - len(document) :]
    declared = re.match(rb"<\?xml[^>]*encoding=.([\w-]+)", document, re.IGNORECASE)
    if declared and not re.fullmatch(rb"utf-?(8|16)", declared[1], re.IGNORECASE):
        return rest, None
    # Some .NET programs declare UTF-16 and then save UTF-8, others UTF-8 and then save Latin-1.
    return rest, "utf-8" if wide or not is_western(content) else "windows-1252"


def root_name(head: bytes) -> str | None:
    """The root element's name in lower case without prefix; ``None`` when it is not XML."""
    document, encoding = _begun(head)
    parser = etree.XMLPullParser(("start",), encoding=encoding, **_SAFE)
    parser.feed(bytes(document))
    return next((_local(element.tag) for _, element in parser.read_events()), None)


def walk(content: bytes, listener: Listener) -> tuple[str, ...]:
    """Tells ``listener`` every element of a document; what comes out are notes on damage.

    Nothing is kept of the document, so memory is bounded by what the listener keeps.
    Damaged or cut off documents are told as far as they can be read. A document type
    declaration, absurd nesting or vocabulary raises :class:`InputError` at once.
    """
    target = _Target(listener)
    document, encoding = _begun(content)
    parser = etree.XMLParser(target=target, encoding=encoding, **_SAFE)
    try:
        for start in range(0, len(document), _CHUNK):
            parser.feed(bytes(document[start : start + _CHUNK]))
        parser.close()
    except etree.XMLSyntaxError as problem:
        raise InputError("is not readable XML; export it again.") from problem
    log = parser.feed_error_log
    faults = {entry.type_name for entry in log if entry.level == etree.ErrorLevels.FATAL}
    if len(target.path) > 1 or faults - _HARMLESS:
        return ("The file is cut off or damaged; what could be read of it was kept.",)
    return ()


def number(text: str | None) -> float:
    """The finite number written in ``text``, else NaN."""
    try:
        value = float(text or "nan")
    except ValueError:
        return nan
    return value if isfinite(value) else nan


class Points:
    """Columns of numbers that grow point by point, with the text of each point's time."""

    def __init__(self, *extra: str) -> None:
        self.times: list[str] = []
        self._columns = {name: array("d") for name in (*frames.CHANNELS, *extra)}

    def __len__(self) -> int:
        return len(self.times)

    def add(self, texts: Mapping[str, str], **extra: float) -> None:
        """Adds one point from the text of its channels and its ``time``."""
        if len(self.times) >= _MOST_POINTS:
            raise InputError(f"has more than {_MOST_POINTS:,} points; split it and try again.")
        self.times.append(texts.get("time", ""))
        for name, column in self._columns.items():
            column.append(number(texts[name]) if name in texts else extra.get(name, nan))

    def frame(self) -> pd.DataFrame:
        """The points in file order, ``instant`` (s since 1970, NaN if unusable) in front.

        A heart rate of zero is how watches write that there was none.
        """
        columns = {name: np.array(column) for name, column in self._columns.items()}
        columns["heartrate"][columns["heartrate"] <= 0] = nan
        return pd.DataFrame({"instant": instants(self.times), **columns})


_SINCE: Final = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
_UNTIL: Final = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_ZONE: Final = re.compile(r"\d[T ]\d\d.*?(?:(Z)|([+-])(\d\d):?(\d\d)?)$", re.IGNORECASE)

NAIVE: Final = (
    "The times carry no time zone and were taken as UTC; shift the activity if the songs are "
    "hours off."
)


def instants(texts: Sequence[str]) -> NDArray[np.float64]:
    """Seconds since 1970 of ISO 8601 times; NaN where unreadable or not in 1990 to 2100.

    Times without a zone count as UTC.
    """
    stamps = pd.to_datetime(
        pd.Series(texts, dtype="str"), format="ISO8601", utc=True, errors="coerce"
    )
    # In microseconds: .NET's empty date, the year 1, lies beyond what nanoseconds can count.
    fine = stamps.astype(frames.UTC_STAMP)
    seconds = np.where(fine.isna(), nan, fine.to_numpy("datetime64[us]").view(np.int64) / 1e6)
    seconds[~((seconds >= _SINCE) & (seconds < _UNTIL))] = nan
    return seconds


def instant(text: str | None) -> float:
    """Seconds since 1970 of one ISO 8601 time, as :func:`instants`."""
    return float(instants([text or ""])[0])


def moment(instant: float) -> datetime:
    """The aware UTC time of seconds since 1970, to the microsecond."""
    return datetime.fromtimestamp(round(instant, 6), UTC)


def utc_offset_s(text: str) -> int | None:
    """The offset an ISO 8601 time states; ``None`` for UTC, which says nothing of the place."""
    found = _ZONE.search(text.strip()[:64])
    if not found or found[1]:
        return None
    offset = int(found[3]) * 3600 + int(found[4] or 0) * 60
    return (-offset if found[2] == "-" else offset) or None


def is_naive(text: str) -> bool:
    """Whether a time states neither UTC nor an offset."""
    return not _ZONE.search(text.strip()[:64])


class Seam(NamedTuple):
    """Where one stretch of a recording ends and the next begins, in seconds."""

    end_s: float
    gap_s: float
    before: float
    after: float


def seams(seconds: pd.Series[float], stretch: pd.Series[float]) -> list[Seam]:
    """The seams between numbered stretches, in order of time; none inside an overlap."""
    spans = seconds.groupby(stretch).agg(["min", "max"]).round(6).sort_values("min")
    ends = np.maximum.accumulate(spans["max"].to_numpy(dtype=float))
    starts, numbers = spans["min"].to_numpy(dtype=float), spans.index.to_numpy(dtype=float)
    rows = zip(ends, starts[1:] - ends[:-1], numbers, numbers[1:], strict=False)
    return [Seam(*map(float, row)) for row in rows if row[1] >= 0]


_SPORTS: Final = (
    (r"motor(cycl|bik)", "other"),
    (r"^run|run(ning|ner)?$|jog|^treadmill$", "run"),
    (r"swim", "swim"),
    (r"ride$|cycling$|^cycl|bik(e|ing)$|^mtb$|spinning", "ride"),
    (r"hik(e|ing)$|^hik|mountaineer|snowshoe", "hike"),
    (r"walk", "walk"),
    (r"^row|rowing$", "row"),
    (r"ski(ing)?$|^ski|snowboard", "ski"),
    (r"skat", "skate"),
    (r"elliptical", "elliptical"),
    (r"strength|weight", "strength"),
    (r"yoga", "yoga"),
    (r"^transition$", "transition"),
    (r"workout|training|fitness|cardio|crossfit|hiit", "workout"),
)
_SUB_SPORTS: Final = (
    (r"run.*trail|trail.*run", "trail"),
    (r"treadmill", "treadmill"),
    (r"openwater", "open_water"),
    (r"(lap|pool)swim", "lap_swimming"),
    (r"indoor(cycling|bik|ride)|spinning", "indoor_cycling"),
    (r"mountainbik|^mtb$", "mountain"),
    (r"gravel", "gravel_cycling"),
    (r"^virtual", "virtual_activity"),
)


def sport(word: str | None) -> tuple[str, str | None]:
    """The sport and sub-sport that a word in a file means: "TrailRun" is a run, "trail"."""
    letters = re.sub(r"[^a-z]", "", (word or "")[:100].lower())
    kind = next((kind for pattern, kind in _SPORTS if re.search(pattern, letters)), "other")
    subs = (sub for pattern, sub in _SUB_SPORTS if re.search(pattern, letters))
    return kind, next(subs, None) if kind != "other" else None


def line(text: str | None, most: int = 500) -> str | None:
    """Text with its blanks collapsed and at most ``most`` characters; ``None`` if empty."""
    return " ".join((text or "")[: 4 * most].split())[:most] or None
