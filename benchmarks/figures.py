"""What a benchmark yields, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Literal

HEAD = ("what", "figure to reach", "measured", "yardstick", "ratio")


@dataclass(frozen=True)
class Limit:
    """The figure to reach, on what was measured (in the row's unit) or on its ratio; with
    ``within`` it is to come so near from either side.
    """

    value: float
    on: Literal["measured", "ratio"] = "measured"
    at_least: bool = False
    within: float | None = None

    def holds(self, value: float) -> bool:
        """Whether ``value`` reaches the figure."""
        if self.within is not None:
            return abs(value - self.value) <= self.within
        return value >= self.value if self.at_least else value <= self.value


@dataclass(frozen=True)
class Row:
    """One figure: medians of ``runs`` and of ``yardstick_runs``, both in ``unit``.

    ``yardstick`` says in words what it was measured against; ``note`` what else to know.
    """

    what: str
    unit: str
    runs: Sequence[float]
    yardstick: str
    yardstick_runs: Sequence[float]
    limit: Limit | None = None
    note: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def measured(self) -> float:
        """The median of the runs."""
        return median(self.runs)

    @property
    def measured_yardstick(self) -> float:
        """The median of the yardstick's runs."""
        return median(self.yardstick_runs)

    @property
    def ratio(self) -> float:
        """Measured over yardstick."""
        return self.measured / self.measured_yardstick

    @property
    def is_reached(self) -> bool | None:
        """Whether the figure is reached; ``None`` where there is none to reach."""
        if self.limit is None:
            return None
        return self.limit.holds(self.measured if self.limit.on == "measured" else self.ratio)

    def as_json(self) -> dict[str, Any]:
        """Everything about it, the single runs included."""
        return asdict(self) | {
            "measured": self.measured,
            "measured_yardstick": self.measured_yardstick,
            "ratio": self.ratio,
            "is_reached": self.is_reached,
        }

    def cells(self) -> tuple[str, ...]:
        """The row of the table, in the order of :data:`HEAD`."""
        missed = " **missed**" if self.is_reached is False else ""
        return (
            self.what,
            self._figure(),
            f"{_shown(self.measured, self.unit)}{missed}",
            f"{_shown(self.measured_yardstick, self.unit)} {self.yardstick}",
            f"{self.ratio:.2f}",
        )

    def _figure(self) -> str:
        if self.limit is None:
            return ""
        if self.limit.within is not None:
            return f"{self.limit.value:g} ± {_shown(self.limit.within, self.unit)}"
        sign = "≥" if self.limit.at_least else "≤"
        if self.limit.on == "ratio":
            return f"{sign} {self.limit.value:g} × the yardstick"
        return f"{sign} {_shown(self.limit.value, self.unit)}"


def table(rows: Iterable[Row]) -> str:
    """The rows as one Markdown table, and their notes below it."""
    rows = list(rows)
    lines = [HEAD, ("---",) * len(HEAD), *(row.cells() for row in rows)]
    notes = [f"- {row.what}: {row.note}" for row in rows if row.note]
    return "\n".join(["| " + " | ".join(line) + " |" for line in lines] + ["", *notes])


def _shown(value: float, unit: str) -> str:
    """Three digits that count, with the unit."""
    if value >= 100:
        return f"{value:,.0f} {unit}"
    digits = 1 if value >= 10 else 2
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") + f" {unit}"
