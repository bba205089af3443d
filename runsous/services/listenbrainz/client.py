"""Asks ListenBrainz for somebody's listens, which are public; a token only tells whose it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from runsous.errors import NotConnected, RateLimited, UnknownUser
from runsous.histories import pages
from runsous.histories.pages import Page
from runsous.net.http import Answer, Http
from runsous.services.asking import ask, later
from runsous.services.listenbrainz import parse

MOST: Final = 1000
"""Listens on one page."""

_WINDOW_S: Final = 10.0
_TOKEN: Final = re.compile(r"[!-~]{1,200}")
"""Whatever else somebody typed cannot be sent in a header."""


@dataclass(frozen=True)
class ListenBrainz:
    """ListenBrainz, with or without a user's token.

    All it does can raise what :meth:`Http.call` does, :class:`RateLimited` and
    :class:`UnknownUser`; :class:`NotConnected` where the token is not accepted.
    """

    api: Http
    token: str | None = field(default=None, repr=False)

    def validate(self) -> str | None:
        """The name of the user whose token it is; ``None`` when it is nobody's."""
        if not self.token or not _TOKEN.fullmatch(self.token):
            return None
        return ask(
            self.api, "/1/validate-token", parse.user_name, judge=_judge, headers=self._headers
        )

    def listens(self, name: str, until: int | None = None, *, count: int = MOST) -> Page:
        """The newest listens before the second ``until`` (since 1970), which is not part of it.

        Fewer than ``count`` may come though there are more: the end is where the page says that
        the history began.
        """
        return self._listens(name, count, None, until)

    def listens_after(self, name: str, since: int, *, count: int = MOST) -> Page:
        """The oldest listens after the second ``since``, which is not part of it."""
        return self._listens(name, count, since, None)

    def _listens(self, name: str, count: int, since: int | None, until: int | None) -> Page:
        def read(told: Any) -> Page:
            return pages.within(parse.listens(told), since, until)

        asked = {"count": count, "min_ts": since, "max_ts": until}
        params = {key: value for key, value in asked.items() if value is not None}
        path = f"/1/user/{quote(name, safe='')}/listens"
        return ask(self.api, path, read, judge=_judge, params=params, headers=self._headers)

    @property
    def _headers(self) -> dict[str, str]:
        is_sendable = self.token is not None and _TOKEN.fullmatch(self.token)
        return {"Authorization": f"Token {self.token}"} if is_sendable else {}


def _judge(answer: Answer) -> None:
    if answer.status == 401:
        raise NotConnected(
            "ListenBrainz does not accept the token any more: copy it once more from"
            " https://listenbrainz.org/settings/."
        )
    if answer.status == 404:
        raise UnknownUser("ListenBrainz knows nobody by this name: correct it.")
    told = answer.headers.get("X-RateLimit-Reset-In") or answer.headers.get("Retry-After")
    if answer.status == 429 and told:
        raise RateLimited("ListenBrainz wants to be asked less often.", later(told, _WINDOW_S))
