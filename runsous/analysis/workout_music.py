"""Music heard on workouts against that of the rest of life: what, how fast, when.

The unit is a play. It is a workout's where any of it sounded on an activity, while time is split
to the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Final, Literal

import numpy as np
import pandas as pd

from runsous.analysis.effects import SURE, folded
from runsous.analysis.geo import Floats, Ints
from runsous.analysis.octaves import OCTAVE_BPM

FEWEST_PLAYS: Final = 50
"""On either side; fewer tell nothing of all that one hears."""
FEWEST_IN_PART: Final = 10
"""Of an hour, a season or a sport."""
FEWEST_OF_SONG: Final = 5
BAND_BPM: Final = 10
_SURE_Z: Final = 1.96
_TROPIC: Final = 23.44

SEASONS: Final = ("winter", "spring", "summer", "autumn")
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
Hemisphere = Literal["north", "south"]


@dataclass(frozen=True)
class Spread:
    """The median and the quartiles around it, of ``n`` plays."""

    n: int
    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Side:
    """What was heard: plays, seconds, tempo (BPM, folded to 100 to 200) and energy (0 to 1) where
    enough plays tell them.
    """

    n_plays: int
    listened_s: float
    tempo: Spread | None
    energy: Spread | None


@dataclass(frozen=True)
class Part:
    """Both sides in one hour or season, or workouts of one sport; ``name`` is which."""

    name: str
    workouts: Side
    rest: Side | None


@dataclass(frozen=True)
class Band:
    """Which share (0 to 1) of each side's plays has a tempo from ``since`` to below ``until``."""

    since: int
    until: int
    workouts: float
    rest: float


def placed(plays: pd.DataFrame, activities: pd.DataFrame, zone: tzinfo) -> pd.DataFrame:
    """Plays (``store.workout_music.PLAYS``) as all else here takes them.

    ``is_workout``, ``sport`` (missing elsewhere), ``hour`` and ``month`` by the activity's own
    clock, elsewhere (or where that is not known) by the ``zone``'s; seconds ``on_s`` on the
    activity and ``off_s`` beside it; ``bpm``, folded and not rather wrong than right; ``energy``.
    """
    is_workout = plays["activity_id"].notna()
    there = activities.set_index("activity_id").reindex(plays["activity_id"])
    started = pd.to_datetime(plays["started_s"], unit="s", utc=True)
    offset_s = there["utc_offset_s"].to_numpy()
    on_watch = started.dt.tz_localize(None) + pd.to_timedelta(np.nan_to_num(offset_s), unit="s")
    at_home = started.dt.tz_convert(zone).dt.tz_localize(None)
    clock = on_watch.where(np.isfinite(offset_s), at_home)
    on_s = plays["on_s"].fillna(0).clip(upper=plays["heard_s"])
    is_sure = plays["tempo_confidence"].fillna(1) >= SURE
    return pd.DataFrame(
        {
            "track_id": plays["track_id"],
            "artist_id": plays["artist_id"],
            "is_workout": is_workout,
            "sport": there["sport"].array,
            "hour": clock.dt.hour,
            "month": clock.dt.month,
            "on_s": on_s,
            "off_s": plays["heard_s"] - on_s,
            "bpm": np.where(is_sure, folded(plays["tempo_bpm"].to_numpy()), np.nan),
            "energy": plays["energy"],
        }
    )


def both(plays: pd.DataFrame) -> tuple[Side, Side]:
    """Workouts and the rest, over all."""
    all_of_it = np.zeros(len(plays), dtype=np.intp)
    sides = _sides(plays, all_of_it, 1, FEWEST_PLAYS)
    return sides[0]


def by_hour(plays: pd.DataFrame) -> list[Part]:
    """The hours of the day, "0" to "23"."""
    return _parts(plays, plays["hour"].to_numpy(), [str(hour) for hour in range(24)])


def by_season(plays: pd.DataFrame, hemisphere: Hemisphere | None) -> list[Part]:
    """Seasons of three whole months (winter in the north from December), or without a hemisphere
    the twelve months.
    """
    month = plays["month"].to_numpy()
    if hemisphere is None:
        return _parts(plays, month - 1, MONTHS)
    return _parts(plays, (month % 12 // 3 + 2 * (hemisphere == "south")) % 4, SEASONS)


def by_sport(plays: pd.DataFrame) -> list[Part]:
    """What was heard on each sport, the most plays first."""
    mine = plays[plays["is_workout"]]
    which, names = pd.factorize(mine["sport"])
    found = _parts(mine, which, [str(name) for name in names])
    ordered = sorted(found, key=lambda part: -part.workouts.n_plays)
    return [replace(part, rest=None) for part in ordered]


def hemisphere(latitudes: Sequence[float]) -> Hemisphere | None:
    """Where one mostly is; none where nobody knows, or where there are no seasons (the tropics)."""
    known = np.array(latitudes, dtype=float)
    known = known[np.isfinite(known)]
    middle = float(np.median(known)) if known.size else 0.0
    if abs(middle) <= _TROPIC:
        return None
    return "north" if middle > 0 else "south"


def bands(plays: pd.DataFrame) -> list[Band]:
    """Tempos of both sides in bands of 10 BPM; none unless both sides have enough of them."""
    edges = np.arange(OCTAVE_BPM[0], OCTAVE_BPM[1] + 1, BAND_BPM)
    is_workout = plays["is_workout"].to_numpy()
    counts = [
        np.histogram(plays["bpm"].to_numpy()[side], edges)[0] for side in (is_workout, ~is_workout)
    ]
    if min(count.sum() for count in counts) < FEWEST_PLAYS:
        return []
    shares = (count / count.sum() for count in counts)
    return [
        Band(int(since), int(since) + BAND_BPM, float(on), float(off))
        for since, on, off in zip(edges, *shares, strict=False)
    ]


def counted(plays: pd.DataFrame, key: str) -> pd.DataFrame:
    """How typical of workouts each song or artist is (``key`` is ``track_id`` or ``artist_id``)
    that was heard often enough: ``id, n_workouts, n_rest, ratio, low, high, z``, the most typical
    first.

    ``ratio`` is by how much the odds that a play is of this one are higher on workouts, with its
    95 % interval; ``z`` the logarithm of it in standard errors. Both are shrunken by a prior of one
    play for each song on average, shared out as they are heard at all, so that what was heard twice
    does not lead. Monroe, Colaresi and Quinn 2008, Political Analysis 16:372-403.
    """
    which, ids = pd.factorize(plays[key])
    is_workout = plays["is_workout"].to_numpy()
    on, off = (np.bincount(which[side], minlength=len(ids)) for side in (is_workout, ~is_workout))
    if len(ids) < 2 or not on.any() or not off.any():
        return pd.DataFrame(columns=["id", "n_workouts", "n_rest", "ratio", "low", "high", "z"])
    prior = len(ids) * (on + off) / len(plays)
    log_ratio = _log_odds(on, prior) - _log_odds(off, prior)
    error = np.sqrt(1 / (on + prior) + 1 / (off + prior))
    found = pd.DataFrame(
        {
            "id": ids,
            "n_workouts": on,
            "n_rest": off,
            "ratio": np.exp(log_ratio),
            "low": np.exp(log_ratio - _SURE_Z * error),
            "high": np.exp(log_ratio + _SURE_Z * error),
            "z": log_ratio / error,
        }
    )
    often: pd.DataFrame = found[on + off >= FEWEST_OF_SONG]
    return often.sort_values(["z", "id"], ascending=[False, True], ignore_index=True)


def typical(counts: pd.DataFrame) -> pd.DataFrame:
    """Those of :func:`counted` that are heard more on workouts, beyond chance."""
    return counts[counts["low"] > 1]


def never_elsewhere(counts: pd.DataFrame) -> pd.DataFrame:
    """Those of :func:`counted` heard on workouts only, the most heard first."""
    only = counts[counts["n_rest"] == 0]
    return only.sort_values(["n_workouts", "id"], ascending=[False, True])


def never_there(counts: pd.DataFrame) -> pd.DataFrame:
    """Those of :func:`counted` never heard on workouts, the most heard first."""
    never = counts[counts["n_workouts"] == 0]
    return never.sort_values(["n_rest", "id"], ascending=[False, True])


def _log_odds(n: Ints, prior: Floats) -> Floats:
    told = n + prior
    log_odds: Floats = np.log(told / (told.sum() - told))
    return log_odds


def _parts(plays: pd.DataFrame, which: Ints, names: Sequence[str]) -> list[Part]:
    """``which`` is the place of each play's part among the names."""
    sides = _sides(plays, which, len(names), FEWEST_IN_PART)
    return [Part(name, *each) for name, each in zip(names, sides, strict=True)]


def _sides(plays: pd.DataFrame, which: Ints, n_parts: int, fewest: int) -> list[tuple[Side, Side]]:
    """Workouts and the rest by part."""
    on_s, off_s = (
        np.bincount(which, plays[name].to_numpy(), n_parts).tolist() for name in ("on_s", "off_s")
    )
    # The rest at even places, workouts at odd ones.
    side = 2 * which + plays["is_workout"].to_numpy()
    n_plays = np.bincount(side, minlength=2 * n_parts).tolist()
    bpm, energy = (
        _spreads(side, plays[name].to_numpy(), 2 * n_parts, fewest) for name in ("bpm", "energy")
    )
    rest, workouts = (
        [
            Side(n_plays[at], seconds, bpm[at], energy[at])
            for at, seconds in zip(range(first, 2 * n_parts, 2), listened_s, strict=True)
        ]
        for first, listened_s in ((0, off_s), (1, on_s))
    )
    return list(zip(workouts, rest, strict=True))


def _spreads(which: Ints, values: Floats, n_groups: int, fewest: int) -> list[Spread | None]:
    is_told = np.isfinite(values)
    values, which = values[is_told], which[is_told]
    grouped = values[np.argsort(which, kind="stable")]
    counts = np.bincount(which, minlength=n_groups)
    found: list[Spread | None] = []
    for group in np.split(grouped, np.cumsum(counts)[:-1]):
        if group.size < fewest:
            found.append(None)
            continue
        low, median, high = np.percentile(group, [25, 50, 75])
        found.append(Spread(int(group.size), float(median), float(low), float(high)))
    return found
