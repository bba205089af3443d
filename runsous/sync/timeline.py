"""The merged timeline of plays, kept a pure function of what the sources reported."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from runsous import frames
from runsous.analysis import plays as merging
from runsous.model import SAMPLE
from runsous.store import listens, plays, spans, users
from runsous.store.spans import Span


def rebuild(conn: Connection, user_id: int, touched: Sequence[Span]) -> None:
    """Merges anew all plays that reports within the spans can touch.

    Marks the activities concerned as stale; :func:`runsous.sync.songs.settle` sees to them.
    """
    if not touched:
        return
    windows = spans.independent(conn, user_id, touched)
    reports = listens.frame(conn, user_id, windows)
    tracks = listens.tracks_by_name(conn, user_id, reports["track_id"].unique().tolist())
    # Merging breaks ties by track: by name, as ids tell which file came first.
    places = pd.Series(range(len(tracks)), index=tracks)
    numbers = reports["track_id"].map(places)
    reports["track_id"] = numbers.fillna(frames.NO_TRACK).astype("int64")
    offsets = listens.offsets(conn, user_id)
    of_sample = reports["source"] == SAMPLE
    merged = [
        merging.merge(merging.place(some, offsets))
        for some in (reports[~of_sample], reports[of_sample])
        if len(some)
    ]
    found = pd.concat(merged, ignore_index=True) if merged else frames.of(frames.PLAYS)
    found["track_id"] = np.array(tracks, dtype=np.int64)[found["track_id"]]
    changed = plays.replace(conn, user_id, windows, found)
    if changed:
        plays.mark_stale(conn, user_id, changed)
    users.touch(conn, user_id)
