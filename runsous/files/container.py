"""What was uploaded, opened within bounds: plain files, gzip and ZIP archives.

Nothing is extracted to disk; the names inside an archive are labels and nothing else.
Memory holds one unpacked file at a time, and archives within an archive up to a file's limit.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import BinaryIO, Final, cast
from zipfile import BadZipFile

from runsous.errors import InputError, TooLarge
from runsous.files.unpacking import (
    MIB,
    SLICE,
    collected,
    label,
    plain,
    slices,
    too_large,
    unpacked,
)
from runsous.files.unpacking import is_gzip as is_gzip

_HEAD: Final = 65_536
_MOST_TABLE: Final = 64 * MIB
_ENTRY: Final = b"PK\x01\x02"
_HEADER: Final = 30
_BROKEN: Final = (BadZipFile, struct.error, OverflowError, OSError, RuntimeError, ValueError)
_SKIPPED: Final = re.compile(
    r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)"
    r"|\.(jpe?g|png|gif|heic|webp|bmp|tiff?|svg|mp4|mov|avi|m4v|webm|mp3|m4a|wav|flac|ogg|pdf)$",
    re.IGNORECASE,
)
"""What systems leave behind, and media."""

Content = tuple[bytes, tuple[str, ...]]
"""What a file holds, and in whole sentences what of it could not be had."""


@dataclass(frozen=True)
class Limits:
    """How large uploads may be, unpacked; the settings' names stand in the messages."""

    member_bytes: int = 256 * MIB  # RUNSOUS_MAX_FILE_MB, also an archive within an archive
    archive_bytes: int = 8192 * MIB  # RUNSOUS_MAX_ARCHIVE_MB, all files of an archive together
    archive_members: int = 100_000  # RUNSOUS_MAX_ARCHIVE_FILES
    ratio: int = 200
    nesting: int = 1


@dataclass(frozen=True)
class Member:
    """One file of an archive: a printable name, its unpacked size and checksum, how to read it."""

    name: str
    size: int
    checksum: int
    _read: Callable[[], Content]
    _head: Callable[[], bytes]

    def head(self) -> bytes:
        """The first 64 KB, with gzip undone; fewer where it ends or is damaged."""
        return self._head()

    def read(self) -> Content:
        """The content, with gzip undone, and notes on what was damaged.

        Raises :class:`InputError` for a member that cannot be read, :class:`TooLarge` for
        one that passes a limit; other members stay readable.
        """
        return self._read()


def is_zip(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is a ZIP archive (an empty one too)."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))


def head(path: Path, size: int = _HEAD) -> bytes:
    """The first ``size`` bytes of a file, with gzip undone; fewer if it ends or is damaged."""
    # Empty gzip streams unpack to nothing, so the packed side is bounded as well.
    with path.open("rb") as file:
        return _beginning(plain(slices(file, 4 * size), []), size)


def _beginning(pieces: Iterator[bytes], size: int) -> bytes:
    begin = bytearray()
    with suppress(InputError):
        for piece in pieces:
            begin += piece
            if len(begin) >= size:
                break
    return bytes(begin[:size])


def read_whole(path: Path, limits: Limits) -> Content:
    """The whole of a plain or gzipped file, at most ``limits.member_bytes`` of it.

    Raises :class:`TooLarge` beyond the limits and :class:`InputError` for gzip of which
    nothing can be unpacked.
    """
    packed = path.stat().st_size
    if packed > limits.member_bytes:
        raise too_large(limits.member_bytes)
    notes: list[str] = []
    with path.open("rb") as file:
        pieces = plain(slices(file, packed), notes)
        return collected(pieces, limits.member_bytes, limits.ratio, packed), tuple(notes)


def members(path: Path, limits: Limits) -> Iterator[Member]:
    """The files of a ZIP archive, and those of archives in it as ``outer.zip!inner``.

    Directories, media and what systems leave behind are passed over. Raises
    :class:`InputError` for an archive without a readable table of contents or made to
    deceive, :class:`TooLarge` for too many files or too much to unpack.
    """
    return _Archive(path, _Budget(limits)).members()


@dataclass
class _Budget:
    """What an archive with all archives in it has used of its limits."""

    limits: Limits
    files: int = 0
    declared: int = 0
    held: int = 0
    unpacked: dict[str, int] = field(default_factory=dict)
    _total: int = 0

    def declare(self, sizes: Iterable[int], files: int) -> None:
        self.files += files
        self.declared += sum(sizes)
        if self.files > self.limits.archive_members:
            raise _too_many(self.limits)
        self._bound(self.declared)

    def spend(self, name: str, size: int) -> None:
        """Counts a member's true size, once however often it is read."""
        self._total += size - self.unpacked.get(name, 0)
        self.unpacked[name] = size
        self._bound(self._total)

    def _bound(self, size: int) -> None:
        if size > self.limits.archive_bytes:
            most = self.limits.archive_bytes // MIB
            raise TooLarge(
                f"unpacks to more than {most} MB in all; RUNSOUS_MAX_ARCHIVE_MB sets this limit."
            )


def _too_many(limits: Limits) -> TooLarge:
    return TooLarge(
        f"holds more than {limits.archive_members} files; "
        "RUNSOUS_MAX_ARCHIVE_FILES sets this limit."
    )


def _opened(source: Path | bytes) -> BinaryIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


class _Table(io.BufferedReader):
    """A file that refuses to hand over more of a table of contents than the limits allow.

    The standard library reads the table in one go and makes an object of every entry
    before anyone could count them.
    """

    def __init__(self, source: Path | bytes, limits: Limits) -> None:
        # Any file with readinto will do, whatever the annotation asks for.
        super().__init__(cast(io.RawIOBase, _opened(source)))
        self._limits = limits

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MOST_TABLE:
            raise _too_many(self._limits)
        content = super().read(size)
        if content.count(_ENTRY) > self._limits.archive_members:
            raise _too_many(self._limits)
        return content


class _Archive:
    """One ZIP archive, on disk or in memory."""

    def __init__(
        self, source: Path | bytes, budget: _Budget, prefix: str = "", depth: int = 0
    ) -> None:
        self._source, self._budget = source, budget
        self._prefix, self._depth = prefix, depth
        entries = self._listed()
        _refuse_overlaps(entries, source)
        self._wanted = [
            entry
            for entry in entries
            # Not is_dir(), which falls over an empty name.
            if not (entry.filename.endswith("/") or _SKIPPED.search(label(entry)))
        ]
        budget.declare((entry.file_size for entry in self._wanted), len(entries))

    def members(self) -> Iterator[Member]:
        seen: Counter[str] = Counter()
        for entry in self._wanted:
            name = self._prefix + label(entry)
            seen[name] += 1
            if seen[name] > 1:
                name = f"{name} ({seen[name]})"
            read, begin = partial(self._content, entry), partial(self._beginning, entry)
            member = Member(name, entry.file_size, entry.CRC, read, begin)
            if name.lower().endswith(".zip"):
                yield from self._inside(member)
            else:
                yield member

    def _inside(self, member: Member) -> Iterator[Member]:
        """The files of an archive within this one; an unreadable one is a member that says why."""
        try:
            content, _ = member.read()
            # An inner archive stays in memory for as long as its members may be read.
            self._budget.held += len(content) if is_zip(content) else 0
            if self._budget.held > self._budget.limits.member_bytes:
                raise TooLarge("holds more inner archives than fit in memory; unpack it first.")
            inner = self._inner(content, f"{member.name}!") if is_zip(content) else None
        except InputError as problem:
            yield replace(member, _read=partial(_refuse, problem))
        else:
            yield from inner.members() if inner else (member,)

    def _inner(self, content: bytes, prefix: str) -> _Archive:
        if self._depth >= self._budget.limits.nesting:
            raise InputError("is an archive within an archive within another; unpack it first.")
        return _Archive(content, self._budget, prefix, self._depth + 1)

    def _listed(self) -> list[zipfile.ZipInfo]:
        with _Table(self._source, self._budget.limits) as table:
            try:
                with zipfile.ZipFile(table) as archive:
                    return archive.infolist()
            except _BROKEN as problem:
                raise InputError(
                    "is a damaged or incomplete ZIP archive; download or pack it again."
                ) from problem

    def _packed(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        with _opened(self._source) as file:
            file.seek(entry.header_offset)
            header = file.read(_HEADER)
            if len(header) < _HEADER or not header.startswith(b"PK\x03\x04"):
                raise InputError("is damaged inside the archive; download the archive again.")
            file.seek(sum(struct.unpack_from("<HH", header, 26)), io.SEEK_CUR)
            yield from slices(file, entry.compress_size)

    def _beginning(self, entry: zipfile.ZipInfo) -> bytes:
        # Packed a thousandfold it may be, but not without end.
        packed = islice(self._packed(entry), 4 * _HEAD // SLICE)
        return _beginning(plain(unpacked(entry, packed), []), _HEAD)

    def _content(self, entry: zipfile.ZipInfo) -> Content:
        limits = self._budget.limits
        if entry.file_size > limits.member_bytes:
            raise too_large(limits.member_bytes)
        notes: list[str] = []
        pieces = plain(unpacked(entry, self._packed(entry)), notes)
        content = collected(pieces, limits.member_bytes, limits.ratio, entry.compress_size)
        self._budget.spend(f"{self._prefix}{entry.header_offset}", len(content))
        return content, tuple(notes)


def _refuse(problem: InputError) -> Content:
    raise problem


def _refuse_overlaps(entries: Iterable[zipfile.ZipInfo], source: Path | bytes) -> None:
    """Entries that share their data unpack to any size, so no such archive is opened."""
    end = len(source) if isinstance(source, bytes) else source.stat().st_size
    spans = sorted((entry.header_offset, entry.compress_size) for entry in entries)
    for (start, size), (following, _) in pairwise([(0, -_HEADER), *spans, (end, 0)]):
        if start + _HEADER + size > following:
            raise InputError(
                "is a ZIP archive whose files overlap, as only damaged ones and decompression "
                "bombs do; pack it again."
            )
