"""From what a file says of a workout to an activity: everything missing is derived here.

One set of rules for FIT, GPX, TCX and whatever comes: values that cannot be true become
missing, what the file states is believed where it can be true, the rest follows from the
samples. No row is dropped and no possible value changed, except that cadence is brought to
its sport's unit and distance never decreases.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TypeVar

import numpy as np
import pandas as pd

from runsous.analysis import cadence, elevation, travel, zones
from runsous.analysis.cleaning import clean, doubts, within
from runsous.analysis.geo import Floats
from runsous.analysis.pauses import Pauses, pauses_of, slack_s
from runsous.errors import InputError
from runsous.model import Activity, Lap, PoolLength, Workout

LONGEST_S = 14 * 86_400.0
"""Longer than any race: beyond it a clock was set or a time misread."""

SHORTEST_S = 0.5
"""Shorter is no recording but points that all carry the moment they were saved."""

_STRAVA = "StravaGPX"
"""How Strava signs its GPX files, followed by the phone's system."""

Part = TypeVar("Part", Lap, PoolLength)


def complete(workout: Workout, *, home_zone: str | None) -> Activity:
    """The workout with everything derived, in UTC, ready to be stored.

    ``home_zone`` (IANA) serves indoor recordings that tell neither place nor UTC offset.
    Raises :class:`InputError` when there is nothing to place in time: no samples and no
    duration, more than 14 days, or a start outside the years 1900–2200.
    """
    workout = _from_zero(workout)
    samples = clean(workout.samples)
    elapsed = _elapsed_time_s(workout, samples)
    workout = replace(
        workout,
        laps=inside(workout.laps, elapsed),
        lengths=inside(workout.lengths, elapsed),
        pool_length_m=_positive(workout.pool_length_m),
        distance_m=within("distance_m", workout.distance_m),
        timer_time_s=_timer_time_s(workout, elapsed),
    )
    pauses = pauses_of(workout, samples, elapsed)
    samples = _with_derived(workout, samples, pauses)
    return _summarised(workout, samples, (elapsed, pauses), home_zone)


def _from_zero(workout: Workout) -> Workout:
    """The same workout starting at its first sample if that was before its start.

    Some devices stamp the start when the summary is written, seconds after the first record.
    """
    if workout.start_time.tzinfo is None:
        raise ValueError("a workout's start_time must be aware")
    if not 1900 <= workout.start_time.year <= 2200:
        raise InputError(
            f"starts in the year {workout.start_time.year}; correct the times and try again"
        )
    start = workout.start_time.astimezone(UTC)
    time = workout.samples["time_s"]
    early = -float(time.iloc[0]) if len(time) and time.iloc[0] < 0 else 0.0
    if early > LONGEST_S:
        raise _too_long(early)
    if early == 0:
        return replace(workout, start_time=start)
    pauses, elapsed = workout.pauses, workout.elapsed_time_s
    return replace(
        workout,
        start_time=start - timedelta(seconds=early),
        samples=workout.samples.assign(time_s=(time + early).round(6)),
        elapsed_time_s=None if elapsed is None else elapsed + early,
        pauses=None if pauses is None else tuple((a + early, b + early) for a, b in pauses),
        breaks_s=tuple(at + early for at in workout.breaks_s),
        laps=tuple(replace(lap, start_s=lap.start_s + early) for lap in workout.laps),
        lengths=tuple(replace(each, start_s=each.start_s + early) for each in workout.lengths),
    )


def _elapsed_time_s(workout: Workout, samples: pd.DataFrame) -> float:
    """The file's duration, but never less than its samples need.

    Where it states none, that is as far as laps, lengths and pauses reach; where it does,
    they are cut to it: they begin at whole seconds, and so seem to end after the whole.
    """
    elapsed = _positive(workout.elapsed_time_s)
    if elapsed is None:
        parts: list[Lap | PoolLength] = [*workout.laps, *workout.lengths]
        ends = [part.start_s + part.elapsed_s for part in parts]
        ends += [end for _, end in workout.pauses or ()]
        elapsed = max([0.0, *filter(math.isfinite, ends)])
    elapsed = max(elapsed, float(samples["time_s"].iloc[-1]) if len(samples) else 0.0)
    if elapsed < SHORTEST_S:
        raise InputError("holds no samples and no duration")
    if elapsed > LONGEST_S:
        raise _too_long(elapsed)
    return round(elapsed, 6)


def _too_long(elapsed: float) -> InputError:
    return InputError(
        f"spans {elapsed / 86_400:,.0f} days, more than the 14 an activity can last; "
        "check its times"
    )


def _timer_time_s(workout: Workout, elapsed: float) -> float | None:
    """The file's timer where it can be true: watches round it up to a second too long."""
    timer = _positive(workout.timer_time_s)
    if timer is None or timer > elapsed + slack_s(elapsed):
        return None
    return min(timer, elapsed)


def inside(parts: tuple[Part, ...], elapsed: float) -> tuple[Part, ...]:
    """Laps or lengths in order and cut to the activity; those wholly outside are dropped."""
    cut = []
    for part in sorted(parts, key=lambda part: part.start_s):
        start, end = max(part.start_s, 0.0), min(part.start_s + part.elapsed_s, elapsed)
        if start <= end:
            cut.append(_at(part, start, end))
    return tuple(cut)


def _at(part: Part, start: float, end: float) -> Part:
    # Uncut parts keep their numbers to the last bit: end − start need not be elapsed_s.
    if start == part.start_s and end == part.start_s + part.elapsed_s:
        return part
    return replace(part, start_s=start, elapsed_s=end - start)


def _with_derived(workout: Workout, samples: pd.DataFrame, pauses: Pauses) -> pd.DataFrame:
    distance = travel.distances(workout, samples, pauses)
    return samples.assign(
        distance_m=distance,
        speed_mps=travel.speeds(samples, distance, pauses),
        cadence=cadence.in_unit(samples["cadence"].to_numpy(), workout.sport),
    )


def _summarised(
    workout: Workout, samples: pd.DataFrame, span: tuple[float, Pauses], home_zone: str | None
) -> Activity:
    elapsed, pauses = span
    paused = sum(end - start for start, end in pauses)
    moving = workout.timer_time_s or max(elapsed - paused, 0.0)
    distance = _distance_m(workout, samples)
    average_cadence = _average_cadence(workout, samples)
    has_cadence = average_cadence is not None or bool(samples["cadence"].notna().any())
    zone, utc_offset_s = _zone(workout, samples, home_zone)
    beats = samples["heartrate"].to_numpy()
    return Activity(
        kind=workout.kind,
        start_time=workout.start_time,
        sport=workout.sport,
        sub_sport=workout.sub_sport,
        samples=samples,
        elapsed_time_s=elapsed,
        moving_time_s=moving,
        distance_m=distance,
        elevation_gain_m=_elevation_gain_m(workout, samples),
        average_heartrate=_mean(beats) or within("heartrate", workout.average_heartrate),
        max_heartrate=_max(beats) or within("heartrate", workout.max_heartrate),
        average_cadence=average_cadence,
        cadence_unit=cadence.UNITS.get(workout.sport) if has_cadence else None,
        average_speed_mps=distance / moving if distance and moving > 0 else None,
        pauses=pauses,
        laps=workout.laps,
        lengths=workout.lengths,
        pool_length_m=workout.pool_length_m,
        time_zone=zone,
        utc_offset_s=utc_offset_s,
        name=workout.name,
        description=workout.description,
        device=workout.device,
        external_id=workout.external_id,
        is_start_hidden=workout.is_start_hidden or _is_hidden(workout, utc_offset_s or 0),
        notes=(*workout.notes, *doubts(samples)),
    )


def _distance_m(workout: Workout, samples: pd.DataFrame) -> float | None:
    """The file's total; else the end of the distance channel, else the pool's lengths.

    Watches write a total of 0 in sports without distance: that loses to anything measured.
    """
    covered = _max(samples["distance_m"].to_numpy())
    pool = travel.pool_distance_m(workout.lengths, workout.pool_length_m)
    stated = workout.distance_m
    return stated or covered or pool or (0.0 if 0.0 in (stated, covered) else None)


def _elevation_gain_m(workout: Workout, samples: pd.DataFrame) -> float | None:
    stated = workout.elevation_gain_m
    if stated is not None and 0 <= stated < math.inf:
        return float(stated)
    return elevation.gain_m(samples["altitude_m"].to_numpy())


def _average_cadence(workout: Workout, samples: pd.DataFrame) -> float | None:
    measured = cadence.mean_positive(samples["cadence"].to_numpy())
    stated = within("cadence", workout.average_cadence)
    if measured is not None or stated is None:
        return measured
    return cadence.mean_positive(cadence.in_unit(np.array([stated]), workout.sport))


def _zone(
    workout: Workout, samples: pd.DataFrame, home_zone: str | None
) -> tuple[str | None, int | None]:
    """The zone and its UTC offset at the start: by place, else as the file tells, else home.

    The place wins over the file, which may claim an offset of 0 in Bohemia (Coros, seen); the
    file's offset over the zone it names.
    The roads of a virtual ride lie on Pacific islands, its rider does not.
    """
    at = workout.start_time
    if "virtual" not in (workout.sub_sport or ""):
        place = zones.zone_of_route(samples["latitude"].to_numpy(), samples["longitude"].to_numpy())
        if place is not None:
            return place, zones.offset_s(place, at)
    told = workout.utc_offset_s
    told = told if told is not None and _is_offset(told) else None
    if workout.time_zone is not None and zones.is_zone(workout.time_zone):
        named = zones.valid_zone(workout.time_zone)
        offset_s = zones.offset_s(named, at)
        if told in (None, offset_s):
            return named, offset_s
    if told is not None:
        return None, told
    if home_zone is not None:
        home = zones.valid_zone(home_zone)
        return home, zones.offset_s(home, at)
    return None, None


def _is_hidden(workout: Workout, utc_offset_s: int) -> bool:
    """Whether Strava wrote a GPX of a hidden start: one second past midnight, local or UTC."""
    if workout.kind != "gpx" or not (workout.device or "").startswith(_STRAVA):
        return False
    starts = (workout.start_time, workout.start_time + timedelta(seconds=utc_offset_s))
    return any((at.hour, at.minute, at.second) == (0, 0, 1) for at in starts)


def _is_offset(offset_s: int) -> bool:
    # No place on earth is further ahead than +14 h or behind than −12 h.
    return -12 * 3600 <= offset_s <= 14 * 3600


def _positive(value: float | None) -> float | None:
    return float(value) if value is not None and 0 < value < math.inf else None


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else None


def _max(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.max()) if known.size else None
