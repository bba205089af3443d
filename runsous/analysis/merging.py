"""One activity from several files: what they say of it together.

A watch's FIT, its GPX from elsewhere and Strava's list entry are three tellings of one run.
The richest tells the times and most of the rest; the others fill what it lacks. The result
does not depend on the order in which the files came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

from runsous.analysis import cadence
from runsous.analysis.geo import Floats, unwrap
from runsous.analysis.pauses import tidy
from runsous.analysis.recording import inside
from runsous.analysis.sameness import ANY_SPORT
from runsous.frames import CHANNELS
from runsous.model import Activity, Lap, PoolLength

KINDS: Final = ("fit", "tcx", "gpx", "strava", "strava_export")
"""Formats by how much they tell of the same recording, richest first."""

NAMING: Final = ("strava", "strava_export")
"""Who knows the name that people gave, the latest word first."""

NEAREST_S = 5.0
"""How far in time a value may be borrowed: heart and temperature do not change sooner."""

LENDING_SHARE: Final = 0.1
"""A channel in fewer of a recording's samples is noise to others: a copy with a few flipped
bits tells of power or altitude here and there that no sensor measured."""

LINEAR: Final = frozenset({"latitude", "longitude", "altitude_m", "distance_m"})
"""Channels between whose values one may draw a line; of the others the nearest is taken."""

Part = TypeVar("Part", Lap, PoolLength)


def merge(activities: Sequence[Activity]) -> Activity:
    """What several files of one activity say of it together (see :mod:`runsous.analysis.sameness`).

    The one with most values gives start, duration and samples, unless it was cut short. A
    channel it lacks, or has less than half as often as another, is borrowed from whoever
    has most of it, at the same instant and at most 5 s away, but never from one that has it in
    less than a tenth of its samples (see :data:`LENDING_SHARE`). Facts it lacks come from the
    others, the name from Strava (where people give names), pauses and moving time from a
    FIT file (where they are recorded, not inferred), laps and lengths from whoever has most.
    """
    ranked = _ranked(activities)
    if len(ranked) == 1:
        return ranked[0]
    sport = next((each.sport for each in ranked if each.sport not in ANY_SPORT), ranked[0].sport)
    ranked = [_as_sport(each, sport) for each in ranked]
    first, *others = ranked
    samples, donors = _samples(ranked)
    told_by = sorted(
        ranked, key=lambda each: NAMING.index(each.kind) if each.kind in NAMING else len(NAMING)
    )
    return replace(
        first,
        samples=samples,
        sub_sport=_first([each for each in ranked if each.sport == sport], "sub_sport"),
        elevation_gain_m=_first(ranked, "elevation_gain_m"),
        device=_first(ranked, "device"),
        name=_first(told_by, "name"),
        description=_first(told_by, "description"),
        external_id=_first(told_by, "external_id"),
        is_start_hidden=all(each.is_start_hidden for each in ranked),
        notes=first.notes + _new_notes(first, others),
        **_rates(samples, ranked, donors),
        **_zone(ranked),
        **_parts(ranked),
        **_totals(ranked),
    )


def _ranked(activities: Sequence[Activity]) -> list[Activity]:
    """The activities, the one to believe first; the same however they were given.

    A copy that ends before 80 % of the longest recording was cut short, however rich it is; one
    whose time of day is hidden cannot tell when it was.
    """
    longest = max(_last_s(each) for each in activities)

    def place(each: Activity) -> tuple[Any, ...]:
        return each.is_start_hidden, _last_s(each) < 0.8 * longest, *_wealth(each)

    return sorted(activities, key=place)


def _wealth(activity: Activity) -> tuple[Any, ...]:
    """A complete order of activities, the richest first.

    Whatever two activities can differ in comes in somewhere: otherwise the order in which
    they were given would decide between equally rich ones.
    """
    facts = {name: value for name, value in vars(activity).items() if name != "samples"}
    values = activity.samples[list(CHANNELS)].to_numpy()
    return (
        -sum(_lendable(activity, name) for name in CHANNELS),
        KINDS.index(activity.kind) if activity.kind in KINDS else len(KINDS),
        len(activity.notes),  # Whose file was damaged loses to a whole copy.
        activity.start_time,
        -activity.elapsed_time_s,
        repr(facts),
        activity.samples["time_s"].to_numpy().tobytes() + values.tobytes(),
    )


def _as_sport(activity: Activity, sport: str) -> Activity:
    """The activity as the sport it turned out to be: cadence in the unit it could not know."""
    if activity.sport not in ANY_SPORT or sport in ANY_SPORT:
        return activity
    counted = activity.samples["cadence"].to_numpy()
    average = activity.average_cadence
    if not np.isfinite(counted).any() and average is None:
        return replace(activity, sport=sport)
    counted = cadence.in_unit(counted, sport)
    alone = None if average is None else cadence.in_unit(np.array([average]), sport)
    measured = cadence.mean_positive(counted)
    if measured is None and alone is not None:
        measured = cadence.mean_positive(alone)
    return replace(
        activity,
        sport=sport,
        samples=activity.samples.assign(cadence=counted),
        average_cadence=measured,
        cadence_unit=cadence.UNITS.get(sport),
    )


def _samples(ranked: Sequence[Activity]) -> tuple[pd.DataFrame, dict[str, Activity]]:
    """The first one's samples with what others know better, and who lent which channel."""
    first = ranked[0]
    samples, donors = first.samples, {}
    for names in (("latitude", "longitude"), *((name,) for name in CHANNELS[2:])):
        own = _count(first, names[0])
        donor = max(ranked, key=lambda each: _lendable(each, names[0]))
        if 2 * own >= _lendable(donor, names[0]):
            continue
        borrowed = {name: _borrowed(name, donor, first) for name in names}
        if np.isfinite(borrowed[names[0]]).sum() > own:
            samples = samples.assign(**borrowed)
            donors.update(dict.fromkeys(names, donor))
    return samples, donors


def _borrowed(name: str, donor: Activity, first: Activity) -> Floats:
    """A channel of the donor at the times of the first one's samples, NaN if too far away."""
    wanted = first.samples["time_s"].to_numpy()
    known = donor.samples.loc[donor.samples[name].notna(), ["time_s", name]].to_numpy()
    time, values = known[:, 0] + _after(first, donor), known[:, 1]
    after = np.clip(np.searchsorted(time, wanted), 1, time.size - 1) if time.size > 1 else 0
    before = np.maximum(after - 1, 0)
    closer = np.where(wanted - time[before] <= time[after] - wanted, before, after)
    if name in LINEAR:
        taken = np.interp(wanted, time, unwrap(values) if name == "longitude" else values)
    else:
        taken = values[closer]
    if name == "longitude":
        taken = np.where(np.abs(taken) > 180, (taken + 180) % 360 - 180, taken)
    return np.where(np.abs(time[closer] - wanted) <= NEAREST_S, taken, np.nan)


def _rates(
    samples: pd.DataFrame, ranked: Sequence[Activity], donors: dict[str, Activity]
) -> dict[str, Any]:
    """Heart rate and cadence: of the samples when those were borrowed, else as first told."""
    beats = {
        name: _first(_heard(ranked, "heartrate"), name)
        for name in ("average_heartrate", "max_heartrate")
    }
    if "heartrate" in donors:
        known = samples["heartrate"].dropna()
        beats = {"average_heartrate": float(known.mean()), "max_heartrate": float(known.max())}
    teller = donors.get("cadence") or _teller(
        _heard(ranked, "cadence"), lambda each: each.average_cadence
    )
    average = teller.average_cadence
    if "cadence" in donors:
        average = cadence.mean_positive(samples["cadence"].to_numpy())
    return {**beats, "average_cadence": average, "cadence_unit": teller.cadence_unit}


def _zone(ranked: Sequence[Activity]) -> dict[str, Any]:
    """The zone of one that knows its place, else the first offset told.

    A zone that merely stands in (the user's home) does not win over an offset from a file,
    but names it where both agree.
    """
    placed = sorted(ranked, key=lambda each: _count(each, "latitude") == 0)
    offset_s = _first(placed, "utc_offset_s")
    agreeing = [each for each in placed if each.utc_offset_s == offset_s]
    return {"time_zone": _first(agreeing, "time_zone"), "utc_offset_s": offset_s}


def _parts(ranked: Sequence[Activity]) -> dict[str, Any]:
    """Laps from whoever has most of them; likewise the lengths, with their pool."""
    first = ranked[0]
    most_laps = max(ranked, key=lambda each: len(each.laps))
    most_lengths = max(ranked, key=lambda each: len(each.lengths))
    pool = _first((most_lengths, *ranked), "pool_length_m")
    return {
        "laps": _shifted(most_laps.laps, most_laps, first),
        "lengths": _shifted(most_lengths.lengths, most_lengths, first),
        "pool_length_m": pool,
    }


def _shifted(parts: tuple[Part, ...], teller: Activity, first: Activity) -> tuple[Part, ...]:
    if teller is first:
        return parts
    late = _after(first, teller)
    moved = tuple(replace(part, start_s=part.start_s + late) for part in parts)
    return inside(moved, first.elapsed_time_s)


def _totals(ranked: Sequence[Activity]) -> dict[str, Any]:
    """Duration, pauses, moving time, distance and the speed that follows from them."""
    first = ranked[0]
    elapsed = max(first.elapsed_time_s, _last_s(first))
    pauses, moving = first.pauses, first.moving_time_s
    told = [each for each in ranked if each.kind == "fit" and each.elapsed_time_s >= 0.9 * elapsed]
    if told and told[0] is not first:
        late = _after(first, told[0])
        pauses = tidy([(start + late, end + late) for start, end in told[0].pauses], elapsed)
        moving = min(told[0].moving_time_s, elapsed)
    distance = _teller(ranked, lambda each: each.distance_m).distance_m
    speed = first.average_speed_mps
    if (distance, moving) != (first.distance_m, first.moving_time_s):
        speed = distance / moving if distance and moving > 0 else None
    return {
        "elapsed_time_s": elapsed,
        "moving_time_s": moving,
        "pauses": pauses,
        "distance_m": distance,
        "average_speed_mps": speed,
    }


def _teller(ranked: Sequence[Activity], fact: Callable[[Activity], float | None]) -> Activity:
    """The first that tells the fact at all, rather one above 0."""
    above = next((each for each in ranked if fact(each)), None)
    return above or next((each for each in ranked if fact(each) is not None), ranked[0])


def _first(ranked: Sequence[Activity], name: str) -> Any:
    return next((v for each in ranked if (v := getattr(each, name)) is not None), None)


def _new_notes(first: Activity, others: Sequence[Activity]) -> tuple[str, ...]:
    told = dict.fromkeys(note for each in others for note in each.notes)
    return tuple(note for note in told if note not in first.notes)


def _after(first: Activity, other: Activity) -> float:
    """Seconds by which the other began after the first."""
    return (other.start_time - first.start_time).total_seconds()


def _last_s(activity: Activity) -> float:
    return float(activity.samples["time_s"].iloc[-1]) if len(activity.samples) else 0.0


def _count(activity: Activity, name: str) -> int:
    return int(activity.samples[name].count())


def _lendable(activity: Activity, name: str) -> int:
    """How many values others may borrow: none of a channel that is noise."""
    values = _count(activity, name)
    return values if values >= LENDING_SHARE * len(activity.samples) else 0


def _heard(ranked: Sequence[Activity], name: str) -> list[Activity]:
    """The first one, and others whose mean of the channel is not that of noise."""
    first, *others = ranked
    return [first, *(each for each in others if _lendable(each, name) or not _count(each, name))]
