"""One run of the sync of a connection, in slices that can be stopped at any point.

What was read is in the tables with every page and activity, so that a run goes on where it was:
after a pause that the service demands, a restart or a ``kill -9``.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from runsous import settings
from runsous.errors import (
    NotConnected,
    NotFound,
    RateLimited,
    Rejected,
    Unavailable,
)
from runsous.keys import Keyring
from runsous.net.http import Stopped
from runsous.store import connections, sync_runs, users
from runsous.sync.patience import Patience

_log = logging.getLogger(__name__)

SLICE_S = 20.0
"""A run gives way to others after this time, and goes on when it is its turn again."""

_TRIES = 8
_PATIENT_S = 900.0
_REFUSED = timedelta(hours=6)


class Cancelled(Exception):
    """The user does not want this run any more, or the connection is gone."""


@dataclass
class Run:
    """A slice of a run: whose, of which service, and until when; ``facts`` is what
    ``store.sync_runs`` knows of the run.
    """

    engine: Engine
    user_id: int
    service: str
    facts: dict[str, Any]
    stopping: threading.Event = field(default_factory=threading.Event)
    until: float = field(default_factory=lambda: time.monotonic() + SLICE_S)

    def __post_init__(self) -> None:
        self.run_id = int(self.facts["id"])
        self.is_first = self.facts["phase"] is None
        self.has_waited = self.facts["status"] == "waiting"
        self.failures = int(self.facts["failures"])
        self.patience = Patience(self.engine, self.service, self.stopping)
        self.keys = Keyring(settings.secret_keys(settings.current()))
        self._noted_calls = 0

    @property
    def is_over(self) -> bool:
        """Whether this slice has to end."""
        return self.stopping.is_set() or time.monotonic() > self.until

    def count(self, conn: Connection, **counts: int) -> None:
        """Adds to what the run brought in, in the transaction that keeps it: whatever happens
        then, they agree. What was played around activities counts for the run that asked.
        """
        if any(counts.values()):
            sync_runs.count(conn, self.user_id, self.run_id, **counts)

    def get_on(self, conn: Connection) -> None:
        """Notes that something came in which had not before, so that trying is worth while."""
        if self.failures:
            self.failures = 0
            sync_runs.get_on(conn, self.user_id, self.run_id)

    def note(self, **facts: Any) -> None:
        """Tells how far the run is; raises :class:`Cancelled` where nobody wants it any more."""
        calls = self._new_calls()
        with self.engine.begin() as conn:
            is_wanted = sync_runs.note(conn, self.user_id, self.run_id, calls=calls, **facts)
        if not is_wanted:
            raise Cancelled

    def count_calls(self) -> None:
        """Notes what was called, however it ended."""
        if calls := self._new_calls():
            with self.engine.begin() as conn:
                sync_runs.count(conn, self.user_id, self.run_id, calls=calls)

    def _new_calls(self) -> int:
        calls = self.patience.calls - self._noted_calls
        self._noted_calls = self.patience.calls
        return calls

    def hold(self, conn: Connection, connection: dict[str, Any]) -> None:
        """Locks the user's data until the transaction ends; raises :class:`Cancelled` where the
        connection is gone, or leads to another account than when ``connection`` was read.
        """
        users.lock(conn, self.user_id)
        if not connections.is_still(conn, self.user_id, connection):
            raise Cancelled

    def connection(self) -> dict[str, Any]:
        """The connection as it is now; :class:`Cancelled` where it is gone."""
        try:
            with self.engine.begin() as conn:
                return connections.one(conn, self.user_id, self.service)
        except NotFound:
            raise Cancelled from None


Room = Callable[[Run], bool]
"""Brings in what it can until the slice is over; whether that is all there is."""


def work(engine: Engine, user_id: int, service: str, room: Room, stopping: threading.Event) -> bool:
    """One slice of the run under way, if there is one; whether it can go on at once."""
    with engine.begin() as conn:
        found = sync_runs.current(conn, user_id, service)
        if found is None or (found["resume_at"] or _now()) > _now():
            return False
        is_wanted = sync_runs.start(conn, user_id, found["id"])
    run = Run(engine, user_id, service, found, stopping)
    if is_wanted:
        return _slice(run, room)
    _finish(run, "cancelled", None)
    return False


def _slice(run: Run, room: Room) -> bool:
    try:
        if not room(run):
            run.note(budget=run.patience.budget())
            return not run.stopping.is_set()
        run.note(budget=run.patience.budget())
        _finish(run, "done", None)
    except Cancelled:
        _finish(run, "cancelled", None)
    except Stopped:
        pass
    except RateLimited as error:
        run.patience.close(error.retry_at)
        # Who cancels meanwhile is heard when it would go on.
        with contextlib.suppress(Cancelled):
            run.note(budget=run.patience.budget())
        with run.engine.begin() as conn:
            # A service that is asked less often for a while is no failing one.
            sync_runs.wait(conn, run.user_id, run.run_id, error.retry_at, str(error))
    except NotConnected as error:
        with run.engine.begin() as conn:
            connections.set_trouble(conn, run.user_id, run.service, str(error))
        _finish(run, "failed", str(error))
    except Rejected as error:
        _finish(run, "failed", str(error), again=_REFUSED)
    except Unavailable as error:
        _try_later(run, str(error))
    except Exception:
        with run.engine.begin() as conn:
            if not users.exists(conn, run.user_id):
                return False
        _log.exception("the sync of %s for user %s stumbled", run.service, run.user_id)
        _try_later(run, "Something went wrong here; the server's log says more.")
    finally:
        run.count_calls()
    return False


def _try_later(run: Run, message: str) -> None:
    if run.failures >= _TRIES:
        _finish(run, "failed", message)
        return
    # Longer each time, and not for all at the same moment.
    wait_s = min(_PATIENT_S, 2.0 ** (run.failures + 1)) * random.uniform(0.75, 1.25)  # noqa: S311
    with run.engine.begin() as conn:
        sync_runs.count(conn, run.user_id, run.run_id, failures=1)
        sync_runs.wait(conn, run.user_id, run.run_id, _now() + timedelta(seconds=wait_s), message)


def _finish(run: Run, status: str, message: str | None, again: timedelta = timedelta(0)) -> None:
    """Ends the run; the next one by itself comes after the interval, or ``again`` if longer."""
    with run.engine.begin() as conn:
        sync_runs.finish(conn, run.user_id, run.run_id, status, message)
        with contextlib.suppress(NotFound):
            known = connections.one(conn, run.user_id, run.service)
            at = _now() + max(timedelta(seconds=known["interval_s"]), again)
            connections.set_next_run(conn, run.user_id, run.service, at)
        users.touch(conn, run.user_id)
    _log.info("sync of %s for user %s: %s", run.service, run.user_id, status)


def _now() -> datetime:
    return datetime.now(UTC)
