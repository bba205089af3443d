"""Asks Last.fm for somebody's scrobbles: by user name, or signed where listening is private."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from runsous.errors import NotConnected, RateLimited, Rejected, Unavailable, UnknownUser
from runsous.histories import pages
from runsous.histories.pages import Page
from runsous.net.http import Answer, Http
from runsous.services.asking import ask, document, later
from runsous.services.lastfm import parse

T = TypeVar("T")

MOST: Final = 200
"""Scrobbles on one page."""

_PAUSE_S: Final = 15.0
"""Last.fm tells only that it was asked too often, not until when."""
_PASSING: Final = frozenset({8, 11, 16})
_TOO_OFTEN: Final = 29
_SIGN_IN: Final = "sign in at Last.fm"
_ENDED: Final = f"Last.fm does not accept the permission to read this listening: {_SIGN_IN} again."
_UNFINISHED: Final = f"The sign-in at Last.fm was not finished in time: {_SIGN_IN} again."
_ACCOUNT: Final = "the one that https://www.last.fm/api/accounts shows"
_MEANING: Final[Mapping[int, tuple[type[Rejected], str]]] = {
    4: (NotConnected, _ENDED),
    6: (UnknownUser, "Last.fm knows nobody by this name: correct it."),
    9: (NotConnected, _ENDED),
    10: (
        Rejected,
        "Last.fm does not accept this server's API key: whoever runs the server must set "
        f"LASTFM_API_KEY to {_ACCOUNT}.",
    ),
    13: (
        Rejected,
        "Last.fm does not accept this server's signature: whoever runs the server must set "
        f"LASTFM_SHARED_SECRET to {_ACCOUNT}.",
    ),
    14: (NotConnected, _UNFINISHED),
    15: (NotConnected, _UNFINISHED),
    17: (NotConnected, f"This listening is private: {_SIGN_IN}."),
    26: (
        Rejected,
        "Last.fm has suspended this server's API key: whoever runs the server must ask Last.fm "
        "why, or set LASTFM_API_KEY to another.",
    ),
}


@dataclass(frozen=True)
class Lastfm:
    """Last.fm as seen by an application (``api_key``, ``secret``), and with ``session_key`` by
    the user who gave it: that alone reads what is private.

    All it does can raise what :meth:`Http.call` does, :class:`RateLimited`,
    :class:`NotConnected` where the user must sign in (again), and :class:`Rejected`.
    """

    api: Http
    api_key: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    session_key: str | None = field(default=None, repr=False)

    def recent_tracks(
        self,
        user: str,
        since: int | None = None,
        until: int | None = None,
        *,
        limit: int = MOST,
        number: int = 1,
    ) -> Page:
        """Page ``number`` (from 1) of the scrobbles from ``since`` up to ``until`` (seconds
        since 1970; the second ``until`` itself may be left out), newest first.
        """
        asked = {"user": user, "from": since, "to": until, "limit": limit, "page": number}

        def read(told: Any) -> Page:
            return pages.within(parse.recent_tracks(told, number), since, until)

        return self._ask("user.getRecentTracks", asked, read)

    def user(self, name: str) -> parse.User:
        """Whom a user name belongs to."""
        return self._ask("user.getInfo", {"user": name}, parse.user)

    def session(self, token: str) -> tuple[str, str]:
        """The user's name and their session key, for the token they came back with."""
        return self._ask("auth.getSession", {"token": token}, parse.session, is_signed=True)

    def _ask(
        self,
        method: str,
        asked: Mapping[str, Any],
        read: Callable[[Any], T],
        *,
        is_signed: bool = False,
    ) -> T:
        told = {name: str(value) for name, value in asked.items() if value is not None}
        params = {"method": method, "api_key": self.api_key, **told}
        if self.session_key and not is_signed:
            params["sk"] = self.session_key
        if self.secret and (is_signed or self.session_key):
            params["api_sig"] = signature(params, self.secret)
        return ask(self.api, "", read, judge=_judge, params=params | {"format": "json"})


def auth_url(site: str, api_key: str, callback: str) -> str:
    """The page below ``site`` where somebody lets us in; they return to ``callback`` with a
    ``token`` for :meth:`Lastfm.session`.
    """
    return f"{site.rstrip('/')}/api/auth/?{urlencode({'api_key': api_key, 'cb': callback})}"


def signature(params: Mapping[str, str], secret: str) -> str:
    """What proves that a call is ours: MD5 of its parameters in order and the secret."""
    text = "".join(f"{name}{params[name]}" for name in sorted(params)) + secret
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _judge(answer: Answer) -> None:
    """Raises what an error means, which may come with any status."""
    told = document(answer)
    code = parse.error(told)
    if code is None or answer.status >= 500:
        return
    if code == _TOO_OFTEN:
        retry_at = later(answer.headers.get("Retry-After"), _PAUSE_S)
        raise RateLimited("Last.fm wants to be asked less often.", retry_at)
    if code in _PASSING:
        raise Unavailable(f"Last.fm is out of order at the moment (error {code}).")
    kind, sentence = _MEANING.get(
        code, (Rejected, f"Last.fm refused what was asked of it (error {code}).")
    )
    raise kind(sentence)
