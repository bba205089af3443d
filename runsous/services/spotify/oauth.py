"""Permission to read somebody's plays at Spotify: with PKCE, without a client secret.

Refresh tokens can be used once, and end six months after somebody allowed us in, however often
they were renewed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from runsous.errors import NotConnected
from runsous.net import oauth
from runsous.net.http import Answer, Http
from runsous.net.oauth import Departure, Token, TokenOffice
from runsous.services.asking import document

SCOPES: Final = ("user-read-recently-played", "user-read-private")

LASTS: Final = timedelta(days=181)
"""How long a permission lasts at least: no six months of a calendar are shorter."""

_UNFINISHED: Final = "The way through Spotify was not gone to its end in time: connect again."
_ENDED: Final = (
    "Spotify has ended the permission, as it asks everyone to connect again after six months."
)


def departure(site: str, client_id: str, redirect_uri: str) -> Departure:
    """The page below ``site`` that asks somebody for permission, and what to keep meanwhile.

    ``redirect_uri`` must be https, or name this machine by its number (127.0.0.1).
    """
    scope = " ".join(SCOPES)
    return oauth.departure(
        f"{site.rstrip('/')}/authorize", client_id, redirect_uri, scope, has_pkce=True
    )


def exchange(site: Http, client_id: str, code: str, redirect_uri: str, verifier: str) -> Token:
    """The token for a code that somebody brought back. Raises as :class:`TokenOffice` does."""
    office = _office(site, client_id, _UNFINISHED)
    return office.exchange(code, redirect_uri=redirect_uri, verifier=verifier)


def refresh(site: Http, client_id: str, refresh_token: str) -> Token:
    """A token for the next hour; ``refresh_token`` is dead then. Raises :class:`NotConnected`
    after six months, or when the user removed us.
    """
    return _office(site, client_id, _ENDED).refresh(refresh_token)


def _office(site: Http, client_id: str, refusal: str) -> TokenOffice:
    return TokenOffice(site, "/api/token", client_id, judge=_judge(refusal))


def _judge(refusal: str) -> Callable[[Answer], None]:
    def judge(answer: Answer) -> None:
        told = document(answer)
        if isinstance(told, dict) and told.get("error") == "invalid_grant":
            raise NotConnected(refusal)

    return judge
