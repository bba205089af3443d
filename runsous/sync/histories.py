"""Listening histories of services: read in stretches of time, the newest first.

Each page is kept together with the note that its time was read, so that nothing is read twice
without need and nothing is left out, wherever it stops. The newest weeks are read again each
time: scrobbles come late, are edited and deleted. All of it is read again now and then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from runsous.errors import ServiceError, Unavailable
from runsous.histories.pages import Page
from runsous.store import connections, incoming, listens
from runsous.store.spans import Span
from runsous.sync import listening, services, songs
from runsous.sync.running import Cancelled, Run

LOOK_BACK = timedelta(days=14)
WHOLE_EVERY = timedelta(days=7)
_SECOND = timedelta(seconds=1)
_TRIES = 3
"""So often a page is asked for until it is certain."""

_AT_ONCE = 32
"""Pages kept together at the most. The first are kept one by one, so that something is seen; then
ever more of them, as of who listens without a break all plays are merged anew each time.
"""


@dataclass(frozen=True)
class History:
    """The history at the service of ``connection`` (as ``store.connections`` knows it), read in
    a slice of a run.

    ``fetch`` gives the newest page of what was played from a time to before another; ``is_last``
    asks whether the play of a second is the last one before a time. ``began`` is before the first
    play, ``count`` how many there are in all, where that is told.
    """

    run: Run
    connection: dict[str, Any]
    fetch: Callable[[datetime, datetime], Page]
    is_last: Callable[[int, datetime], bool]
    began: datetime
    count: Callable[[], int | None] = lambda: None

    @property
    def service(self) -> str:
        """The service's name."""
        return str(self.connection["service"])

    @property
    def place(self) -> tuple[int, str]:
        """Whose it is, where."""
        return self.run.user_id, self.service


def sync(run: Run, history: History) -> bool:
    """Reads what is not known yet; whether that is all."""
    if run.is_first:
        _reopen(history)
    whole_at = run.connection()["whole_at"]
    until, newest, n_takes = _now() + _SECOND, None, 0
    while True:
        while (span := _missing(history, history.began, until)) is not None:
            if run.is_over:
                return False
            low = _take(history, span, most=min(2**n_takes, _AT_ONCE), run=run)
            if n_takes:
                # The newest is read each time, however often the rest cannot be had.
                with run.engine.begin() as conn:
                    run.get_on(conn)
            newest, n_takes = newest or low, n_takes + 1
            run.note()
        if newest is None or n_takes <= 1:
            return _is_complete(history, whole_at)
        # What came in while the rest was read.
        _uncover(history, newest)
        until, newest, n_takes = _now() + _SECOND, None, 0


def read(history: History, since: datetime, until: datetime) -> int:
    """Reads what of a stretch of time is not known yet, as far as the slice allows; how many
    pages that took.
    """
    n_pages = 0
    while (span := _missing(history, since, until)) is not None and not history.run.is_over:
        # A page holds the days before as well: the runs of these days need not ask again.
        _take(history, (history.began, span[1]), most=1)
        n_pages += 1
    return n_pages


def _take(history: History, span: Span, most: int, run: Run | None = None) -> datetime:
    """Keeps the newest pages of a stretch, all that there is of their time: since when that is.
    ``run`` is told how far it is.

    :class:`~runsous.sync.running.Cancelled` where the connection is another one by now.
    """
    since, until = span
    pages: list[pd.DataFrame] = []
    asked: list[Span] = []
    low = until
    try:
        while low > since and len(pages) < most and not (pages and history.run.is_over):
            page = _asked(history, (since, low))
            pages.append(page.listens)
            asked.append((since, low))
            if run is not None:
                run.note(phase=f"Reading what was played until {low:%d %B %Y}")
            low = _reached(page, since, low)
    except (ServiceError, Cancelled):
        # What came before that need not be asked for again.
        if pages:
            _keep(history, pages, asked, (low, until))
        raise
    _keep(history, pages, asked, (low, until))
    return low


def _asked(history: History, span: Span) -> Page:
    """The newest page of a stretch. Unless it goes up to its very end, it may be an old answer to
    something else, once more: another question has to confirm that nothing came after it.
    """
    for _ in range(_TRIES):
        page = history.fetch(*span)
        if page.newest is None:
            is_certain = history.fetch(*span).newest is None
        else:
            is_at_end = page.newest >= int(span[1].timestamp()) - 1
            is_certain = is_at_end or history.is_last(page.newest, span[1])
        if is_certain:
            return page
    raise _in_two_minds(history)


def _keep(history: History, pages: list[pd.DataFrame], asked: list[Span], span: Span) -> None:
    found = pd.concat(pages, ignore_index=True)
    if not _kept(history, found, span, is_sure=False):
        # What was there is not taken away at a single word.
        again = [history.fetch(*each).listens for each in asked]
        if not pd.concat(again, ignore_index=True).equals(found):
            raise _in_two_minds(history)
        _kept(history, found, span, is_sure=True)
    songs.settle(history.run.engine, history.run.user_id, history.run.stopping)


def _kept(history: History, found: pd.DataFrame, span: Span, *, is_sure: bool) -> bool:
    """Keeps what was told of a stretch, unless something would go and it is not sure."""
    run = history.run
    told = incoming.Told(incoming.SERVICE, incoming.Whole(history.service, *span))
    with run.engine.connect() as conn, conn.begin() as transaction:
        run.hold(conn, history.connection)
        kept = listening.keep(conn, run.user_id, found, _now(), told)
        if kept.withdrawn and not is_sure:
            transaction.rollback()
            return False
        connections.cover(conn, *history.place, *span)
        run.count(conn, listens_new=kept.added, listens_removed=kept.withdrawn)
    return True


def _in_two_minds(history: History) -> Unavailable:
    name = services.NAMES[history.service]
    return Unavailable(f"{name} gave different answers to the same question.")


def is_cut(page: Page) -> bool:
    """Whether a page is known to hold less than there is in the times asked for."""
    return page.n_in_range is not None and page.n_in_range > page.n_items


def _reached(page: Page, since: datetime, until: datetime) -> datetime:
    """From when on the page is all there is: the second of its oldest may be cut in two."""
    if page.n_items == 0 or page.oldest is None:
        return since
    if page.n_in_range is not None and not is_cut(page):
        return since
    low = datetime.fromtimestamp(page.oldest, UTC) + _SECOND
    if low >= until:
        # A page of one second: there is no more to it than can be asked for.
        low = until - _SECOND
    return max(since, low)


def _missing(history: History, since: datetime, until: datetime) -> Span | None:
    with history.run.engine.begin() as conn:
        spans = connections.missing(conn, *history.place, since, until)
    return spans[0] if spans else None


def _reopen(history: History) -> None:
    """Lets the newest weeks be read again, and now and then all."""
    now, whole_at = _now(), history.connection["whole_at"]
    is_due = whole_at is not None and whole_at < now - WHOLE_EVERY
    _uncover(history, history.began if is_due else now - LOOK_BACK, is_whole=is_due)


def _uncover(history: History, since: datetime, *, is_whole: bool = False) -> None:
    with history.run.engine.begin() as conn:
        connections.uncover(conn, *history.place, since)
        if is_whole:
            connections.set_whole(conn, *history.place, None)


def _is_complete(history: History, whole_at: datetime | None) -> bool:
    """Notes that all was read. Where the service counts others than we hold, old ones came or
    went: all is read once more, at most once a day.
    """
    now = _now()
    if whole_at is None:
        with history.run.engine.begin() as conn:
            connections.set_whole(conn, *history.place, now)
        return True
    if whole_at > now - timedelta(days=1) or (count := history.count()) is None:
        return True
    with history.run.engine.begin() as conn:
        is_same = count == listens.told_by_service(conn, *history.place)
    if not is_same:
        _uncover(history, history.began, is_whole=True)
    return is_same


def _now() -> datetime:
    return datetime.now(UTC)
