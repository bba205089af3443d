"""Workouts from FIT messages: one per session, with its own laps, lengths and pauses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Final

import numpy as np
import pandas as pd

from runsous.errors import InputError
from runsous.files.fit import samples as sampling
from runsous.files.fit import stretches
from runsous.files.fit.clock import set_clock, utc_offset_s
from runsous.files.fit.messages import Mask, Numbers, Table, tables
from runsous.files.fit.stretches import Intervals, Session, first, value
from runsous.files.fit.structure import Part, parts
from runsous.files.fit.words import contents, device, sport
from runsous.model import Kind, PoolLength, Reading, Workout

KIND: Final[Kind] = "fit"

_MULTISPORT: Final = 18
_MOST_SESSIONS: Final = 100
_FAR_S: Final = 2 * 86_400.0
_LONGEST_S: Final = 30 * 86_400.0


@dataclass(frozen=True)
class _File:
    """One FIT file: its messages with absolute times, its channels, and what to say of it."""

    messages: dict[str, Table]
    channels: dict[str, Numbers]
    heartbeats: tuple[Numbers, Numbers]
    utc_offset_s: int | None
    notes: tuple[str, ...]

    def __getitem__(self, name: str) -> Table:
        return self.messages[name]


def read_fit(content: bytes) -> Reading:
    """The workouts of a FIT file, one per session of each file chained in it.

    Damaged files are read as far as possible, which a workout's ``notes`` say. Raises
    :class:`InputError` when there is no workout: empty or unreadable bytes, or a FIT file
    of another kind (a plan, a course, a day's steps).
    """
    if not content:
        raise InputError("It is empty; export or copy it once more.")
    files = _with_straps([(part, tables(part)) for part in parts(content)])
    activities = [(part, found) for part, found in files if _is_activity(found)]
    workouts = tuple(w for part, found in activities for w in _workouts(_file(part, found)))
    if not workouts:
        raise InputError(_refusal([found for _, found in files]))
    return Reading(KIND, workouts)


def _with_straps(
    files: list[tuple[Part, dict[str, Table]]],
) -> list[tuple[Part, dict[str, Table]]]:
    """Files without the chained ones that hold but a chest strap's beats of the file before."""
    kept: list[tuple[Part, dict[str, Table]]] = []
    for part, found in files:
        is_strap = len(found["hr"]) and not len(found["file_id"]) and not _is_activity(found)
        if kept and is_strap:
            kept[-1][1]["hr"] = kept[-1][1]["hr"].followed_by(found["hr"])
        else:
            kept.append((part, found))
    return kept


def _is_activity(found: dict[str, Table]) -> bool:
    is_other = any(contents(kind) for kind in found["file_id"]["type"])
    return bool(len(found["session"]) or (len(found["record"]) and not is_other))


def _refusal(files: list[dict[str, Table]]) -> str:
    kinds = [contents(kind) for found in files for kind in found["file_id"]["type"]]
    kind = next((kind for kind in kinds if kind), None)
    if kind is None:
        return "It is a FIT file in which no workout can be read; export it again."
    return f"It is a FIT file with {kind}, not a recorded activity."


def _file(part: Part, found: dict[str, Table]) -> _File:
    clock_notes = set_clock(found)
    channels = sampling.channels(found["record"])
    near = _near(channels["time_s"], found["session"])
    strays = int((~near & np.isfinite(channels["time_s"])).sum())
    notes = [*_damage(part, int(near.sum())), *clock_notes]
    if strays:
        notes.append(f"Left out because of impossible times: {_counted(strays, 'sample')}.")
    channels = {name: column[near] for name, column in channels.items()}
    offset = None if clock_notes else utc_offset_s(found)
    return _File(found, channels, sampling.heartbeats(found["hr"]), offset, tuple(notes))


def _near(times: Numbers, sessions: Table) -> Mask:
    """Which times lie within two days of the sessions or of the middle of all times."""
    known = times[np.isfinite(times)]
    if not len(known):
        return np.zeros(len(times), bool)
    middle = float(np.median(known))
    starts = sessions["start_time"]
    ends = starts + np.nan_to_num(sessions["total_elapsed_time"])
    edges = np.concatenate((starts, ends, [middle]))
    edges = edges[np.abs(edges - middle) < _LONGEST_S]
    since, until = float(edges.min()) - _FAR_S, float(edges.max()) + _FAR_S
    near: Mask = (times >= since) & (times <= until)
    return near


def _damage(part: Part, count: int) -> Iterator[str]:
    places, found = part.faults + part.is_cut, _counted(count, "record")
    if part.faults:
        yield f"The file is damaged in {_counted(places, 'place')}; {found} could be read."
    elif part.is_cut:
        yield f"The file is damaged after {found}; what was before is kept."
    elif not part.is_sealed:
        yield f"The file's checksum is wrong, so values may be false; {found} could be read."


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _workouts(file: _File) -> Iterator[Workout]:
    pauses = stretches.pauses(file["event"])
    for session in _sessions(file):
        yield _workout(file, session, pauses)


def _sessions(file: _File) -> Iterator[Session]:
    """Sessions in order of time; one for all when the file was cut off before it had any."""
    times = file.channels["time_s"]
    starts = stretches.starts(file["session"])
    if len(starts) > _MOST_SESSIONS:
        raise InputError(f"It claims {len(starts):,} sessions, more than any recorded workout.")
    if len(times):
        starts = np.where(np.abs(starts - np.median(times)) < _LONGEST_S, starts, np.nan)
    rows = [int(row) for row in np.argsort(starts, kind="stable") if isfinite(starts[row])]
    # A whole triathlon may be summed up beside its parts.
    parts_alone = [row for row in rows if file["session"]["sport"][row] != _MULTISPORT] or rows
    # Of sessions with one start the last word counts.
    rows = list({float(starts[row]): row for row in parts_alone}.values())
    edges = [-np.inf, *(float(starts[row]) for row in rows[1:]), np.inf]
    for n, row in enumerate(rows or range(min(1, len(file["session"]))) or [None]):
        inside = times[(times >= edges[n]) & (times < edges[n + 1])]
        begins = [float(starts[row])] if rows else []
        begins += [float(inside.min())] if len(inside) else []
        if begins:
            yield Session(row, edges[n], edges[n + 1], min(begins))


def _workout(file: _File, session: Session, pauses: Intervals | None) -> Workout:
    told = file["session"].chosen(np.array([] if session.row is None else [session.row], int))

    def say(name: str) -> float | None:
        return value(first(told[name]))

    swum = stretches.own_lengths(file["length"], session)
    length_m = say("pool_length") or None
    lengths = tuple(stretches.lengths(swum, session))
    named = told if len(told) else file["sport"]
    kind, finer = sport(first(named["sport"]), first(named["sub_sport"]))
    cadence = told["avg_cadence"] + np.nan_to_num(told["avg_fractional_cadence"])
    return Workout(
        kind=KIND,
        start_time=datetime.fromtimestamp(session.start, UTC),
        sport=kind,
        sub_sport=finer,
        samples=_samples(file, session, swum, length_m),
        elapsed_time_s=_duration_s(say("total_elapsed_time")),
        timer_time_s=_duration_s(say("total_timer_time")),
        distance_m=_distance_m(say("total_distance"), lengths, length_m),
        elevation_gain_m=say("total_ascent"),
        average_heartrate=say("avg_heart_rate") or None,
        max_heartrate=say("max_heart_rate") or None,
        average_cadence=value(first(cadence)),
        pauses=stretches.own_pauses(pauses, session, told),
        laps=tuple(stretches.laps(file["lap"], session)),
        lengths=lengths,
        pool_length_m=length_m,
        utc_offset_s=file.utc_offset_s,
        device=device(file["file_id"]),
        notes=file.notes,
    )


def _samples(file: _File, session: Session, swum: Table, length_m: float | None) -> pd.DataFrame:
    time, distance = file.channels["time_s"], file.channels["distance_m"]
    inside = session.holds(time)
    samples = {name: column[inside] for name, column in file.channels.items()}
    samples = sampling.with_lengths(samples, swum, length_m)
    samples = sampling.from_zero(samples, distance[time < session.since])
    samples = sampling.with_heartbeats(samples, file.heartbeats)
    return sampling.frame(samples, session.start)


def _duration_s(told: float | None) -> float | None:
    return told if told is not None and told < _LONGEST_S else None


def _distance_m(
    told: float | None, lengths: tuple[PoolLength, ...], length_m: float | None
) -> float | None:
    if told is None and length_m:
        return sum(length.is_active for length in lengths) * length_m or None
    return told
