"""Small sets of listens and plays for tests, in seconds after one morning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from runsous import frames
from runsous.analysis import plays as merging

MORNING = datetime(2024, 6, 1, 6, 30, tzinfo=UTC)

_REPORT = {
    "source": "lastfm",
    "kind": "start",
    "precision": 1.0,
    "idle": np.nan,
    "played": np.nan,
    "duration": np.nan,
    "track": 1,
    "track_duration": np.nan,
}


def scrobble(at: float, track: int = 1, **facts: Any) -> dict[str, Any]:
    """A report of when a song began, to the second, without a length (as Last.fm's)."""
    return {"at": at, "track": track, **facts}


def streamed(end: float, played: float, track: int = 1, **facts: Any) -> dict[str, Any]:
    """A report of when a song ended and how long it was heard (as Spotify's history)."""
    report = {"at": end, "track": track, "source": "spotify", "kind": "end", "played": played}
    return {**report, **facts}


def make_listens(reports: Sequence[Mapping[str, Any]], *, first_id: int = 1) -> pd.DataFrame:
    """Listens as :func:`runsous.analysis.plays.place` wants them, ids in the order given."""
    rows = pd.DataFrame([{**_REPORT, **report} for report in reports], columns=[*_REPORT, "at"])
    listens = frames.listens(
        source=rows["source"],
        stamp=MORNING + pd.to_timedelta(rows["at"].astype(float), unit="s"),
        stamp_kind=rows["kind"],
        precision_s=rows["precision"],
        idle_s=rows["idle"],
        played_s=rows["played"],
        duration_s=rows["duration"],
    )
    return listens.assign(
        listen_id=np.arange(len(rows)) + first_id,
        track_id=rows["track"].astype("int64"),
        track_duration_s=rows["track_duration"].astype("float64"),
    )


def merged(*reports: Mapping[str, Any], **offsets: float) -> pd.DataFrame:
    """The timeline these reports make, with ``start`` and ``end`` in seconds."""
    plays = merging.merge(merging.place(make_listens(reports), offsets))
    return in_seconds(plays)


def in_seconds(plays: pd.DataFrame) -> pd.DataFrame:
    """Plays with ``start`` and ``end`` in seconds after the morning."""
    return plays.assign(
        start=(plays["started_at"] - MORNING).dt.total_seconds(),
        end=(plays["ended_at"] - MORNING).dt.total_seconds(),
    )


def spans(plays: pd.DataFrame) -> list[tuple[int, float, float]]:
    """Track, start and end of each play, in order."""
    return list(plays[["track_id", "start", "end"]].itertuples(index=False, name=None))


def make_plays(*songs: tuple[float, float], skips: Sequence[int] = ()) -> pd.DataFrame:
    """Plays from start to end, tracks and ids 1, 2, 3…; those at the positions are skips."""
    number = np.arange(len(songs)) + 1
    edges = np.array(songs, dtype=float).reshape(-1, 2)
    return frames.of(
        frames.PLAYS,
        play_id=number + 100,
        track_id=number,
        started_at=MORNING + pd.to_timedelta(edges[:, 0], unit="s"),
        ended_at=MORNING + pd.to_timedelta(edges[:, 1], unit="s"),
        plus_minus_s=np.ones(len(songs)),
        is_skip=np.isin(number - 1, skips),
    )
