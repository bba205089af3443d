"""What this installation keeps secret: encryption of single values, and keyed hashes.

Everything is derived from the master secrets, of which there may be several: the first seals, the
others still open what they sealed, and the last hashes. A sealed value names the key it needs, and
is tied to the place it was sealed for, so that it opens nowhere else.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from runsous.errors import RunsousError

_FORMAT = b"\x01"
_ID_BYTES = 4
_NONCE_BYTES = 12


class CannotOpen(RunsousError):
    """A sealed value was sealed with an unknown key, for another place, or was changed."""


@dataclass(frozen=True)
class Place:
    """Where a sealed value is stored: it opens only there."""

    table: str
    column: str
    row: int

    def __bytes__(self) -> bytes:
        return f"{self.table}.{self.column}#{self.row}".encode()


class Keyring:
    """The keys made from ``masters``, the newest first."""

    def __init__(self, masters: Sequence[str]) -> None:
        self._keys = {_id(master): AESGCM(_derived(master, b"seal")) for master in masters}
        self._newest = next(iter(self._keys))
        # The oldest: counters and forms go on while keys are changed, and processes that have
        # the new one already agree with those that have not.
        self._hashing = _derived(masters[-1], b"hash")

    def __repr__(self) -> str:
        return f"Keyring({', '.join(key.hex() for key in self._keys)})"

    def seal(self, plain: str, place: Place) -> bytes:
        """``plain`` as AES-256-GCM ciphertext: format, key id, nonce, ciphertext with its tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        head = _FORMAT + self._newest
        sealed = self._keys[self._newest].encrypt(nonce, plain.encode(), head + bytes(place))
        return head + nonce + sealed

    def open(self, sealed: bytes, place: Place) -> str:
        """What :meth:`seal` was given; :class:`CannotOpen` says why not, never what is inside."""
        head, rest = sealed[: 1 + _ID_BYTES], sealed[1 + _ID_BYTES :]
        key = self._keys.get(head[1:]) if head[:1] == _FORMAT else None
        if key is None:
            raise CannotOpen(
                "A stored secret was sealed with a key this installation does not have; give back"
                " the former RUNSOUS_SECRET_KEY beside the new one."
            )
        try:
            nonce, ciphertext = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
            return key.decrypt(nonce, ciphertext, head + bytes(place)).decode()
        except (InvalidTag, ValueError):
            raise CannotOpen("A stored secret is damaged or is not where it belongs.") from None

    @property
    def mark(self) -> bytes:
        """How all begins that the newest key seals: tells which key that is, and nothing of it."""
        return _FORMAT + self._newest

    def know(self, sealed: bytes) -> bool:
        """Whether one of the keys sealed it, or has this mark."""
        head = sealed[: 1 + _ID_BYTES]
        return head[:1] == _FORMAT and head[1:] in self._keys

    def is_current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed it."""
        return sealed[: 1 + _ID_BYTES] == self.mark

    def digest(self, purpose: str, text: str) -> bytes:
        """A keyed hash of 32 bytes: the same for the same text, telling nothing about it."""
        return hmac.digest(self._hashing, f"{purpose}\0{text}".encode(), "sha256")


def _id(master: str) -> bytes:
    return hashlib.sha256(_derived(master, b"name")).digest()[:_ID_BYTES]


def _derived(master: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"runsous " + purpose).derive(master.encode())
