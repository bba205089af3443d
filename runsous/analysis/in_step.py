"""Do you move in time with your songs, more than with the same songs begun elsewhere?

Share in time is made of cadence and tempo, so it must not be set against tempo: who keeps one
cadence is in time with some tempos and not with others, whatever is heard. Here the songs of an
activity are set against the stretches of the same activity instead, their own and all others, in
their order: only what ties a song to its own stretch counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from runsous.analysis import lock
from runsous.analysis.geo import Floats
from runsous.analysis.pauses import Pauses
from runsous.analysis.shifts import N_SHIFTS, Null

FEWEST_EACH: Final = 3
FEWEST_SONGS: Final = 8
FEWEST_ACTIVITIES: Final = 3
LEVEL: Final = 0.95
_SEED: Final = 20
_SAME: Final = 1e-9


@dataclass(frozen=True)
class InStep:
    """``share`` of the time in time with one's songs, ``by_chance`` with the same songs begun
    elsewhere in the same activity, and the ``difference`` with its 95 % interval, all 0 to 1.

    ``null`` are the differences of shifted playlists. All are ``None`` where there is too little;
    ``n_songs`` on ``n_activities`` is then what there is, and ``missing`` says what is not.
    """

    n_songs: int
    n_activities: int
    missing: str | None = None
    share: float | None = None
    by_chance: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    null: Null | None = None


def measure(efforts: pd.DataFrame, samples: pd.DataFrame, pauses: Pauses) -> Floats | None:
    """The mean share in time of an activity's songs (:data:`frames.EFFORTS`) for each shift of
    them by so many places; the first is what was. Songs without tempo or cadence are no songs
    here; ``None`` with fewer than three.
    """
    timed = efforts[efforts["locked"].notna()]
    if len(timed) < FEWEST_EACH:
        return None
    tiles = pd.DataFrame(
        {
            "index": timed["index"],
            "start_s": timed["since_s"],
            "end_s": timed["until_s"],
            "tempo_bpm": timed["locked_bpm"],
        }
    )
    return of_shifts(lock.to_each(samples, tiles, pauses))


def of_shifts(shares: Floats) -> Floats:
    """The mean of ``shares`` (stretches × songs, in their order) when each song is set against the
    stretch so many places after its own: one for each shift, none first.
    """
    song = np.arange(len(shares))
    mean: Floats = shares[(song + song[:, None]) % len(shares), song].mean(axis=1)
    return mean


def compare(shifts: Sequence[Floats], n: int = N_SHIFTS) -> InStep:
    """What the shifts of each activity (see :func:`measure`) say together.

    Activities weigh by their songs. The interval is Student's over activities: songs of one are
    not independent. p is the share of ``n`` playlists shifted at random in each activity, the true
    one counted as one of them, that are at least as far from none.
    """
    # Slow to load, so not with the module.
    from scipy import stats

    n_songs, n_activities = sum(map(len, shifts)), len(shifts)
    if n_songs < FEWEST_SONGS or n_activities < FEWEST_ACTIVITIES:
        missing = _TOO_FEW.format(n_songs=n_songs, n_activities=n_activities)
        return InStep(n_songs, n_activities, missing)
    weights = np.array([len(each) for each in shifts]) / n_songs
    # By activity, each shift less the mean of all others.
    apart = [(each - each.mean()) * len(each) / (len(each) - 1) for each in shifts]
    heard = np.array([each[0] for each in apart])
    difference, share = float(weights @ heard), float(weights @ [each[0] for each in shifts])
    spread = np.square(weights * (heard - difference)).sum()
    error = np.sqrt(spread * n_activities / (n_activities - 1))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, n_activities - 1) * error)
    return InStep(
        n_songs,
        n_activities,
        share=share,
        by_chance=share - difference,
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        null=_null(apart, weights, difference, n),
    )


def _null(apart: Sequence[Floats], weights: Floats, heard: float, n: int) -> Null:
    rng = np.random.default_rng(_SEED)
    found = np.zeros(n)
    for each, weight in zip(apart, weights, strict=True):
        found += weight * each[rng.integers(0, len(each), n)]
    extreme = int(np.count_nonzero(np.abs(found) >= abs(heard) - _SAME))
    return Null(found, (1 + extreme) / (n + 1))


_TOO_FEW = (
    f"At least {FEWEST_SONGS} songs in {FEWEST_ACTIVITIES} activities are needed,"
    f" {FEWEST_EACH} or more in each, with a known tempo and a known cadence; there are {{n_songs}}"
    " in {n_activities}."
)
