"""AcousticBrainz, simulated: what was analysed of recordings until it closed in 2022."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from runsous.demo.services.calls import Call
from runsous.demo.services.catalogue import Catalogue, Recording, mood
from runsous.demo.services.desk import Office
from runsous.demo.services.faults import Fault
from runsous.demo.services.limits import Counted
from runsous.demo.services.noise import Noise
from runsous.demo.services.open_service import OpenService
from runsous.demo.services.world import ServiceName

USUAL: Final = Noise(missing=0.35, wrong=0.03, halved=0.08, doubled=0.05, off_by_one=0.1)

_LAST_YEAR: Final = 2021
_MOST: Final = 25
_KEYS: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MODES: Final = ("minor", "major")
_ALWAYS: Final = ("metadata.audio_properties", "metadata.version")
_OFFERED: Final = (
    *("rhythm.bpm", "rhythm.onset_rate", "tonal.key_key", "tonal.key_scale"),
    *("tonal.key_strength", "metadata.tags", "lowlevel.average_loudness"),
)


class Acousticbrainz(OpenService):
    """The service; ``limit`` is what one address may ask for."""

    name: ServiceName = "acousticbrainz"

    def __init__(self, office: Office, catalogue: Catalogue) -> None:
        super().__init__(office, catalogue)
        self.noise = USUAL
        self.limit = Counted(100, 10.0)

    def api(self) -> list[Route]:
        """What is under ``ACOUSTICBRAINZ_API_URL``."""
        return [
            Route("/low-level", self._limited(self._bulk)),
            Route("/{mbid}/low-level", self._limited(self._one)),
        ]

    def refuse(self, fault: Fault, _: Call) -> Response | None:
        """Limits used up, by others behind the same address too."""
        if fault.kind == "spent":
            self.limit.fill(self._office.now)
            return self._with_limits(_over())
        return _over() if fault.kind == "busy" else None

    def _limited(self, answer: Callable[[Request], Response]) -> Any:
        async def endpoint(request: Request) -> Response:
            if not self.limit.enter(self._office.now):
                self._office.calls.blame(self.name, "over the limit")
                return self._with_limits(_over())
            return self._with_limits(answer(request))

        return self._desk.at(endpoint)

    def _with_limits(self, answer: Response) -> Response:
        answer.headers.update(self.limit.headers(self._office.now))
        return answer

    def _one(self, request: Request) -> Response:
        mbid = request.path_params["mbid"]
        if _normal(mbid) is None:
            return _error(400, f"'{mbid}' is not a valid UUID")
        offset = _offset(request.query_params.get("n", ""))
        documents = self._documents(_normal(mbid) or "")
        if offset >= len(documents):
            return _error(404, "Not found")
        return JSONResponse(documents[offset])

    def _bulk(self, request: Request) -> Response:
        asked = request.query_params
        given = [each for each in asked.get("recording_ids", "").split(";") if each]
        if not given:
            return _error(400, "Missing `recording_ids` parameter")
        wanted: list[tuple[str, int]] = []
        mapping = {}
        for each in given:
            name, _, number = each.partition(":")
            mbid = _normal(name)
            if mbid is None:
                return _error(400, f"'{name}' is not a valid UUID")
            wanted.append((mbid, _offset(number)))
            if mbid != name:
                mapping[name] = mbid
        if len(set(wanted)) > _MOST:
            return _error(400, f"More than {_MOST} recordings not allowed per request")
        features = [each for each in asked.get("features", "").split(";") if each in _OFFERED]
        found: dict[str, Any] = {}
        for mbid, offset in wanted:
            documents = self._documents(mbid)
            if offset < len(documents):
                document = documents[offset]
                shown = _only(document, [*features, *_ALWAYS]) if features else document
                found.setdefault(mbid, {})[str(offset)] = shown
        return JSONResponse(found | {"mbid_mapping": mapping})

    def _documents(self, mbid: str) -> list[dict[str, Any]]:
        """What was sent in of a recording, by the id that it had then."""
        found = self._catalogue.by_mbid.get(mbid)
        if found is None or found.year > _LAST_YEAR:
            return []
        if not self.noise.knows(f"acousticbrainz/{found.key}"):
            return []
        copies = 1 + self.noise.chance(f"copies/{mbid}").randrange(3)
        return [self._document(found, mbid, number) for number in range(copies)]

    def _document(self, recording: Recording, mbid: str, number: int) -> dict[str, Any]:
        feeling = mood(recording)
        about = f"acousticbrainz/{recording.key}/{number}"
        bpm = self.noise.tempo(about, recording.bpm)
        # Every encoding was measured by itself.
        shift = self.noise.chance(f"decimals/{about}").uniform(-0.15, 0.15)
        tags = {
            "title": [recording.title],
            "artist": [recording.artist],
            "album": [recording.album],
            "musicbrainz_recordingid": [mbid],
            "isrc": list(recording.isrcs),
        }
        return {
            "lowlevel": {"average_loudness": 0.87},
            "rhythm": {"bpm": 0 if bpm is None else bpm + shift, "onset_rate": 3.4},
            "tonal": {
                "key_key": _KEYS[feeling.key],
                "key_scale": _MODES[feeling.mode],
                "key_strength": 0.71,
            },
            "metadata": {
                "audio_properties": {"length": recording.duration_ms / 1000, "bit_rate": 320_000},
                "tags": tags,
                "version": {"essentia": "2.1-beta2"},
            },
        }


def _only(document: dict[str, Any], features: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for feature in features:
        part, _, name = feature.partition(".")
        found.setdefault(part, {})[name] = document[part][name]
    return found


def _normal(mbid: str) -> str | None:
    try:
        return str(UUID(mbid))
    except ValueError:
        return None


def _offset(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _over() -> Response:
    return _error(429, "You have exceeded your rate limit. See the X-RateLimit-* response headers")


def _error(status: int, message: str) -> Response:
    return JSONResponse({"message": message}, status)
