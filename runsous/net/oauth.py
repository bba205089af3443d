"""Somebody's permission to read their data at a service: asked for, fetched, renewed."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import requests
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient
from requests.adapters import BaseAdapter
from requests_oauthlib import OAuth2Session

from runsous.errors import NotConnected, Rejected, Unavailable
from runsous.net.http import Answer, Http, Judge

# At DEBUG they write tokens.
for _name in ("oauthlib", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.ERROR)

_HTTPS: Final = "https://"
"""oauthlib wants every address to begin so; simulators on loopback do not."""

_VERIFIER_LENGTH: Final = 64


class TokenRefused(NotConnected):
    """The access token was not taken. A fresh one may be: renew it once, then believe it."""


@dataclass(frozen=True)
class Token:
    """What lets us in: ``access`` until ``expires_at`` by our own clock, ``refresh`` for a new one.

    ``scopes`` is what was granted, empty where the service does not say.
    """

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Departure:
    """Where to send somebody for their permission, and what to keep until they are back."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    verifier: str | None = field(default=None, repr=False)


def departure(
    url: str, client_id: str, redirect_uri: str, scope: str, *, has_pkce: bool = False, **more: str
) -> Departure:
    """The service's page at ``url``, with a new state and, with ``has_pkce``, a new verifier.

    ``scope`` is as this service writes it, ``more`` are parameters of its own.
    """
    client = WebApplicationClient(client_id)
    session = OAuth2Session(client=client, redirect_uri=redirect_uri, scope=scope)
    verifier = client.create_code_verifier(_VERIFIER_LENGTH) if has_pkce else None
    if verifier is not None:
        more["code_challenge"] = client.create_code_challenge(verifier, "S256")
        more["code_challenge_method"] = "S256"
    scheme, _, place = url.partition("://")
    link, state = session.authorization_url(_HTTPS + place, **more)
    return Departure(f"{scheme}://{link.removeprefix(_HTTPS)}", state, verifier)


@dataclass(frozen=True)
class TokenOffice:
    """Where a service hands out tokens: at ``path`` of what ``http`` calls.

    ``judge`` raises what its answers mean beyond the standard; it is asked first.
    """

    http: Http
    path: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    judge: Judge | None = None

    def exchange(
        self, code: str, *, redirect_uri: str | None = None, verifier: str | None = None
    ) -> Token:
        """The token for a code that somebody brought back; it can be asked for once.

        Raises :class:`NotConnected` where the service does not know the code, :class:`Rejected`
        where it does not know us, and what :meth:`Http.call` does.
        """
        more = {} if verifier is None else {"code_verifier": verifier}
        session = self._session(redirect_uri)
        return self._made(
            session.fetch_token,
            code=code,
            include_client_id=True,
            client_secret=self.client_secret,
            **more,
        )

    def refresh(self, refresh_token: str) -> Token:
        """A token for the next hours. Its ``refresh`` may be a new one, and the old then dead."""
        secret = {} if self.client_secret is None else {"client_secret": self.client_secret}
        return self._made(
            self._session().refresh_token,
            refresh_token=refresh_token,
            client_id=self.client_id,
            **secret,
        )

    def _session(self, redirect_uri: str | None = None) -> OAuth2Session:
        session = OAuth2Session(self.client_id, redirect_uri=redirect_uri)
        session.mount(_HTTPS, _Through(self))
        return session

    def _made(self, ask: Any, **values: Any) -> Token:
        try:
            told = ask(_HTTPS + "token", **values)
        except (OAuth2Error, ValueError, TypeError):
            raise Unavailable(f"{self.http.name} gave no usable token.") from None
        kept = told.get("refresh_token") or values.get("refresh_token")
        return Token(told["access_token"], kept, _expires_at(told), _scopes(told.get("scope")))

    def understand(self, answer: Answer) -> None:
        """Raises what an answer other than a token means; see :meth:`exchange`."""
        if self.judge is not None:
            self.judge(answer)
        if answer.is_passing:
            return
        told = _read(answer)
        error = told.get("error") if isinstance(told, dict) else None
        if error == "invalid_grant":
            raise NotConnected(f"{self.http.name} ended the permission: connect again.")
        if error is not None or answer.status >= 400:
            raise Rejected(
                f"{self.http.name} gives this app no tokens: whoever runs this server must check "
                "its client id and secret."
            )
        if not _is_token(told):
            raise Unavailable(f"{self.http.name} gave no usable token.")


class _Through(BaseAdapter):
    """Lets requests-oauthlib call by way of :class:`Http`: patient, bounded and silent."""

    def __init__(self, office: TokenOffice) -> None:
        super().__init__()
        self._office = office

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        answer = self._office.http.call(
            "POST",
            self._office.path,
            data=request.body,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            judge=self._office.understand,
        )
        response = requests.Response()
        response.status_code, response.encoding = answer.status, "utf-8"
        response.raw = io.BytesIO(answer.body)
        response.request, response.url = request, request.url or ""
        return response

    def close(self) -> None:
        """Nothing is held open."""


def _read(answer: Answer) -> Any:
    try:
        return answer.json()
    except Unavailable:
        return None


def _is_token(told: Any) -> bool:
    access = told.get("access_token") if isinstance(told, dict) else None
    return isinstance(access, str) and bool(access)


def _expires_at(told: Mapping[str, Any]) -> datetime | None:
    """Reckoned from now where that is possible: their clock need not be ours."""
    if told.get("expires_in") is not None:
        return datetime.now(UTC) + timedelta(seconds=float(told["expires_in"]))
    at = told.get("expires_at")
    return datetime.fromtimestamp(at, UTC) if isinstance(at, int | float) else None


def _scopes(told: Any) -> tuple[str, ...]:
    """Of a list or of words with spaces or commas between them."""
    words = told if isinstance(told, str) else " ".join(map(str, told or ()))
    return tuple(word for word in re.split(r"[\s,]+", words) if word)
