"""The checksum that ends every FIT file, quick enough to be taken of each."""

from __future__ import annotations

from typing import Final

import numpy as np


def checksum(content: bytes) -> int:
    """CRC-16 (polynomial 0x8005 reflected, from 0) of ``content``; 0 with its own appended.

    The bytes are cut into lanes of equal length, all lanes are computed at once, and each
    result is carried over the lanes behind it, which is linear in its two bytes.
    """
    length = max(16, round(len(content) ** 0.5) // 4)
    # Zeros in front change nothing, as the checksum begins at zero.
    padded = bytes(-len(content) % length) + content
    lanes = np.frombuffer(padded, np.uint8).reshape(-1, length)
    seeds = np.arange(256, dtype=np.uint16)
    values = np.concatenate((np.zeros(len(lanes), np.uint16), seeds, seeds << 8))
    for step in range(length):
        values[: len(lanes)] ^= lanes[:, step]
        values = (values >> 8) ^ _CRC_TABLE[values & 0xFF]
    low, high = values[-512:-256].tolist(), values[-256:].tolist()
    crc = 0
    for lane in values[:-512].tolist():
        crc = low[crc & 0xFF] ^ high[crc >> 8] ^ lane
    return int(crc)


def _table() -> np.ndarray[tuple[int], np.dtype[np.uint16]]:
    values = np.arange(256)
    for _ in range(8):
        values = (values >> 1) ^ (values & 1) * 0xA001
    return values.astype(np.uint16)


_CRC_TABLE: Final = _table()
