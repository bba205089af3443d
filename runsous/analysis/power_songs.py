"""Songs one runs faster to than one would at that effort, and songs that calm the heart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from runsous.analysis import within
from runsous.analysis.geo import Floats, Ints

FEWEST_PLAYS: Final = 3
FEWEST_SONGS: Final = 8
"""Songs that were heard so often; fewer do not tell how different songs are."""
_LEVEL: Final = 0.95
_EFFORT_TOLD: Final = 0.5
_NAMES: Final = {"flat_mps": "speed", "heartrate": "heart rate"}
_MISSING: Final = (
    f"It takes at least {FEWEST_SONGS} songs, heard again and again, on activities with"
    f" {within.FEWEST} or more whose {{outcome}} is known; so far there {{are}} {{plays}} of"
    " {songs}."
)


NONE_STANDS_OUT: Final = (
    "No song stands out: what differs between them is no more than chance makes differ."
)


@dataclass(frozen=True)
class Ranking:
    """``songs``: ``track_id, n, plain, estimate, low, high``, the strongest first, in the unit of
    the outcome: the plain mean of what a song's plays differ by, and that shrunken towards zero
    with its 95 % interval.

    ``spread`` is the standard deviation among songs themselves, ``noise`` that of one play.
    ``at_equal`` tells whether effort (or speed) was taken into account; ``n_plays`` is how many
    plays were compared, of all songs. ``missing`` says what it takes where there is too little to
    tell songs apart, or :data:`NONE_STANDS_OUT`; there are no ``songs`` then.
    """

    songs: pd.DataFrame
    spread: float
    noise: float
    at_equal: bool
    n_plays: int
    missing: str | None


def power_songs(efforts: pd.DataFrame) -> Ranking:
    """Songs by speed on the flat, m/s, at equal heart rate where activities tell it."""
    return _rank(efforts, "flat_mps", "heartrate", sign=1)


def calming_songs(efforts: pd.DataFrame) -> Ranking:
    """Songs by heart rate, beats per minute, at equal speed; the lowest first."""
    return _rank(efforts, "heartrate", "flat_mps", sign=-1)


def _rank(efforts: pd.DataFrame, outcome: str, given: str, sign: int) -> Ranking:
    """Songs by what is left of an outcome within activities (:mod:`runsous.analysis.within`)
    without grade, warm-up and what is ``given``.
    """
    rows = efforts[efforts[outcome].notna()]
    is_given = rows[given].notna()
    at_equal = bool(len(rows) and is_given.mean() >= _EFFORT_TOLD)
    rows = (rows[is_given] if at_equal else rows).reset_index(drop=True)
    beside = [*within.covariates(rows), *([rows[given].to_numpy()] if at_equal else [])]
    compared = within.compare(rows, [rows[outcome].to_numpy(), *beside])
    others = compared.values[:, 1:]
    left = within.without(others[:, within.varying(others)], compared.values[:, 0])
    track = rows["track_id"].to_numpy()[compared.rows]
    songs, spread, noise = shrunken(track, left, compared.freedom)
    ordered = songs.sort_values("estimate", ascending=sign < 0, kind="stable", ignore_index=True)
    n_songs = len(np.unique(track))
    missing = None
    if songs.empty or not _is_enough(n_songs, float(compared.freedom.sum())):
        missing = _MISSING.format(
            outcome=_NAMES[outcome],
            are="is" if len(left) == 1 else "are",
            plays=_count(len(left), "play"),
            songs=_count(n_songs, "song"),
        )
    elif not spread:
        missing = NONE_STANDS_OUT
    if missing is not None:
        ordered = ordered[:0]
    return Ranking(ordered, spread, noise, at_equal, len(left), missing)


def shrunken(
    song: Floats | Ints, value: Floats, freedom: Floats
) -> tuple[pd.DataFrame, float, float]:
    """Each song's effect shrunken towards zero by how little it was heard, of those heard often
    enough; and the standard deviations among songs and of one play.

    ``value`` is what is left of the outcome of each play and ``freedom`` (0 to 1) how much of it
    level and course have left. One-way random effects with mean zero: with n the sum of a song's
    freedom, f its mean and S the sum of its values, its plain effect is S / n. What level and
    course take of a play they share out among the others of its activity, so beside its own σ² it
    has (1 - f) τ² of the songs around it: S² / n is n τ² + ν on the mean with ν = σ² + (1 - f) τ²,
    and the variance of all that is left τ² + σ². Both follow by the method of moments (Searle,
    Casella & McCulloch 1992), τ² at least zero. A song's estimate is S τ² / (n τ² + ν), its
    posterior variance τ² ν / (n τ² + ν) (Efron & Morris 1975).
    """
    # Slow to load, so not with the module.
    from scipy import stats

    track, codes, n = np.unique(song, return_inverse=True, return_counts=True)
    total = np.bincount(codes, value, minlength=len(track))
    free = np.maximum(np.bincount(codes, freedom, minlength=len(track)), 1e-9)
    share = free / n
    spread2, noise2 = _variances(value, total.astype("float64"), free, share)
    around = noise2 + (1 - share) * spread2
    estimate = total * spread2 / np.maximum(free * spread2 + around, 1e-300)
    variance = spread2 * around / np.maximum(free * spread2 + around, 1e-300)
    reach = float(stats.norm.ppf((1 + _LEVEL) / 2)) * np.sqrt(variance)
    songs = pd.DataFrame(
        {
            "track_id": track.astype("int64"),
            "n": n,
            "plain": total / free,
            "estimate": estimate,
            "low": estimate - reach,
            "high": estimate + reach,
        }
    )
    often = songs[songs["n"] >= FEWEST_PLAYS].reset_index(drop=True)
    return often, float(np.sqrt(spread2)), float(np.sqrt(noise2))


def _variances(value: Floats, total: Floats, free: Floats, share: Floats) -> tuple[float, float]:
    """Variances among songs and of one play."""
    n_songs, df = len(free), float(free.sum())
    if not _is_enough(n_songs, df):
        return 0.0, 0.0
    both = float(value @ value) / df
    among = (float(np.sum(total**2 / free)) - n_songs * both) / (df - float(share.sum()))
    spread = float(np.clip(among, 0.0, both))
    return spread, both - spread


def _is_enough(n_songs: int, df: float) -> bool:
    """Whether songs can be told from plays: so many songs, and as many more plays than songs."""
    return n_songs >= FEWEST_SONGS and df - n_songs >= FEWEST_SONGS


def _count(n: int, of: str) -> str:
    return f"{n:,} {of if n == 1 else of + 's'}"
