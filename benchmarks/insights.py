"""Whether the statistics keep what they promise: runners on whom an effect was planted, or none."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Final

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.formula.api import mixedlm

from benchmarks import timing
from benchmarks.figures import Limit, Row
from benchmarks.made import runners
from runsous.analysis import effects
from runsous.analysis.effects import Effect, Measure
from runsous.analysis.within import covariates

_RUNNERS: Final = 400
_RUNS: Final = 12
_SAME: Final = 100
"""Runners on whom nothing is planted are measured once and hear several playlists."""
_MIXED: Final = 60
"""The yardstick takes its time."""

_PLANTED: Final = runners.Effect(mps=0.03, beats=1.0)
_LEVEL: Final = 0.05
_NEAR: Final = 2.0

_TEMPO: Final = effects.DOSES[0]
_SPEED, _HEARTRATE = effects.OUTCOMES[:2]

_BIG: Final = (2_000, 20)


def run() -> list[Row]:
    """Coverage of intervals, false alarms without an effect and in traps, and speed."""
    runs = runners.recorded()
    planted = [
        runners.measured(runs, _RUNS, np.random.default_rng([1, n]), _PLANTED)
        for n in range(_RUNNERS)
    ]
    rows = [
        _coverage_row(planted, _SPEED, _PLANTED.mps, len(runs)),
        _coverage_row(planted, _HEARTRATE, _PLANTED.beats, len(runs)),
    ]
    without = [runners.measured(runs, _RUNS, np.random.default_rng([2, n])) for n in range(_SAME)]
    for outcome in (_SPEED, _HEARTRATE):
        rows.append(
            _false_alarms_row("songs without effect", outcome, _anew(without, 2 * _RUNNERS))
        )
    for name, trap in runners.TRAPS.items():
        rows.append(_trap_row(name, _anew(without, _RUNNERS, trap)))
    return [*rows, _speed_row()]


def _anew(
    without: Sequence[pd.DataFrame], n: int, trap: runners.Trap | None = None
) -> list[pd.DataFrame]:
    return [
        runners.anew(without[nth % len(without)], np.random.default_rng([3, nth]), trap)
        for nth in range(n)
    ]


def _coverage_row(
    planted: Sequence[pd.DataFrame], outcome: Measure, truth: float, n_runs: int
) -> Row:
    found = [effects.effect(rows, _TEMPO, outcome) for rows in planted]
    pooled = [_pooled(rows, outcome) for rows in planted]
    off = fmean(_told(each.estimate) for each in found) - truth
    widths = [_told(each.high) - _told(each.low) for each in found]
    wide = [(high - low) for low, high, _ in pooled]
    return Row(
        f"95 % interval holds the planted effect on {outcome.name}",
        "%",
        [_percent(_told(e.low) <= truth <= _told(e.high) for e in found)],
        "a slope through all songs",
        [_percent(low <= truth <= high for low, high, _ in pooled)],
        Limit(95.0, within=_NEAR),
        note=f"{len(planted)} runners with {_RUNS} of {n_runs} recorded runs each;"
        f" {truth:g} {outcome.unit} per 10 BPM planted in the samples, bias {off:+.4f},"
        f" width {fmean(widths):.3f} (through all songs {fmean(wide):.3f});"
        f" shifts find it in {_percent(_shifted(e) for e in found):.0f} %",
    )


def _false_alarms_row(what: str, outcome: Measure, heard: Sequence[pd.DataFrame]) -> Row:
    found = [effects.effect(rows, _TEMPO, outcome) for rows in heard]
    return Row(
        f"{what} called significant by shifts, {outcome.name}",
        "%",
        [_percent(map(_shifted, found))],
        "a slope through all songs",
        [_percent(_pooled(rows, outcome)[2] < _LEVEL for rows in heard)],
        Limit(100 * _LEVEL, within=_NEAR),
        note=f"{len(heard)} sets of playlists; zero is outside the 95 % interval in"
        f" {_percent(_told(each.p) < _LEVEL for each in found):.1f} %",
    )


def _trap_row(name: str, heard: Sequence[pd.DataFrame]) -> Row:
    found = [effects.effect(rows, _TEMPO, _SPEED) for rows in heard]
    pooled = _percent(_pooled(rows, _SPEED)[2] < _LEVEL for rows in heard)
    return Row(
        f"faster as the playlist is ({name}) called significant by shifts",
        "%",
        [_percent(map(_shifted, found))],
        "mixed model, random intercept",
        [_percent(_mixed(rows) < _LEVEL for rows in heard[:_MIXED])],
        # Fewer are no broken promise, but songs that explain less than they could.
        Limit(100 * _LEVEL + _NEAR),
        note=f"{len(heard)} sets of playlists; zero is outside the 95 % interval in"
        f" {_percent(_told(each.p) < _LEVEL for each in found):.1f} %, of a slope through all songs"
        f" in {pooled:.0f} %",
    )


def _speed_row() -> Row:
    rng = np.random.default_rng(4)
    n = _BIG[0] * _BIG[1]
    names = {outcome.column for outcome in effects.OUTCOMES}
    rows = pd.DataFrame(
        {
            "activity_id": np.repeat(np.arange(_BIG[0]), _BIG[1]),
            "index": np.tile(np.arange(_BIG[1]), _BIG[0]),
            "track_id": rng.integers(0, 3_000, n),
            "elapsed_share": np.tile((np.arange(_BIG[1]) + 0.5) / _BIG[1], _BIG[0]),
            "tempo_bpm": rng.uniform(100, 199, n),
            "tempo_confidence": 1.0,
            **{name: rng.normal(size=n) for name in ("grade", "warm_up", *sorted(names))},
        }
    )
    took = [timing.seconds(lambda: effects.effects(rows, _TEMPO)) for _ in range(7)]
    plain = [
        timing.seconds(lambda: [_pooled(rows, each) for each in effects.OUTCOMES]) for _ in range(7)
    ]
    return Row(
        f"effects on {len(effects.OUTCOMES)} outcomes, {_BIG[0]:,} activities with {_BIG[1]} songs"
        " each",
        "s",
        took,
        "slopes through all songs",
        plain,
        Limit(0.4),
    )


def _pooled(rows: pd.DataFrame, outcome: Measure) -> tuple[float, float, float]:
    """Interval and p of a slope through all songs beside grade and warm-up, per 10 BPM."""
    told = rows[rows[outcome.column].notna()]
    ones = np.ones(len(told))
    design = np.column_stack([told["tempo_bpm"] / _TEMPO.step, ones, *covariates(told)])
    inverse = np.linalg.pinv(design.T @ design)
    found = inverse @ design.T @ told[outcome.column].to_numpy()
    left = told[outcome.column].to_numpy() - design @ found
    df = len(told) - design.shape[1]
    error = float(np.sqrt(left @ left / df * inverse[0, 0]))
    reach = float(stats.t.ppf(1 - _LEVEL / 2, df)) * error
    p = float(2 * stats.t.sf(abs(found[0]) / error, df))
    return float(found[0]) - reach, float(found[0]) + reach, p


def _mixed(rows: pd.DataFrame) -> float:
    told = rows.assign(grade=rows["grade"].fillna(0)).dropna(subset=["flat_mps"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = mixedlm("flat_mps ~ tempo_bpm + grade + warm_up", told, groups="activity_id").fit()
    return float(fit.pvalues["tempo_bpm"])


def _shifted(found: Effect) -> bool:
    return found.null is not None and found.null.p < _LEVEL


def _told(number: float | None) -> float:
    """What every one of these runners has enough songs for."""
    assert number is not None
    return number


def _percent(these: Iterable[bool]) -> float:
    return 100 * fmean(map(bool, these))
