"""MusicBrainz, simulated: recordings by MBID, ISRC and search, one call a second."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runsous.demo.services.calls import Call
from runsous.demo.services.catalogue import Catalogue, Recording, uuid_of
from runsous.demo.services.desk import Office
from runsous.demo.services.faults import Fault
from runsous.demo.services.limits import Sliding
from runsous.demo.services.noise import Noise
from runsous.demo.services.open_service import OpenService
from runsous.demo.services.world import ServiceName

USUAL: Final = Noise(missing=0.03)

_MBID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ISRC: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_CLAUSE: Final = re.compile(r'(\w+):(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_ESCAPED: Final = re.compile(r"\\(.)")
_CONTACT: Final = re.compile(r"^[^/()]+/\S+ \(.*(@|://).*\)")
_LIBRARIES: Final = ("python-requests", "python-urllib", "java", "curl", "httpx")
_MOST: Final = 100
_IN_A_ROW: Final = 3
_OVER: Final = (
    "Your requests are exceeding the allowable rate limit. Please see"
    " https://wiki.musicbrainz.org/XMLWebService for more information."
)
_BUSY: Final = "The MusicBrainz web server is currently busy. Please try again later."
_NO_LENGTH: Final = 0.1
_NO_ISRC: Final = 0.15


class Musicbrainz(OpenService):
    """The service; what it is like can be changed while it runs.

    ``limit`` is what one address may ask for, ``busy`` the share of calls that are told that
    the server has too much to do, never more than three in a row.
    """

    name: ServiceName = "musicbrainz"

    def __init__(self, office: Office, catalogue: Catalogue) -> None:
        super().__init__(office, catalogue)
        self.noise = USUAL
        self.limit = Sliding(1, 1.0)
        self.busy = 0.1
        self._calls = 0
        self._in_a_row = 0

    def api(self) -> list[Route]:
        """What is under ``MUSICBRAINZ_API_URL``."""
        return [
            Route("/recording", self._limited(self._search)),
            Route("/recording/{mbid}", self._limited(self._recording)),
            Route("/isrc/{isrc}", self._limited(self._isrc)),
        ]

    def refuse(self, fault: Fault, _: Call) -> Response | None:
        """Both ways in which it says 503."""
        if fault.kind == "spent":
            return _later(_OVER, 1)
        return _later(_BUSY, 0) if fault.kind == "busy" else None

    def _limited(self, answer: Callable[[Request], Response]) -> Any:
        async def endpoint(request: Request) -> Response:
            caller = request.headers.get("user-agent", "")
            if not caller.strip():
                return _error(403, "Your User-Agent must be set to something meaningful.")
            if caller.lower().startswith(_LIBRARIES):
                return _later(_OVER, 1)
            if not _CONTACT.search(caller):
                self._office.calls.blame(self.name, "the User-Agent names no app and contact")
            if not self.limit.enter(self._office.now):
                self._office.calls.blame(self.name, "over the limit")
                return _later(_OVER, 1)
            return _later(_BUSY, 0) if self._is_busy() else answer(request)

        return self._desk.at(endpoint)

    def _is_busy(self) -> bool:
        self._calls += 1
        happens = self.noise.chance(f"busy/{self._calls}").random() < self.busy
        self._in_a_row = self._in_a_row + 1 if happens and self._in_a_row < _IN_A_ROW else 0
        return self._in_a_row > 0

    def _recording(self, request: Request) -> Response:
        mbid = request.path_params["mbid"]
        if not _MBID.fullmatch(mbid):
            return _error(400, "Invalid mbid.")
        found = self._catalogue.by_mbid.get(mbid.lower())
        if found is None or not self._knows(found):
            return _error(404, "Not Found")
        body = self._entity(found, request.query_params.get("inc", "").split())
        if mbid.lower() == found.mbid:
            return JSONResponse(body)
        there = str(request.url.replace(path=request.url.path.replace(mbid, str(found.mbid))))
        return JSONResponse(body, 301, headers={"Location": there})

    def _isrc(self, request: Request) -> Response:
        isrc = request.path_params["isrc"]
        if not _ISRC.fullmatch(isrc):
            return _error(400, "Invalid isrc.")
        found = self._of_isrc(isrc)
        if not found:
            return _error(404, "Not Found")
        parts = set(request.query_params.get("inc", "").split()) & {"artist-credits"}
        return JSONResponse(
            {"isrc": isrc, "recordings": [self._entity(each, parts) for each in found]}
        )

    def _search(self, request: Request) -> Response:
        asked = request.query_params
        try:
            limit, offset = int(asked.get("limit", 25)), int(asked.get("offset", 0))
        except ValueError:
            return _error(400, "Invalid limit or offset.")
        clauses = {
            name: _ESCAPED.sub(r"\1", quoted or plain)
            for name, quoted, plain in _CLAUSE.findall(asked.get("query", ""))
        }
        if not clauses:
            return _error(400, "The query parameter cannot be empty")
        if "isrc" in clauses:
            known = self._of_isrc(clauses["isrc"].upper())
        else:
            text = f"{clauses.get('artist', '')} {clauses.get('recording', '')}"
            known = [each for each in self._catalogue.search(text) if self._knows(each)]
        shown = known[offset : offset + min(limit, _MOST)]
        return JSONResponse(
            {
                "created": "2026-11-20T18:43:35.000Z",
                "count": len(known),
                "offset": offset,
                "recordings": [
                    {"score": max(100 - place, 1)}
                    | self._entity(each, ["artist-credits", "releases"])
                    for place, each in enumerate(shown, offset)
                ],
            }
        )

    def _of_isrc(self, isrc: str) -> list[Recording]:
        every = self._catalogue.by_isrc.get(isrc, [])
        return [each for each in every if self._knows(each) and isrc in self._isrcs(each)]

    def _knows(self, recording: Recording) -> bool:
        return recording.mbid is not None and self.noise.knows(f"musicbrainz/{recording.key}")

    def _isrcs(self, recording: Recording) -> tuple[str, ...]:
        is_silent = self.noise.chance(f"isrcs/{recording.key}").random() < _NO_ISRC
        return () if is_silent else recording.isrcs

    def _entity(self, recording: Recording, parts: Any) -> dict[str, Any]:
        is_dateless = recording.duration_ms % 9 == 0
        has_length = self.noise.chance(f"length/{recording.key}").random() >= _NO_LENGTH
        found: dict[str, Any] = {
            "id": recording.mbid,
            "title": recording.title,
            "length": recording.duration_ms if has_length else None,
            "video": False,
            "disambiguation": recording.version,
        }
        if not is_dateless:
            found["first-release-date"] = str(recording.year)
        if "isrcs" in parts:
            found["isrcs"] = list(self._isrcs(recording))
        if "artist-credits" in parts:
            name = recording.artist
            artist = {"id": uuid_of("artist", name), "name": name, "sort-name": name}
            found["artist-credit"] = [{"name": name, "joinphrase": "", "artist": artist}]
        if "releases" in parts:
            found["releases"] = [
                {
                    "id": uuid_of("release", recording.artist, recording.album),
                    "title": recording.album,
                    "status": "Official",
                    "date": str(recording.year),
                }
            ]
        return found


def _later(error: str, seconds: int) -> Response:
    """Its x-ratelimit headers are of all callers together, and tell nothing."""
    headers = {
        "Retry-After": str(seconds),
        "X-RateLimit-Limit": "1200",
        "X-RateLimit-Remaining": "0",
    }
    return JSONResponse({"error": error}, 503, headers=headers)


def _error(status: int, error: str) -> Response:
    told = "For usage, please see: https://musicbrainz.org/development/mmd"
    return JSONResponse({"error": error, "help": told}, status)
