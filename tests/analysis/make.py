"""Small workouts and activities for tests, made in code."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from runsous import frames
from runsous.analysis.recording import complete
from runsous.model import Activity, PoolLength, Workout

START = datetime(2024, 6, 1, 6, 30, tzinfo=UTC)

PRAGUE = (50.08, 14.42)
METRE_NORTH = 1 / 111_195.08
"""Degrees of latitude in a metre, on a sphere of 6,371,008.8 m."""


def make_samples(time_s: Any, **channels: Any) -> Any:
    """Samples at these seconds; a channel may be one number for all."""
    times = np.asarray(time_s, dtype=float)
    return frames.samples(
        time_s=times,
        **{name: np.broadcast_to(value, times.shape).copy() for name, value in channels.items()},
    )


def make_run(
    seconds: int = 600, speed_mps: float = 3.0, *, gps: bool = True, **facts: Any
) -> Workout:
    """A run due north from Prague at even speed, one sample a second, heart and 85 strides.

    ``facts`` are fields of :class:`Workout` that should differ; give ``samples`` to replace
    the recording itself.
    """
    time = np.arange(seconds + 1, dtype=float)
    route = {
        "latitude": PRAGUE[0] + time * speed_mps * METRE_NORTH,
        "longitude": PRAGUE[1],
    }
    samples = make_samples(time, heartrate=150.0, cadence=85.0, **(route if gps else {}))
    run = Workout(kind="gpx", start_time=START, sport="run", samples=samples)
    return replace(run, **facts)


def make_activity(seconds: int = 600, *, home_zone: str | None = None, **facts: Any) -> Activity:
    """:func:`make_run`, completed."""
    return complete(make_run(seconds, **facts), home_zone=home_zone)


def make_pool_swim(active: int, rest_s: float, pool_length_m: float = 25.0) -> Workout:
    """Lengths of 30 s with a rest after each, one heart rate a second, nothing else."""
    each = 30.0 + rest_s
    lengths = []
    for n in range(active):
        lengths.append(PoolLength(n * each, 30.0, is_active=True, strokes=12, stroke="free"))
        lengths.append(PoolLength(n * each + 30.0, rest_s, is_active=False))
    return Workout(
        kind="fit",
        start_time=START,
        sport="swim",
        sub_sport="lap_swimming",
        samples=make_samples(np.arange(active * each + 1), heartrate=130.0, cadence=28.0),
        pauses=(),
        lengths=tuple(lengths),
        pool_length_m=pool_length_m,
    )


def with_values(**channels: dict[int, float]) -> Workout:
    """Ten minutes of running with the values of some rows changed: ``heartrate={5: 999.0}``."""
    run = make_run()
    samples = run.samples.copy()
    for name, rows in channels.items():
        for row, value in rows.items():
            samples.loc[row, name] = value
    return replace(run, samples=samples)


def with_gap(run: Workout, since: float, until: float) -> Workout:
    """The run without the samples strictly between two seconds."""
    gone = run.samples["time_s"].between(since, until, inclusive="neither")
    return replace(run, samples=run.samples[~gone].reset_index(drop=True))


def indoors(seconds: int = 600, **channels: Any) -> Workout:
    """A run from a watch without GPS that records these channels and no pauses."""
    samples = make_samples(np.arange(seconds + 1.0), **channels)
    return Workout(kind="fit", start_time=START, sport="run", samples=samples, pauses=())


def assert_alike(a: Activity, b: Activity) -> None:
    """Whether two activities agree in every field and sample."""
    for field in fields(Activity):
        if field.name == "samples":
            pd.testing.assert_frame_equal(a.samples, b.samples)
        else:
            assert getattr(a, field.name) == getattr(b, field.name), field.name
