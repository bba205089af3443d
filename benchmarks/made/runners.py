"""Runners whose songs do what they are told to: recorded runs, playlists and effects made up."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from runsous import frames
from runsous.analysis import efforts, grade
from runsous.analysis.geo import Floats
from runsous.analysis.pauses import moving_clock
from runsous.analysis.recording import complete
from runsous.demo import season
from runsous.errors import InputError
from runsous.model import Activity
from runsous.sync import readers

_FOLDER: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
_LENGTHS_S: Final = (1500.0, 7200.0)

MIDDLE_BPM: Final = 140.0
SPREAD_BPM: Final = 18.0
_SETS_IN_S: Final = efforts.TRIMMED_S
_STANDING_MPS: Final = 0.5

Course = Callable[[Floats], Any]
"""Of the share of time gone (0 to 1): from about -1 to about 1."""


@dataclass(frozen=True)
class Effect:
    """What goes with a song of 10 BPM more: on the flat, and in beats per minute."""

    mps: float = 0.0
    beats: float = 0.0


@dataclass(frozen=True)
class Trap:
    """A runner whose speed follows ``course`` by ``rise_mps`` either way whatever is heard, while
    the playlist does by ``rise_bpm``; tempos scatter by ``spread_bpm``. ``is_sorted`` playlists
    go from the slowest song to the fastest.
    """

    course: Course
    rise_mps: float = 0.4
    rise_bpm: float = 25.0
    spread_bpm: float = 8.0
    is_sorted: bool = False


TRAPS: Final[Mapping[str, Trap]] = {
    "straight": Trap(lambda t: 2 * t - 1),
    "curved": Trap(lambda t: np.sin(np.pi * (t - 0.5))),
    "accelerating": Trap(lambda t: 2 * t**3 - 1),
    "warm-up shaped": Trap(lambda t: 1 - 2 * np.exp(-6 * t), 0.6, 30.0),
    "straight, playlists sorted": Trap(
        lambda t: 2 * t - 1, rise_bpm=0.0, spread_bpm=SPREAD_BPM, is_sorted=True
    ),
    "halves": Trap(lambda t: 2.0 * (t > 0.5) - 1),
    "stepped thirds": Trap(lambda t: np.clip(np.floor(3 * t), 0, 2) - 1),
    "stepped quarters": Trap(lambda t: np.clip(np.floor(4 * t), 0, 3) / 1.5 - 1),
    "fast middle third": Trap(lambda t: 1 - 2.0 * (np.abs(t - 0.5) > 1 / 6)),
}


def recorded() -> list[Activity]:
    """Runs between 25 minutes and two hours that tell their way: those that people published,
    else those of the sample season.
    """
    files = sorted(
        path for folder in ("fit", "gpx", "tcx") for path in (_FOLDER / folder).glob("run_*")
    )
    if not files:
        print("no recorded runs, the sample runner's instead", file=sys.stderr, end=" ")
    workouts = (
        (workout for path in files for workout in readers.read(_content(path)).workouts)
        if files
        else season.workouts(1, date(2024, 6, 1))
    )
    found = []
    for workout in workouts:
        try:
            run = complete(workout, home_zone="UTC")
        except InputError:
            continue
        is_long_enough = _LENGTHS_S[0] <= run.elapsed_time_s <= _LENGTHS_S[1]
        if run.sport == "run" and is_long_enough and run.samples["distance_m"].notna().any():
            found.append(run)
    return found


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def measured(
    runs: list[Activity], n: int, rng: np.random.Generator, effect: Effect | None = None
) -> pd.DataFrame:
    """The songs of a runner on so many runs, as statistics see them: :data:`frames.EFFORTS`,
    ``activity_id, tempo_bpm, tempo_confidence``.
    """
    found = []
    for number in range(n):
        run = runs[rng.integers(len(runs))]
        songs = playlist(run.elapsed_time_s, rng)
        if effect is not None:
            run = heard(run, songs, effect)
        rows, _ = efforts.measure(songs, run.samples, run.pauses, run.sport)
        found.append(rows.assign(activity_id=number))
    rows = pd.concat(found, ignore_index=True)
    # No song comes again.
    rows["track_id"] = np.arange(len(rows))
    return rows.assign(tempo_bpm=rows["locked_bpm"], tempo_confidence=1.0)


def playlist(length_s: float, rng: np.random.Generator) -> pd.DataFrame:
    """Songs of two to six minutes from the first second to the last (:data:`frames.SEGMENTS`)."""
    lasting = np.clip(rng.normal(215, 45, int(length_s // 120) + 2), 120, 360)
    end = np.cumsum(lasting)
    n = int(np.searchsorted(end, length_s)) + 1
    return frames.of(
        frames.SEGMENTS,
        index=np.arange(n),
        track_id=np.arange(n),
        start_s=np.append(0.0, end[: n - 1]),
        end_s=np.append(end[: n - 1], length_s),
        tempo_bpm=_tempos(rng.normal(MIDDLE_BPM, SPREAD_BPM, n)),
        certainty=["exact"] * n,
    )


def anew(rows: pd.DataFrame, rng: np.random.Generator, trap: Trap | None = None) -> pd.DataFrame:
    """The songs of a runner on whom nothing was planted, with other tempos; and in a trap."""
    time = rows["elapsed_share"].to_numpy()
    if trap is None:
        return rows.assign(tempo_bpm=_tempos(rng.normal(MIDDLE_BPM, SPREAD_BPM, len(rows))))
    tempo = rng.normal(MIDDLE_BPM, trap.spread_bpm, len(rows)) + trap.rise_bpm * trap.course(time)
    told = rows.assign(
        tempo_bpm=_tempos(tempo), flat_mps=rows["flat_mps"] + trap.rise_mps * trap.course(time)
    )
    if trap.is_sorted:
        each = told.groupby("activity_id")["tempo_bpm"]
        told["tempo_bpm"] = each.transform(lambda tempos: np.sort(tempos.to_numpy()))
    return told


def _tempos(wished: Floats) -> Floats:
    """Within the shown octave, to a tenth."""
    return np.asarray(np.clip(wished, 100, 199).round(1))


def heard(run: Activity, songs: pd.DataFrame, effect: Effect) -> Activity:
    """The run as the songs make it: along the same hills, faster or slower on the flat, with
    another heart rate; effects set in evenly within the seconds that are not measured.
    """
    samples = run.samples[run.samples["distance_m"].notna()].reset_index(drop=True)
    time, way = samples["time_s"].to_numpy(), samples["distance_m"].to_numpy()
    altitude = samples["altitude_m"].to_numpy()
    dose = (_lately(time, songs) - MIDDLE_BPM) / 10
    more = effect.mps * dose / grade.factor(grade.grades(way, altitude))
    moving = np.diff(moving_clock(time, run.pauses))
    going = np.diff(way) > _STANDING_MPS * moving
    steps = np.diff(way) + np.where(going, more[1:] * moving, 0)
    new_way = way[0] + np.append(0.0, np.cumsum(np.maximum(steps, 0)))
    samples = samples.assign(
        distance_m=new_way,
        # The hills are where they are.
        altitude_m=np.interp(new_way, way, altitude),
        speed_mps=samples["speed_mps"] + np.where(np.append(False, going), more, 0),
        heartrate=samples["heartrate"] + effect.beats * dose,
    )
    return replace(run, samples=samples)


def _lately(time: Floats, songs: pd.DataFrame) -> Floats:
    """Mean tempo of the last seconds at each time."""
    bounds = np.append(songs["start_s"], songs["end_s"].iloc[-1])
    beats = np.append(0.0, np.cumsum(songs["tempo_bpm"] * np.diff(bounds)))
    since = np.maximum(time - _SETS_IN_S, 0)
    heard_for = time - since
    told = np.interp(time, bounds, beats) - np.interp(since, bounds, beats)
    first = np.full(time.size, songs["tempo_bpm"].iloc[0])
    mean: Floats = np.divide(told, heard_for, out=first, where=heard_for > 0)
    return mean
