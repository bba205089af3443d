"""Listening histories of services: read in stretches of time, the newest first.

Each page is kept together with the note that its time was read, so that nothing is read twice
without need and nothing is left out, wherever it stops. The newest weeks are read again each
time: scrobbles come late, are edited and deleted. All of it is read again now and then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from runsous.histories.pages import Page
from runsous.store import connections, incoming, listens
from runsous.store.spans import Span
from runsous.sync import listening, songs
from runsous.sync.running import Run

LOOK_BACK = timedelta(days=14)
WHOLE_EVERY = timedelta(days=7)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class History:
    """A user's history at a service.

    ``fetch`` gives the newest page of what was played from a time to before another;
    ``began`` is before the first play, ``count`` how many there are in all, where that is told.
    """

    engine: Engine
    user_id: int
    service: str
    fetch: Callable[[datetime, datetime], Page]
    began: datetime
    count: Callable[[], int | None] = lambda: None


def sync(run: Run, history: History) -> bool:
    """Reads what is not known yet; whether that is all."""
    connection = run.connection()
    if run.is_first:
        _reopen(run, connection["whole_at"])
    until = _now() + _SECOND
    while (span := _missing(history, history.began, until)) is not None:
        if run.is_over:
            return False
        kept = read_page(history, span, run.stopping)
        phase = f"Reading what was played until {span[1]:%d %B %Y}"
        run.note(phase=phase, listens_new=kept.added, listens_removed=kept.withdrawn)
    return _is_complete(run, history, connection["whole_at"])


def read(history: History, since: datetime, until: datetime, run: Run) -> None:
    """Reads what of a stretch of time is not known yet, as far as the slice allows."""
    while (span := _missing(history, since, until)) is not None and not run.is_over:
        read_page(history, span, run.stopping)


def read_page(history: History, span: Span, stopping: threading.Event) -> listening.Kept:
    """Keeps the newest page of a stretch, all that there is of that time."""
    since, until = span
    now = _now()
    page = history.fetch(since, until)
    low = _reached(page, since, until)
    told = incoming.Told(incoming.SERVICE, incoming.Whole(history.service, low, until))
    with history.engine.begin() as conn:
        kept = listening.keep(conn, history.user_id, page.listens, now, told)
        connections.cover(conn, history.user_id, history.service, low, until)
    songs.settle(history.engine, history.user_id, stopping)
    return kept


def _reached(page: Page, since: datetime, until: datetime) -> datetime:
    """From when on the page is all there is: the second of its oldest may be cut in two."""
    if page.n_items == 0 or page.oldest is None:
        return since
    if page.n_in_range is not None and page.n_in_range <= page.n_items:
        return since
    low = datetime.fromtimestamp(page.oldest, UTC) + _SECOND
    if low >= until:
        # A page of one second: there is no more to it than can be asked for.
        low = until - _SECOND
    return max(since, low)


def _missing(history: History, since: datetime, until: datetime) -> Span | None:
    with history.engine.begin() as conn:
        spans = connections.missing(conn, history.user_id, history.service, since, until)
    return spans[0] if spans else None


def _reopen(run: Run, whole_at: datetime | None) -> None:
    """Lets the newest weeks be read again, and now and then all."""
    now = _now()
    is_due = whole_at is not None and whole_at < now - WHOLE_EVERY
    since = datetime.min.replace(tzinfo=UTC) if is_due else now - LOOK_BACK
    with run.engine.begin() as conn:
        connections.uncover(conn, run.user_id, run.service, since)
        if is_due:
            connections.set_whole(conn, run.user_id, run.service, None)


def _is_complete(run: Run, history: History, whole_at: datetime | None) -> bool:
    """Notes that all was read. Where the service counts others than we hold, old ones came or
    went: all is read once more, at most once a day.
    """
    now = _now()
    if whole_at is None:
        with run.engine.begin() as conn:
            connections.set_whole(conn, run.user_id, run.service, now)
        return True
    if whole_at > now - timedelta(days=1) or (count := history.count()) is None:
        return True
    with run.engine.begin() as conn:
        if count == listens.told_by_service(conn, run.user_id, run.service):
            return True
        connections.uncover(conn, run.user_id, run.service, history.began)
        connections.set_whole(conn, run.user_id, run.service, None)
    return False


def _now() -> datetime:
    return datetime.now(UTC)
