"""Which song sounded when during an activity."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from runsous import frames
from runsous.analysis.geo import Floats, Ints

CHANGE_S = 3.0
"""A gap between two songs up to here is a change of songs, not silence: stamps are whole seconds
at best, and so neither silence nor something unknown can be told from it."""

_SHORTEST_S = 1e-3
"""Shorter than any sample: so much of a song, or of silence at an edge, is not a tile."""


def attribute(
    plays: pd.DataFrame,
    start_time: datetime,
    elapsed_time_s: float,
    offset_s: float = 0.0,
    *,
    draw_skips: bool = False,
) -> pd.DataFrame:
    """Tiles (:data:`frames.TILES`) of an activity, cut at every boundary of a play.

    ``plays`` are :data:`frames.PLAYS`, in any order; those outside the activity do not
    matter. ``offset_s`` moves them: positive means that songs lie later on the activity. A
    song already playing at the start belongs to it; songs go on while the watch is paused.
    Skips are silence unless ``draw_skips``. A gap of up to 3 s between two songs belongs to
    the earlier one. Two plays of one track in a row are two tiles.

    The tiles are exact: the first starts at 0.0, the last ends at ``elapsed_time_s``, each
    ends where the next starts, and silence is one tile. An activity without duration has
    one silent tile of no length.
    """
    elapsed = max(float(elapsed_time_s), 0.0)
    shown = plays if draw_skips else plays[~plays["is_skip"].astype(bool)]
    shown = shown.sort_values(["started_at", "ended_at", "play_id"])
    zero = pd.Timestamp(start_time).tz_convert(UTC)
    start, end = (_seconds(shown[name] - zero) + offset_s for name in ("started_at", "ended_at"))
    start, end = _cut(start, end, elapsed)
    heard = np.minimum(end, _following(start)) - start >= _SHORTEST_S
    shown, start, end = shown[heard], start[heard], _closed(start[heard], end[heard])
    edges = np.concatenate(([0.0], np.column_stack((start, end)).ravel(), [elapsed]))
    owner = np.full(edges.size - 1, -1)
    owner[1::2] = np.arange(start.size)
    real = np.diff(edges) > 0
    real[0] |= not real.any()
    return _tiles(shown, owner[real], edges[:-1][real], edges[1:][real])


def _seconds(spans: pd.Series) -> Floats:
    seconds: Floats = spans.dt.total_seconds().to_numpy("float64")
    return seconds


def _cut(start: Floats, end: Floats, elapsed: float) -> tuple[Floats, Floats]:
    """Both cut to the activity, and what lies within a millisecond of its edges put there."""
    both = np.clip(np.round(np.stack((start, end)), 6), 0.0, elapsed)
    both[both < _SHORTEST_S] = 0.0
    both[both > elapsed - _SHORTEST_S] = elapsed
    return both[0], both[1]


def _closed(start: Floats, end: Floats) -> Floats:
    """Ends moved to the next start where it comes soon, or (no play should) before the end."""
    following = _following(start)
    return np.where(following - end <= CHANGE_S, following, end)


def _following(start: Floats) -> Floats:
    return np.append(start[1:], np.inf)


def _tiles(plays: pd.DataFrame, owner: Ints, start: Floats, end: Floats) -> pd.DataFrame:
    is_song = owner >= 0
    ids = {}
    for name in ("play_id", "track_id"):
        column = pd.array([pd.NA] * owner.size, dtype="Int64")
        column[is_song] = plays[name].to_numpy()[owner[is_song]]
        ids[name] = column
    return frames.of(frames.TILES, index=np.arange(owner.size), **ids, start_s=start, end_s=end)
