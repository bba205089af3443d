"""Frames by what a row is: their columns, types and the only ways to make them.

All time stamps are UTC (``datetime64[us, UTC]``); missing numbers are NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

UTC_STAMP: Final = "datetime64[us, UTC]"

SAMPLES: Final[Mapping[str, str]] = {
    "time_s": "float64",
    "latitude": "float64",
    "longitude": "float64",
    "altitude_m": "float64",
    "distance_m": "float64",
    "speed_mps": "float64",
    "heartrate": "float64",
    "cadence": "float64",
    "power_w": "float64",
    "temperature_c": "float64",
}
"""One row per recorded sample, ordered by ``time_s`` (seconds after the start), no time twice."""

CHANNELS: Final = tuple(name for name in SAMPLES if name != "time_s")

LISTENS: Final[Mapping[str, str]] = {
    "source": "str",
    "stamp": UTC_STAMP,
    "stamp_kind": "str",
    "precision_s": "float64",
    "idle_s": "float64",
    "played_s": "float64",
    "duration_s": "float64",
    "artist": "str",
    "title": "str",
    "album": "str",
    "isrc": "str",
    "mbid": "str",
    "spotify_id": "str",
    "tempo_bpm": "float64",
    "is_skipped": "boolean",
    "is_offline": "boolean",
}
"""One row per play as one source reports it.

``stamp`` is the source's own time stamp and ``stamp_kind`` what it means: ``start``, ``end``
or ``unknown``. ``precision_s`` is the ± of that stamp in seconds, ``idle_s`` how long before
an end stamp the song had already fallen silent (paused until something else was played),
where the source lets that be told. ``played_s`` is how long it
was listened to, ``duration_s`` how long the whole track is. ``mbid`` is the recording's.

A row without ``artist`` and ``title`` is no listen of a song but says that something unknown
(or a podcast, a video) began there: the song before was over.
"""

NO_TRACK: Final = -1
"""The ``track_id`` of such a report."""

PLAYS: Final[Mapping[str, str]] = {
    "play_id": "int64",
    "track_id": "int64",
    "started_at": UTC_STAMP,
    "ended_at": UTC_STAMP,
    "played_s": "float64",
    "duration_s": "float64",
    "plus_minus_s": "float64",
    "certainty": "str",
    "source": "str",
    "sources": "object",
    "is_skip": "bool",
}
"""One row per play after the reports of all sources are merged, ordered by ``started_at``.

``[started_at, ended_at)`` is when it sounded; plays never overlap. ``source`` gave the times,
``sources`` (a sorted tuple) are all that reported it. ``certainty`` is ``exact``, ``estimated``
or ``uncertain``; ``is_skip`` marks plays too short to be drawn as a song.
"""

TILES: Final[Mapping[str, str]] = {
    "index": "int64",
    "play_id": "Int64",
    "track_id": "Int64",
    "start_s": "float64",
    "end_s": "float64",
}
"""One row per stretch of an activity with one song or none (ids missing = silence).

Rows tile ``[0, elapsed_time_s]`` in order: each ``end_s`` is the next row's ``start_s``.
"""

METRICS: Final[Mapping[str, str]] = {
    "elapsed_s": "float64",
    "moving_s": "float64",
    "distance_m": "float64",
    "pace_s_per_km": "float64",
    "gap_s_per_km": "float64",
    "average_heartrate": "float64",
    "max_heartrate": "float64",
    "average_cadence": "float64",
    "elevation_gain_m": "float64",
}
"""What was measured during one tile; NaN where the activity does not say."""

SEGMENTS: Final[Mapping[str, str]] = {
    **TILES,
    "title": "str",
    "artist": "str",
    "album": "str",
    "tempo_bpm": "float64",
    "tempo_confidence": "float64",
    "tempo_note": "str",
    "is_tempo_disputed": "boolean",
    "source": "str",
    "certainty": "str",
    "plus_minus_s": "float64",
    **METRICS,
}
"""Tiles with their song and metrics, as pages and API read them."""

EFFORTS: Final[Mapping[str, str]] = {
    "index": "int64",
    "track_id": "int64",
    "since_s": "float64",
    "until_s": "float64",
    "elapsed_share": "float64",
    "warm_up": "float64",
    "grade": "float64",
    "speed_mps": "float64",
    "flat_mps": "float64",
    "heartrate": "float64",
    "cadence": "float64",
    "locked": "float64",
    "locked_bpm": "float64",
}
"""Songs of one activity as statistics see them (see :mod:`runsous.analysis.efforts`).

``[since_s, until_s]`` is what was measured. ``elapsed_share`` is where in the activity its middle
lies (0 to 1), ``warm_up`` which share of it belongs to the first ten minutes, ``grade`` rise over
run. ``flat_mps`` is the speed on the flat that costs as much. ``locked`` is the share in time
with ``locked_bpm``, the tempo at the time.
"""


def _frame(columns: Mapping[str, str], values: Mapping[str, Any]) -> pd.DataFrame:
    unknown = set(values) - set(columns)
    if unknown:
        raise TypeError(f"no such column: {', '.join(sorted(unknown))}")
    size = max((len(v) for v in values.values()), default=0)
    data = {}
    for name, dtype in columns.items():
        column = values.get(name)
        if column is None:
            column = [None] * size if dtype in ("str", "boolean") else np.full(size, np.nan)
        is_series = isinstance(column, pd.Series)
        series = pd.Series(column).reset_index(drop=True) if is_series else pd.Series(column)
        # A cast that changes nothing would cost more than all the rest.
        data[name] = series if series.dtype == dtype else series.astype(dtype)  # type: ignore[call-overload]
    return pd.DataFrame(data)


def of(columns: Mapping[str, str], **values: Any) -> pd.DataFrame:
    """A frame with exactly ``columns``; those not given are missing throughout."""
    return _frame(columns, values)


def of_columns(columns: Mapping[str, str], values: Sequence[Any]) -> pd.DataFrame:
    """A frame with exactly ``columns`` from as many arrays in their order."""
    return _frame(columns, dict(zip(columns, values, strict=True)))


def samples(**values: Any) -> pd.DataFrame:
    """Samples from columns of equal length: ordered by time, the first of equal times kept.

    Rows without a time are dropped. Channels not given are NaN throughout.
    """
    frame = _frame(SAMPLES, values)
    # Microseconds are as fine as the store tells two samples apart.
    frame["time_s"] = frame["time_s"].round(6)
    time_s = frame["time_s"].to_numpy()
    if np.isfinite(time_s).all() and (np.diff(time_s) > 0).all():
        return frame
    finite: pd.DataFrame = frame.loc[np.isfinite(frame["time_s"])]
    ordered = finite.sort_values("time_s", kind="stable").drop_duplicates("time_s")
    return ordered.reset_index(drop=True)


def listens(**values: Any) -> pd.DataFrame:
    """Listens from columns of equal length, in the order given; see :data:`LISTENS`."""
    return _frame(LISTENS, values)


def channels(samples: pd.DataFrame) -> tuple[str, ...]:
    """The channels with at least one value, in the order of :data:`CHANNELS`."""
    return tuple(name for name in CHANNELS if samples[name].notna().any())


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows as dictionaries by column name, missing values as ``None``."""
    names = [str(name) for name in frame.columns]
    columns = (_values(frame[name]) for name in frame.columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(column: pd.Series) -> list[Any]:
    values: list[Any] = column.tolist()
    for row in np.flatnonzero(column.isna().to_numpy()).tolist():
        values[row] = None
    return values
