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
from runsous.analysis.contrasts import contrasts
from runsous.analysis.correlation import repeated_measures
from runsous.analysis.geo import Floats, Ints
from runsous.analysis.lacking import FEWEST_ACTIVITIES, FEWEST_DF, FEWEST_SONGS
from runsous.analysis.octaves import FASTEST_BPM, OCTAVE_BPM, SLOWEST_BPM
from runsous.analysis.shifts import Null, Shifted
from runsous.analysis.slopes import slope
from runsous.analysis.within import Compared

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
    course, which all bands have in common, with its 95 % interval.
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

    @property
    def there_is(self) -> tuple[int, int]:
        """So many songs in so many activities to compare."""
        return len(self.compared.values), self.compared.n_activities

    def without_course(self, rows: pd.DataFrame, *columns: Floats) -> Floats:
        """What all but the dose leave of an outcome, or of columns side by side."""
        found = within.compare(rows, list(columns), found=self.compared.blocks).values
        return within.without(self.others, found[:, 0] if len(columns) == 1 else found)

    def clusters(self, rows: pd.DataFrame) -> tuple[Ints, Ints]:
        """The activity and the song of each."""
        activity, song = rows[["activity_id", "track_id"]].to_numpy()[self.compared.rows].T
        return activity, song


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
    n_songs, n_activities = by.there_is
    missing = _missing(efforts, rows, by, dose, outcome)
    if missing is not None:
        return Effect(outcome, dose, n_songs, n_activities, False, missing)
    y_left = by.without_course(rows, y)
    fit = slope(by.dose, y_left, by.df, *by.clusters(rows))
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


def _missing(
    efforts: pd.DataFrame, rows: pd.DataFrame, by: _Explaining, dose: Measure, outcome: Measure
) -> str | None:
    n_songs, n_activities = by.there_is
    if n_songs < FEWEST_SONGS or n_activities < FEWEST_ACTIVITIES:
        dosed = usable(efforts, dose, dose)
        return lacking.too_few(efforts, dosed, rows, by.there_is, (dose, outcome))
    if not by.is_varying:
        return _ALIKE.format(dose=dose.name)
    if by.df < FEWEST_DF:
        return lacking.too_short(n_songs, n_activities, by.df)
    return None


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


def bands(efforts: pd.DataFrame, dose: Measure, outcome: Measure) -> list[Band]:
    """The outcome by bands of the dose, those with at least eight songs; none where there is not
    enough data for an effect, or to compare these bands.

    Least squares with a column for each band instead of the dose (see :func:`effect` and
    :func:`runsous.analysis.contrasts.contrasts`); all songs in the bands told are zero on the mean.
    """
    rows = usable(efforts, dose, outcome)
    x = rows[dose.column].to_numpy()
    by = _explaining(rows, x)
    if _missing(efforts, rows, by, dose, outcome) is not None:
        return []
    ranges = list(zip(dose.edges, dose.edges[1:], strict=False))
    is_in = np.digitize(x, dose.edges[1:-1])[:, None] == np.arange(len(ranges))
    n_songs = is_in[by.compared.rows].sum(axis=0)
    is_told = n_songs >= FEWEST_SONGS
    y_left = by.without_course(rows, rows[outcome.column].to_numpy())
    groups = by.without_course(rows, *is_in.T.astype("float64"))
    # Without the dose there is one degree of freedom more.
    weights, df = np.where(is_told, n_songs, 0.0), by.df + 1
    fits = contrasts(groups, y_left, weights, df, by.clusters(rows))
    told = [(*ranges[nth], int(n_songs[nth])) for nth in np.flatnonzero(is_told)]
    return [
        Band(*each, fit.estimate, fit.low, fit.high) for each, fit in zip(told, fits, strict=False)
    ]


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
