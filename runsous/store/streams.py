"""``activity_streams``: every recorded sample of every activity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Connection, text

from runsous import frames
from runsous.store import copy
from runsous.store.database import raw

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def save(
    conn: Connection, user_id: int, activity_id: int, start_time: datetime, samples: pd.DataFrame
) -> None:
    """Writes the samples (columns :data:`frames.SAMPLES`) of an activity that has none yet."""
    if samples.empty:
        return
    start_us = (start_time - _EPOCH) // timedelta(microseconds=1)
    time_s = samples["time_s"].to_numpy(np.float64)
    columns = {
        "user_id": np.full(len(samples), user_id, np.int64),
        "activity_id": np.full(len(samples), activity_id, np.int64),
        "time": start_us + np.rint(time_s * 1e6).astype(np.int64),
        "time_s": time_s,
    }
    for name in frames.channels(samples):
        columns[name] = samples[name].to_numpy(np.float64)
    copy.write(raw(conn), "activity_streams", columns)


def delete(conn: Connection, user_id: int, activity_id: int) -> None:
    """Removes all samples of one activity."""
    conn.execute(
        text("DELETE FROM activity_streams WHERE activity_id = :activity AND user_id = :user"),
        {"activity": activity_id, "user": user_id},
    )


def frame(
    conn: Connection, user_id: int, activity_id: int, channels: Sequence[str] = frames.CHANNELS
) -> pd.DataFrame:
    """Samples in time order: ``time_s``, the wanted channels, and NaN for all others."""
    names = ["time_s", *(name for name in frames.CHANNELS if name in channels)]
    wanted = ", ".join(f"coalesce({name}, 'NaN') AS {name}" for name in names)
    query = (
        f"SELECT {wanted} FROM activity_streams"  # noqa: S608 - names from frames.CHANNELS
        f" WHERE activity_id = {int(activity_id)} AND user_id = {int(user_id)} ORDER BY time"
    )
    found = copy.read_floats(raw(conn), query, names)
    size = len(found["time_s"])
    columns = {name: found.get(name, np.full(size, np.nan)) for name in frames.SAMPLES}
    return pd.DataFrame(columns, copy=False)
