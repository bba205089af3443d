"""The nouns: what a file or service says of a workout, before anything is derived.

Readers (``runsous.files``) fill these with what the file *says*, in its own terms;
``runsous.analysis.recording.complete`` derives what is missing by one set of rules,
so that a run read from FIT, GPX or TCX is treated alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import pandas as pd

from runsous import frames

Kind = Literal[
    "fit",
    "gpx",
    "tcx",
    "strava",
    "strava_export",
    "spotify_extended",
    "spotify_short",
    "lastfm",
    "listenbrainz",
    "maloja",
    "tempo_csv",
    "unknown",
]

SPORTS = (
    "run",
    "ride",
    "swim",
    "walk",
    "hike",
    "row",
    "ski",
    "skate",
    "elliptical",
    "strength",
    "yoga",
    "workout",
    "transition",
    "other",
)
"""Every activity has one of these; finer kinds ("trail", "treadmill") are its ``sub_sport``."""

SAMPLE = "sample"
"""The source of the sample runner's listens, which never meet a user's own runs or plays."""

ON_FOOT = frozenset({"run", "walk", "hike"})
"""Sports whose files count cadence per leg, so that steps per minute are twice that."""


@dataclass(frozen=True)
class Lap:
    """One lap in seconds after the activity's start; ``None`` where the file is silent."""

    start_s: float
    elapsed_s: float
    timer_s: float | None = None
    distance_m: float | None = None


@dataclass(frozen=True)
class PoolLength:
    """One length of a pool; idle lengths are rests at the wall (``is_active`` false)."""

    start_s: float
    elapsed_s: float
    is_active: bool
    strokes: int | None = None
    stroke: str | None = None


@dataclass(frozen=True)
class Workout:
    """One activity as one file or service tells it (a multisport file yields several).

    ``samples`` has the columns of :data:`runsous.frames.SAMPLES`, raw: cadence as the
    file counts it (per leg on foot, fractions added), no channel invented. Times inside
    are seconds after ``start_time``. ``pauses`` is ``None`` when the format carries no
    word about pauses at all, and ``()`` when it says there were none.
    """

    kind: Kind
    start_time: datetime
    sport: str = "other"
    sub_sport: str | None = None
    samples: pd.DataFrame = field(default_factory=lambda: frames.samples())
    elapsed_time_s: float | None = None
    timer_time_s: float | None = None
    distance_m: float | None = None
    elevation_gain_m: float | None = None
    average_heartrate: float | None = None
    max_heartrate: float | None = None
    average_cadence: float | None = None
    pauses: tuple[tuple[float, float], ...] | None = None
    breaks_s: tuple[float, ...] = ()
    laps: tuple[Lap, ...] = ()
    lengths: tuple[PoolLength, ...] = ()
    pool_length_m: float | None = None
    utc_offset_s: int | None = None
    time_zone: str | None = None
    name: str | None = None
    description: str | None = None
    device: str | None = None
    external_id: str | None = None
    is_start_hidden: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Activity:
    """A workout with everything derived by one set of rules, ready to be stored.

    Samples are clean (impossible values are NaN), cadence is in ``cadence_unit``
    ("spm", "rpm" or "strokes/min"), distance and speed are present wherever they can be
    derived. Laps, pauses and lengths lie inside ``[0, elapsed_time_s]``, and so does the
    last sample. ``time_zone`` is an IANA name or ``None``; ``utc_offset_s`` the offset
    in force at the start.
    """

    kind: Kind
    start_time: datetime
    sport: str
    sub_sport: str | None
    samples: pd.DataFrame
    elapsed_time_s: float
    moving_time_s: float
    distance_m: float | None
    elevation_gain_m: float | None
    average_heartrate: float | None
    max_heartrate: float | None
    average_cadence: float | None
    cadence_unit: str | None
    average_speed_mps: float | None
    pauses: tuple[tuple[float, float], ...]
    laps: tuple[Lap, ...]
    lengths: tuple[PoolLength, ...]
    pool_length_m: float | None
    time_zone: str | None
    utc_offset_s: int | None
    name: str | None
    description: str | None
    device: str | None
    external_id: str | None
    is_start_hidden: bool
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What one file yields: workouts, listens or tempos, and in words what was left behind.

    ``listens`` has the columns of :data:`runsous.frames.LISTENS`. ``tempos`` has a row for each
    song of a list, ``artist, title, spotify_id, bpm`` and the character of :class:`SongFacts`.
    ``left_out`` counts rows that are deliberately neither (podcasts, videos, plays of no length,
    songs without a tempo); ``notes`` are whole sentences for the user (what was salvaged, what
    is missing).
    """

    kind: Kind
    workouts: tuple[Workout, ...] = ()
    listens: pd.DataFrame | None = None
    tempos: pd.DataFrame | None = None
    left_out: int = 0
    notes: tuple[str, ...] = ()

    @property
    def n_listens(self) -> int:
        """How many of ``listens`` are of songs; the others only say that something else began."""
        return 0 if self.listens is None else int(self.listens["title"].notna().sum())


@dataclass(frozen=True)
class SongFacts:
    """What a source says of one recording; ``None`` where it is silent.

    ``identifier`` is the source's own id of it, ``asked`` the id it was asked for (``search``
    where it was looked for by name). ``bpm`` is a tempo or ``None``. Energy, danceability and
    valence go from 0 to 1; ``key`` is 0 (C) to 11 (B), ``mode`` 1 in major and 0 in minor.
    """

    source: str
    identifier: str
    asked: str
    title: str | None = None
    artist: str | None = None
    album: str | None = None
    duration_s: float | None = None
    isrcs: tuple[str, ...] = ()
    mbid: str | None = None
    spotify_id: str | None = None
    bpm: float | None = None
    energy: float | None = None
    danceability: float | None = None
    valence: float | None = None
    key: int | None = None
    mode: int | None = None
