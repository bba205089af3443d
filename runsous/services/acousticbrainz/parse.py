"""What AcousticBrainz's answers say.

Raises :class:`ValueError` for an answer that is not what was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runsous.histories.plays import isrc
from runsous.model import SongFacts
from runsous.services.facts import fields, key, mode, seconds, tempo, text


def low_level(document: Any, mbids: Sequence[str]) -> list[SongFacts]:
    """What was measured of the recordings asked for; those that are missing are unknown."""
    if not isinstance(document, dict) or "message" in document or "error" in document:
        raise ValueError("no recordings in the answer")
    by_mbid = {mbid.lower(): told for mbid, told in document.items()}
    found = []
    for mbid in dict.fromkeys(mbids):
        told = _first(by_mbid.get(mbid.lower()))
        if told:
            found.append(_facts(told, mbid))
    return found


def _first(submissions: Any) -> dict[str, Any]:
    """Of several who sent a recording in, the first one's."""
    told = fields(submissions)
    return fields(told.get(min(told, key=lambda n: (len(n), n)))) if told else {}


def _facts(told: dict[str, Any], mbid: str) -> SongFacts:
    metadata, tonal = fields(told.get("metadata")), fields(told.get("tonal"))
    tags = fields(metadata.get("tags"))
    code = isrc(_tag(tags, "isrc"))
    return SongFacts(
        source="acousticbrainz",
        identifier=mbid.lower(),
        asked=mbid,
        title=_tag(tags, "title"),
        artist=_tag(tags, "artist"),
        album=_tag(tags, "album"),
        duration_s=seconds(fields(metadata.get("audio_properties")).get("length")),
        isrcs=(code,) if code else (),
        mbid=mbid.lower(),
        bpm=tempo(fields(told.get("rhythm")).get("bpm")),
        key=key(tonal.get("key_key")),
        mode=mode(tonal.get("key_scale")),
    )


def _tag(tags: dict[str, Any], name: str) -> str | None:
    """Files can have a tag several times."""
    value = tags.get(name)
    return text(value[0] if isinstance(value, list) and value else value)
