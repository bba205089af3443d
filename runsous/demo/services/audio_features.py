"""Spotify's audio features, simulated: for apps that had them before November 2024."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from runsous.demo.services.catalogue import Catalogue, Recording, mood
from runsous.demo.services.noise import Noise

USUAL: Final = Noise(
    missing=0.02, silent=0.02, wrong=0.02, halved=0.06, doubled=0.06, off_by_one=0.1
)

_MOST: Final = 100
_NO_KEY: Final = 0.05


class AudioFeatures:
    """The part of the service; only if ``is_open`` does the app have access to it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.noise = USUAL
        self.is_open = False

    def answer(self, request: Request, _: object = None) -> Response:
        """The features of the tracks asked for, in their order, ``null`` for the unknown."""
        if not self.is_open:
            return JSONResponse({"error": {"status": 403}}, 403)
        ids = [each for each in request.query_params.get("ids", "").split(",") if each]
        if not 0 < len(ids) <= _MOST:
            return JSONResponse({"error": {"status": 400, "message": "invalid ids"}}, 400)
        return JSONResponse({"audio_features": [self._item(each) for each in ids]})

    def _item(self, spotify_id: str) -> dict[str, Any] | None:
        found = self._catalogue.by_spotify.get(spotify_id)
        if found is None or not self.noise.knows(f"spotify/{spotify_id}"):
            return None
        return measured(found, self.noise) | {
            "id": spotify_id,
            "uri": f"spotify:track:{spotify_id}",
            "type": "audio_features",
            "duration_ms": found.duration_ms,
            "time_signature": 4,
        }


def measured(recording: Recording, noise: Noise) -> dict[str, Any]:
    """What was measured of a recording, which others copied; tempo 0 and key -1 are unknown."""
    feeling = mood(recording)
    bpm = noise.tempo(f"spotify/{recording.key}", recording.bpm)
    has_key = noise.chance(f"key/{recording.key}").random() >= _NO_KEY
    return {
        "tempo": 0.0 if bpm is None else round(bpm, 3),
        "energy": feeling.energy,
        "danceability": feeling.danceability,
        "valence": feeling.valence,
        "loudness": -7.5,
        "key": feeling.key if has_key else -1,
        "mode": feeling.mode,
    }
