"""How often the simulated tempo services let themselves be called."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Sliding:
    """At most ``most`` calls in any ``seconds``; ``None`` for as many as one likes.

    Calls over the limit do not count.
    """

    most: int | None
    seconds: float
    _times: deque[float] = field(default_factory=deque)

    def enter(self, now: float) -> bool:
        """Whether a call is within the limit."""
        while self._times and self._times[0] <= now - self.seconds:
            self._times.popleft()
        if self.most is not None and len(self._times) >= self.most:
            return False
        self._times.append(now)
        return True


@dataclass
class Counted:
    """At most ``most`` calls in each window of ``seconds``, which begins with a call and is told
    in headers as MetaBrainz's servers do; calls over the limit count too.
    """

    most: int
    seconds: float
    _used: int = 0
    _end: float = 0.0

    def enter(self, now: float) -> bool:
        """Whether a call is within the limit."""
        self._turn(now)
        self._used += 1
        return self._used <= self.most

    def fill(self, now: float) -> None:
        """Uses the window up, as others at the same address would."""
        self._turn(now)
        self._used = max(self._used, self.most)

    def headers(self, now: float) -> dict[str, str]:
        """What answers tell."""
        return {
            "X-RateLimit-Limit": str(self.most),
            "X-RateLimit-Remaining": str(max(self.most - self._used, 0)),
            "X-RateLimit-Reset-In": str(max(int(self._end - now + 0.999), 0)),
            "X-RateLimit-Reset": str(int(self._end + 0.999)),
        }

    def _turn(self, now: float) -> None:
        if now >= self._end:
            self._end, self._used = now + self.seconds, 0
