"""Where each message of a FIT file lies, also when bytes are missing or wrong.

A FIT file is a header, then definitions (which fields follow under a local number) and data
messages, then a checksum; several such files may follow one another. Nothing is decoded
here, so that work and memory grow with the file alone, whatever it claims.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from runsous.errors import InputError
from runsous.files.fit.checksum import checksum
from runsous.files.fit.layouts import Layout, definition_size, layout_of

RECORD: Final = 20

_MOST_MESSAGES: Final = 2_000_000
_MOST_LAYOUTS: Final = 2_000
_MOST_PARTS: Final = 100
_MOST_FAULTS: Final = 1_000
_NO_STAMP: Final = 0xFFFFFFFF
_DAY_S: Final = 86_400
_HEADER_BYTES: Final = (12, 14)
_MOST_DOUBTS: Final = 5
"""So many wrong checksums, and no other is tried: each costs a look at the whole file."""
_MOST_TRIES: Final = 100_000
"""So many places that look like a message at first and are none, and the rest is given up."""
_NEXT: Final = 1 << 10
_FURTHEST: Final = 1 << 20


@dataclass(frozen=True)
class Part:
    """One FIT file of a chain: its bytes, its messages by layout, and what became of it.

    ``compressed`` are the starts of the messages whose header holds five bits of their time.
    ``faults`` counts damaged places that were passed over; ``is_cut`` says that nothing
    behind the last message could be read; ``is_sealed`` that the checksum is right.
    """

    content: bytes
    layouts: tuple[Layout, ...]
    compressed: tuple[int, ...]
    faults: int
    is_cut: bool
    is_sealed: bool


def is_fit(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is FIT, be its header damaged."""
    return head[8:12] == b".FIT" or _opens_with_file_id(head)


def _opens_with_file_id(head: bytes) -> bool:
    """Every FIT file begins with the definition of a ``file_id``, whose number is 0."""
    if len(head) < 20 or head[0] not in _HEADER_BYTES:
        return False
    first, *begin = head[head[0] : head[0] + 6]
    return first & 0xD0 == 0x40 and begin[:2] in ([0, 0], [0, 1]) and begin[2:4] == [0, 0]


def parts(content: bytes) -> Iterator[Part]:
    """Each FIT file chained in ``content``, in order."""
    marks = (found.start() - 8 for found in re.finditer(rb"\.FIT", content))
    starts = [at for at in marks if at >= 0 and content[at] in _HEADER_BYTES][:_MOST_PARTS]
    at = starts[0] if starts else 0
    doubts = 0
    while 0 <= at < len(content):
        end = _end(content, at, starts, is_checked=doubts < _MOST_DOUBTS)
        doubts += end != _stated_end(content, at)
        yield _part(content[at:end])
        following = bisect_right(starts, end - 1)
        at = starts[following] if following < len(starts) else -1


def _stated_end(content: bytes, at: int) -> int:
    return at + content[at] + int.from_bytes(content[at + 4 : at + 8], "little") + 2


def _end(content: bytes, at: int, starts: list[int], *, is_checked: bool) -> int:
    """Where the file that begins ``at`` ends: as its header says unless that is absurd."""
    stated = _stated_end(content, at)
    if stated in starts or stated == len(content):
        return stated
    if is_checked and stated < len(content) and not checksum(content[at:stated]):
        return stated
    following = bisect_right(starts, at)
    return starts[following] if following < len(starts) else len(content)


def _part(content: bytes) -> Part:
    stated = _stated_end(content, 0)
    body = content[0] if content[0] in _HEADER_BYTES else _HEADER_BYTES[-1]
    walk = _Walk(content, len(content) - (2 if stated <= len(content) else 0))
    if walk.run(body) == "broken":
        walk = _Walk(content, walk.end, is_wary=True)
        walk.salvage(body)
    return Part(
        content,
        tuple(layout for layout in walk.layouts.values() if layout.starts),
        tuple(walk.compressed),
        walk.faults,
        walk.is_cut,
        not checksum(content),
    )


class _Walk:
    """Steps from message to message; a wary one also doubts records of another day."""

    def __init__(self, content: bytes, end: int, *, is_wary: bool = False) -> None:
        self.content = content
        self.end = end
        self.at = 0
        self.layouts: dict[bytes, Layout] = {}
        self.compressed: list[int] = []
        self.faults = 0
        self.is_cut = False
        self._is_wary = is_wary
        self._known: list[Layout | None] = [None] * 16
        self._last: Layout | None = None
        self._now: int | None = None
        self._left = _MOST_MESSAGES
        self._tries = _MOST_TRIES

    def run(self, at: int) -> Literal["end", "cut", "broken", "untimely"]:
        """Walks on from ``at``; what comes out is why it stopped, ``self.at`` is where."""
        content, end, known, is_wary = self.content, self.end, self._known, self._is_wary
        layout = self._last
        reason: Literal["end", "cut", "broken", "untimely"] = "end"
        for _ in range(self._left):
            if at >= end:
                break
            header = content[at]
            if header & 0xC0 == 0x40:
                size = self._define(at)
                if not size:
                    reason = "broken"
                    break
                at, layout = at + size, None
                continue
            found = known[header >> 5 & 3 if header & 0x80 else header & 15]
            if found is None:
                reason = "broken"
                break
            if at + found.size > end:
                reason = "cut"
                break
            if is_wary and not self._is_timely(at, found):
                reason = "untimely"
                break
            layout = found
            layout.starts.append(at)
            if header & 0x80:
                self.compressed.append(at)
            at += layout.size
            self._left -= 1
        else:
            raise InputError("It has more messages than any recorded workout; split it.")
        self.at, self._last = at, layout
        # Two bytes left over are the checksum of a file whose header states a wrong size.
        self.is_cut = reason == "cut" and end - at > 2
        return reason

    def salvage(self, at: int) -> None:
        """Walks to the end over all damage behind which messages can be found again."""
        reason = self.run(at)
        while reason in ("broken", "untimely") and self.end - self.at > 2:
            start = self.at
            if reason == "broken" and self._last is not None:
                # What was lost or added lies in the message before, so that one goes as well.
                start = self._last.starts.pop()
                while self.compressed and self.compressed[-1] >= start:
                    self.compressed.pop()
            found = self._sound_from(start + 1)
            if found is None or self.faults >= _MOST_FAULTS:
                self.is_cut = True
                return
            self.faults += 1
            reason = self.run(found)

    def _define(self, at: int) -> int:
        """Takes note of the definition that begins ``at``: its size, 0 if it is none."""
        size = definition_size(self.content, at, self.end)
        if not size:
            return 0
        # One definition is often repeated; its messages are gathered in one layout.
        key = bytes((self.content[at] & 0x20,)) + self.content[at + 1 : at + size]
        if key not in self.layouts:
            if len(self.layouts) >= _MOST_LAYOUTS:
                raise InputError("It has more kinds of messages than any recorded workout.")
            self.layouts[key] = layout_of(key)
        self._known[self.content[at] & 15] = self.layouts[key]
        return size

    def _stamp(self, at: int, layout: Layout) -> int | None:
        if layout.stamp is None:
            return None
        at += layout.stamp.at
        order: Literal["little", "big"] = "little" if layout.order == "<" else "big"
        return int.from_bytes(self.content[at : at + 4], order)

    def _is_timely(self, at: int, layout: Layout) -> bool:
        stamp = self._stamp(at, layout)
        if stamp is None or stamp == _NO_STAMP:
            return True
        if layout.number == RECORD:
            if self._now is not None and abs(stamp - self._now) > _DAY_S:
                return False
            self._now = stamp
        self._now = self._now or stamp
        return True

    def _sound_from(self, start: int) -> int | None:
        """Where from ``start`` on a message surely begins; ``None`` if nowhere, or too hard."""
        reach = _NEXT
        while start < self.end:
            stop = min(start + reach, self.end)
            for at in self._plausible(start, stop):
                if self._is_sound(at):
                    return at
                self._tries -= 1
                if self._tries <= 0:
                    return None
            start, reach = stop, min(2 * reach, _FURTHEST)
        return None

    def _plausible(self, start: int, stop: int) -> list[int]:
        """All places in ``[start, stop)`` at which :meth:`_is_sound` may be true, in order.

        The same first tests, for thousands of bytes at once.
        """
        data = np.frombuffer(self.content, np.uint8)
        heads = data[start : max(start, min(stop, self.end - 5))]
        second, third = (data[start + n : start + n + heads.size] for n in (1, 2))
        found = [np.flatnonzero((heads & 0xD0 == 0x40) & (second == 0) & (third <= 1))]
        for header, layout in enumerate(self._known):
            if layout is None or layout.stamp is None:
                continue
            last = min(stop, self.end - layout.size + 1)
            at = np.flatnonzero(data[start : max(start, last)] == header)
            four = at[:, None] + start + layout.stamp.at + np.arange(4)
            stamps = data[four].view(layout.order + "u4").ravel().astype(np.int64)
            if self._now:
                at = at[(stamps >= self._now) & (stamps <= self._now + _DAY_S)]
            found.append(at)
        places: list[int] = (np.sort(np.concatenate(found)) + start).tolist()
        return places

    def _is_sound(self, at: int) -> bool:
        """Whether a message surely begins here: a definition, or a time soon after the last."""
        if self.content[at] & 0xC0 == 0x40:
            size = definition_size(self.content, at, self.end, is_strict=True)
            behind = self.content[at + size : at + size + 1]
            return bool(size) and behind == bytes((self.content[at] & 15,))
        size = self._timely_size(at)
        return bool(size) and (
            at + size >= self.end
            or bool(self._timely_size(at + size))
            or bool(definition_size(self.content, at + size, self.end, is_strict=True))
        )

    def _timely_size(self, at: int) -> int:
        header = self.content[at]
        layout = self._known[header] if header < 16 else None
        if layout is None or at + layout.size > self.end:
            return 0
        stamp = self._stamp(at, layout)
        if stamp is None or not 0 <= stamp - (self._now or stamp) <= _DAY_S:
            return 0
        return layout.size
