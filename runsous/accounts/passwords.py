"""Passwords: what is accepted, and argon2id hashes of them."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from runsous.errors import InputError

SHORTEST = 10
LONGEST = 1000
"""More would only cost time to hash."""

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """The argon2id hash to keep; :class:`InputError` says why a password is not accepted."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputError(f"A password needs {SHORTEST} to {LONGEST} characters.")
    return _hasher.hash(_plain(password))


def is_right(password: str, kept: str | None) -> bool:
    """Whether ``kept`` is the hash of ``password``; takes as long where there is none."""
    try:
        is_same = _hasher.verify(kept or _nobodys(), _plain(password[:LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return is_same and kept is not None and len(password) <= LONGEST


def is_outdated(kept: str) -> bool:
    """Whether it was made with less effort than is asked for today."""
    return _hasher.check_needs_rehash(kept)


def _plain(password: str) -> bytes:
    """The same bytes from every keyboard: an ü may be typed as one character or as two."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@cache
def _nobodys() -> str:
    return _hasher.hash("the hash that is compared where there is no account")
