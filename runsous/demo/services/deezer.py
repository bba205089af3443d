"""Deezer, simulated: tracks by ISRC, number and search. Its errors come with status 200."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runsous.demo.services.calls import Call
from runsous.demo.services.catalogue import Catalogue, Recording
from runsous.demo.services.desk import Office
from runsous.demo.services.faults import Fault
from runsous.demo.services.limits import Sliding
from runsous.demo.services.noise import Noise
from runsous.demo.services.open_service import OpenService
from runsous.demo.services.world import ServiceName

USUAL: Final = Noise(
    missing=0.06, silent=0.24, wrong=0.02, halved=0.05, doubled=0.06, off_by_one=0.15
)

_PER_PAGE: Final = 25
_MOST_PER_PAGE: Final = 100
_NO_DATA, _QUOTA, _BUSY, _PARAMETER, _MISSING = 800, 4, 700, 500, 501
_MEANING: Final = {
    _NO_DATA: ("DataException", "no data"),
    _QUOTA: ("Exception", "Quota limit exceeded"),
    _BUSY: ("ServiceException", "Service busy"),
    _PARAMETER: ("ParameterException", "Wrong parameter"),
    _MISSING: ("MissingParameterException", "Missing parameters: q"),
}


class Deezer(OpenService):
    """The service; ``limit`` is what one address may ask for."""

    name: ServiceName = "deezer"

    def __init__(self, office: Office, catalogue: Catalogue) -> None:
        super().__init__(office, catalogue)
        self.noise = USUAL
        self.limit = Sliding(50, 5.0)

    def api(self) -> list[Route]:
        """What is under ``DEEZER_API_URL``."""
        return [
            Route("/track/{id}", self._limited(self._track)),
            Route("/search", self._limited(self._search)),
        ]

    def refuse(self, fault: Fault, _: Call) -> Response | None:
        """What goes wrong hides in a 200: error ``value`` (700) where that is all of it."""
        codes = {"spent": _QUOTA, "busy": _BUSY, "hidden": int(fault.value or _BUSY)}
        return _error(codes[fault.kind]) if fault.kind in codes else None

    def _limited(self, answer: Callable[[Request], Response]) -> Any:
        async def endpoint(request: Request) -> Response:
            if not self.limit.enter(self._office.now):
                self._office.calls.blame(self.name, "over the limit")
                return _error(_QUOTA)
            return answer(request)

        return self._desk.at(endpoint)

    def _track(self, request: Request) -> Response:
        given = request.path_params["id"]
        if given.startswith("isrc:"):
            # Of several with this code one is chosen, with or without a tempo.
            numbers = [
                number
                for each in self._catalogue.by_isrc.get(given[5:], [])
                for number in each.deezer_ids
            ]
            number = numbers[0] if numbers else 0
        elif given.isdigit():
            number = int(given)
        else:
            return _error(_PARAMETER)
        found = self._catalogue.by_deezer.get(number)
        if found is None or not self._knows(found):
            return _error(_NO_DATA)
        return JSONResponse(
            self._item(found, number) | {"bpm": self._bpm(found, number), "gain": -8.2}
        )

    def _search(self, request: Request) -> Response:
        asked = request.query_params
        if not asked.get("q", "").strip():
            return _error(_MISSING)
        try:
            start, limit = int(asked.get("index", 0)), int(asked.get("limit", _PER_PAGE))
        except ValueError:
            return _error(_PARAMETER)
        items = [
            self._item(each, number)
            for each in self._catalogue.search(asked["q"])
            if self._knows(each)
            for number in each.deezer_ids
        ]
        shown = items[start : start + min(limit, _MOST_PER_PAGE)]
        found: dict[str, Any] = {"data": shown, "total": len(items)}
        if start + len(shown) < len(items):
            found["next"] = str(request.url.include_query_params(index=start + len(shown)))
        return JSONResponse(found)

    def _knows(self, recording: Recording) -> bool:
        return self.noise.knows(f"deezer/{recording.key}")

    def _bpm(self, recording: Recording, number: int) -> float:
        """0 where it is unknown. Of duplicates only one has it, whichever that is."""
        chance = self.noise.chance(f"duplicate/{recording.key}")
        if number != chance.choice(recording.deezer_ids):
            return 0
        bpm = self.noise.tempo(f"deezer/{recording.key}", recording.bpm)
        if bpm is None:
            return 0
        return int(bpm) if bpm.is_integer() else round(bpm, 1)

    def _item(self, recording: Recording, number: int) -> dict[str, Any]:
        version = f"({recording.version.capitalize()})" if recording.version else ""
        return {
            "id": number,
            "readable": True,
            "title": f"{recording.title} {version}".strip(),
            "title_short": recording.title,
            "title_version": version,
            "isrc": recording.isrcs[0] if recording.isrcs else "",
            "link": f"https://www.deezer.com/track/{number}",
            "duration": round(recording.duration_ms / 1000),
            "artist": {"id": number % 9973, "name": recording.artist, "type": "artist"},
            "album": {"id": number % 99991, "title": recording.album, "type": "album"},
            "type": "track",
        }


def _error(code: int) -> Response:
    kind, message = _MEANING.get(code, ("Exception", "Something went wrong"))
    return JSONResponse({"error": {"type": kind, "message": message, "code": code}})
