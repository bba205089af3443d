"""Last.fm, simulated: scrobbles by user name, private ones by a signed session."""

from __future__ import annotations

import hashlib
import math
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from runsous.demo.services import pages
from runsous.demo.services.calls import Call
from runsous.demo.services.desk import Desk, Office
from runsous.demo.services.faults import Fault
from runsous.demo.services.world import Listen, Person, ServiceName, Song, between

API_KEY: Final = "simulated-lastfm-key"
SHARED_SECRET: Final = "simulated-lastfm-secret"  # noqa: S105

_MOST_PER_PAGE: Final = 200
_TOKEN_S: Final = 3600
_MESSAGES: Final = {
    3: "Invalid Method - No method with that name in this package",
    4: "Authentication Failed - You do not have permissions to access the service",
    6: "User not found",
    8: "Operation failed - Most likely the backend service failed. Please try again.",
    9: "Invalid session key - Please re-authenticate",
    10: "Invalid API key - You must be granted a valid key by last.fm",
    11: "Service Offline - This service is temporarily offline. Try again later.",
    13: "Invalid method signature supplied",
    14: "Unauthorized Token - This token has not been authorized",
    15: "This token has expired",
    16: "There was a temporary error processing your request. Please try again",
    17: "Login: User required to be logged in",
    26: "Suspended API key - Access for your account has been suspended",
    29: "Rate limit exceeded - Your IP has made too many requests in a short period",
}
_STATUS: Final = {3: 400, 6: 404, 10: 403, 29: 429}


@dataclass
class _Token:
    until: float
    person: str | None = None


class _Error(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Lastfm:
    """The service; what it is like can be changed while it runs.

    ``errors_in_200`` sends every error with status 200. ``per_second`` is how many calls a
    second it bears (``None``: any). ``sessions`` are the persons by session key.
    """

    name: ServiceName = "lastfm"

    def __init__(self, office: Office) -> None:
        self._office = office
        self._desk = Desk(self, office)
        self._tokens: dict[str, _Token] = {}
        self._recent: deque[float] = deque()
        self.sessions: dict[str, str] = {}
        self.errors_in_200 = False
        self.per_second: int | None = 5

    def site(self) -> list[Route]:
        """What is under ``LASTFM_URL``."""
        page = self._desk.at(self._authorize, is_page=True)
        return [Route(path, page, methods=["GET", "POST"]) for path in ("/api/auth", "/api/auth/")]

    def api(self) -> list[Route]:
        """What is at ``LASTFM_API_URL``."""
        answer = self._desk.at(self._answer)
        return [Route("/", answer, methods=["GET", "POST"])]

    def who(self, request: Request) -> str | None:
        """The user whose data is asked for."""
        user = request.query_params.get("user")
        return user if user in self._office.world.people else None

    def refuse(self, fault: Fault, _: Call) -> Response | None:
        """Limits and errors that hide in a 200."""
        if fault.kind == "spent":
            return self._error(29)
        if fault.kind == "busy":
            return Response(status_code=429)
        if fault.kind == "hidden":
            code = int(fault.value or 8)
            return JSONResponse({"error": code, "message": _MESSAGES.get(code, "Error")})
        return None

    def expire(self, _: str) -> None:
        """Sessions last for ever."""

    def revoke(self, person: str) -> None:
        """The person removes the app on the site."""
        self.sessions = {key: who for key, who in self.sessions.items() if who != person}

    async def _authorize(self, request: Request) -> Response:
        asked = request.query_params
        if asked.get("api_key") != API_KEY:
            return PlainTextResponse("Invalid API key", 400)
        if "token" in asked and asked["token"] not in self._tokens:
            return PlainTextResponse("Invalid token", 400)
        if "token" not in asked and "cb" not in asked:
            return PlainTextResponse("There is no callback to go back to", 400)
        if request.method == "GET":
            return pages.ask("Last.fm", self._office.world.people.values())
        person, _ = await pages.posted(request)
        if person is None:
            return PlainTextResponse("Nothing was allowed. You can close this window.")
        token = asked.get("token") or self._new_token()
        self._tokens[token].person = person
        if "cb" in asked:
            return pages.back(asked["cb"], {"token": token})
        return PlainTextResponse("You can close this window and go on in the application.")

    async def _answer(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if request.method == "POST":
            asked |= {name: str(value) for name, value in (await request.form()).items()}
        methods = {
            "user.getrecenttracks": self._recent_tracks,
            "user.getinfo": self._user,
            "track.getinfo": self._track,
            "auth.gettoken": self._token,
            "auth.getsession": self._session,
        }
        try:
            self._count()
            if asked.get("api_key") != API_KEY:
                raise _Error(10)
            method = methods.get(asked.get("method", "").lower())
            if method is None:
                raise _Error(3)
            answer = method(asked)
        except _Error as error:
            return self._error(error.code)
        if asked.get("format") != "json":
            return Response('<lfm status="ok"/>', media_type="text/xml")
        return JSONResponse(answer)

    def _error(self, code: int) -> Response:
        status = 200 if self.errors_in_200 else _STATUS.get(code, 200)
        return JSONResponse({"error": code, "message": _MESSAGES[code]}, status)

    def _count(self) -> None:
        """Nine tenths of a second count as one: calls well paced may arrive a little closer."""
        now = self._office.now
        while self._recent and self._recent[0] <= now - 0.9:
            self._recent.popleft()
        self._recent.append(now)
        if self.per_second is not None and len(self._recent) > self.per_second:
            self._office.calls.blame(self.name, f"{len(self._recent)} calls in a second")
            raise _Error(29)

    def _person(self, asked: Mapping[str, str]) -> Person:
        person = self._office.world.people.get(asked.get("user", "").lower())
        if person is None:
            raise _Error(6)
        return person

    def _recent_tracks(self, asked: Mapping[str, str]) -> dict[str, Any]:
        person = self._person(asked)
        session = self._signed(asked) if "sk" in asked else None
        if person.is_private and session != person.key:
            raise _Error(17)
        try:
            first, end = float(asked.get("from") or "-inf"), float(asked.get("to") or "inf")
            page = int(asked.get("page", 1))
            size = min(int(asked.get("limit", 50)), _MOST_PER_PAGE)
        except ValueError:
            raise _Error(6) from None
        if page < 1 or size < 1:
            raise _Error(6)
        found = between(person.listens["lastfm"], first, end)
        newest_first = found[::-1][(page - 1) * size : page * size]
        is_extended = asked.get("extended") == "1"
        tracks = [_scrobble(listen, is_extended) for listen in newest_first]
        if person.playing is not None:
            playing = _song(person.playing, is_extended) | {"@attr": {"nowplaying": "true"}}
            tracks.insert(0, playing)
        answer: dict[str, Any] = {
            "@attr": {
                "user": person.key,
                "page": str(page),
                "perPage": str(size),
                "totalPages": str(math.ceil(len(found) / size)),
                "total": str(len(found)),
            }
        }
        # One alone is no list, and of none there is no word at all.
        if found or tracks:
            answer["track"] = tracks[0] if len(tracks) == 1 else tracks
        return {"recenttracks": answer}

    def _user(self, asked: Mapping[str, str]) -> dict[str, Any]:
        person = self._person(asked)
        return {
            "user": {
                "name": person.key,
                "realname": person.name,
                "playcount": str(len(person.listens["lastfm"])),
                "registered": {"unixtime": "1037793040", "#text": 1037793040},
                "url": f"https://www.last.fm/user/{person.key}",
            }
        }

    def _track(self, asked: Mapping[str, str]) -> dict[str, Any]:
        wanted = asked.get("artist", "").lower(), asked.get("track", "").lower()
        for person in self._office.world.people.values():
            for listen in list(person.listens["lastfm"]):
                song = listen.song
                if (song.artist.lower(), song.title.lower()) == wanted:
                    # Every fifth length is not known there.
                    length = song.duration_ms if song.duration_ms // 1000 % 5 else 0
                    return {"track": {"name": song.title, "duration": str(length)}}
        raise _Error(6)

    def _token(self, asked: Mapping[str, str]) -> dict[str, Any]:
        return {"token": self._new_token()}

    def _session(self, asked: Mapping[str, str]) -> dict[str, Any]:
        _check_signature(asked)
        token = self._tokens.get(asked.get("token", ""))
        if token is None:
            raise _Error(4)
        if token.until < self._office.now:
            raise _Error(15)
        if token.person is None:
            raise _Error(14)
        del self._tokens[asked["token"]]
        key = secrets.token_urlsafe(24)
        self.sessions[key] = token.person
        return {"session": {"name": token.person, "key": key, "subscriber": 0}}

    def _signed(self, asked: Mapping[str, str]) -> str:
        _check_signature(asked)
        person = self.sessions.get(asked["sk"])
        if person is None:
            raise _Error(9)
        return person

    def _new_token(self) -> str:
        token = secrets.token_urlsafe(24)
        self._tokens[token] = _Token(self._office.now + _TOKEN_S)
        return token


def _check_signature(asked: Mapping[str, str]) -> None:
    signed = sorted((k, v) for k, v in asked.items() if k not in ("format", "api_sig"))
    text = "".join(f"{name}{value}" for name, value in signed) + SHARED_SECRET
    if asked.get("api_sig") != hashlib.md5(text.encode()).hexdigest():  # noqa: S324
        raise _Error(13)


def _scrobble(listen: Listen, is_extended: bool) -> dict[str, Any]:
    when = datetime.fromtimestamp(listen.start_s, UTC)
    date = {"uts": str(listen.start_s), "#text": when.strftime("%d %b %Y, %H:%M")}
    return _song(listen.song, is_extended) | {"date": date}


def _song(song: Song, is_extended: bool) -> dict[str, Any]:
    name = "name" if is_extended else "#text"
    found: dict[str, Any] = {
        "artist": {"mbid": "", name: song.artist},
        "album": {"mbid": "", "#text": song.album},
        "name": song.title,
        "mbid": song.mbid or "",
        "streamable": "0",
        "image": [{"size": "small", "#text": ""}],
        "url": "https://www.last.fm/music/_",
    }
    return found | {"loved": "0"} if is_extended else found
