"""How often one may ask, counted across all processes of an installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from runsous import settings
from runsous.keys import Keyring
from runsous.store import limits


@dataclass(frozen=True)
class Limit:
    """So many in a window that begins with the first."""

    name: str
    most: int
    window: timedelta


SIGN_IN = Limit("sign-in", 5, timedelta(minutes=1))
API = Limit("api", 1000, timedelta(hours=1))


@dataclass(frozen=True)
class Verdict:
    """Whether it is allowed, what the answer's headers say, and how many more would be."""

    is_allowed: bool
    headers: dict[str, str]
    left: int = 0


FREE = Verdict(True, {})
"""For what is not counted."""


def check(engine: Engine, limit: Limit, who: str) -> Verdict:
    """Counts a request of ``who`` (a user's id, an address, an e-mail; kept as a keyed hash)."""
    key = Keyring(settings.secret_keys(settings.current())).digest(limit.name, who)
    with engine.begin() as conn:
        hits = limits.hit(conn, key, limit.window)
    left = max(0, limit.most - hits.count)
    # As the IETF draft on RateLimit header fields has them.
    headers = {
        "RateLimit-Policy": f'"{limit.name}";q={limit.most};w={limit.window.seconds}',
        "RateLimit": f'"{limit.name}";r={left};t={hits.resets_in_s}',
    }
    if hits.count <= limit.most:
        return Verdict(True, headers, left)
    return Verdict(False, {**headers, "Retry-After": str(hits.resets_in_s)})
