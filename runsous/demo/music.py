"""The sample runner's listening history: on the way to work, at home and on the run."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from runsous import frames
from runsous.demo import plan
from runsous.demo.curves import Floats
from runsous.demo.songs import songs
from runsous.model import SAMPLE

_HEARD_LATELY: Final = 14
"""So many other songs come before one is played again."""

_TEMPO_BPM: Final = {"run": (165.0, 13.0), "way": (128.0, 40.0), "calm": (92.0, 24.0)}
"""Centre and width of the tempos that suit each mood."""

_STRAYING: Final = 0.06
"""How welcome a song is whose tempo does not suit the mood at all."""

_SKIP_S: Final = 60
"""Songs left within this were not wanted."""

Generator = np.random.Generator


@dataclass(frozen=True)
class _Sitting:
    """A stretch of listening; ``is_loop`` when one song comes three times in a row."""

    start: datetime
    length_s: int
    mood: str
    is_loop: bool = False


@dataclass(frozen=True)
class _Play:
    start: datetime
    played_s: int
    song: int
    precision_s: float


def listening(seed: int, today: date) -> pd.DataFrame:
    """Listens (:data:`frames.LISTENS`) from the season's first day to the day before ``today``.

    Stamps are starts, in order and without overlap; the same for the same arguments.
    """
    known = songs()
    plays = list(_plays(seed, today))
    rows = [play.song for play in plays]
    played = np.array([play.played_s for play in plays], dtype=float)
    duration = known.duration_s[rows].astype(float)
    return frames.listens(
        source=[SAMPLE] * len(plays),
        stamp=[play.start for play in plays],
        stamp_kind=["start"] * len(plays),
        precision_s=[play.precision_s for play in plays],
        played_s=played,
        duration_s=duration,
        artist=[known.artist[row] for row in rows],
        title=[known.title[row] for row in rows],
        album=[known.album[row] for row in rows],
        tempo_bpm=known.tempo_bpm[rows],
        is_skipped=played <= _SKIP_S,
    )


def _plays(seed: int, today: date) -> Iterator[_Play]:
    monday = plan.first_monday(today)
    days = (today - monday).days
    by_day: dict[date, list[plan.Outing]] = {}
    for outing in plan.outings(seed, today):
        by_day.setdefault(outing.start_time.date(), []).append(outing)
    lately: deque[int] = deque(maxlen=_HEARD_LATELY)
    favour = _favour(seed)
    for number in range(days):
        day = monday + timedelta(days=number)
        rng = np.random.default_rng([seed, day.toordinal(), 1])
        sittings = [*_everyday(rng, day), *_runs(seed, by_day.get(day, []))]
        known = songs().since <= number / days
        for sitting in sorted(sittings, key=lambda each: each.start):
            welcome = _suiting(sitting.mood) * favour * known
            yield from _sit(rng, sitting, welcome, lately)


def _favour(seed: int) -> Floats:
    """How much each song is liked: few a lot, most a little (Zipf)."""
    ranks = np.random.default_rng([seed, 2]).permutation(len(songs())) + 1.0
    favour: Floats = np.power(ranks + 8.0, -0.8)
    return favour


@cache
def _suiting(mood: str) -> Floats:
    """How well each song's tempo, or half or twice it, suits the mood, up to 1."""
    centre, width = _TEMPO_BPM[mood]
    tempo = songs().tempo_bpm
    fits = np.exp(-np.square((tempo - centre) / width))
    if mood == "run":
        fits = np.maximum(fits, 0.5 * np.exp(-np.square((2 * tempo - centre) / width)))
    suiting: Floats = fits + _STRAYING
    return suiting


def _everyday(rng: Generator, day: date) -> Iterator[_Sitting]:
    """The sittings of an ordinary day, clear of the hours in which the plan has runs."""
    if day.isoweekday() <= 5:
        if rng.random() < 0.8:
            yield _sitting(rng, (day, 7, 42), (22, 38), "way")
            yield _sitting(rng, (day, 17, 8), (22, 38), "way")
        if rng.random() < 0.3:
            yield _sitting(rng, (day, 14, 0), (40, 85), "calm")
    elif rng.random() < 0.8:
        yield _sitting(rng, (day, 14, 30), (45, 110), "way")
    if rng.random() < 0.4:
        yield _sitting(rng, (day, 20, 20), (30, 90), "calm")


def _sitting(
    rng: Generator, at: tuple[date, int, int], minutes: tuple[int, int], mood: str
) -> _Sitting:
    day, hour, minute = at
    local = datetime.combine(day, time(hour, minute), plan.ZONE)
    start = local.astimezone(UTC) + timedelta(seconds=int(rng.integers(0, 1200)))
    return _Sitting(start, int(rng.integers(60 * minutes[0], 60 * minutes[1])), mood)


def _runs(seed: int, outings: list[plan.Outing]) -> Iterator[_Sitting]:
    """The music of the day's outings: mostly playing before the start, and a little longer."""
    for outing in outings:
        if "quiet" in outing.marks:
            continue
        rng = outing.rng(seed, 3)
        lead = -200 if "late" in outing.marks else int(rng.integers(25, 170))
        lasts = sum(metres / mps for metres, mps in outing.blocks())
        share = 0.6 if "fades" in outing.marks else 1.0
        yield _Sitting(
            start=outing.start_time - timedelta(seconds=lead),
            length_s=int(lead + share * lasts + rng.integers(30, 200)),
            mood="run",
            is_loop="loop" in outing.marks,
        )


def _sit(rng: Generator, sitting: _Sitting, welcome: Floats, lately: deque[int]) -> Iterator[_Play]:
    precision_s = float(rng.choice([1.0, 2.0]))
    clock, count = 0, 0
    while sitting.length_s - clock > 15:
        is_again = sitting.is_loop and count in (3, 4)
        song = lately[-1] if is_again else _choose(rng, welcome, lately)
        lately.append(song)
        full = int(songs().duration_s[song])
        heard = min(full if is_again else _heard_s(rng, full), sitting.length_s - clock)
        yield _Play(sitting.start + timedelta(seconds=clock), heard, song, precision_s)
        clock += heard + _gap_s(rng)
        count += 1


def _choose(rng: Generator, welcome: Floats, lately: deque[int]) -> int:
    open_to = welcome.copy()
    open_to[list(lately)] = 0.0
    sums = np.cumsum(open_to)
    return int(np.searchsorted(sums, rng.random() * sums[-1], side="right"))


def _heard_s(rng: Generator, full: int) -> int:
    """Most songs to their end; some given up at once, some after a minute."""
    chance = rng.random()
    if chance < 0.035:
        return int(rng.integers(2, 10))
    if chance < 0.075:
        return int(rng.integers(30, _SKIP_S + 1))
    return full


def _gap_s(rng: Generator) -> int:
    """Seldom silence (a call, a word with somebody), mostly none."""
    return int(rng.integers(50, 200)) if rng.random() < 0.025 else int(rng.integers(0, 3))
