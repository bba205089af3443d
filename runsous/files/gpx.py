"""GPX 1.0 and 1.1: recorded tracks with Garmin's, ClueTrust's and bare extensions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from runsous import frames
from runsous.errors import InputError
from runsous.files import xml
from runsous.model import Reading, Workout

KIND: Final[Literal["gpx"]] = "gpx"

ONE_RECORDING_S: Final = 3600.0
"""Tracks that follow each other within this gap are one recording."""

_CHANNELS: Final[Mapping[str, str]] = {
    "time": "time",
    "ele": "altitude_m",
    "speed": "speed_mps",
    "hr": "heartrate",
    "heartrate": "heartrate",
    "heart_rate": "heartrate",
    "cad": "cadence",
    "cadence": "cadence",
    "power": "power_w",
    "powerinwatts": "power_w",
    "watts": "power_w",
    "atemp": "temperature_c",
    "temp": "temperature_c",
    "temperature": "temperature_c",
}
"""Garmin TrackPointExtension v1 and v2, GpxExtensions v3, PowerExtension v1, ClueTrust
gpxdata, and what Amazfit, Strava and others write without a namespace of their own."""

_STRAVA_TYPES: Final = {"1": "ride", "4": "hike", "9": "run", "10": "walk", "16": "swim"}
"""Numbers that Strava's exports carry as the type, as far as they are known."""

_STRAVA_NAME: Final = re.compile(
    r"(?:Morning|Lunch|Afternoon|Evening|Night) (Run|Ride|Swim|Walk|Hike)"
)
"""What Strava calls an activity until its owner does; its exports before 2018 have no type."""

_MOST_TRACKS: Final = 2_000


@dataclass
class _Track:
    name: str | None = None
    description: str | None = None
    type: str | None = None

    @property
    def sport(self) -> tuple[str, str | None]:
        named = _STRAVA_NAME.fullmatch(self.name or "")
        word = self.type or (named[1] if named else None)
        return xml.sport(_STRAVA_TYPES.get(word or "", word))


class _Document:
    """Hears a GPX document and keeps its tracks and points."""

    def __init__(self) -> None:
        self.points = xml.Points("track", "segment")
        self.tracks: list[_Track] = []
        self.creator: str | None = None
        self.name: str | None = None
        self.planned = 0
        self._segment = 0
        self._point: dict[str, str] | None = None

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "trkpt" and self.tracks:
            place = {"latitude": attributes.get("lat"), "longitude": attributes.get("lon")}
            self._point = {axis: text for axis, text in place.items() if text is not None}
        elif name == "trkseg":
            self._segment += 1
        elif name == "trk":
            if len(self.tracks) >= _MOST_TRACKS:
                raise InputError(f"has more than {_MOST_TRACKS:,} tracks; split it and try again.")
            self._segment += 1
            self.tracks.append(_Track())
        elif name in ("rtept", "wpt"):
            self.planned += 1
        elif name == "gpx":
            self.creator = xml.line(attributes.get("creator"))

    def closed(self, name: str, parent: str, text: str) -> None:
        if self._point is None:
            self._described(name, parent, text)
        elif name == "trkpt":
            track = len(self.tracks) - 1
            self.points.add(self._point, track=track, segment=self._segment)
            self._point = None
        elif name in _CHANNELS and not text.isspace():
            self._point.setdefault(_CHANNELS[name], text)

    def _described(self, name: str, parent: str, text: str) -> None:
        if parent == "trk" and name == "name":
            self.tracks[-1].name = xml.line(text)
        elif parent == "trk" and name == "desc":
            self.tracks[-1].description = xml.line(text, 5000)
        elif parent == "trk" and name == "type":
            self.tracks[-1].type = xml.line(text)
        elif parent in ("metadata", "gpx") and name == "name":
            self.name = xml.line(text)


def is_gpx(head: bytes) -> bool:
    """Whether a file that begins with ``head`` (64 KB suffice) is GPX, by its root element."""
    return xml.root_name(head) == "gpx"


def read_gpx(content: bytes) -> Reading:
    """The recorded activities of a GPX file.

    Tracks that follow each other within an hour and do not differ in sport are one
    activity, others are several. Only points with a time become samples; the time of the
    last one before each end of a track or segment stands in ``breaks_s``. A file without
    usable times raises :class:`InputError` with the reason.
    """
    document = _Document()
    notes = xml.walk(content, document)
    points = document.points.frame()
    timed = points.loc[points["instant"].notna()]
    if timed.empty:
        raise InputError(_why_unusable(document))
    notes += _notes_on_times(document.points.times, points)
    recordings = [r for r in _recordings(document, timed) if r["instant"].nunique() > 1]
    if not recordings:
        raise InputError(
            "gives all its points the same time, so songs cannot be placed; export the recorded "
            "track again."
        )
    kept = sum(len(recording) for recording in recordings)
    if kept < len(timed):
        notes += (f"{len(timed) - kept} points of tracks without a duration were left out.",)
    return Reading(
        KIND, tuple(_workout(document, recording) for recording in recordings), notes=notes
    )


def _why_unusable(document: _Document) -> str:
    times = [text for text in document.points.times if text.strip()]
    if times:
        return (
            f"has no usable times (the first is {xml.line(times[0], 40)}), so songs cannot be "
            "placed; export the recorded track again."
        )
    if len(document.points):
        return (
            "has no times, so songs cannot be placed; export the recorded track instead of a "
            "planned route."
        )
    if document.planned:
        return (
            "holds only a planned route or waypoints without a recorded track, so songs cannot "
            "be placed; export the recorded activity."
        )
    return "holds no recorded track; export the recorded activity."


def _notes_on_times(texts: list[str], points: pd.DataFrame) -> tuple[str, ...]:
    notes: tuple[str, ...] = ()
    without = int(points["instant"].isna().sum())
    if without:
        notes += (f"{without} of {len(points)} points have no usable time and were left out.",)
    first = texts[int(points["instant"].notna().to_numpy().argmax())]
    return (*notes, xml.NAIVE) if xml.is_naive(first) else notes


def _recordings(document: _Document, timed: pd.DataFrame) -> list[pd.DataFrame]:
    """The timed points of each recording, recordings in order of time."""
    tracks = [track for _, track in timed.groupby("track")]
    tracks.sort(key=lambda track: float(track["instant"].min()))
    recordings: list[list[pd.DataFrame]] = []
    for track in tracks:
        if recordings and _continues(document, recordings[-1], track):
            recordings[-1].append(track)
        else:
            recordings.append([track])
    return [pd.concat(parts) for parts in recordings]


def _continues(document: _Document, before: list[pd.DataFrame], track: pd.DataFrame) -> bool:
    """Whether ``track`` goes on with a recording: soon after it, not beside it, same sport."""
    gap = float(track["instant"].min() - before[-1]["instant"].max())
    sports = {_track(document, part).sport[0] for part in (*before, track)} - {"other"}
    return 0 <= gap <= ONE_RECORDING_S and len(sports) <= 1


def _track(document: _Document, points: pd.DataFrame) -> _Track:
    return document.tracks[int(points["track"].iloc[0])]


def _workout(document: _Document, points: pd.DataFrame) -> Workout:
    start = float(points["instant"].min())
    seconds = points["instant"] - start
    first = int(points.index[int(seconds.argmin())])
    tracks = [document.tracks[int(number)] for number in points["track"].unique()]
    kind, sub_sport = next((t.sport for t in tracks if t.sport[0] != "other"), ("other", None))
    return Workout(
        kind=KIND,
        start_time=xml.moment(start),
        sport=kind,
        sub_sport=sub_sport,
        samples=frames.samples(time_s=seconds, **{c: points[c] for c in frames.CHANNELS}),
        breaks_s=tuple(seam.end_s for seam in xml.seams(seconds, points["segment"])),
        utc_offset_s=xml.utc_offset_s(document.points.times[first]),
        name=next((track.name for track in tracks if track.name), document.name),
        description=next((track.description for track in tracks if track.description), None),
        device=document.creator,
    )
