"""Asks Spotify for the last plays of somebody who let us in, and how tracks sound."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from runsous.errors import NotConnected, RateLimited, Rejected
from runsous.histories.pages import Page
from runsous.model import SongFacts
from runsous.net.http import Answer, Http, Judge
from runsous.net.oauth import TokenRefused
from runsous.services.asking import ask, document, later
from runsous.services.spotify import parse

T = TypeVar("T")

MOST: Final = 50
"""Plays on one page, and about as many as can be reached at all."""

MOST_FEATURES: Final = 100
"""Tracks whose audio features can be asked for at once."""

_CLOSED: Final = frozenset({403, 404, 410})
_WINDOW_S: Final = 30.0
"""Calls are counted in a rolling window of this length; often the wait is told."""


class NoAudioFeatures(Rejected):
    """Spotify tells them only to apps that asked before 27 November 2024, never to this one."""


@dataclass(frozen=True)
class Spotify:
    """Spotify for the owner of an access token.

    All it does can raise what :meth:`Http.call` does, :class:`TokenRefused` where a fresh access
    token may help, :class:`NotConnected` where the user must connect again,
    :class:`RateLimited` and :class:`Rejected`.
    """

    api: Http
    token: str = field(repr=False)

    def me(self) -> parse.Person:
        """Whose token it is."""
        return self._ask("/me", parse.person)

    def recently_played(self, after_ms: int | None = None) -> Page:
        """The last plays, at most 50, newest first; with ``after_ms`` only those stamped later
        than so many milliseconds since 1970.
        """
        params = {"limit": MOST}
        if after_ms is not None:
            params["after"] = after_ms
        return self._ask("/me/player/recently-played", _recently_played, params)

    def audio_features(self, ids: Sequence[str]) -> list[SongFacts]:
        """How the tracks with these ids sound, of at most 100 at once (:class:`ValueError`
        otherwise), those that are known; :class:`NoAudioFeatures` where the app has no access.
        """
        if len(ids) > MOST_FEATURES:
            raise ValueError(f"at most {MOST_FEATURES} ids at once")
        if not ids:
            return []
        params = {"ids": ",".join(ids)}
        return self._ask("/audio-features", parse.audio_features, params, _judge_features)

    def _ask(
        self,
        path: str,
        read: Callable[[Any], T],
        params: Mapping[str, Any] | None = None,
        judge: Judge | None = None,
    ) -> T:
        headers = {"Authorization": f"Bearer {self.token}"}
        return ask(self.api, path, read, judge=judge or _judge, params=params, headers=headers)


def _recently_played(told: Any) -> Page:
    """Nothing at all (204) is an empty page."""
    return parse.recently_played({"items": []} if told is None else told)


def _judge_features(answer: Answer) -> None:
    # Whoever is not on the app's list hears that first, in a line of text.
    if answer.status in _CLOSED and b"registered" not in answer.body:
        raise NoAudioFeatures("Spotify does not tell this server's app how songs sound.")
    _judge(answer)


def _judge(answer: Answer) -> None:
    if answer.status == 401:
        raise TokenRefused("Spotify does not accept the permission any more: connect again.")
    if answer.status == 429:
        retry_at = later(answer.headers.get("Retry-After"), _WINDOW_S)
        raise RateLimited("Spotify wants to be asked less often.", retry_at)
    if answer.status == 403:
        raise _forbidden(document(answer))


def _forbidden(told: Any) -> Rejected:
    """What a 403 means, which often comes as a line of text."""
    error = told.get("error") if isinstance(told, dict) else None
    about = error if isinstance(error, dict) else {}
    if "scope" in str(about.get("message")).lower():
        return NotConnected(
            "Spotify was not allowed to tell what was played lately: connect again and allow it."
        )
    if about.get("reason") == "PREMIUM_REQUIRED":
        return Rejected("Spotify answers only while whoever runs this server has Premium there.")
    return Rejected(
        "Spotify does not know you as a user of this server's app: whoever runs the server must "
        "add you at https://developer.spotify.com/dashboard under User Management."
    )
