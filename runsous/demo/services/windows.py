"""Strava's limits: calls per quarter of an hour and per day (UTC), of all kinds and of reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_QUARTER_S: Final = 900
_DAY_S: Final = 86_400


@dataclass
class _Count:
    """Calls in the quarter and the day of the last one."""

    most: tuple[int, int]
    quarter: int = 0
    day: int = 0
    used: tuple[int, int] = (0, 0)

    def turn(self, now: float) -> None:
        quarter, day = int(now // _QUARTER_S), int(now // _DAY_S)
        of_quarter, of_day = self.used
        self.used = (
            of_quarter if quarter == self.quarter else 0,
            of_day if day == self.day else 0,
        )
        self.quarter, self.day = quarter, day

    @property
    def is_full(self) -> bool:
        return any(used >= most for used, most in zip(self.used, self.most, strict=True))

    def add(self) -> None:
        self.used = self.used[0] + 1, self.used[1] + 1


class Windows:
    """The counts of one app."""

    def __init__(self, overall: tuple[int, int], read: tuple[int, int]) -> None:
        self._overall = _Count(overall)
        self._read = _Count(read)

    def enter(self, now: float) -> bool:
        """Counts a reading call, refused ones too; whether it is within the limits."""
        is_within = True
        for count in (self._overall, self._read):
            count.turn(now)
            is_within &= not count.is_full
            count.add()
        return is_within

    def fill(self, now: float) -> None:
        """Uses up the reads of the present quarter, as another process of the app would."""
        self._read.turn(now)
        self._read.used = max(self._read.used[0], self._read.most[0]), self._read.used[1]

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers in the case in which real answers have them."""
        return [
            (b"X-Ratelimit-Limit", _pair(self._overall.most)),
            (b"X-Ratelimit-Usage", _pair(self._overall.used)),
            (b"X-Readratelimit-Limit", _pair(self._read.most)),
            (b"X-Readratelimit-Usage", _pair(self._read.used)),
        ]


def _pair(numbers: tuple[int, int]) -> bytes:
    return f"{numbers[0]},{numbers[1]}".encode()
