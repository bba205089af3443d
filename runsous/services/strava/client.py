"""Asks Strava for somebody's activities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from runsous.errors import Rejected, TooFewScopes
from runsous.net.http import Answer, Http, Judge
from runsous.net.oauth import TokenRefused
from runsous.services.asking import ask, document
from runsous.services.strava import parse

T = TypeVar("T")

MOST: Final = 200
"""Activities on one page."""

INACTIVE: Final = (
    "Strava has switched this app off, as it does when its owner has no subscription: whoever "
    "runs this server must subscribe, then reactivate the app at https://www.strava.com/settings/api."
)
_KEYS: Final = ",".join(("time", "latlng", *parse.STREAMS))


class _Missing(Exception):
    """There is no such thing, or it is not for us."""


@dataclass(frozen=True)
class Strava:
    """Strava as the user sees it who gave ``token``.

    All it does can raise what :meth:`Http.call` does; :class:`TokenRefused` where the token has
    ended, :class:`TooFewScopes` where the user did not allow what was asked, and
    :class:`Rejected` where Strava refuses this app.
    """

    api: Http
    token: str = field(repr=False)

    def athlete(self) -> dict[str, Any]:
        """The user: ``id`` at least."""
        return self._ask("/athlete", _athlete)

    def activities(
        self, before: int | None = None, *, number: int = 1, per_page: int = MOST
    ) -> list[dict[str, Any]]:
        """Page ``number`` (from 1) of the summaries of activities begun before that second since
        1970, newest first; none at the end. Each has an integer ``id`` and a ``start_date``.
        """
        asked = {"per_page": per_page, "page": number}
        asked |= {} if before is None else {"before": before}

        def read(document: Any) -> list[dict[str, Any]]:
            found = _summaries(document)
            # Of hidden starts not even the day is certain to be the service's own.
            told = [parse.start(a) for a in found if parse.start(a) == parse.latest_start(a)]
            if before is not None and any(start.timestamp() > before for start in told):
                # Another page's answer, repeated by a cache or a server out of step.
                raise ValueError("activities later than asked for in the answer")
            return found

        return self._ask("/athlete/activities", read, asked)

    def activity(self, number: int) -> dict[str, Any] | None:
        """All there is to tell of an activity; ``None`` if it is gone."""
        return self._find(f"/activities/{number}", _summary)

    def streams(self, number: int) -> dict[str, list[Any]] | None:
        """The values of its channels by Strava's names, as :func:`parse.streams` gives them;
        ``None`` where there are none, as of one entered by hand.
        """
        asked = {"keys": _KEYS, "key_by_type": "true"}
        return self._find(f"/activities/{number}/streams", parse.streams, asked)

    def _find(
        self, path: str, read: Callable[[Any], T], asked: dict[str, Any] | None = None
    ) -> T | None:
        """As :meth:`_ask`, for what need not be there."""

        def judge(answer: Answer) -> None:
            if answer.status == 404:
                raise _Missing
            _judge(answer)

        try:
            return self._ask(path, read, asked, judge)
        except _Missing:
            return None

    def _ask(
        self,
        path: str,
        read: Callable[[Any], T],
        asked: dict[str, Any] | None = None,
        judge: Judge | None = None,
    ) -> T:
        bearer = {"Authorization": f"Bearer {self.token}"}
        return ask(self.api, path, read, judge=judge or _judge, params=asked, headers=bearer)


def _judge(answer: Answer) -> None:
    if answer.status == 401:
        _, field_, code = problem(answer)
        if code == "missing":
            raise TooFewScopes(
                f"Strava was not allowed to give us “{field_.removesuffix('_permission')}”: "
                "connect again and leave its box ticked."
            )
        raise TokenRefused("Strava has ended the permission: connect again.")
    if is_inactive(answer):
        raise Rejected(INACTIVE)


def is_inactive(answer: Answer) -> bool:
    """Whether it says that the app is switched off for everybody."""
    return answer.status == 403 and problem(answer)[1:] == ("Status", "Inactive")


def problem(answer: Answer) -> tuple[str, str, str]:
    """Resource, field and code of the first error that an answer tells; empty where it tells
    none.
    """
    told = document(answer)
    errors = told.get("errors") if isinstance(told, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    if not isinstance(first, dict):
        return "", "", ""
    resource, field_, code = (str(first.get(name) or "") for name in ("resource", "field", "code"))
    return resource, field_, code


def _athlete(told: Any) -> dict[str, Any]:
    if not isinstance(told, dict) or type(told.get("id")) is not int:
        raise ValueError("no athlete")
    return told


def _summaries(told: Any) -> list[dict[str, Any]]:
    if not isinstance(told, list):
        raise ValueError("no list of activities")
    return [_summary(each) for each in told]


def _summary(told: Any) -> dict[str, Any]:
    if not parse.is_summary(told):
        raise ValueError("no activity")
    found: dict[str, Any] = told
    return found
