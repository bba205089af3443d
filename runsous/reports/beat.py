"""How much of a song one moved in time with it, each time it was played."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from runsous.analysis import lock
from runsous.store import activities, streams

Shares = dict[tuple[int, float], tuple[float, str | None]]


def in_time(
    conn: Connection, user_id: int, stretches: Sequence[Mapping[str, Any]], bpm: float
) -> Shares:
    """The share (0 to 1) locked to the beat and in which relation (see ``analysis.lock``), by
    activity and ``start_s``; none where nothing was counted.

    ``stretches`` are rows of ``store.tracks.heard_on``, in any order.
    """
    found: Shares = {}
    ordered = sorted(stretches, key=itemgetter("activity_id", "start_s"))
    for activity_id, rows in groupby(ordered, itemgetter("activity_id")):
        tiles = pd.DataFrame([(row["start_s"], row["end_s"]) for row in rows])
        tiles.columns = pd.Index(["start_s", "end_s"])
        tiles = tiles.assign(index=range(len(tiles)), tempo_bpm=bpm)
        samples = streams.frame(conn, user_id, activity_id, ["cadence"])
        pauses = activities.pauses_of(conn, user_id, activity_id)
        shares = lock.per_tile(samples, tiles, pauses)
        for start_s, share, relation in zip(
            tiles["start_s"], shares["locked"], shares["relation"], strict=True
        ):
            if not pd.isna(share):
                word = None if pd.isna(relation) else str(relation)
                found[activity_id, float(start_s)] = (float(share), word)
    return found
