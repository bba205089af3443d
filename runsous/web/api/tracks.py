"""``/tracks``: a song's facts, and how fast it is by whose word."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from runsous.reports import track as report
from runsous.store import tracks
from runsous.sync import tempo
from runsous.web.api.activities import Id
from runsous.web.api.context import Conn, User
from runsous.web.api.models import Moment

router = APIRouter(tags=["tracks"])


class Identifier(BaseModel):
    """An id a song is known by: ``kind`` is mbid, isrc, spotify or deezer, ``url`` its page."""

    kind: str
    value: str
    url: str | None


class TrackFacts(BaseModel):
    """A song, its character where a source tells it, and how often it was heard.

    Energy, danceability and valence go from 0 to 1; ``key`` is 0 (C) to 11 (B), ``mode`` 1 in
    major and 0 in minor.
    """

    id: int
    name: str
    artist: str
    album: str | None
    isrc: str | None
    mbid: str | None
    duration_s: float | None
    tempo_bpm: float | None
    tempo_confidence: float | None
    energy: float | None
    danceability: float | None
    valence: float | None
    key: int | None
    mode: int | None
    ids: list[Identifier]
    n_plays: int
    first_heard_at: Moment | None
    last_heard_at: Moment | None


class Candidate(BaseModel):
    """A tempo as a source tells it, in its own octave.

    ``identifier`` is the source's own id of the song, ``match`` from 0 to 1 how well that goes
    with the song's name.
    """

    source: str
    bpm: float
    fetched_at: Moment
    identifier: str | None
    match: float


class Tempo(BaseModel):
    """How fast a song is, in beats per minute; ``bpm`` is null where nobody knows.

    ``source`` gave the number; ``confidence`` is the probability that the beat is right, whatever
    the octave; ``note`` says why in words. ``is_disputed`` where another beat is about as likely.
    ``candidates`` are all that sources tell, the most trusted first.
    """

    bpm: float | None
    source: str | None
    confidence: float | None
    note: str | None
    is_disputed: bool
    candidates: list[Candidate]


class TempoSaid(BaseModel):
    """The tempo by the user's own ear, in beats per minute."""

    bpm: Annotated[float, Field(ge=tempo.SLOWEST, le=tempo.FASTEST)]


@router.get("/tracks/{track_id}")
def get_track(conn: Conn, user: User, track_id: Id) -> TrackFacts:
    """One song's facts."""
    found = report.track(conn, user, track_id)
    return TrackFacts.model_validate(
        {
            **found.facts,
            "name": found.facts["title"],
            "ids": [vars(each) for each in found.ids],
            "n_plays": found.n_plays,
            "first_heard_at": found.first_at,
            "last_heard_at": found.last_at,
        }
    )


@router.get("/tracks/{track_id}/tempo")
def get_tempo(conn: Conn, user: User, track_id: Id) -> Tempo:
    """How fast a song is, who says so, and how sure that is."""
    facts = tracks.one(conn, user, track_id)
    said = report.evidence(conn, user, track_id)
    return Tempo(
        bpm=facts["tempo_bpm"],
        source=facts["tempo_source"],
        confidence=facts["tempo_confidence"],
        note=facts["tempo_note"],
        is_disputed=facts["is_tempo_disputed"],
        candidates=[_candidate(row) for row in said if row["bpm"] is not None],
    )


@router.put("/tracks/{track_id}/tempo")
def say_tempo(conn: Conn, user: User, track_id: Id, said: TempoSaid) -> Tempo:
    """Sets a song's tempo by the user's word, which wins over all sources."""
    tempo.say(conn, user, track_id, said.bpm)
    return get_tempo(conn, user, track_id)


@router.delete("/tracks/{track_id}/tempo", status_code=204)
def unsay_tempo(conn: Conn, user: User, track_id: Id) -> None:
    """Takes the user's word back: the best source tells the tempo again."""
    tempo.unsay(conn, user, track_id)


def _candidate(row: dict[str, Any]) -> Candidate:
    return Candidate.model_validate({**row, "fetched_at": row["at"]})
