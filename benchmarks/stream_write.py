"""Writing an hour of samples, beside the least it can take: the same bytes sent bare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pandas as pd

from benchmarks import places, timing
from benchmarks.figures import Limit, Row
from benchmarks.made import runs
from benchmarks.places import Library
from runsous import frames
from runsous.store import copy, database, streams

_REPEATS = 40
_ROWS = 3600
_START = datetime(2026, 5, 1, 6, tzinfo=UTC)
_COPY_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def run() -> list[Row]:
    """Rows a second of ``streams.save`` and of a COPY of the same rows encoded beforehand.

    Both into the same table by turns, each in a transaction of its own with its commit.
    """
    samples = runs.samples(_ROWS, seed=1)
    saved, bare = [], []
    with places.fresh_library() as library:
        for nth in range(_REPEATS):
            saved.append(_ROWS / timing.seconds(partial(_save, library, 2 * nth, samples)))
            ready = _encoded(library.user_id, 2 * nth + 1, samples)
            bare.append(_ROWS / timing.seconds(partial(_send, library, *ready)))
    limit = Limit(0.7, on="ratio", at_least=True)
    return [Row("one-hour stream written", "rows/s", saved, "bare binary COPY", bare, limit)]


def _save(library: Library, activity_id: int, samples: pd.DataFrame) -> None:
    with library.engine.begin() as conn:
        streams.save(conn, library.user_id, activity_id, _START, samples)


def _encoded(user_id: int, activity_id: int, samples: pd.DataFrame) -> tuple[str, bytes]:
    """The statement and the bytes that put the samples where ``streams.save`` does."""
    start_us = (_START - _COPY_EPOCH) // timedelta(microseconds=1)
    time_s = samples["time_s"].to_numpy()
    columns = {
        "user_id": np.full(_ROWS, user_id),
        "activity_id": np.full(_ROWS, activity_id),
        "time": start_us + (time_s * 1e6).astype(np.int64),
        **{name: samples[name].to_numpy() for name in ("time_s", *frames.channels(samples))},
    }
    content = copy.encode(list(columns.values()))
    return f"COPY activity_streams ({', '.join(columns)}) FROM STDIN (FORMAT binary)", content


def _send(library: Library, statement: str, content: bytes) -> None:
    with (
        library.engine.begin() as conn,
        database.raw(conn).cursor() as cursor,
        cursor.copy(statement) as out,
    ):
        out.write(content)
