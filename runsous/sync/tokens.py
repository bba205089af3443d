"""The permissions users gave: taken out when a service is called, renewed when they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy import Engine

from runsous.errors import NotConnected, Unavailable
from runsous.keys import CannotOpen, Keyring
from runsous.net.oauth import Token, TokenRefused
from runsous.store import connections

T = TypeVar("T")
Renew = Callable[[str], Token]

_AHEAD = timedelta(seconds=120)
"""A token that ends so soon is not begun with."""

_RENEWALS = 3


def as_text(token: Token) -> str:
    """A token as it is sealed."""
    expires = token.expires_at.isoformat() if token.expires_at else None
    return json.dumps(
        {
            "access": token.access,
            "refresh": token.refresh,
            "expires_at": expires,
            "scopes": token.scopes,
        }
    )


def from_text(text: str) -> Token:
    """What :func:`as_text` made a text of."""
    told = json.loads(text)
    expires = told["expires_at"]
    return Token(
        told["access"],
        told["refresh"],
        datetime.fromisoformat(expires) if expires else None,
        tuple(told["scopes"]),
    )


class Permission:
    """The permission a user gave at a service, as the calls of one slice need it."""

    def __init__(
        self, engine: Engine, user_id: int, service: str, keys: Keyring, renew: Renew
    ) -> None:
        self._engine = engine
        self._user_id = user_id
        self._service = service
        self._keys = keys
        self._renew = renew

    def use(self, call: Callable[[str], T]) -> T:
        """What ``call`` makes of an access token. One that is refused is renewed.

        Raises :class:`NotConnected` where there are no new ones: only that is the end of the
        permission; :class:`Unavailable` where new ones are refused as well.
        """
        access = self._access(refused=None)
        for _ in range(_RENEWALS):
            try:
                return call(access)
            except TokenRefused:
                access = self._access(refused=access)
        try:
            return call(access)
        except TokenRefused:
            raise Unavailable("The service does not accept the keys it has just given.") from None

    def _access(self, refused: str | None) -> str:
        try:
            return self._opened(refused)
        except CannotOpen:
            raise NotConnected(
                "The key that sealed this permission is gone from the server: connect again."
            ) from None

    def _opened(self, refused: str | None) -> str:
        with self._engine.begin() as conn:
            token = self._stored(connections.secret(conn, *self._place))
            if _is_good(token, refused):
                return token.access
            # Alone from here on: the old refresh token dies with its use, and the new one is
            # kept in the transaction in which it came.
            token = self._stored(connections.secret(conn, *self._place, lock=True))
            if not _is_good(token, refused):
                if token.refresh is None:
                    raise NotConnected("The permission has ended: connect again.")
                token = self._renew(token.refresh)
                user_id, service, keys = self._place
                connections.save(conn, user_id, service, as_text(token), keys)
            return token.access

    @property
    def _place(self) -> tuple[int, str, Keyring]:
        return self._user_id, self._service, self._keys

    def _stored(self, secret: str | None) -> Token:
        if secret is None:
            raise NotConnected("The permission is gone: connect again.")
        return from_text(secret)


def _is_good(token: Token, refused: str | None) -> bool:
    is_fresh = token.expires_at is None or token.expires_at > datetime.now(UTC) + _AHEAD
    return is_fresh and token.access != refused
