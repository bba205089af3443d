"""What goes wrong at the simulated services, on demand or by chance that can be repeated."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from runsous.demo.services.calls import Call

Kind = Literal[
    "spent",  # 429 as the service says it, its limit used up
    "busy",  # 429 without any header
    "html",  # a page in HTML with status ``value`` (502)
    "hidden",  # an error in a 200 (Last.fm: code ``value``)
    "slow",  # the answer comes ``value`` seconds late
    "hung_up",  # the connection ends without an answer
    "cut_off",  # it ends in the middle of the answer
    "truncated",  # half the JSON, as if that were all
    "malformed",  # JSON with an error in it
    "repeated",  # the page before once more
    "stale",  # the last answer to anything asked of this list, whatever is asked now
    "shifted",  # an item arrives between two pages
    "expired",  # the access token has just expired
    "revoked",  # the user has just removed the app
    "inactive",  # Strava: the app's owner has not paid
]

TRANSIENT: Final[tuple[Kind, ...]] = (
    "html",
    "hidden",
    "hung_up",
    "cut_off",
    "truncated",
    "malformed",
    "repeated",
    "shifted",
    "expired",
)
"""What patience overcomes within seconds, so that everything is there in the end."""

_BEFORE_ANYTHING: Final[tuple[Kind, ...]] = ("html", "hung_up")
"""What may happen to a request for tokens by chance: its answer is never lost once given."""


@dataclass
class Fault:
    """Happens to the next ``times`` calls it fits, after the first ``skip`` of them.

    It fits calls of ``service`` and ``person`` (any if ``None``) with ``where`` in their path
    and query.
    """

    kind: Kind
    service: str | None = None
    person: str | None = None
    where: str = ""
    skip: int = 0
    times: int = 1
    value: float | None = None

    def fits(self, call: Call) -> bool:
        """Whether it could happen to this call."""
        return (
            self.times > 0
            and self.service in (None, call.service)
            and self.person in (None, call.person)
            and self.where in call.target
        )


@dataclass(frozen=True)
class Chance:
    """Each call goes wrong with probability ``share``, the same calls for the same ``seed``.

    Never more than ``most_in_a_row`` calls of one path one after another, so that whoever tries
    a little more often than that gets through.
    """

    seed: int
    share: float = 0.2
    kinds: tuple[Kind, ...] = TRANSIENT
    most_in_a_row: int = 2
    services: tuple[str, ...] = ("strava", "spotify", "lastfm", "listenbrainz")


class Faults:
    """The faults to come."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []
        self.chance: Chance | None = None
        self._calls: Counter[str] = Counter()
        self._in_a_row: Counter[str] = Counter()

    def plan(self, *faults: Fault) -> None:
        """Adds faults; of several that fit a call the first happens."""
        self.planned.extend(faults)

    def clear(self) -> None:
        """From now on all is well."""
        self.planned.clear()
        self.chance = None

    def draw(self, call: Call) -> Fault | None:
        """What happens to this call."""
        for fault in self.planned:
            if fault.fits(call):
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                return fault
        return self._by_chance(call)

    def _by_chance(self, call: Call) -> Fault | None:
        chance = self.chance
        if chance is None or call.service not in chance.services or call.is_page:
            return None
        self._calls[call.service] += 1
        rng = random.Random(f"{chance.seed}/{call.service}/{self._calls[call.service]}")  # noqa: S311
        kinds: Iterable[Kind] = _BEFORE_ANYTHING if call.is_for_tokens else chance.kinds
        happens = rng.random() < chance.share
        if not happens or self._in_a_row[call.path] >= chance.most_in_a_row:
            self._in_a_row[call.path] = 0
            return None
        self._in_a_row[call.path] += 1
        return Fault(rng.choice(list(kinds)), call.service)
