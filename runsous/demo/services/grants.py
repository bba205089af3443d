"""Codes and tokens of services with OAuth 2: who allowed what, until when."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_CODE_S: Final = 600


@dataclass(frozen=True)
class Code:
    """What a code stands for until it is redeemed."""

    person: str
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str | None
    until: float


@dataclass
class Grant:
    """What a person allowed, and the tokens for it. Times are seconds since 1970.

    ``accesses`` are all access tokens ever given with the end of each; ``access`` is the newest.
    """

    person: str
    scopes: tuple[str, ...]
    since: float
    refresh: str = ""
    access: str = ""
    is_alive: bool = True
    accesses: dict[str, float] = field(default_factory=dict)

    @property
    def until(self) -> float:
        """When the newest access token ends."""
        return self.accesses[self.access]


class Grants:
    """All codes and grants of one service whose access tokens live for ``life_s`` seconds."""

    def __init__(self, now: Callable[[], float], life_s: float) -> None:
        self._now = now
        self._life_s = life_s
        self._codes: dict[str, Code] = {}
        self._all: list[Grant] = []
        self._retired: set[str] = set()

    def code(
        self, person: str, scopes: tuple[str, ...], redirect_uri: str, challenge: str | None = None
    ) -> str:
        """A new code for what was allowed."""
        text = secrets.token_hex(20)
        until = self._now() + _CODE_S
        self._codes[text] = Code(person, scopes, redirect_uri, challenge, until)
        return text

    def redeem(self, text: str) -> Code | None:
        """What a code stands for: once, and within ten minutes."""
        code = self._codes.pop(text, None)
        return code if code and code.until > self._now() else None

    def begin(self, code: Code) -> Grant:
        """A new grant with its first tokens."""
        grant = Grant(code.person, code.scopes, self._now())
        self._all.append(grant)
        self.renew(grant)
        return grant

    def renew(self, grant: Grant) -> None:
        """New tokens: the old refresh token dies at once, access tokens live out their time."""
        if grant.refresh:
            self._retired.add(grant.refresh)
        grant.refresh = secrets.token_hex(20)
        grant.access = secrets.token_hex(20)
        grant.accesses[grant.access] = self._now() + self._life_s

    def of_refresh(self, token: str) -> Grant | None:
        """The living grant that a refresh token belongs to."""
        return next((g for g in self._all if g.is_alive and g.refresh == token), None)

    def of_access(self, token: str) -> Grant | None:
        """The grant that an access token belongs to, alive or not, expired or not."""
        return next((g for g in self._all if token in g.accesses), None)

    def is_good(self, token: str) -> bool:
        """Whether an access token opens anything now."""
        grant = self.of_access(token)
        return bool(grant and grant.is_alive and grant.accesses[token] > self._now())

    def was_retired(self, token: str) -> bool:
        """Whether a refresh token was good once and has been replaced since."""
        return token in self._retired

    def of_person(self, person: str) -> list[Grant]:
        """What a person allows at present."""
        return [grant for grant in self._all if grant.is_alive and grant.person == person]

    def expire(self, person: str) -> None:
        """Ends a person's access tokens."""
        for grant in self.of_person(person):
            grant.accesses = dict.fromkeys(grant.accesses, self._now())

    def revoke(self, person: str) -> None:
        """Ends all that a person allowed."""
        for grant in self.of_person(person):
            grant.is_alive = False
