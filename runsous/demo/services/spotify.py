"""Spotify, simulated: authorisation with PKCE, the last plays, audio features for old apps."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from runsous.demo.services import pages
from runsous.demo.services.asking import credentials
from runsous.demo.services.audio_features import AudioFeatures
from runsous.demo.services.calls import Call
from runsous.demo.services.catalogue import Catalogue
from runsous.demo.services.desk import Desk, Office
from runsous.demo.services.faults import Fault
from runsous.demo.services.grants import Grant, Grants
from runsous.demo.services.world import Listen, Person, ServiceName, Song

CLIENT_ID: Final = "simulated-spotify-client"

_LIFE_S: Final = 3600
_HALF_YEAR_S: Final = 182 * 86_400
_REACHABLE: Final = 50
_SHORTEST_S: Final = 30
"""Shorter plays are not reported."""
_VERIFIER: Final = range(43, 129)
_LOOPBACK: Final = ("127.0.0.1", "::1")
_HOURS_S: Final = 17 * 3600


class Spotify:
    """The service. ``resting_until`` is the end of a wait it asked for."""

    name: ServiceName = "spotify"

    def __init__(self, office: Office, catalogue: Catalogue) -> None:
        self._office = office
        self.audio_features = AudioFeatures(catalogue)
        self._desk = Desk(self, office)
        self.grants = Grants(office.world.now, _LIFE_S)
        self.resting_until = 0.0

    def site(self) -> list[Route]:
        """What is under ``SPOTIFY_ACCOUNTS_URL``."""
        at = self._desk.at
        return [
            Route("/authorize", at(self._authorize, is_page=True), methods=["GET", "POST"]),
            Route("/api/token", at(self._token, is_for_tokens=True), methods=["POST"]),
        ]

    def api(self) -> list[Route]:
        """What is under ``SPOTIFY_API_URL``."""
        return [
            Route("/me", self._data("user-read-private", self._me)),
            Route(
                "/me/player/recently-played",
                self._data("user-read-recently-played", self._recently_played),
            ),
            Route(
                "/me/player/currently-playing",
                self._data("user-read-currently-playing", self._currently_playing),
            ),
            Route("/tracks/{id}", self._data("", self._track)),
            Route("/audio-features", self._data("", self.audio_features.answer)),
        ]

    def who(self, request: Request) -> str | None:
        """Whose access token came."""
        grant = self.grants.of_access(credentials(request, "Bearer"))
        return grant.person if grant else None

    def refuse(self, fault: Fault, _: Call) -> Response | None:
        """Limits used up: for ``value`` seconds (17 hours), or without a word how long."""
        if fault.kind == "spent":
            self.resting_until = self._office.now + (fault.value or _HOURS_S)
            return self._rest()
        if fault.kind == "busy":
            return PlainTextResponse("Too many requests", 429)
        return None

    def expire(self, person: str) -> None:
        """Ends the access tokens of a person."""
        self.grants.expire(person)

    def revoke(self, person: str) -> None:
        """The person removes the app on the account page."""
        self.grants.revoke(person)

    async def _authorize(self, request: Request) -> Response:
        asked = request.query_params
        redirect_uri = asked.get("redirect_uri", "")
        if asked.get("client_id") != CLIENT_ID:
            return PlainTextResponse("INVALID_CLIENT: Invalid client", 400)
        if not _is_allowed(redirect_uri):
            return PlainTextResponse("INVALID_CLIENT: Insecure redirect URI", 400)
        if asked.get("response_type") != "code":
            return PlainTextResponse("response_type must be code", 400)
        if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
            return PlainTextResponse("code_challenge_method must be S256", 400)
        scopes = asked.get("scope", "").split()
        if request.method == "GET":
            return pages.ask("Spotify", self._office.world.people.values(), scopes)
        person, ticked = await pages.posted(request)
        state = {"state": asked["state"]} if "state" in asked else {}
        if person is None:
            return pages.back(redirect_uri, {"error": "access_denied"} | state)
        allowed = tuple(scope for scope in scopes if scope in ticked)
        code = self.grants.code(person, allowed, redirect_uri, asked["code_challenge"])
        return pages.back(redirect_uri, {"code": code} | state)

    async def _token(self, request: Request) -> Response:
        asked = {name: str(value) for name, value in (await request.form()).items()}
        if asked.get("client_id") != CLIENT_ID:
            return _flat("invalid_client", "Invalid client")
        if asked.get("grant_type") == "authorization_code":
            return self._first_token(asked)
        if asked.get("grant_type") == "refresh_token":
            return self._next_token(asked.get("refresh_token", ""))
        return _flat("unsupported_grant_type", "grant_type is missing or not known")

    def _first_token(self, asked: dict[str, str]) -> Response:
        code = self.grants.redeem(asked.get("code", ""))
        if code is None:
            return _flat("invalid_grant", "Invalid authorization code")
        if asked.get("redirect_uri") != code.redirect_uri:
            return _flat("invalid_grant", "Invalid redirect URI")
        verifier = asked.get("code_verifier", "")
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        if len(verifier) not in _VERIFIER or digest.decode().rstrip("=") != code.challenge:
            return _flat("invalid_grant", "code_verifier was incorrect")
        return self._tokens(self.grants.begin(code))

    def _next_token(self, refresh: str) -> Response:
        grant = self.grants.of_refresh(refresh)
        if grant is None:
            if self.grants.was_retired(refresh):
                self._office.calls.blame(self.name, "a refresh token was used a second time")
            return _flat("invalid_grant", "Invalid refresh token")
        if self._office.now >= grant.since + _HALF_YEAR_S:
            grant.is_alive = False
            return _flat("invalid_grant", "Refresh token expired")
        self.grants.renew(grant)
        return self._tokens(grant)

    def _tokens(self, grant: Grant) -> Response:
        return JSONResponse(
            {
                "access_token": grant.access,
                "token_type": "Bearer",
                "expires_in": _LIFE_S,
                "refresh_token": grant.refresh,
                "scope": " ".join(grant.scopes),
            }
        )

    def _data(self, scope: str, answer: Any) -> Any:
        """What every call goes through: limit, token, allow-list, scope."""

        async def endpoint(request: Request) -> Response:
            if self._office.now < self.resting_until:
                self._office.calls.blame(self.name, "called before the end of Retry-After")
                return self._rest()
            token = credentials(request, "Bearer")
            grant = self.grants.of_access(token)
            if grant is None or not grant.is_alive:
                return _error(401, "Invalid access token")
            if not self.grants.is_good(token):
                return _error(401, "The access token expired")
            person = self._office.world.people[grant.person]
            if not person.is_allowed:
                return PlainTextResponse("User not registered in the Developer Dashboard", 403)
            if scope and scope not in grant.scopes:
                return _error(403, "Insufficient client scope")
            found: Response = answer(request, person)
            return found

        return self._desk.at(endpoint)

    def _rest(self) -> Response:
        seconds = str(max(int(self.resting_until - self._office.now), 1))
        answer = _error(429, "API rate limit exceeded")
        answer.headers["Retry-After"] = seconds
        return answer

    def _me(self, _: Request, person: Person) -> Response:
        return JSONResponse(
            {
                "account_id": f"account-{person.key}",
                "id": person.key,
                "display_name": person.name,
                "images": [],
                "uri": f"spotify:user:{person.key}",
                "href": f"https://api.spotify.com/v1/users/{person.key}",
                "type": "user",
            }
        )

    def _recently_played(self, request: Request, person: Person) -> Response:
        asked = request.query_params
        try:
            limit = int(asked.get("limit", 20))
            after, before = int(asked.get("after", -1)), int(asked.get("before", 1 << 53))
        except ValueError:
            return _error(400, "Bad request")
        if not 1 <= limit <= _REACHABLE:
            return _error(400, "Invalid limit")
        if "after" in asked and "before" in asked:
            return _error(400, "Cannot specify both before and after")
        reported = [each for each in person.listens["spotify"] if each.played_s >= _SHORTEST_S]
        newest = reported[: -_REACHABLE - 1 : -1]
        shown = [each for each in newest if after < _end_ms(each) < before][:limit]
        cursors = None
        if shown:
            cursors = {"after": str(_end_ms(shown[0])), "before": str(_end_ms(shown[-1]))}
        path = f"{request.url.replace(query='')}?before={cursors['before']}" if cursors else None
        is_last = not shown or shown[-1] == newest[-1]
        return JSONResponse(
            {
                "href": str(request.url),
                "limit": limit,
                "next": None if is_last else f"{path}&limit={limit}",
                "cursors": cursors,
                "items": [
                    {
                        "played_at": _written(_end_ms(each)),
                        "context": None,
                        "track": _track(each.song),
                    }
                    for each in shown
                ],
            }
        )

    def _currently_playing(self, _: Request, person: Person) -> Response:
        if person.playing is None:
            return Response(status_code=204)
        return JSONResponse(
            {
                "timestamp": int(self._office.now * 1000) - 60_000,
                "progress_ms": 60_000,
                "is_playing": True,
                "item": _track(person.playing),
                "currently_playing_type": "track",
                "context": None,
                "actions": {"disallows": {}},
            }
        )

    def _track(self, request: Request, _: Person) -> Response:
        wanted = request.path_params["id"]
        for person in self._office.world.people.values():
            for listen in list(person.listens["spotify"]):
                if listen.song.spotify_id == wanted:
                    return JSONResponse(_track(listen.song))
        return _error(404, "Resource not found")


def _is_allowed(redirect_uri: str) -> bool:
    url = urlsplit(redirect_uri)
    return url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK)


def _end_ms(listen: Listen) -> int:
    return (listen.start_s + listen.played_s) * 1000


def _written(ms: int) -> str:
    when = datetime.fromtimestamp(ms / 1000, UTC)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03}Z"


def _track(song: Song) -> dict[str, Any]:
    return {
        "id": song.spotify_id,
        "uri": f"spotify:track:{song.spotify_id}",
        "type": "track",
        "name": song.title,
        "duration_ms": song.duration_ms,
        "is_local": False,
        "external_ids": {"isrc": song.isrc} if song.isrc else {},
        "external_urls": {"spotify": f"https://open.spotify.com/track/{song.spotify_id}"},
        "artists": [{"id": None, "name": song.artist}],
        "album": {"id": None, "name": song.album, "images": []},
    }


def _error(status: int, message: str) -> Response:
    return JSONResponse({"error": {"status": status, "message": message}}, status)


def _flat(error: str, description: str) -> Response:
    """An error about tokens, which unlike those of the API is flat."""
    return JSONResponse({"error": error, "error_description": description}, 400)
