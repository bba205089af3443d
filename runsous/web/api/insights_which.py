"""Which activities ``/insights`` is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import AfterValidator, BeforeValidator
from sqlalchemy import Connection

from runsous.analysis.kinds import KINDS
from runsous.errors import NotFound
from runsous.model import SPORTS
from runsous.reports import insights as report
from runsous.reports.insights import Chosen, Songs
from runsous.web.api.context import Words

_DAY = len("2024-06-01")


def _day_or_moment(value: object) -> object:
    if not isinstance(value, str) or "-" not in value[1:]:
        raise ValueError("is no day or moment, such as 2024-06-01 or 2024-06-01T06:30:00Z")
    if len(value) == _DAY:
        return date.fromisoformat(value)
    moment = datetime.fromisoformat(value)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError("is beyond all calendars") from None


DayOrMoment = Annotated[date | datetime, BeforeValidator(_day_or_moment)]


def _one_of(names: Sequence[str]) -> Any:
    def check(value: str) -> str:
        if value not in names:
            raise ValueError(f"is none of {', '.join(names)}")
        return value

    return AfterValidator(check)


Sport = Annotated[Words, _one_of(SPORTS)]
Kind = Annotated[Words, _one_of(KINDS)]


def chosen(
    sport: Sport | None = None,
    since: DayOrMoment | None = None,
    until: DayOrMoment | None = None,
    kind: Kind | None = None,
    route: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
) -> Chosen:
    """Which activities are asked about: from one day to another by their own clocks, both included,
    or from one moment to before another.

    Effects are of one sport: without ``sport`` of that with most measured songs among these.
    """
    return Chosen(sport, since, until, kind, route)


Which = Annotated[Chosen, Depends(chosen)]


def of_these(conn: Connection, user: int, which: Chosen) -> Songs:
    """The songs on the chosen activities; :class:`NotFound` where no activity at all is on the
    chosen route.
    """
    found = report.songs(conn, user)
    if which.route is not None and which.route not in set(found.activities["route"].dropna()):
        raise NotFound(f"No measured activity with songs is on a route of number {which.route}.")
    return report.choose(found, which)


def of_one_sport(conn: Connection, user: int, which: Chosen) -> tuple[Songs, str | None]:
    """The songs on the chosen activities of one sport, and that: the chosen one, or that with most
    measured songs.
    """
    found = of_these(conn, user, which)
    sport = report.main_sport(found) if which.sport is None else which.sport
    return report.choose(found, Chosen(sport)), sport
