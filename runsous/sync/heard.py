"""What a user's listening services tell: whole histories, and what was heard around activities."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from runsous.errors import NotConnected, ServiceError, Unavailable
from runsous.histories.pages import Page
from runsous.keys import CannotOpen
from runsous.net.http import Stopped
from runsous.services.listenbrainz.client import ListenBrainz
from runsous.services.spotify.client import Spotify
from runsous.store import connections, incoming
from runsous.sync import histories, listening, services, songs
from runsous.sync.histories import History
from runsous.sync.patience import Patience
from runsous.sync.running import Cancelled, Run
from runsous.sync.services import LASTFM, LISTENBRAINZ, SPOTIFY

_log = logging.getLogger(__name__)

_MOST = 10
"""Pages of one service read around activities in a slice."""

_BEGAN = datetime(2002, 1, 1, tzinfo=UTC)
_DOUBTS = 3
"""An answer that cannot be all there is is asked for again so often."""

_STEP_S = 86_400
_EMPTY = "ListenBrainz answered an empty page though there is more."
"""Before the first scrobbler."""


class Around:
    """Reads what was played around activities, from wherever the user's listening is known, so
    that the songs are there when the activity comes.

    A service that cannot be had now is left alone for the rest of the slice, and one that was
    asked often: its own run brings what is lacking, and needs its turn for that.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._known: dict[str, History | None] = {}
        self._n_pages = Counter[str]()

    def read(self, since: datetime, until: datetime) -> None:
        """Reads what of a stretch of time is not known yet."""
        until = min(until, datetime.now(UTC))
        for service in (LASTFM, LISTENBRAINZ):
            try:
                if service not in self._known:
                    self._known[service] = history(self._run, service)
                found = self._known[service]
                if found is not None and since < until and self._n_pages[service] < _MOST:
                    self._n_pages[service] += histories.read(found, since, until)
            except Stopped:
                raise
            except (ServiceError, Cancelled) as error:
                self._known[service] = None
                _log.info("%s cannot be read now: %s", service, type(error).__name__)

    def read_last(self) -> None:
        """Reads the last plays of Spotify, which tells of no others."""
        run = self._run
        with run.engine.begin() as conn:
            known = {each["service"]: each for each in connections.of_user(conn, run.user_id)}
        if SPOTIFY not in known or known[SPOTIFY]["trouble"]:
            return
        try:
            last_plays(run)
        except Stopped:
            raise
        except (ServiceError, Cancelled) as error:
            _log.info("%s cannot be read now: %s", SPOTIFY, type(error).__name__)


def last_plays(run: Run) -> None:
    """Keeps the last plays Spotify tells of; there are never more than 50."""
    with run.engine.begin() as conn:
        connection = connections.one(conn, run.user_id, SPOTIFY)
    api = services.spotify_api(_patience(run, SPOTIFY))
    own = services.permission(run, SPOTIFY)
    page = own.use(lambda token: Spotify(api, token).recently_played())
    now = datetime.now(UTC)
    with run.engine.begin() as conn:
        run.hold(conn, connection)
        told = incoming.Told(incoming.SERVICE)
        kept = listening.keep(conn, run.user_id, page.listens, now, told)
        if page.oldest is not None:
            since = datetime.fromtimestamp(page.oldest, UTC)
            connections.cover(conn, run.user_id, SPOTIFY, min(since, now), now)
        run.count(conn, listens_new=kept.added)
    songs.settle(run.engine, run.user_id, run.stopping)


def history(run: Run, service: str) -> History | None:
    """The user's history at Last.fm or ListenBrainz; ``None`` where they are not connected, or
    have to do something first.
    """
    with run.engine.begin() as conn:
        known = {each["service"]: each for each in connections.of_user(conn, run.user_id)}
        if service not in known or known[service]["trouble"]:
            return None
        try:
            secret = connections.secret(conn, run.user_id, service, run.keys)
        except CannotOpen:
            raise NotConnected(
                "The key that sealed this permission is gone from the server: connect again."
            ) from None
    make = _lastfm_history if service == LASTFM else _listenbrainz_history
    return make(run, known[service], secret)


def _patience(run: Run, service: str) -> Patience:
    if service == run.service:
        return run.patience
    return Patience(run.engine, service, run.stopping, is_brief=True)


def _is_doubted(run: Run, service: str) -> bool:
    """Whether an answer that cannot be all there is may still be put right: around activities
    nobody has to know that, as the service's own run will.
    """
    return run.service != service or run.failures < _DOUBTS


def _lastfm_history(run: Run, connection: dict[str, Any], key: str | None) -> History:
    client = services.lastfm(_patience(run, LASTFM), key)
    name, is_doubted = str(connection["account_id"]), _is_doubted(run, LASTFM)

    def ask(since: datetime, until: datetime, number: int) -> Page:
        # Whether the bounds belong to it is not certain: ask for a second more on either side.
        bounds = int(since.timestamp()) - 1, int(until.timestamp()) + 1
        page = client.recent_tracks(name, *bounds, number=number)
        # How many there are is not told by all, nor always true.
        if page.n_items == 0 and page.n_in_range:
            if is_doubted:
                raise Unavailable("Last.fm answered an empty page though there is more.")
            # Not even then is it taken at its word once.
            page = client.recent_tracks(name, *bounds, number=number)
        return page

    def fetch(since: datetime, until: datetime) -> Page:
        page, number = ask(since, until, 1), 1
        # Where one second fills a page, bounds alone lead no further.
        while histories.is_cut(page) and (page.oldest or 0) >= until.timestamp() - 1:
            number += 1
            more = ask(since, until, number)
            if more.n_items == 0:
                break
            page = _joined(page, more)
        return page

    def is_last(second: int, until: datetime) -> bool:
        # It is part of what is asked for: nothing at all is no answer.
        bounds = second - 1, int(until.timestamp()) + 1
        return client.recent_tracks(name, *bounds, limit=2).newest == second

    def count() -> int | None:
        return client.recent_tracks(name, int(_BEGAN.timestamp()), limit=1).n_in_range

    return History(run, connection, fetch, is_last, _BEGAN, count)


def _joined(page: Page, more: Page) -> Page:
    """A page and the next one as one."""
    if more.oldest is None or page.oldest is None:
        raise Unavailable("Last.fm answered a page of plays without times.")
    listens = pd.concat([page.listens, more.listens], ignore_index=True)
    oldest = min(page.oldest, more.oldest)
    return replace(page, listens=listens, n_items=page.n_items + more.n_items, oldest=oldest)


def _listenbrainz_history(run: Run, connection: dict[str, Any], token: str | None) -> History:
    client = services.listenbrainz(_patience(run, LISTENBRAINZ), token)
    name, is_doubted = str(connection["account_id"]), _is_doubted(run, LISTENBRAINZ)

    def fetch(since: datetime, until: datetime) -> Page:
        before, after = int(until.timestamp()), int(since.timestamp()) - 1
        page = client.listens(name, before + 1)
        if page.n_items or page.began is None or page.began >= before:
            return page
        if page.began <= after:
            first = client.listens_after(name, after).oldest
            if first is None or first >= before:
                return page
        if is_doubted:
            raise Unavailable(_EMPTY)
        return _across(client, name, before, page.began)

    def is_last(second: int, until: datetime) -> bool:
        next_one = client.listens_after(name, second, count=1).oldest
        return next_one is None or next_one > int(until.timestamp())

    return History(run, connection, fetch, is_last, _BEGAN)


def _across(client: ListenBrainz, name: str, until: int, began: int) -> Page:
    """The newest listens before ``until`` where the service finds none by itself although the
    history ``began`` before: it may look back only so far. What came after some time it tells.
    """
    step_s = _STEP_S
    while True:
        low = max(until - step_s, began - 1)
        since, pages = low, [client.listens_after(name, low)]
        while (newest := pages[-1].newest) is not None and since < newest < until:
            # Of its second there may be more on the next page.
            since = max(newest - 1, since + 1)
            pages.append(client.listens_after(name, since))
        found = pd.concat([page.listens for page in pages], ignore_index=True)
        between = found[found["stamp"] < pd.Timestamp(until, unit="s", tz="UTC")]
        if len(between):
            return Page(between.reset_index(drop=True), len(between), low, until, began=began)
        if low < began:
            raise Unavailable(_EMPTY)
        step_s *= 2
