"""The sample runner's season: runs, a ride and swims as a watch would have recorded them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd

from runsous import frames
from runsous.analysis import grade as slopes
from runsous.demo import motion, music, plan, pool
from runsous.demo.curves import Floats, smoothed, wander
from runsous.demo.routes import METRES_EAST, METRES_NORTH, Route, reverse, route
from runsous.model import Lap, Workout

_SUB_SPORTS: Final = {
    "high bank": "trail",
    "hill": "trail",
    "abbey": "road",
    "treadmill": "treadmill",
}
"""The finer kind of what is done where; elsewhere runs are on the street."""

_STANDING: Final = 0.34
"""The effort of a runner at a red light, as far as the heart is concerned."""

Generator = np.random.Generator


@dataclass(frozen=True)
class _Course:
    """One row per second of timer time: when it was, where along the way, and the pauses."""

    time_s: Floats
    way_m: Floats
    pauses: tuple[tuple[float, float], ...]


def workouts(seed: int, today: date) -> Iterator[Workout]:
    """The season's activities in order, all before ``today``; the same for the same arguments.

    Their cadence follows, a little, the songs of :func:`music.listening` for these arguments.
    """
    listens = music.listening(seed, today)
    for outing in plan.outings(seed, today):
        if outing.kind == "swim":
            yield pool.swim(seed, outing)
        else:
            yield _moved(seed, outing, listens)


def _moved(seed: int, outing: plan.Outing, listens: pd.DataFrame) -> Workout:
    rng = outing.rng(seed, 4)
    way = _way(rng, outing)
    grade = np.gradient(smoothed(way.altitude_m, 21))
    speed = motion.riding_mps if outing.kind == "ride" else motion.running_mps
    form = rng.normal(1.0, 0.012)
    stops = _stops(rng, way, outing)
    mps = motion.slowed_at(form * speed(rng, outing.blocks(), grade), [0, *stops])
    course = _course(rng, mps, stops)
    channels = _channels(rng, outing, course, grade)
    if outing.where != "treadmill":
        channels |= _positions(rng, way, course)
    elapsed = float(course.time_s[-1])
    distance = channels["distance_m"]
    tempo = _tempo(listens, outing, course.time_s)
    return Workout(
        kind="fit",
        sport="ride" if outing.kind == "ride" else "run",
        sub_sport=_SUB_SPORTS.get(outing.where, "street"),
        samples=frames.samples(
            time_s=course.time_s,
            cadence=_cadence(rng, outing, channels["speed_mps"], tempo),
            **channels,
        ),
        elapsed_time_s=elapsed,
        timer_time_s=elapsed - sum(end - start for start, end in course.pauses),
        distance_m=float(distance[-1]),
        pauses=course.pauses,
        laps=_laps(outing, course, distance),
        **outing.facts(),
    )


def _way(rng: Generator, outing: plan.Outing) -> Route:
    """The route in the day's direction, run on the day's side of the path."""
    if outing.where == "treadmill":
        still = np.zeros(int(outing.length_m) + 1)
        return Route(still, still, still, ())
    way = reverse(route(outing.where)) if "reversed" in outing.marks else route(outing.where)
    metres = np.arange(len(way.east_m), dtype=float)
    aside = wander(rng, metres, 180, 1.3)
    east, north = np.gradient(way.east_m), np.gradient(way.north_m)
    return Route(
        way.east_m + aside * north, way.north_m - aside * east, way.altitude_m, way.crossings_m
    )


def _stops(rng: Generator, way: Route, outing: plan.Outing) -> list[int]:
    """Crossings where the light was red; nobody waits in a race."""
    if outing.kind == "race":
        return []
    length = len(way.east_m)
    return [at for at in way.crossings_m if 200 < at < length - 150 and rng.random() < 0.45]


def _course(rng: Generator, mps: Floats, stops: list[int]) -> _Course:
    """Where the runner was at each whole second; at a stop the watch stands still."""
    until = np.concatenate(([0.0], np.cumsum(2 / (mps[:-1] + mps[1:]))))
    timer = np.arange(np.floor(until[-1]) + 1)
    way = np.interp(timer, until, np.arange(len(mps), dtype=float))
    waited = np.zeros(len(timer))
    pauses = []
    for stop in stops:
        at = round(float(until[stop]))
        length = float(rng.integers(15, 91))
        start = at + waited[at]
        pauses.append((float(start), float(start + length)))
        waited[at + 1 :] += length
    return _Course(timer + waited, way, tuple(pauses))


def _channels(
    rng: Generator, outing: plan.Outing, course: _Course, grade: Floats
) -> dict[str, Floats]:
    """Distance and speed as the watch measured them, and the heart unless it was not worn."""
    scale = rng.normal(1.0, 0.002)
    moved = np.gradient(course.way_m) * scale
    noise = 1 + wander(rng, course.time_s, 8, 0.012)
    channels: dict[str, Floats] = {
        "distance_m": (course.way_m * scale).round(2),
        "speed_mps": (smoothed(moved, 3) * noise).round(3),
    }
    if "no_heart" not in outing.marks:
        here = np.interp(course.way_m, np.arange(len(grade)), grade)
        channels["heartrate"] = _heart(rng, outing, course, (moved, here))
    return channels


def _heart(
    rng: Generator, outing: plan.Outing, course: _Course, motion_of: tuple[Floats, Floats]
) -> Floats:
    mps, grade = motion_of
    if outing.kind == "ride":
        effort = np.clip(0.5 + 5 * smoothed(grade, 31), 0.3, 0.85)
    else:
        effort = mps * slopes.factor(np.clip(grade, -0.2, 0.2))
        effort = effort / (motion.FASTEST_MPS * (1 + 0.8 * (outing.fitness - 1)))
    seconds = course.time_s.astype(int)
    effort_then = np.full(seconds[-1] + 1, _STANDING)
    effort_then[seconds] = effort
    beats: Floats = motion.heartrates(rng, effort_then)[seconds].round()
    return beats


def _positions(rng: Generator, way: Route, course: _Course) -> dict[str, Floats]:
    """What GPS and barometer made of it: off by 2–3 m, but steadily so, never jumping."""
    metres = np.arange(len(way.east_m), dtype=float)

    def read(values: Floats, waves: tuple[tuple[float, float], ...]) -> Floats:
        error = sum(wander(rng, course.time_s, every, sigma) for every, sigma in waves)
        seen: Floats = np.interp(course.way_m, metres, values) + error
        return seen

    receiver = ((100.0, 1.8), (30.0, 0.9), (9.0, 0.2))
    east, north = read(way.east_m, receiver), read(way.north_m, receiver)
    altitude = read(way.altitude_m, ((600.0, 0.8), (20.0, 0.15)))
    return {
        "latitude": (48.0 + north / METRES_NORTH).round(7),
        "longitude": (11.5 + east / METRES_EAST).round(7),
        "altitude_m": (altitude * 5).round() / 5,
    }


def _cadence(rng: Generator, outing: plan.Outing, mps: Floats, tempo: Floats) -> Floats:
    """As watches count it: strides of one leg, or turns of the pedals, per minute."""
    if outing.kind == "ride":
        turns = 84 + wander(rng, np.arange(len(mps), dtype=float), 40, 4.0) + 1.2 * (mps - 7.0)
        return np.where(mps > 10.5, 0.0, turns).round()
    steps: Floats = motion.steps_per_minute(rng, mps, tempo).round()
    return steps / 2


def _tempo(listens: pd.DataFrame, outing: plan.Outing, time_s: Floats) -> Floats:
    """The tempo that sounded at each sample; NaN in silence."""
    start = (listens["stamp"] - outing.start_time).dt.total_seconds().to_numpy()
    row = np.searchsorted(start, time_s, side="right") - 1
    is_on = (row >= 0) & (time_s < (start + listens["played_s"].to_numpy())[row])
    tempo: Floats = np.where(is_on, listens["tempo_bpm"].to_numpy()[row], np.nan)
    return tempo


def _laps(outing: plan.Outing, course: _Course, distance: Floats) -> tuple[Lap, ...]:
    """A lap for each kilometre, or where the session changes if it consists of parts."""
    blocks = outing.blocks()
    if len(blocks) > 1:
        ends: Any = np.cumsum([metres for metres, _ in blocks])[:-1]
    else:
        ends = np.arange(1000.0, distance[-1], 1000.0)
    rows = [0, *np.searchsorted(distance, ends).tolist(), len(distance) - 1]
    laps = []
    for first, last in pairwise(rows):
        start, end = float(course.time_s[first]), float(course.time_s[last])
        laps.append(
            Lap(start, end - start, float(last - first), float(distance[last] - distance[first]))
        )
    return tuple(laps)
