"""From bytes to text, and from text to the entries of JSON and CSV files, damaged or not.

Entries are read one at a time, so that a file cut off in the middle still gives all that
stands before, and no file takes more memory than itself and a window of one mebibyte.
"""

from __future__ import annotations

import codecs
import csv
import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE: Final = 4096
_BEGINNING: Final = 1 << 16
_WINDOW: Final = 1 << 20
_MOST_DAMAGES: Final = 1_000
_LONGEST_INTEGER: Final = 18
_IN_ARRAY: Final = re.compile(r"[\s,]*")
_ANYWHERE: Final = re.compile(r"[\s,\[\]]*")
_NEXT_OBJECT: Final = re.compile(r"(?:\}[\s,]*|\n[ \t]{0,80})(?=\{)")
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_CLOSING: Final = {"[": "]", "{": "}"}
_DELIMITERS: Final = (",", ";", "\t")


def decode(content: bytes) -> str:
    """The text of a file or of its beginning, without byte order mark; never fails.

    What is not UTF-8 or UTF-16 is taken for Western European (Windows-1252), unless single
    bytes of a UTF-8 file are damaged: they become U+FFFD.
    """
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return content[len(bom) :].decode(encoding, "replace")
    wide = _utf16(content[:_SAMPLE])
    if wide:
        return content.decode(wide, "replace")
    try:
        # A character cut in two at the end is left away.
        return codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return _damaged_or_western(content)


def _utf16(sample: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of the Latin letters in it is zero."""
    half = len(sample) // 2
    if half and sample[1::2].count(0) > 0.3 * half > sample[0::2].count(0):
        return "utf-16-le"
    if half and sample[0::2].count(0) > 0.3 * half > sample[1::2].count(0):
        return "utf-16-be"
    return None


def is_western(content: bytes) -> bool:
    """Whether what ought to be UTF-8 is Windows-1252: neither valid nor merely damaged."""
    try:
        for _ in _pieces(content, "strict"):
            pass
    except UnicodeDecodeError:
        return _is_rather_western(content)
    return False


def _is_rather_western(content: bytes) -> bool:
    """Whether more bytes are no UTF-8 than there are letters beyond ASCII that are."""
    broken = foreign = 0
    for piece in _pieces(content, "replace"):
        lost = piece.count("\ufffd")
        broken += lost
        foreign += sum(len(run) for run in re.findall(r"[^\x00-\x7f]+", piece)) - lost
    return broken >= foreign


def _pieces(content: bytes, errors: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")(errors)
    for start in range(0, len(content), _WINDOW):
        yield decoder.decode(content[start : start + _WINDOW])


def _damaged_or_western(content: bytes) -> str:
    if not _is_rather_western(content):
        return content.decode("utf-8", "replace")
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


class Records:
    """The JSON values of a text in order: of an array, of arrays in arrays, or of JSON Lines.

    ``names`` may be a regular expression ("listens|payload"): where one of them stands near the
    beginning, the values are those of all arrays, or the single objects, of these names.
    ``is_damaged`` says afterwards whether the text is cut off or values in it were lost.
    """

    def __init__(self, text: str, names: str = "") -> None:
        self.is_damaged = not _is_closed(text)
        self._text = text
        # A quotation mark inside a string is escaped, so that no title looks like a name.
        named = re.compile(rf'"(?:{names})"\s*:\s*(?=[\[{{])')
        self._within = named if names and named.search(text, 0, _BEGINNING) else None
        self._decode = json.JSONDecoder(parse_int=_integer).raw_decode
        self._pos = self._damages = self._start = 0
        self._window = ""

    def __iter__(self) -> Iterator[Any]:
        if self._within is None:
            yield from self._values(_ANYWHERE)
            return
        while found := self._within.search(self._text, self._pos):
            self._pos = found.end()
            if self._text[self._pos] == "[":
                self._pos += 1
                yield from self._values(_IN_ARRAY)
            else:
                yield from islice(self._values(_IN_ARRAY), 1)

    def _values(self, between: re.Pattern[str]) -> Iterator[Any]:
        """Values from here to the end of the text, or of the array when brackets count."""
        while self._skip(between):
            try:
                value = self._value()
            except _Damage:
                self._skip_damage()
            else:
                yield value

    def _skip(self, between: re.Pattern[str]) -> bool:
        """Goes to the next value; whether there is one."""
        found = between.match(self._text, self._pos)
        self._pos = found.end() if found else self._pos
        return self._pos < len(self._text) and self._text[self._pos] != "]"

    def _skip_damage(self) -> None:
        self.is_damaged = True
        self._damages += 1
        found = _NEXT_OBJECT.search(self._text, self._pos)
        is_hopeless = found is None or self._damages > _MOST_DAMAGES
        self._pos = len(self._text) if found is None or is_hopeless else found.end()

    def _value(self) -> Any:
        """Takes the value that begins here. Raises :class:`_Damage`."""
        if not self._start <= self._pos < self._start + len(self._window):
            self._move_window()
        try:
            value, end = self._decode(self._window, self._pos - self._start)
        except (ValueError, RecursionError):
            is_last = self._start + len(self._window) >= len(self._text)
            if is_last or self._pos == self._start:
                raise _Damage from None
            # It may only reach beyond the window.
            self._move_window()
            return self._value()
        self._pos = self._start + end
        return value

    def _move_window(self) -> None:
        self._start = self._pos
        self._window = self._text[self._pos : self._pos + _WINDOW]


class _Damage(Exception):
    """No whole JSON value begins here, or one larger than the window."""


def _is_closed(text: str) -> bool:
    """Whether a JSON text ends with the bracket it begins with."""
    opening, ending = text[:_SAMPLE].lstrip()[:1], text[-_SAMPLE:].rstrip()[-1:]
    return _CLOSING.get(opening, ending) == ending


def _integer(digits: str) -> int | float:
    """An integer, or a float for one so long that converting it would take its time."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


class Rows:
    """The rows of a CSV text with commas, semicolons or tabs, empty ones left away.

    ``is_damaged`` says after iteration whether reading had to stop before the end.
    """

    def __init__(self, text: str) -> None:
        self.is_damaged = False
        # Shorter than the longest field that csv reads, 131,072 characters.
        first = next((line for line in _lines(text) if line.strip()), "")[:_BEGINNING]
        delimiter = max(_DELIMITERS, key=lambda d: len(next(csv.reader([first], delimiter=d), [])))
        self._reader = csv.reader(_lines(text), delimiter=delimiter)

    def __iter__(self) -> Iterator[list[str]]:
        try:
            for row in self._reader:
                if any(row):
                    yield row
        except csv.Error:
            # A quotation mark that is never closed swallows the rest.
            self.is_damaged = True


def _lines(text: str) -> Iterator[str]:
    return (line.group() for line in _LINE.finditer(text))


def is_json(text: str) -> bool:
    """Whether a text begins as a JSON array or object does."""
    return text[:_SAMPLE].lstrip()[:1] in ("[", "{")
