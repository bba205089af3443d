"""ListenBrainz, simulated: public listens by user name, and its limits in headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from zlib import crc32

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runsous.demo.services.asking import credentials
from runsous.demo.services.calls import Call
from runsous.demo.services.desk import Desk, Office
from runsous.demo.services.faults import Fault
from runsous.demo.services.world import Listen, Person, ServiceName, Song, between

_MOST_PER_PAGE: Final = 1000


class Listenbrainz:
    """The service; what it is like can be changed while it runs.

    ``limit`` calls are borne in ``window_s`` seconds. Every ``short_every``-th page of listens
    is short although there are more (0: none is). It looks no further than ``looks_s`` for them.
    """

    name: ServiceName = "listenbrainz"

    def __init__(self, office: Office) -> None:
        self._office = office
        self._desk = Desk(self, office)
        self.limit = 30
        self.window_s = 10.0
        self.short_every = 3
        self.looks_s: float | None = None
        self._window_end = 0.0
        self._used = 0
        self._pages = 0

    def api(self) -> list[Route]:
        """What is under ``LISTENBRAINZ_API_URL``."""
        return [
            Route("/1/validate-token", self._limited(self._validate)),
            Route("/1/user/{name}/listens", self._limited(self._listens)),
            Route("/1/user/{name}/playing-now", self._limited(self._playing)),
        ]

    def who(self, request: Request) -> str | None:
        """The user whose listens are asked for."""
        name = request.path_params.get("name")
        return name if name in self._office.world.people else None

    def refuse(self, fault: Fault, _: Call) -> Response | None:
        """Limits used up, by others behind the same address too."""
        if fault.kind == "spent":
            self._turn()
            self._used = self.limit
            return self._with_limits(_over())
        return _over() if fault.kind == "busy" else None

    def expire(self, _: str) -> None:
        """Tokens last until they are replaced."""

    def revoke(self, person: str) -> None:
        """The person replaces their token on the site."""
        token = self._office.world.people[person].listenbrainz_token
        self._office.world.people[person].listenbrainz_token = f"{token[:-4]}0000"

    def _limited(self, answer: Callable[[Request], Response]) -> Any:
        async def endpoint(request: Request) -> Response:
            self._turn()
            self._used += 1
            if self._used > self.limit:
                self._office.calls.blame(self.name, "over the limit")
                return self._with_limits(_over())
            return self._with_limits(answer(request))

        return self._desk.at(endpoint)

    def _turn(self) -> None:
        now = self._office.now
        if now >= self._window_end:
            self._window_end, self._used = now + self.window_s, 0

    def _with_limits(self, answer: Response) -> Response:
        left_s = self._window_end - self._office.now
        answer.headers["X-RateLimit-Limit"] = str(self.limit)
        answer.headers["X-RateLimit-Remaining"] = str(max(self.limit - self._used, 0))
        answer.headers["X-RateLimit-Reset-In"] = str(max(int(left_s + 0.999), 0))
        answer.headers["X-RateLimit-Reset"] = str(int(self._window_end + 0.999))
        return answer

    def _validate(self, request: Request) -> Response:
        token = request.query_params.get("token") or credentials(request, "Token")
        if not token:
            return _error(400, "You need to provide an Authorization token.")
        for person in self._office.world.people.values():
            if person.listenbrainz_token == token:
                return JSONResponse(
                    {
                        "code": 200,
                        "message": "Token valid.",
                        "valid": True,
                        "user_name": person.key,
                    }
                )
        return JSONResponse({"code": 200, "message": "Token invalid.", "valid": False})

    def _person(self, request: Request) -> Person | None:
        return self._office.world.people.get(request.path_params["name"])

    def _listens(self, request: Request) -> Response:
        person = self._person(request)
        if person is None:
            return _unknown(request)
        asked = request.query_params
        try:
            newer, older = int(asked.get("min_ts", -1)), int(asked.get("max_ts", 1 << 53))
            count = int(asked.get("count", 25))
        except ValueError:
            return _error(400, "max_ts, min_ts and count must be integers")
        if count < 0:
            return _error(400, "count should be a positive integer")
        if "min_ts" in asked and "max_ts" in asked and older <= newer:
            return _error(400, "max_ts should be greater than min_ts")
        every = list(person.listens["listenbrainz"])
        if self.looks_s is not None:
            # It gives up where there is nothing for long.
            bound = newer + self.looks_s if "max_ts" not in asked else older - self.looks_s
            newer, older = (newer, int(bound)) if "max_ts" not in asked else (int(bound), older)
        found = between(every, newer + 1, older)
        count = self._page_size(min(count, _MOST_PER_PAGE), len(found))
        is_oldest_first = "min_ts" in asked and "max_ts" not in asked
        shown = found[:count] if is_oldest_first else found[max(len(found) - count, 0) :]
        return JSONResponse(
            {
                "payload": {
                    "count": len(shown),
                    "user_id": person.key,
                    "latest_listen_ts": every[-1].start_s if every else 0,
                    "oldest_listen_ts": every[0].start_s if every else 0,
                    "listens": [_listen(person, each) for each in reversed(shown)],
                }
            }
        )

    def _page_size(self, count: int, there: int) -> int:
        """Short at times although there are more, but never nothing of something."""
        self._pages += 1
        is_short = self.short_every > 0 and self._pages % self.short_every == 0
        return max(count * 2 // 3, 1) if is_short and there > count > 0 else count

    def _playing(self, request: Request) -> Response:
        person = self._person(request)
        if person is None:
            return _unknown(request)
        listens = []
        if person.playing is not None:
            listens = [{"playing_now": True, "track_metadata": _metadata(person.playing)}]
        return JSONResponse(
            {
                "payload": {
                    "count": len(listens),
                    "user_id": person.key,
                    "playing_now": True,
                    "listens": listens,
                }
            }
        )


def _listen(person: Person, listen: Listen) -> dict[str, Any]:
    return {
        "listened_at": listen.start_s,
        "inserted_at": listen.start_s + 400,
        "user_name": person.key,
        "recording_msid": f"msid-{crc32(repr(listen.song).encode()):08x}",
        "track_metadata": _metadata(listen.song),
    }


def _metadata(song: Song) -> dict[str, Any]:
    """The free-form part has the length in one of two units, or not at all."""
    info: dict[str, Any] = {"submission_client": "simulated player"}
    kind = song.duration_ms // 1000 % 3
    if kind == 0:
        info["duration_ms"] = song.duration_ms
    elif kind == 1:
        info["duration"] = song.duration_ms // 1000
    if song.isrc:
        info["isrc"] = song.isrc
    found: dict[str, Any] = {
        "artist_name": song.artist,
        "track_name": song.title,
        "release_name": song.album,
        "additional_info": info,
    }
    if song.mbid:
        found["mbid_mapping"] = {"recording_mbid": song.mbid, "artists": [], "artist_mbids": []}
    return found


def _unknown(request: Request) -> Response:
    return _error(404, f"Cannot find user: {request.path_params['name']}")


def _over() -> Response:
    return _error(429, "You have exceeded your rate limit. See the X-RateLimit-* response headers")


def _error(code: int, error: str) -> Response:
    return JSONResponse({"code": code, "error": error}, code)
