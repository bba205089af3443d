"""ReccoBeats, simulated: what Spotify's audio features are, for many tracks at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runsous.demo.services import audio_features
from runsous.demo.services.audio_features import measured
from runsous.demo.services.calls import Call
from runsous.demo.services.catalogue import Catalogue, Recording, uuid_of
from runsous.demo.services.desk import Office
from runsous.demo.services.faults import Fault
from runsous.demo.services.limits import Sliding
from runsous.demo.services.open_service import OpenService
from runsous.demo.services.world import ServiceName

USUAL: Final = replace(audio_features.USUAL, missing=0.2)
"""Its numbers are Spotify's, mistakes and all."""

_MOST: Final = 40
_REST_S: Final = 5


class Reccobeats(OpenService):
    """The service. Its limit is published nowhere; ``resting_until`` is the end of a wait that
    it asked for.
    """

    name: ServiceName = "reccobeats"

    def __init__(self, office: Office, catalogue: Catalogue) -> None:
        super().__init__(office, catalogue)
        self._by_uuid: dict[str, str] = {}
        self.noise = USUAL
        self.limit = Sliding(50, 10.0)
        self.resting_until = 0.0

    def api(self) -> list[Route]:
        """What is under ``RECCOBEATS_API_URL``."""
        return [
            Route("/v1/track", self._limited(self._many(self._track))),
            Route("/v1/audio-features", self._limited(self._many(self._features))),
            Route("/v1/track/{uuid}/audio-features", self._limited(self._one)),
        ]

    def refuse(self, fault: Fault, _: Call) -> Response | None:
        """Too many calls: for ``value`` seconds (5), or without a word how long."""
        if fault.kind == "spent":
            return self._rest(fault.value or _REST_S)
        return _error(429, 4290, "Too many requests") if fault.kind == "busy" else None

    def _limited(self, answer: Callable[[Request], Response]) -> Any:
        async def endpoint(request: Request) -> Response:
            now = self._office.now
            if now < self.resting_until:
                self._office.calls.blame(self.name, "called before the end of Retry-After")
                return self._rest(self.resting_until - now)
            if not self.limit.enter(now):
                self._office.calls.blame(self.name, "over the limit")
                return self._rest(_REST_S)
            return answer(request)

        return self._desk.at(endpoint)

    def _rest(self, seconds: float) -> Response:
        self.resting_until = max(self.resting_until, self._office.now + seconds)
        answer = _error(429, 4290, "Too many requests")
        answer.headers["Retry-After"] = str(max(int(seconds + 0.999), 1))
        return answer

    def _many(self, told: Callable[[Recording, str], dict[str, Any]]) -> Any:
        def answer(request: Request) -> Response:
            ids = [each for each in request.query_params.get("ids", "").split(",") if each]
            if not ids:
                return _error(400, 4001, "ids: must not be empty")
            if len(ids) > _MOST:
                return _error(400, 4002, "ids: size must be between 1 and 40")
            found = {pair[1]: pair for each in ids for pair in self._found(each)}
            # In an order of its own.
            return JSONResponse(
                {"content": [told(*found[spotify_id]) for spotify_id in sorted(found)]}
            )

        return answer

    def _one(self, request: Request) -> Response:
        found = self._of_uuid(request.path_params["uuid"])
        if not found:
            return _error(404, 4041, "Track not found")
        return JSONResponse(self._features(*found[0]))

    def _found(self, asked: str) -> list[tuple[Recording, str]]:
        """Tracks, each a recording under one of its names at Spotify."""
        by_spotify = self._catalogue.by_spotify.get(asked)
        pairs = [(by_spotify, asked)] if by_spotify else self._of_uuid(asked)
        for each in self._catalogue.by_isrc.get(asked, []):
            pairs += [(each, spotify_id) for spotify_id in each.spotify_ids]
        return [pair for pair in pairs if self.noise.knows(f"reccobeats/{pair[1]}")]

    def _of_uuid(self, uuid: str) -> list[tuple[Recording, str]]:
        if len(self._by_uuid) != len(self._catalogue.by_spotify):
            self._by_uuid = {
                uuid_of("reccobeats", each): each for each in self._catalogue.by_spotify
            }
        spotify_id = self._by_uuid.get(uuid)
        return [(self._catalogue.by_spotify[spotify_id], spotify_id)] if spotify_id else []

    def _track(self, recording: Recording, spotify_id: str) -> dict[str, Any]:
        version = f" - {recording.version.capitalize()}" if recording.version else ""
        return {
            "id": uuid_of("reccobeats", spotify_id),
            "trackTitle": recording.title + version,
            "artists": [{"id": None, "name": recording.artist, "href": None}],
            "durationMs": recording.duration_ms,
            "isrc": recording.isrcs[0] if recording.isrcs else None,
            "href": f"https://open.spotify.com/track/{spotify_id}",
            "popularity": 40,
        }

    def _features(self, recording: Recording, spotify_id: str) -> dict[str, Any]:
        return measured(recording, self.noise) | {
            "id": uuid_of("reccobeats", spotify_id),
            "href": f"https://open.spotify.com/track/{spotify_id}",
            "isrc": recording.isrcs[0] if recording.isrcs else None,
        }


def _error(status: int, code: int, message: str) -> Response:
    return JSONResponse({"status": code, "code": code, "error": message}, status)
