"""What goes with faster songs: pace, heart rate, cadence; within each activity.

A song on an activity counts once, however long it is. Its outcome is explained by its dose (tempo
or energy), by grade and warm-up, and by each activity's own level and course
(:mod:`runsous.analysis.within`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from runsous.analysis import lacking, shifts, within
from runsous.analysis.geo import Floats
from runsous.analysis.lacking import FEWEST_ACTIVITIES, FEWEST_DF, FEWEST_SONGS
from runsous.analysis.octaves import FASTEST_BPM, OCTAVE_BPM, SLOWEST_BPM
from runsous.analysis.shifts import Null, Shifted
from runsous.analysis.slopes import slope
from runsous.analysis.within import Compared

LEVEL: Final = 0.95

SURE: Final = 0.5
"""A tempo that is rather wrong than right says nothing of the song."""


@dataclass(frozen=True)
class Measure:
    """A column of efforts that is explained (an outcome) or explains (a dose): a dose's ``step``
    is what an effect is told for.
    """

    name: str
    column: str
    unit: str
    step: float = 1.0
    # Bands of the dose, from … to.
    edges: tuple[float, ...] = ()


OUTCOMES: Final = (
    Measure("speed", "flat_mps", "m/s"),
    Measure("heartrate", "heartrate", "bpm"),
    Measure("cadence", "cadence", "per minute"),
)
DOSES: Final = (
    Measure("tempo", "tempo_bpm", "BPM", 10.0, (100, 120, 140, 160, 180, 200)),
    Measure("energy", "energy", "0 to 1", 0.1, (0, 0.2, 0.4, 0.6, 0.8, 1.0)),
)
"""The registry: page and API iterate."""


@dataclass(frozen=True)
class Effect:
    """What goes with ``dose.step`` more: in the unit of the outcome, 95 % interval and p value.

    ``correlation`` is the repeated-measures correlation (Bakdash & Marusich 2017): of dose and
    outcome, with each activity's level taken out and nothing else, with its interval. ``null``
    are the same songs shifted. All are ``None`` where ``has_enough`` is false; ``n_songs`` on
    ``n_activities`` is then what there is, and ``missing`` says what is not.
    """

    outcome: Measure
    dose: Measure
    n_songs: int
    n_activities: int
    has_enough: bool
    missing: str | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    mean: float | None = None
    correlation: tuple[float, float, float] | None = None
    null: Null | None = None
    # Of all outcomes asked together: how likely this one is a false discovery.
    q: float | None = None


@dataclass(frozen=True)
class Band:
    """Songs with a dose in ``[since, until)``: how far the outcome was from each activity's own
    course, on the mean, with its 95 % interval.
    """

    since: float
    until: float
    n_songs: int
    estimate: float
    low: float
    high: float


def usable(efforts: pd.DataFrame, dose: Measure, outcome: Measure) -> pd.DataFrame:
    """The rows that tell both, tempos in the shown octave: a rule that looks at no run."""
    rows = efforts
    if dose.column == "tempo_bpm":
        rows = rows.assign(tempo_bpm=folded(rows["tempo_bpm"].to_numpy()))
        rows = rows[rows["tempo_confidence"].fillna(1) >= SURE]
    told = rows[[dose.column, outcome.column]].notna().all(axis=1)
    return rows[told].reset_index(drop=True)


def folded(bpm: Floats) -> Floats:
    """Tempos in the octave from 100 to 200 BPM; NaN for what is none (below 40, above 250)."""
    low, _ = OCTAVE_BPM
    with np.errstate(invalid="ignore", divide="ignore"):
        octave: Floats = np.where(bpm > 0, np.floor(np.log2(bpm / low)), 0)
        is_tempo = (bpm >= SLOWEST_BPM) & (bpm <= FASTEST_BPM)
        return np.where(is_tempo, bpm / 2**octave, np.nan)


@dataclass(frozen=True)
class _Explaining:
    """A dose and what else explains an outcome, without level and course of each activity."""

    compared: Compared
    df: int
    is_varying: bool

    @property
    def others(self) -> Floats:
        """What explains beside the dose, where it varies."""
        return self.compared.values[:, 1:]

    @cached_property
    def dose(self) -> Floats:
        """What the others leave of it."""
        return within.without(self.others, self.compared.values[:, 0])

    @cached_property
    def shifted(self) -> Shifted:
        """The same of shifted playlists."""
        return shifts.shift(self.compared, self.dose)

    def outcome(self, rows: pd.DataFrame, y: Floats) -> Floats:
        """What all but the dose leave of an outcome."""
        found = within.compare(rows, [y], found=self.compared.blocks)
        return within.without(self.others, found.values[:, 0])


def _explaining(rows: pd.DataFrame, x: Floats) -> _Explaining:
    compared = within.compare(rows, [x, *within.covariates(rows)], x)
    varies = within.varying(compared.values)
    columns = np.append(True, varies[1:])
    return _Explaining(
        replace(compared, values=compared.values[:, columns]),
        compared.df - int(varies.sum()),
        bool(varies[0]),
    )


Known = dict[bytes, _Explaining]
"""By the rows: most outcomes are told by the same."""


def effect(
    efforts: pd.DataFrame, dose: Measure, outcome: Measure, known: Known | None = None
) -> Effect:
    """The effect of a dose on an outcome, from rows of ``store.efforts.ROWS``.

    Ordinary least squares, outcome ~ dose + grade + warm-up + level and course of each activity,
    fitted after level and course are taken out of every column (Frisch, Waugh & Lovell), with as
    many degrees of freedom as remain; the interval allows for songs that come again and for
    activities that differ (:mod:`runsous.analysis.slopes`).
    """
    rows = usable(efforts, dose, outcome)
    x = rows[dose.column].to_numpy() / dose.step
    y = rows[outcome.column].to_numpy()
    known = {} if known is None else known
    which = rows[["activity_id", "index"]].to_numpy().tobytes()
    if which not in known:
        known[which] = _explaining(rows, x)
    by = known[which]
    n_songs, n_activities = len(by.compared.values), by.compared.n_activities
    missing = None
    if n_songs < FEWEST_SONGS or n_activities < FEWEST_ACTIVITIES:
        there_is, dosed = (n_songs, n_activities), usable(efforts, dose, dose)
        missing = lacking.too_few(efforts, dosed, rows, there_is, (dose, outcome))
    elif not by.is_varying:
        missing = _ALIKE.format(dose=dose.name)
    elif by.df < FEWEST_DF:
        missing = lacking.too_short(n_songs, n_activities, by.df)
    if missing is not None:
        return Effect(outcome, dose, n_songs, n_activities, False, missing)
    y_left = by.outcome(rows, y)
    activity, song = rows[["activity_id", "track_id"]].to_numpy()[by.compared.rows].T
    fit = slope(by.dose, y_left, by.df, activity, song)
    return Effect(
        outcome,
        dose,
        n_songs,
        n_activities,
        has_enough=True,
        estimate=fit.estimate,
        low=fit.low,
        high=fit.high,
        p=fit.p,
        mean=float(y.mean()),
        correlation=repeated_measures(rows["activity_id"].to_numpy(), x, y),
        null=by.shifted.null(y_left),
    )


def effects(
    efforts: pd.DataFrame, dose: Measure, outcomes: Sequence[Measure] = OUTCOMES
) -> list[Effect]:
    """The effects of a dose on each of these outcomes, with the false discovery rate of the shift
    tests among them (``q``; Benjamini & Hochberg 1995).
    """
    # Slow to load, so not with the module.
    from scipy import stats

    known: Known = {}
    found = [effect(efforts, dose, outcome, known) for outcome in outcomes]
    tested = [each.null.p for each in found if each.null is not None]
    rates = iter(stats.false_discovery_control(tested).tolist() if tested else ())
    return [
        _with_rate(each, float(next(rates))) if each.null is not None else each for each in found
    ]


def repeated_measures(activity: Floats, x: Floats, y: Floats) -> tuple[float, float, float] | None:
    """Repeated-measures correlation r with its 95 % interval (Bakdash & Marusich 2017).

    r of x and y, each less its activity's mean; with n rows in k activities there are n - k - 1
    degrees of freedom, and the interval is Fisher's with n - k - 2 in the place of n - 3.
    ``None`` with fewer than three degrees of freedom or nothing that varies.
    """
    # Slow to load, so not with the module.
    from scipy import stats

    codes, _ = pd.factorize(activity)
    counts = np.bincount(codes)
    left = [v - (np.bincount(codes, v) / counts)[codes] for v in (x, y)]
    df = len(x) - len(counts) - 1
    spread = np.sqrt((left[0] @ left[0]) * (left[1] @ left[1]))
    if df < 3 or not spread > 0:
        return None
    r = float(np.clip(left[0] @ left[1] / spread, -1, 1))
    reach = stats.norm.ppf((1 + LEVEL) / 2) / np.sqrt(df - 1)
    low, high = np.tanh(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)) + np.array([-reach, reach]))
    return r, float(low), float(high)


def bands(efforts: pd.DataFrame, dose: Measure, outcome: Measure) -> list[Band]:
    """The outcome by bands of the dose, those with at least eight songs.

    What grade, warm-up and each activity's level and course do not explain, on the mean of a
    band, with Student's interval.
    """
    # Slow to load, so not with the module.
    from scipy import stats

    rows = usable(efforts, dose, outcome)
    columns = [rows[outcome.column].to_numpy(), *within.covariates(rows)]
    compared = within.compare(rows, columns, rows[dose.column].to_numpy())
    others = compared.values[:, 1:]
    left = within.without(others[:, within.varying(others)], compared.values[:, 0])
    # With level and course some of what songs do is taken away, too.
    left = left * np.sqrt(len(left) / max(compared.df, 1))
    at = np.digitize(rows[dose.column].to_numpy()[compared.rows], dose.edges[1:-1])
    found = []
    for nth, (since, until) in enumerate(zip(dose.edges, dose.edges[1:], strict=False)):
        these = left[at == nth]
        if len(these) >= FEWEST_SONGS:
            reach = float(stats.t.ppf((1 + LEVEL) / 2, len(these) - 1) * stats.sem(these))
            mean = float(these.mean())
            found.append(Band(since, until, len(these), mean, mean - reach, mean + reach))
    return found


def per_activity(efforts: pd.DataFrame, dose: Measure, outcome: Measure) -> pd.DataFrame:
    """What is drawn: the usable rows with ``x`` and ``y``, less their activity's own mean and plus
    that of all, and how many songs their activity has (``n``).
    """
    rows = usable(efforts, dose, outcome)
    by = rows.groupby("activity_id")
    x, y = rows[dose.column], rows[outcome.column]
    return rows.assign(
        x=x,
        y=y - by[outcome.column].transform("mean") + y.mean(),
        n=by[outcome.column].transform("size"),
    )


_ALIKE = (
    "In each activity the {dose} of all songs is the same, or goes with its course: there is"
    " nothing to compare."
)


def _with_rate(found: Effect, rate: float) -> Effect:
    return replace(found, q=rate)
