"""The way to an identity provider and back, which leads over the home page.

Who sets out on it gets a cookie for some minutes: it lets a stranger see that page, which shows
them nothing but the way, and keeps where they wanted to go.
"""

from __future__ import annotations

import time
from hmac import compare_digest
from urllib.parse import quote, unquote

from runsous import settings
from runsous.keys import Keyring

COOKIE = "runsous_way"
LASTS_S = 600
_LONGEST = 2000


def begin(onward: str) -> str:
    """The cookie of who sets out now, and wants to be at ``onward`` in the end."""
    kept = quote(onward, safe="")
    told = f"{int(time.time()) + LASTS_S}.{kept if len(kept) <= _LONGEST else ''}"
    return f"{told}.{_proof(told)}"


def end(cookie: str) -> str | None:
    """Where the holder of a cookie wanted to go; ``None`` for who did not set out lately."""
    told, _, proof = cookie.rpartition(".")
    if not compare_digest(proof.encode(), _proof(told).encode()):
        return None
    until, _, kept = told.partition(".")
    return unquote(kept) if time.time() <= int(until) else None


def _proof(told: str) -> str:
    return Keyring(settings.secret_keys(settings.current())).digest("way", told).hex()
