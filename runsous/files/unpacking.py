"""Bytes unpacked piece by piece, within bounds: gzip, deflate and plain; names made printable.

Ground for what opens uploads; it knows nothing of kinds of files.
"""

from __future__ import annotations

import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import BinaryIO, Final

from runsous.errors import InputError, TooLarge

MIB: Final = 1 << 20
_PIECE: Final = 1 << 16
SLICE: Final = 1 << 10
"""Packed bytes are handed on in small slices: what stands in a damaged one is lost."""

_MOST_STREAMS: Final = 100_000
_UNSUSPECTED: Final = 16 * MIB
"""Files that unpack to no more than this may be as dense as they like."""

_UTF8: Final = 0x800
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_LONGEST_NAME: Final = 255
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def is_gzip(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is packed with gzip."""
    return head.startswith(b"\x1f\x8b")


class Damaged(InputError):
    """Gzip that breaks off or makes no sense; what came before it is still good."""


def slices(file: BinaryIO, most: int) -> Iterator[bytes]:
    """The next ``most`` bytes of a file, or what there is of them."""
    while most > 0 and (piece := file.read(min(SLICE, most))):
        most -= len(piece)
        yield piece


def _pieces(decoder: zlib._Decompress, packed: bytes) -> Iterator[bytes]:
    """What ``packed`` unpacks to, never much at a time."""
    while packed:
        try:
            piece = decoder.decompress(packed, _PIECE)
        except zlib.error as problem:
            raise Damaged("is damaged and cannot be unpacked; download it again.") from problem
        if piece:
            yield piece
        packed = decoder.unconsumed_tail


def _gunzipped(packed: Iterable[bytes]) -> Iterator[bytes]:
    """All gzip streams that follow each other; padding behind the last is ignored."""
    decoder, streams = None, 0
    for chunk in packed:
        while chunk:
            if decoder is None:
                if not chunk.startswith(b"\x1f"):
                    return
                if streams >= _MOST_STREAMS:
                    raise Damaged("is made of too many gzip streams.")
                decoder, streams = zlib.decompressobj(wbits=31), streams + 1
            yield from _pieces(decoder, chunk)
            chunk = decoder.unused_data
            if decoder.eof:
                decoder = None
    if decoder is not None:
        yield decoder.flush()
        raise Damaged("is cut off and cannot be unpacked; download it again.")


def _plain_once(chunks: Iterator[bytes], notes: list[str]) -> Iterator[bytes]:
    first = next(chunks, b"")
    if not is_gzip(first):
        yield from chain((first,), chunks)
        return
    size = 0
    try:
        for piece in _gunzipped(chain((first,), chunks)):
            size += len(piece)
            yield piece
    except Damaged:
        if not size:
            raise
        notes.append("The gzip file is damaged or cut off; what could be unpacked was kept.")


def plain(chunks: Iterator[bytes], notes: list[str]) -> Iterator[bytes]:
    """The chunks with gzip undone, also where a download was gzipped a second time."""
    return _plain_once(_plain_once(chunks, notes), notes)


def inflated(packed: Iterable[bytes]) -> Iterator[bytes]:
    """What a deflated member of an archive unpacks to, up to the end of its stream."""
    decoder = zlib.decompressobj(wbits=-15)
    try:
        for chunk in packed:
            yield from _pieces(decoder, chunk)
            if decoder.eof:
                return
    except Damaged as problem:
        raise InputError("is damaged inside the archive; download it again.") from problem
    yield decoder.flush()


def unpacked(entry: zipfile.ZipInfo, packed: Iterator[bytes]) -> Iterator[bytes]:
    """A member's bytes, held against the size and checksum the archive states."""
    if entry.flag_bits & _ENCRYPTED:
        raise InputError("is protected by a password; unpack the archive and upload the file.")
    if entry.compress_type == zipfile.ZIP_DEFLATED:
        packed = inflated(packed)
    elif entry.compress_type != zipfile.ZIP_STORED:
        raise InputError("is packed by an unusual method; pack it as an ordinary ZIP archive.")
    size = checksum = 0
    for piece in packed:
        size += len(piece)
        checksum = zlib.crc32(piece, checksum)
        if size > entry.file_size:
            break
        yield piece
    if size != entry.file_size or checksum != entry.CRC:
        raise InputError("is damaged inside the archive; download the archive again.")


def too_large(most: int) -> TooLarge:
    """What to say of a file of more than ``most`` bytes."""
    return TooLarge(
        f"is larger than {most // MIB} MB unpacked; RUNSOUS_MAX_FILE_MB sets this limit."
    )


def collected(pieces: Iterable[bytes], most: int, ratio: int, packed: int) -> bytes:
    """All pieces in one; :class:`TooLarge` beyond ``most`` bytes.

    More than ``ratio`` times the ``packed`` size raises :class:`InputError`, since only
    bombs are as dense as that; what is small anyway may be.
    """
    content = bytearray()
    densest = max(_UNSUSPECTED, ratio * packed)
    for piece in pieces:
        content += piece
        if len(content) > most:
            raise too_large(most)
        if len(content) > densest:
            raise InputError(f"unpacks to more than {ratio} times its size and was refused.")
    return bytes(content)


def label(entry: zipfile.ZipInfo) -> str:
    """A member's name for people: readable letters, no way out of the archive, no controls."""
    name = entry.orig_filename[-4 * _LONGEST_NAME :]
    if not entry.flag_bits & _UTF8:
        # Many programs write UTF-8 without saying so; the library then reads it as cp437.
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    name = re.sub(r"^[A-Za-z]:", "", name.replace("\\", "/"))
    name = "".join(letter for letter in name if unicodedata.category(letter) not in _UNSEEN)
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    return "/".join(parts)[-_LONGEST_NAME:] or "unnamed"
