"""What the API answers: the shapes that clients rely on, and OpenAPI is made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, PlainSerializer, StringConstraints


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(_iso, return_type=str)]
"""A UTC instant, written with ``Z``."""


class Problem(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class Activity(BaseModel):
    """One activity's facts; absent values are null.

    ``source`` is the kind of file it came from, ``sample`` for those of the sample runner.
    ``names`` are what services call it, by service: ``name`` may have been given here.
    """

    id: int
    source: str
    external_id: str | None
    name: str | None
    names: dict[str, str]
    sport: str
    sub_sport: str | None
    start_time: Moment
    time_zone: str | None
    utc_offset_s: int | None
    elapsed_time_s: float
    moving_time_s: float
    distance_m: float | None
    elevation_gain_m: float | None
    average_heartrate: float | None
    max_heartrate: float | None
    average_cadence: float | None
    cadence_unit: Literal["spm", "rpm", "strokes/min"] | None
    average_speed_mps: float | None
    has_gps: bool
    channels: list[str]
    n_points: int
    n_pauses: int
    n_songs: int
    device: str | None


class ActivityPage(BaseModel):
    """One page of activities, newest first."""

    items: list[Activity]
    next_cursor: str | None
    total: int


class ActivityChange(BaseModel):
    """What of an activity can be changed; fields left out stay."""

    name: Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=500)] | None = None
    music_offset_s: float | None = None


class Track(BaseModel):
    """A song. ``tempo_confidence`` is how likely its beat is right, whatever the octave."""

    id: int
    name: str
    artist: str
    album: str | None
    isrc: str | None
    mbid: str | None
    tempo_bpm: float | None
    tempo_confidence: float | None


class SegmentListen(BaseModel):
    """Which play put the song there, and how sure its time is."""

    source: str
    started_at: Moment
    certainty: Literal["exact", "estimated", "uncertain"]
    plus_minus_s: float


class Metrics(BaseModel):
    """What was measured during a segment."""

    elapsed_s: float
    moving_s: float | None
    distance_m: float | None
    pace_s_per_km: float | None
    gap_s_per_km: float | None
    average_heartrate: float | None
    max_heartrate: float | None
    average_cadence: float | None
    elevation_gain_m: float | None


class Point(BaseModel):
    """A place on the route."""

    t_s: float
    latitude: float
    longitude: float
    altitude_m: float | None
    heartrate: float | None
    cadence: float | None
    speed_mps: float | None


class Segment(BaseModel):
    """A stretch of an activity with one song, or silence (``track`` null)."""

    index: int
    track: Track | None
    start_time: Moment
    end_time: Moment
    start_s: float
    end_s: float
    listen: SegmentListen | None
    metrics: Metrics
    points: list[Point]


class MusicStats(BaseModel):
    """Totals over the segments and how far the route was simplified."""

    total_segments: int
    segments_with_music: int
    segments_without_music: int
    music_time_s: float
    silence_time_s: float
    original_points: int
    simplified_points: int
    reduction_ratio: float


class Music(BaseModel):
    """The songs on an activity: segments that tile it without gap or overlap."""

    activity_id: int
    has_gps: bool
    segments: list[Segment]
    stats: MusicStats


class Listen(BaseModel):
    """One play on the merged timeline."""

    id: int
    track: Track
    started_at: Moment
    ended_at: Moment
    played_s: float | None
    certainty: Literal["exact", "estimated", "uncertain"]
    plus_minus_s: float
    sources: list[str]


class ListenPage(BaseModel):
    """One page of plays, newest first."""

    items: list[Listen]
    next_cursor: str | None
    total: int


class ImportStarted(BaseModel):
    """An import that was queued and where to follow it."""

    id: UUID
    status_url: str


class ImportedFile(BaseModel):
    """What became of one file."""

    path: str
    kind: str
    status: Literal["imported", "duplicate", "skipped", "failed"]
    activities: int
    listens: int
    duplicates: int
    message: str | None


class Import(BaseModel):
    """How far an import got."""

    id: UUID
    status: Literal["queued", "running", "done"]
    done: int
    total: int
    files: list[ImportedFile]
