"""Garmin's Training Center XML, version 2, as Garmin, Polar, COROS, Strava and others write it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf, isnan, nan
from typing import Final, Literal

import numpy as np
import pandas as pd

from runsous import frames
from runsous.errors import InputError
from runsous.files import xml
from runsous.model import Lap, Reading, Workout

KIND: Final[Literal["tcx"]] = "tcx"

_CHANNELS: Final[Mapping[str, str]] = {
    "time": "time",
    "latitudedegrees": "latitude",
    "longitudedegrees": "longitude",
    "altitudemeters": "altitude_m",
    "distancemeters": "distance_m",
    "speed": "speed_mps",
    "value": "heartrate",
    "cadence": "cadence",
    "runcadence": "cadence",
    "watts": "power_w",
}
"""Inside a Trackpoint only HeartRateBpm has a Value; Speed, RunCadence and Watts stand in a
TPX extension or, from COROS, directly in Extensions. Laps' MaximumSpeed is not read: Strava
writes it in metres per hour."""

_NEAR_S: Final = 1800.0
"""What laps say of start and end is believed this far beyond the recorded points; a wrong
time zone is further off."""

_LATE_S: Final = 20.0
"""A last lap that lasts so little longer than its points was rounded, or counts a pause twice:
the points tell the end, as the other laps' times bear out (Garmin, seen)."""

_SAME_S: Final = 2.0
_SAME_SHARE: Final = 0.01
_MOST_ACTIVITIES: Final = 1_000
_MOST_LAPS: Final = 20_000


@dataclass
class _Lap:
    activity: int
    start_time: str | None
    timer_s: float = nan
    distance_m: float = nan


@dataclass
class _Activity:
    sport: str | None
    notes: str | None = None
    device: str | None = None
    laps: list[int] = field(default_factory=list)


class _Document:
    """Hears a TCX document and keeps its activities, laps and points."""

    def __init__(self) -> None:
        self.points = xml.Points("activity", "lap", "track")
        self.activities: list[_Activity] = []
        self.laps: list[_Lap] = []
        self.planned = False
        self._track = 0
        self._is_inside = False
        self._point: dict[str, str] | None = None

    def opened(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "trackpoint":
            # Courses have track points as well, but were never recorded.
            self._point = {} if self._is_inside else None
        elif name == "track":
            self._track += 1
        elif name == "activity":
            self._begin(attributes.get("Sport"))
        elif name == "transition":
            # Between two activities of a MultiSportSession; its content is that of a lap.
            self._begin("Transition")
            self._lap(attributes)
        elif name == "lap" and self._is_inside:
            self._lap(attributes)
        elif name in ("course", "workout"):
            self.planned = True

    def _begin(self, sport: str | None) -> None:
        if len(self.activities) >= _MOST_ACTIVITIES:
            raise InputError(f"has more than {_MOST_ACTIVITIES:,} activities; split it.")
        self.activities.append(_Activity(sport))
        self._is_inside = True

    def _lap(self, attributes: Mapping[str, str]) -> None:
        if len(self.laps) >= _MOST_LAPS:
            raise InputError(f"has more than {_MOST_LAPS:,} laps; split it.")
        self._track += 1
        self.activities[-1].laps.append(len(self.laps))
        self.laps.append(_Lap(len(self.activities) - 1, attributes.get("StartTime")))

    def closed(self, name: str, parent: str, text: str) -> None:
        if self._point is None:
            self._described(name, parent, text)
        elif name == "trackpoint":
            activity, lap = len(self.activities) - 1, len(self.laps) - 1
            self.points.add(self._point, activity=activity, lap=lap, track=self._track)
            self._point = None
        elif name in _CHANNELS and not text.isspace():
            self._point.setdefault(_CHANNELS[name], text)

    def _described(self, name: str, parent: str, text: str) -> None:
        if not self._is_inside:
            return
        if name in ("activity", "transition"):
            self._is_inside = False
        elif parent in ("lap", "transition"):
            self._told_of_lap(name, text)
        elif parent == "activity" and name == "notes":
            self.activities[-1].notes = xml.line(text, 5000)
        elif parent == "creator" and name == "name":
            self.activities[-1].device = xml.line(text)

    def _told_of_lap(self, name: str, text: str) -> None:
        if not self.activities[-1].laps:
            return
        if name == "totaltimeseconds":
            self.laps[-1].timer_s = xml.number(text)
        elif name == "distancemeters":
            self.laps[-1].distance_m = xml.number(text)


def is_tcx(head: bytes) -> bool:
    """Whether a file that begins with ``head`` (64 KB suffice) is TCX, by its root element."""
    return xml.root_name(head) == "trainingcenterdatabase"


def read_tcx(content: bytes) -> Reading:
    """The activities of a TCX file, those of a multisport session one by one.

    Points without a position are as good as others; activities that have laps but no
    points keep their times. ``breaks_s`` are the ends of tracks within a lap and of laps
    followed by a gap. A file without a usable activity raises :class:`InputError`.
    """
    document = _Document()
    notes = xml.walk(content, document)
    points = document.points.frame()
    timed = points.loc[points["instant"].notna()]
    activities = [_recording(document, n, timed) for n in range(len(document.activities))]
    usable = [activity for activity in activities if activity.elapsed_s > 0]
    if not usable:
        raise InputError(_why_unusable(document))
    if len(timed) < len(points):
        without = len(points) - len(timed)
        notes += (f"{without} of {len(points)} points have no usable time and were left out.",)
    if len(usable) < len(activities):
        notes += (
            f"{len(activities) - len(usable)} activities without usable times were left out.",
        )
    if xml.is_naive(usable[0].stated):
        notes += (xml.NAIVE,)
    return Reading(KIND, tuple(_workout(activity) for activity in usable), notes=notes)


def _why_unusable(document: _Document) -> str:
    if document.activities:
        return "has no usable times, so songs cannot be placed; export the recorded activity again."
    if document.planned:
        return "holds only a planned course or workout; export the recorded activity."
    return "holds no activity; export the recorded activity."


@dataclass(frozen=True)
class _Recording:
    """One activity with its times put in order, in seconds since 1970."""

    activity: _Activity
    points: pd.DataFrame
    laps: tuple[Lap, ...] = ()
    stated: str = ""
    start: float = nan
    end: float = nan

    @property
    def elapsed_s(self) -> float:
        return self.end - self.start


def _recording(document: _Document, number: int, timed: pd.DataFrame) -> _Recording:
    activity = document.activities[number]
    points = timed.loc[timed["activity"] == number]
    own = {n: document.laps[n] for n in activity.laps}
    laps = _laps(own, points)
    if points.empty and not laps:
        return _Recording(activity, points)
    inside = points["instant"] if len(points) else pd.Series([lap.start_s for lap in laps])
    # Without points there is nothing to doubt the laps by.
    reach = _NEAR_S if len(points) else np.inf
    # The Id is no witness: Polar writes it a second early, others the time of the export.
    starts = [float(inside.min()), *(lap.start_s for lap in laps)]
    ends = [lap.start_s + lap.elapsed_s for lap in laps]
    late = _LATE_S if len(points) else 0.0
    texts = [document.points.times[row] for row in points.index[:1]]
    texts += [lap.start_time for lap in own.values() if lap.start_time]
    return _Recording(
        activity,
        points,
        laps,
        texts[0],
        start=min(s for s in starts if inside.min() - reach <= s <= inside.min()),
        end=max([inside.max(), *(e for e in ends if late < e - inside.max() <= reach)]),
    )


def _laps(laps: Mapping[int, _Lap], points: pd.DataFrame) -> tuple[Lap, ...]:
    """The laps that know when they were, in order, ``start_s`` in seconds since 1970."""
    spans = points.groupby("lap")["instant"].agg(["min", "max"])
    firsts, lasts = spans["min"].to_dict(), spans["max"].to_dict()
    stated = xml.instants([lap.start_time or "" for lap in laps.values()])
    timed = [
        _timed(lap, start, firsts.get(number, nan), lasts.get(number, nan))
        for (number, lap), start in zip(laps.items(), stated, strict=True)
    ]
    ordered = sorted((lap for lap in timed if not isnan(lap.start_s)), key=lambda lap: lap.start_s)
    following = [lap.start_s for lap in ordered[1:]]
    return tuple(
        replace(lap, elapsed_s=min(lap.elapsed_s, round(after - lap.start_s, 6)))
        for lap, after in zip(ordered, [*following, inf], strict=False)
    )


def _timed(lap: _Lap, stated: float, first: float, last: float) -> Lap:
    """A lap from its own word and its first and last point (NaN where there is none)."""
    start = first if isnan(stated) or abs(stated - first) > _NEAR_S else stated
    lengths = [length for length in (0.0, lap.timer_s, last - start) if not isnan(length)]
    elapsed = round(float(max(lengths)), 6)
    return Lap(float(start), elapsed, _known(lap.timer_s), _known(lap.distance_m))


def _known(value: float) -> float | None:
    return value if value >= 0 else None


def _total(values: Iterable[float | None]) -> float | None:
    """The sum where every lap has a value and the sum is something."""
    listed = list(values)
    return sum(filter(None, listed)) or None if None not in listed else None


def _workout(recording: _Recording) -> Workout:
    kind, sub_sport = xml.sport(recording.activity.sport)
    points, start = recording.points, recording.start
    timer_s = _total(lap.timer_s for lap in recording.laps)
    breaks_s = _breaks(points, start)
    return Workout(
        kind=KIND,
        start_time=xml.moment(start),
        sport=kind,
        sub_sport=sub_sport,
        samples=frames.samples(
            time_s=points["instant"] - start, **{name: points[name] for name in frames.CHANNELS}
        ),
        elapsed_time_s=round(recording.elapsed_s, 6),
        timer_time_s=timer_s,
        distance_m=_total(lap.distance_m for lap in recording.laps),
        pauses=_pauses(recording.elapsed_s, timer_s, breaks_s),
        breaks_s=breaks_s,
        laps=tuple(replace(lap, start_s=round(lap.start_s - start, 6)) for lap in recording.laps),
        utc_offset_s=xml.utc_offset_s(recording.stated),
        description=recording.activity.notes,
        device=recording.activity.device,
    )


def _pauses(
    elapsed_s: float, timer_s: float | None, breaks_s: tuple[float, ...]
) -> tuple[()] | None:
    """No pauses where the laps' times fill the activity, else ``None``: unknown.

    Where a track breaks off there may have been a short one, so the sum must fit better.
    """
    slack_s = _SAME_S + (0.0 if breaks_s else _SAME_SHARE * elapsed_s)
    return () if timer_s is not None and abs(elapsed_s - timer_s) <= slack_s else None


def _breaks(points: pd.DataFrame, start: float) -> tuple[float, ...]:
    """The last time of each track that another follows in the lap, or after a gap in the next."""
    lap = points.groupby("track")["lap"].first()
    return tuple(
        seam.end_s
        for seam in xml.seams(points["instant"] - start, points["track"])
        if lap[seam.before] == lap[seam.after] or seam.gap_s > _SAME_S
    )
