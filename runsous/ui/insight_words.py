"""Effects in the units and words of who reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from runsous.analysis import cadence
from runsous.analysis.effects import Effect
from runsous.model import ON_FOOT
from runsous.reports.insights import LeftOut
from runsous.ui import format as fmt
from runsous.ui.series import Floats

OUTCOMES: Final = {
    "speed": "Pace",
    "heartrate": "Heart rate",
    "cadence": "Cadence",
}
DOSES: Final = {"tempo": "Tempo", "energy": "Energy"}
KINDS: Final = {
    "steady": "Steady",
    "progression": "Progression",
    "intervals": "Intervals",
    "long": "Long",
    "short": "Short",
}

CAUSE: Final = (
    "What goes together need not cause each other: you may run faster because of a song, or choose"
    " the song for a fast stretch. Only trying it out can tell."
)
_CLEAR: Final = 0.05
_MOST_DIGITS: Final = 3
_UNDER: Final = "under "
_MORE: Final = 3.0
"""Four times as many songs halve an interval."""


@dataclass(frozen=True)
class Look:
    """Whose units, and what sport."""

    sport: str
    units: fmt.Units


@dataclass(frozen=True)
class Told:
    """One effect: the sentence, its interval, what it rests on, how it compares with chance, and
    what would make it surer. ``is_clear`` where chance alone hardly does as much and the interval
    holds no zero.
    """

    sentence: str
    interval: str
    basis: str
    chance: str
    surer: str
    is_clear: bool


def effect(each: Effect, look: Look) -> Told | None:
    """An effect in words, or ``None`` where there is not enough to tell one."""
    if each.estimate is None or each.low is None or each.high is None or each.null is None:
        return None
    scale = _Scale.of(each, look)
    step = "+10 BPM" if each.dose.name == "tempo" else "+0.1 energy"
    is_apart = each.low > 0 or each.high < 0
    chance, is_clear = judged(
        each.null.p, each.q or 0.0, is_apart=is_apart, differ="songs or activities"
    )
    activities = count(each.n_activities, "activity", "activities")
    return Told(
        sentence=f"{step} goes with {scale.tell(each.estimate)}",
        interval=f"95 % interval: {scale.between(each.low, each.high)}",
        basis=f"{count(each.n_songs, 'song', 'songs')} in {activities}",
        chance=chance,
        surer=f"About {_round(_MORE * each.n_songs):,} more songs on activities like these would"
        f" halve the interval; so do songs that differ more in {each.dose.name} within one"
        " activity.",
        is_clear=is_clear,
    )


def shown(each: Effect, look: Look, values: Floats) -> Floats:
    """Values of the outcome as they are drawn: minutes of pace as seconds, shares as percent; NaN
    for the pace of who stands still.
    """
    if each.outcome.name == "speed":
        length_m = _length_m(look)
        moving = np.where(values > 0, values, np.nan)
        return length_m / moving if length_m else values * 3.6 / _miles(look)
    return values


def difference(each: Effect, look: Look, value: float) -> float:
    """How much of the outcome this is, as it is drawn: with paces, less is faster."""
    number = _Scale.of(each, look).number(value)
    return -number if axis(each, look)[1] else number


def axis(each: Effect, look: Look) -> tuple[str, bool]:
    """What stands at the axis, and whether it is a pace, of which less is faster."""
    if each.outcome.name == "speed":
        length_m = _length_m(look)
        if length_m:
            return f"pace, min{_per(look)}", True
        return ("mph" if look.units == "miles" else "km/h"), False
    unit = {"heartrate": "bpm", "cadence": cadence.UNITS.get(look.sport, "per minute")}
    return f"{OUTCOMES[each.outcome.name].lower()}, {unit[each.outcome.name]}", False


def away(each: Effect, look: Look) -> str:
    """What bands of a dose are told in."""
    title, is_pace = axis(each, look)
    unit = f"s{_per(look)}" if is_pace else title.rpartition(", ")[2]
    up = "; up is faster" if is_pace else ""
    return f"How far from the activity’s own course, {unit}{up}"


def left_out(found: LeftOut) -> list[str]:
    """What does not count, a line for each reason there is."""
    reasons = (
        (found.without_tempo, "without a known tempo"),
        (found.unsure_tempo, "whose tempo is a guess"),
        (found.short, "shorter than a minute: they end before an effect shows"),
        (found.unsure, "of which it is not sure that they sounded there"),
        (found.still, "in which you mostly stood still"),
    )
    return [f"{count(n, 'song', 'songs')} {why}" for n, why in reasons if n]


def ranked(value: float, mean: float, look: Look, *, is_speed: bool) -> str:
    """A song's effect: "4.1 s/km faster", "2.0 bpm lower"."""
    scale = _Scale.speed(look, mean) if is_speed else _Scale(1.0, "bpm", "higher", "lower")
    return scale.tell(value)


def ranked_between(low: float, high: float, mean: float, look: Look, *, is_speed: bool) -> str:
    """The interval of a song's effect: "0.4 slower to 8.0 faster"."""
    scale = _Scale.speed(look, mean) if is_speed else _Scale(1.0, "bpm", "higher", "lower")
    return scale.between(low, high)


def ends(each: Effect) -> tuple[str, str]:
    """What stands at the left and the right of what chance does."""
    return ("slower", "faster") if each.outcome.name == "speed" else ("lower", "higher")


@dataclass(frozen=True)
class _Scale:
    factor: float
    unit: str
    more: str
    less: str
    digits: int = 1

    @classmethod
    def of(cls, each: Effect, look: Look) -> _Scale:
        if each.outcome.name == "speed":
            return cls.speed(look, each.mean or 1.0)
        unit = cadence.UNITS.get(look.sport, "per minute")
        if each.outcome.name == "heartrate":
            return cls(1.0, "bpm", "higher heart rate", "lower heart rate")
        return cls(1.0, unit, "higher cadence", "lower cadence")

    @classmethod
    def speed(cls, look: Look, mean_mps: float) -> _Scale:
        length_m = _length_m(look)
        if not length_m:
            unit = "mph" if look.units == "miles" else "km/h"
            return cls(3.6 / _miles(look), unit, "faster", "slower", 2)
        # How much shorter a kilometre takes at the usual speed.
        return cls(length_m / mean_mps**2, f"s{_per(look)}", "faster", "slower")

    def number(self, value: float) -> float:
        return self.factor * value

    def tell(self, value: float) -> str:
        """ "2.1 s/km faster" """
        number = self.number(value)
        if round(number, self.digits) == 0:
            return f"hardly any difference ({self.unit})"
        return f"{abs(number):.{self.digits}f} {self.unit} {self.word(value)}"

    def between(self, low: float, high: float) -> str:
        """ "0.3 slower to 4.5 faster", "1.2 to 4.5 s/km faster" """
        first, last = sizes(self.number(low), self.number(high), self.digits)
        if is_none(first, last):
            return f"{first} {self.unit} either way"
        if (low < 0) == (high < 0):
            if low < 0:
                first, last = last, first
            return f"{first} to {last} {self.unit} {self.word(high if low >= 0 else low)}"
        return f"{first} {self.less_short} to {last} {self.more_short}"

    def word(self, value: float) -> str:
        return self.more if value > 0 else self.less

    @property
    def less_short(self) -> str:
        return self.less.partition(" ")[0]

    @property
    def more_short(self) -> str:
        return self.more.partition(" ")[0]


def _length_m(look: Look) -> float | None:
    """What a pace is of: 1 km or mile on foot, 100 m or yards in water; ``None`` for speeds."""
    if look.sport in ON_FOOT:
        return fmt.metres_per_unit(look.units)
    if look.sport == "swim":
        return 100 * fmt.METRES_PER_YARD if look.units == "miles" else 100.0
    return None


def _per(look: Look) -> str:
    if look.sport == "swim":
        return "/100 yd" if look.units == "miles" else "/100 m"
    return "/mi" if look.units == "miles" else "/km"


def _miles(look: Look) -> float:
    return fmt.metres_per_unit(look.units) / 1000


def sizes(low: float, high: float, digits: int) -> tuple[str, str]:
    """Both ends of an interval without their signs, with so many decimals or as many more, up to
    three, as it takes to tell them apart and from zero.
    """
    first, last = (
        f"{end:.{digits}f}" if round(end, digits) else f"{_UNDER}{10**-digits:.{digits}f}"
        for end in (abs(low), abs(high))
    )
    if digits < _MOST_DIGITS and (first == last or _UNDER in first + last):
        return sizes(low, high, digits + 1)
    return first, last


def is_none(first: str, last: str) -> bool:
    """Whether nothing is left to tell of an interval with these ends."""
    return first == last and first.startswith(_UNDER)


def judged(p: float, q: float, *, is_apart: bool, differ: str) -> tuple[str, bool]:
    """How many shifted playlists do as much and what that says; and whether it is clear.

    ``q`` is the false discovery rate, ``is_apart`` says that the interval holds no zero, and
    ``differ`` names what makes it wide.
    """
    share = "fewer than 0.2 %" if p < 0.002 else f"{p:.1%}".replace("%", " %")
    told = f"The same playlists begun elsewhere in each activity do as much in {share} of trials"
    if p >= _CLEAR:
        alone = " That the interval holds no zero is not enough then." if is_apart else ""
        return f"{told}: this may well be chance.{alone}", False
    if q >= _CLEAR:
        return (
            f"{told}, but of several outcomes tested one easily does: this could be chance.",
            False,
        )
    if not is_apart:
        wide = f"{differ} differ so much among themselves that the interval includes no difference"
        return f"{told}, but {wide} at all: this could be chance.", False
    return f"{told}: hard to explain by chance.", True


def _round(number: float) -> int:
    """To two digits: more are not known of what is still to come."""
    return int(float(f"{number:.2g}"))


def count(n: int, one: str, many: str) -> str:
    """ "1 song", "1,200 songs" """
    return f"{n:,} {one if n == 1 else many}"
