"""What the rooms of services share: a question whose answer is understood while it can be asked
again, and when a service that had enough may be asked once more.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar, Unpack

from runsous.errors import Rejected, Unavailable
from runsous.net.http import Answer, Http, Options

T = TypeVar("T")

_SOONEST_S: Final = 1.0
_LATEST_S: Final = 7 * 86_400.0
"""Services ask for a day at times; more than a week would be a mistake."""


def ask(api: Http, path: str, read: Callable[[Any], T], **options: Unpack[Options]) -> T:
    """What ``read`` makes of the JSON at ``path`` (``None`` where there is no content).

    ``options`` are those of :meth:`Http.call`. After its ``judge`` other 4xx are
    :class:`Rejected`. An answer that is not JSON, or of which ``read`` raises
    :class:`ValueError`, is asked for again and then :class:`Unavailable`; what else can come,
    :meth:`Http.call` tells.
    """
    judge = options.get("judge")
    found: list[T] = []

    def look(answer: Answer) -> None:
        if judge is not None:
            judge(answer)
        if answer.is_passing or 300 <= answer.status < 400:
            return
        if answer.status >= 400:
            raise Rejected(f"{api.name} refused what was asked of it ({answer.status}).")
        try:
            found[:] = [read(None if answer.status == 204 else answer.json())]
        except ValueError:
            raise Unavailable(f"{api.name} answered something else than was asked.") from None

    api.call("GET", path, **(options | {"judge": look}))
    return found[0]


def document(answer: Answer) -> Any:
    """The JSON of an answer that may as well be a page or a line of text, which is ``None``."""
    try:
        return answer.json()
    except Unavailable:
        return None


def later(told: str | None, default_s: float) -> datetime:
    """The moment that a header tells, in seconds from now or as a date, a week off at most;
    ``default_s`` from now where it does not.
    """
    now = datetime.now(UTC)
    wait_s = _seconds(told or "", now)
    wait_s = default_s if math.isnan(wait_s) else wait_s
    return now + timedelta(seconds=min(max(wait_s, _SOONEST_S), _LATEST_S))


def _seconds(told: str, now: datetime) -> float:
    try:
        return float(told)
    except ValueError:
        pass
    try:
        then = parsedate_to_datetime(told)
        return (then.replace(tzinfo=then.tzinfo or UTC) - now).total_seconds()
    except (ValueError, OverflowError):
        return math.nan
