"""Who called which simulated service how often, and who called more often than is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Call:
    """One call; ``status`` is 0 while, and if, it has no answer.

    ``is_page`` is for what a person looks at, ``is_for_tokens`` for what gives tokens.
    """

    at: float
    service: str
    method: str
    path: str
    query: str
    person: str | None = None
    is_page: bool = False
    is_for_tokens: bool = False
    status: int = 0

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


class Calls:
    """Everything called, in order. ``violations`` are sentences about calls over a limit,
    before the end of a wait that was asked for, or with a token that was used up before.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.log: list[Call] = []
        self.violations: list[str] = []

    def note(self, call: Call) -> None:
        """Adds a call."""
        self.log.append(call)

    def blame(self, service: str, reason: str) -> None:
        """Records what no good client does."""
        self.violations.append(f"{service} at {self._now():.3f}: {reason}")

    def of(self, service: str, where: str = "") -> list[Call]:
        """The calls of a service that have ``where`` in path and query."""
        return [c for c in list(self.log) if c.service == service and where in c.target]
