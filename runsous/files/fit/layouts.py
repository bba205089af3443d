"""Definitions of FIT messages: which fields follow under a local number, and where they stand."""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

STAMP_FIELD: Final = 253

_BASE_TYPES: Final = frozenset(
    b"\x00\x01\x02\x07\x0a\x0d\x83\x84\x85\x86\x88\x89\x8b\x8c\x8e\x8f\x90"
)


class Field(NamedTuple):
    """One field of a message: its number, place behind the message's header, and base type.

    For a developer field ``kind`` is the developer's index instead.
    """

    number: int
    at: int
    size: int
    kind: int


@dataclass(eq=False)
class Layout:
    """The fields of all messages written under one definition, and where those begin."""

    number: int
    order: Literal["<", ">"]
    fields: tuple[Field, ...]
    developer: tuple[Field, ...]
    size: int
    stamp: Field | None
    starts: array[int] = field(default_factory=lambda: array("Q"))


def definition_size(content: bytes, at: int, end: int, *, is_strict: bool = False) -> int:
    """The bytes of the definition that begins ``at``, 0 if it is none or not whole.

    Strictly, what the format reserves is zero and all base types are known.
    """
    if at + 6 > end or content[at + 2] > 1:
        return 0
    size = 6 + 3 * content[at + 5]
    if is_strict and not (
        content[at] & 0x10 == content[at + 1] == 0
        and _BASE_TYPES.issuperset(content[at + 8 : at + size : 3])
    ):
        return 0
    if content[at] & 0x20:
        size += 1 + (3 * content[at + size] if at + size < end else 0)
    return size if at + size <= end else 0


def layout_of(key: bytes) -> Layout:
    """The layout that a definition (its flag, then what follows its header) describes."""
    order: Literal["<", ">"] = ">" if key[2] else "<"
    (number,) = struct.unpack_from(order + "H", key, 3)
    split = 6 + 3 * key[5]
    at, groups = 1, []
    for block in (key[6:split], key[split + 1 :]):
        fields = []
        for triple in range(0, len(block), 3):
            identity, size, kind = block[triple : triple + 3]
            fields.append(Field(identity, at, size, kind))
            at += size
        groups.append(tuple(fields))
    stamps = (f for f in groups[0] if f.number == STAMP_FIELD and f.size == 4)
    return Layout(number, order, groups[0], groups[1], at, next(stamps, None))
