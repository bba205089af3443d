"""Songs of an activity as statistics see them: what was measured once a song had set in."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from runsous import frames
from runsous.analysis import grade, lock
from runsous.analysis import segments as measuring
from runsous.analysis.geo import Bools, Floats
from runsous.analysis.pauses import Pauses, moving_clock

SHORTEST_S: Final = 60.0
"""A song that sounded for less says nothing: its effect has not shown yet."""

TRIMMED_S: Final = 20.0
"""At the start of a song the heart still follows what was before."""

MOVING: Final = 0.8
"""Share of the time one must have moved."""

WARM_UP_S: Final = 600.0

_LEFT_OUT = ("short", "unsure", "still")


def measure(
    segments: pd.DataFrame,
    samples: pd.DataFrame,
    pauses: Pauses,
    sport: str,
    totals: measuring.Totals | None = None,
) -> tuple[pd.DataFrame, dict[str, int]]:
    """:data:`frames.EFFORTS` of the songs that count, and how many do not, by reason.

    ``segments`` (:data:`frames.SEGMENTS`) are all of an activity, in order; the rest is as for
    :func:`runsous.analysis.segments.measure`. Left out are ``short`` songs (less than a minute),
    those ``unsure`` to have sounded there (by more than a minute) and those one mostly stood
    ``still`` in (moved less than 80 % of the time). Of the rest the first 20 s are not measured.
    """
    songs = segments[segments["track_id"].notna()]
    if songs.empty:
        return frames.of(frames.EFFORTS), dict.fromkeys(_LEFT_OUT, 0)
    length = songs["end_s"] - songs["start_s"]
    is_short = (length < SHORTEST_S).to_numpy()
    is_unsure = ~is_short & (songs["certainty"] == "uncertain").to_numpy()
    tiles = _cut(segments)
    measured = measuring.measure(tiles, samples, pauses, sport, totals).assign(
        since_s=tiles["start_s"], until_s=tiles["end_s"], source=tiles["source"]
    )
    late = measured[tiles["is_late"]].set_index("source").reindex(songs["index"])
    going = late["moving_s"].to_numpy() - _stood_s(late, samples, pauses)
    is_still = ~is_short & ~is_unsure & ~(going >= MOVING * late["elapsed_s"].to_numpy())
    found = _efforts(songs, late, samples, pauses, float(segments["end_s"].iloc[-1]))
    counts = (is_short, is_unsure, is_still)
    left_out = {name: int(those.sum()) for name, those in zip(_LEFT_OUT, counts, strict=True)}
    kept: pd.DataFrame = found[~(is_short | is_unsure | is_still)]
    return kept.reset_index(drop=True), left_out


def _cut(segments: pd.DataFrame) -> pd.DataFrame:
    """Each segment as its first seconds and the rest (``is_late``), by its index (``source``)."""
    cut = np.minimum(segments["start_s"] + TRIMMED_S, segments["end_s"])
    early = pd.DataFrame(
        {
            "source": segments["index"],
            "start_s": segments["start_s"],
            "end_s": cut,
            "is_late": False,
        }
    )
    late = early.assign(start_s=cut, end_s=segments["end_s"], is_late=True)
    both = pd.concat([early, late]).sort_values(["source", "is_late"], ignore_index=True)
    return both.assign(index=both.index)


def _stood_s(late: pd.DataFrame, samples: pd.DataFrame, pauses: Pauses) -> Floats:
    """Seconds of each stretch that one stood without pausing, at a light for example."""
    time, speed = samples["time_s"].to_numpy(), samples["speed_mps"].to_numpy()
    stood: Floats = np.zeros(len(late))
    if time.size < 2 or not np.isfinite(speed).any():
        return stood
    clock = moving_clock(time, pauses)
    lasting = np.diff(clock)
    mean = np.nansum(speed[:-1] * lasting) / max(lasting[np.isfinite(speed[:-1])].sum(), 1e-9)
    standing = np.append(0.0, np.cumsum(lasting * (speed[:-1] < measuring.STANDING * mean)))
    before, after = (np.interp(late[name], time, standing) for name in ("since_s", "until_s"))
    return np.asarray(after - before)


def _efforts(
    songs: pd.DataFrame, late: pd.DataFrame, samples: pd.DataFrame, pauses: Pauses, end_s: float
) -> pd.DataFrame:
    since, until = late["since_s"].to_numpy(), late["until_s"].to_numpy()
    moving, way = late["moving_s"].to_numpy(), late["distance_m"].to_numpy()
    pace = late["pace_s_per_km"].to_numpy()
    speed = np.divide(way, moving, out=np.full(len(late), np.nan), where=np.isfinite(pace))
    flat = 1000 / late["gap_s_per_km"].to_numpy()
    timed = songs[["index", "tempo_bpm"]].assign(start_s=since, end_s=until)
    shares = lock.per_tile(samples, timed, pauses)
    warm = np.clip(WARM_UP_S - since, 0, until - since)
    return frames.of(
        frames.EFFORTS,
        index=songs["index"],
        track_id=songs["track_id"],
        since_s=since,
        until_s=until,
        elapsed_share=(since + until) / 2 / max(end_s, 1e-9),
        warm_up=np.divide(warm, until - since, out=np.zeros(len(late)), where=until > since),
        grade=_grades(since, until, samples),
        speed_mps=speed,
        flat_mps=np.where(np.isfinite(flat), flat, speed),
        heartrate=late["average_heartrate"],
        cadence=late["average_cadence"],
        locked=shares["locked"],
        locked_bpm=songs["tempo_bpm"],
    )


def _grades(since: Floats, until: Floats, samples: pd.DataFrame) -> Floats:
    """Mean grade of the samples in each stretch; NaN where none tells one."""
    steep = grade.grades(samples["distance_m"].to_numpy(), samples["altitude_m"].to_numpy())
    is_known: Bools = np.isfinite(steep)
    time = samples["time_s"].to_numpy()[is_known]
    total: Any = np.append(0.0, np.cumsum(steep[is_known]))
    first, last = np.searchsorted(time, since), np.searchsorted(time, until, side="right")
    number = last - first
    mean: Floats = np.divide(
        total[last] - total[first], number, out=np.full(since.size, np.nan), where=number > 0
    )
    return mean
