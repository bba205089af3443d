"""Strava's activities: first its list, the newest first, then samples, then details.

Every page of the list and every activity is kept by itself. What the list does not name any
more is asked for by its id: only Strava's word that it is gone takes it away.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from runsous.errors import InputError, Unavailable
from runsous.model import Workout
from runsous.services.strava import parse
from runsous.services.strava.client import Strava
from runsous.store import connections, originals, remote_activities
from runsous.store.remote_activities import DETAIL, FETCH, GONE, KEPT, Feed, Listed, Open
from runsous.store.spans import Span
from runsous.sync import heard, services, workouts
from runsous.sync.running import Run
from runsous.sync.tellings import Source

_log = logging.getLogger(__name__)
T = TypeVar("T")

SERVICE = services.STRAVA
LOOK_BACK = timedelta(days=30)
WHOLE_EVERY = timedelta(days=1)

_BEGAN = datetime(1990, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=2)
"""A watch set wrong starts its activities in the future."""
_SECOND = timedelta(seconds=1)
_AROUND = timedelta(minutes=30)

_AT_ONCE = 3
"""Activities brought in after the first page of the list, before the rest of it is read."""

_BAD_IN_A_ROW = 3


def sync(run: Run) -> bool:
    """Goes on until the slice is over; whether everything is brought in."""
    return _Slice(run).go()


class _Slice:
    def __init__(self, run: Run) -> None:
        self.run = run
        self.permission = services.permission(run, SERVICE)
        self.api = services.strava_api(run.patience)
        self.connection = run.connection()
        self.feed = Feed(run.user_id, SERVICE, self.connection["account_id"])
        self.heard = heard.Around(run)
        self.until = run.facts["created_at"] + _AHEAD
        self.n_listed = self.n_brought = self.n_bad = 0
        self.newest: datetime | None = None
        self.missed: Unavailable | None = None
        self.unread = self._unread()
        self.is_newest_last = False

    def go(self) -> bool:
        if self.run.is_first:
            self._reopen()
            self.heard.read_last()
        elif self.run.has_waited:
            self._uncover(_now() - LOOK_BACK)
        while not self.run.is_over:
            span, wanted = self._next()
            is_next = self.missed is None and (wanted is None or self._is_list_next)
            if span is not None and is_next:
                self._list(*span)
            elif wanted is not None:
                self._try(wanted)
            elif self.missed is not None:
                raise self.missed
            elif self.is_newest_last:
                return self._complete()
            else:
                # What was uploaded while the rest was brought in.
                self._uncover(self.newest or _now() - LOOK_BACK)
        return False

    @property
    def _is_list_next(self) -> bool:
        """Something should be seen at once; after that it is well to know how much there is."""
        return not self.run.is_first or not self.n_listed or self.n_brought >= _AT_ONCE

    def _next(self) -> tuple[Span | None, Open | None]:
        with self.run.engine.begin() as conn:
            wanted = remote_activities.next_open(conn, self.run.user_id, SERVICE)
        return next(iter(self._unread()), None), wanted

    def _unread(self) -> list[Span]:
        """The times of which the list is not known, the newest first."""
        with self.run.engine.begin() as conn:
            return connections.missing(conn, self.run.user_id, SERVICE, _BEGAN, self.until)

    def _ask(self, what: Callable[[Strava], T]) -> T:
        return self.permission.use(lambda token: what(Strava(self.api, token)))

    def _reopen(self) -> None:
        """Lets the newest part of the list be read again, and each day all of it."""
        now, whole_at = _now(), self.connection["whole_at"]
        is_due = whole_at is not None and whole_at < now - WHOLE_EVERY
        with self.run.engine.begin() as conn:
            since = _BEGAN if is_due else now - LOOK_BACK
            connections.uncover(conn, self.run.user_id, SERVICE, since)
            remote_activities.forgive(conn, self.run.user_id, SERVICE)
            if is_due:
                connections.set_whole(conn, self.run.user_id, SERVICE, None)

    def _uncover(self, since: datetime) -> None:
        with self.run.engine.begin() as conn:
            connections.uncover(conn, self.run.user_id, SERVICE, since)

    def _list(self, since: datetime, until: datetime) -> None:
        """Takes over one page: what started before ``until``. Where it cannot be had, what is
        known of already comes first.
        """
        try:
            told, low = self._page(since, until)
        except Unavailable as error:
            self.missed = error
            return
        listed = [Listed(each["id"], parse.start(each), parse.summary(each)) for each in told]
        with self.run.engine.begin() as conn:
            self.run.hold(conn, self.connection)
            remote_activities.note(conn, self.feed, listed)
            numbers = [each.id for each in listed]
            remote_activities.doubt(conn, self.feed, (low, until), numbers)
            connections.cover(conn, self.run.user_id, SERVICE, low, until)
            if any(low < end and begin < until for begin, end in self.unread):
                self.run.get_on(conn)
        self.n_listed += 1
        self.is_newest_last = until == self.until
        if self.is_newest_last:
            self.newest = low
        self._note("Reading the list of activities")

    def _page(self, since: datetime, until: datetime) -> tuple[list[dict[str, Any]], datetime]:
        """Activities that started before ``until``, and from when on these are all.

        The list goes by the true starts; of hidden ones only the day is told, and of those in
        the second of the oldest there may be more. So what begins on either needs the next page.
        """
        before = math.ceil(until.timestamp())
        told: dict[int, dict[str, Any]] = {}
        for number in count(1):
            page = self._ask(partial(Strava.activities, before=before, number=number))
            if not page:
                return list(told.values()), since
            is_more = not told.keys() >= {each["id"] for each in page}
            told |= {each["id"]: each for each in page}
            low = max(since, min(map(parse.latest_start, told.values())) + _SECOND)
            if low < until:
                return list(told.values()), low
            if not is_more:
                return list(told.values()), until - _SECOND
        raise AssertionError

    def _try(self, wanted: Open) -> None:
        """Brings one in; one that cannot be had does not keep the others waiting."""
        self.is_newest_last = False
        try:
            self._bring(wanted)
            self.n_bad = 0
        except Unavailable:
            self.n_bad += 1
            self._fail(wanted)
            if self.n_bad >= _BAD_IN_A_ROW:
                raise
        except (ArithmeticError, LookupError, TypeError, ValueError, DataError):
            _log.exception("an activity of Strava cannot be brought in")
            self._fail(wanted)
        self.n_brought += 1

    def _fail(self, wanted: Open) -> None:
        with self.run.engine.begin() as conn:
            remote_activities.fail(conn, self.run.user_id, SERVICE, wanted.id)

    def _bring(self, wanted: Open) -> None:
        if wanted.state == FETCH and wanted.summary is not None:
            streams = self._streams(wanted.id, wanted.summary)
            self._keep(wanted, {"summary": wanted.summary, "streams": streams, "detail": None})
            return
        detail = self._ask(lambda strava: strava.activity(wanted.id))
        if detail is None:
            self._remove(wanted)
            return
        summary, before = parse.summary(detail), self._document(wanted.id)
        if before is not None and parse.shape(before["summary"]) == parse.shape(summary):
            streams = before["streams"]
        else:
            streams = self._streams(wanted.id, summary)
        told = {"summary": summary, "streams": streams, "detail": parse.detail(detail)}
        self._keep(wanted, told)

    def _streams(self, number: int, summary: dict[str, Any]) -> dict[str, Any] | None:
        if summary.get("manual"):
            return None
        return self._ask(lambda strava: strava.streams(number))

    def _keep(self, wanted: Open, document: dict[str, Any]) -> None:
        start = parse.start(document["summary"])
        length = timedelta(seconds=float(document["summary"].get("elapsed_time") or 0))
        self.heard.read(start - _AROUND, start + length + _AROUND)
        content = json.dumps(document, sort_keys=True, ensure_ascii=False).encode()
        key = remote_activities.key(SERVICE, wanted.id)
        source = Source(key, SERVICE, f"Strava activity {wanted.id}", content)
        is_first_word = document["detail"] is None
        with self.run.engine.begin() as conn:
            self.run.hold(conn, self.connection)
            # Its owner may have removed it here meanwhile.
            now_known = remote_activities.one(conn, self.run.user_id, SERVICE, wanted.id)
            if now_known is None or now_known.state != wanted.state:
                return
            before = originals.content(conn, self.run.user_id, key)
            if before != content:
                try:
                    told = parse.workout(document), _same_recording(before, document)
                    kept = workouts.keep_told(conn, self.run.user_id, source, *told)
                    is_changed = not kept.is_new and not kept.is_passed
                    if not is_first_word and wanted.state == DETAIL:
                        # Part of bringing it in.
                        is_changed = False
                    self._count(conn, new=kept.is_new, changed=is_changed)
                except InputError:
                    _log.info("an activity of Strava holds nothing to show")
            state = KEPT if document["detail"] is not None else DETAIL
            remote_activities.settle(conn, self.run.user_id, SERVICE, wanted.id, state)
            self.run.get_on(conn)
            if wanted.summary is None:
                listed = Listed(wanted.id, start, document["summary"])
                remote_activities.describe(conn, self.feed, listed)
        phase = "Bringing in activities" if is_first_word else "Bringing in laps and descriptions"
        self._note(phase)

    def _remove(self, wanted: Open) -> None:
        key = remote_activities.key(SERVICE, wanted.id)
        with self.run.engine.begin() as conn:
            self.run.hold(conn, self.connection)
            is_gone = workouts.forget_told(conn, self.run.user_id, key)
            remote_activities.settle(conn, self.run.user_id, SERVICE, wanted.id, GONE)
            self._count(conn, removed=is_gone)
        self._note("Bringing in activities")

    def _document(self, number: int) -> dict[str, Any] | None:
        """What was told of an activity before."""
        key = remote_activities.key(SERVICE, number)
        with self.run.engine.begin() as conn:
            content = originals.content(conn, self.run.user_id, key)
        found: dict[str, Any] | None = None if content is None else json.loads(content)
        return found

    def _count(self, conn: Connection, **is_more: bool) -> None:
        counts = {f"activities_{what}": int(is_it) for what, is_it in is_more.items()}
        self.run.count(conn, **counts)

    def _note(self, phase: str) -> None:
        with self.run.engine.begin() as conn:
            n = remote_activities.count(conn, self.run.user_id, SERVICE)
        kept = n.get(KEPT, 0)
        samples = kept + n.get(DETAIL, 0)
        total = samples + n.get(FETCH, 0) + n.get("look", 0)
        done = kept if samples == total else samples
        self.run.note(phase=phase, done=done, total=total)

    def _complete(self) -> bool:
        connection = self.run.connection()
        with self.run.engine.begin() as conn:
            if connection["whole_at"] is None:
                connections.set_whole(conn, self.run.user_id, SERVICE, _now())
            failed = remote_activities.count(conn, self.run.user_id, SERVICE).get("failed", 0)
        if failed:
            what = "1 activity" if failed == 1 else f"{failed} activities"
            self.run.note(message=f"{what} could not be read; the next run tries again.")
        return True


def _same_recording(content: bytes | None, document: dict[str, Any]) -> Workout | None:
    """What was told before, without its samples, where they and all figures are the same."""
    before = {} if content is None else json.loads(content)
    told = [{**each.get("summary", {}), "name": None} for each in (before, document)]
    if told[0] != told[1] or before["streams"] != document["streams"]:
        return None
    return parse.workout({**before, "streams": None})


def _now() -> datetime:
    return datetime.now(UTC)
