"""Permission to read somebody's activities at Strava."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from runsous.errors import NotConnected, Rejected, TooFewScopes
from runsous.net import oauth
from runsous.net.http import Answer, Http
from runsous.net.oauth import Departure, Token, TokenOffice
from runsous.services.asking import document
from runsous.services.strava.client import INACTIVE, is_inactive, problem

SCOPES: Final = ("read", "activity:read", "activity:read_all")
"""The last includes activities that only their owner sees, and hidden places: each is a box that
can be left empty.
"""

_ENOUGH: Final = frozenset({"activity:read", "activity:read_all"})
"""Without one of these there is nothing to read."""

_TOKENS: Final = "/oauth/token"
_ENDED: Final = "Strava has ended the permission: connect again."
_UNKNOWN: Final = (
    "Strava does not know this app: whoever runs this server must correct {} to what "
    "https://www.strava.com/settings/api shows."
)


@dataclass(frozen=True)
class Granted:
    """Who let us in, and by which token."""

    token: Token
    athlete_id: str
    name: str | None


def departure(site: str, client_id: str, redirect_uri: str) -> Departure:
    """The page below ``site`` that asks somebody for permission, and what to keep meanwhile.

    They can untick scopes there: what was granted comes back with them, and in the token.
    """
    return oauth.departure(
        f"{site.rstrip('/')}/oauth/authorize",
        client_id,
        redirect_uri,
        ",".join(SCOPES),
        approval_prompt="auto",
    )


def exchange(site: Http, client_id: str, client_secret: str, code: str) -> Granted:
    """What a code that somebody brought back stands for. Raises as :class:`TokenOffice` does."""
    told: list[Any] = []

    def listen(answer: Answer) -> None:
        judge(answer)
        told[:] = [document(answer)]

    token = TokenOffice(site, _TOKENS, client_id, client_secret, listen).exchange(code)
    athlete = told[0].get("athlete")
    if not isinstance(athlete, dict) or type(athlete.get("id")) is not int:
        raise NotConnected("Strava did not say whose permission it is: connect again.")
    return Granted(token, str(athlete["id"]), _name(athlete))


def check_scopes(scopes: Collection[str]) -> None:
    """Raises :class:`TooFewScopes` where those granted do not let activities be read; if
    Strava did not tell them, that shows with the first question.
    """
    if scopes and _ENOUGH.isdisjoint(scopes):
        raise TooFewScopes(
            "Strava was not allowed to give us “activity:read”: connect again and leave the box "
            "for viewing your activities ticked."
        )


def refresh(site: Http, client_id: str, client_secret: str, refresh_token: str) -> Token:
    """A token for the next hours. The refresh token in it may be a new one; the old is dead
    then. Raises :class:`NotConnected` where the permission has ended.
    """
    return TokenOffice(site, _TOKENS, client_id, client_secret, judge).refresh(refresh_token)


def revoke(site: Http, client_id: str, client_secret: str, token: Token) -> None:
    """Gives the permission back, so that both tokens are dead; so they may have been before."""
    answer = site.call(
        "POST",
        "/oauth/revoke",
        data={"token": token.refresh or token.access},
        auth=(client_id, client_secret),
    )
    if answer.status == 404:
        # Mirrors that do not know of it yet have the old way alone.
        answer = _deauthorize(site, token.access)
        if answer.status == 401 and token.refresh is not None:
            try:
                token = refresh(site, client_id, client_secret, token.refresh)
            except NotConnected:
                return
            answer = _deauthorize(site, token.access)
        if answer.status == 401:
            return
    if answer.status >= 400:
        raise Rejected(_UNKNOWN.format("STRAVA_CLIENT_ID and STRAVA_CLIENT_SECRET"))


def _deauthorize(site: Http, access: str) -> Answer:
    return site.call("POST", "/oauth/deauthorize", headers={"Authorization": f"Bearer {access}"})


def judge(answer: Answer) -> None:
    """Raises what Strava means where it gives no token or does not know the app."""
    if is_inactive(answer):
        raise Rejected(INACTIVE)
    if answer.status not in (400, 401):
        return
    resource, field, _ = problem(answer)
    if resource in ("AuthorizationCode", "RefreshToken"):
        raise NotConnected(_ENDED)
    if resource == "Application":
        raise Rejected(
            _UNKNOWN.format("STRAVA_CLIENT_ID" if field == "client_id" else "STRAVA_CLIENT_SECRET")
        )


def _name(athlete: Mapping[str, Any]) -> str | None:
    names = [athlete.get(part) for part in ("firstname", "lastname")]
    return " ".join(name for name in names if isinstance(name, str) and name) or None
