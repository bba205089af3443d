"""Asks sources for songs, the most wanted first: each source at its own pace, song by song.

What was learned stands in the tables with every answer, so that it goes on where it was after a
pause, a restart or a ``kill -9``. That a source knows nothing of a song is remembered for a
while; that it could not be asked is never taken for that.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from runsous.analysis import names
from runsous.errors import NotConnected, RateLimited, Rejected, Unavailable
from runsous.net.http import Stopped
from runsous.services.spotify.client import NoAudioFeatures
from runsous.store import decisions, song_facts, song_queue, song_sources, songs, users
from runsous.store.song_facts import Lookup
from runsous.store.song_queue import Wanted
from runsous.store.song_sources import Tally
from runsous.sync import tempo
from runsous.sync.patience import Patience
from runsous.sync.song_rooms import ROOMS, Found, Room

_log = logging.getLogger(__name__)

SLICE_S = 10.0
"""After that others have their turn, and pages show what came in."""

_AT_ONCE = 40
_BATCHES = 5
_IDLE = timedelta(minutes=1)
_PATIENT_S = 900.0
_REFUSED = timedelta(hours=6)
_FAILED = timedelta(minutes=10)
_LONGEST = timedelta(days=365)
_BAD_IN_A_ROW = 3
_DISCOVERY = "discovery"


def due(engine: Engine) -> list[str]:
    """Takes in what was heard of late; the sources that can be asked now."""
    with engine.begin() as conn:
        waiting = songs.untied_users(conn)
    for user_id in waiting:
        while _take_in(engine, user_id):
            pass
    if waiting:
        with engine.begin() as conn:
            songs.rank(conn)
        with engine.begin() as conn:
            song_sources.wake(conn)
    with engine.begin() as conn:
        return song_sources.due(conn, song_queue.sources(conn), _now())


def _take_in(engine: Engine, user_id: int) -> bool:
    """Takes in some of what a user heard, holding them up but briefly; whether there was any."""
    with engine.begin() as conn:
        if not users.exists(conn, user_id):
            return False
        users.lock(conn, user_id)
        tied = songs.enrol(conn, user_id)
        # Of some of them everything may be known: others listen to them, too.
        known = song_facts.known_of(conn, list(tied.values()))
        heard_before = [track for track, song in tied.items() if song in known]
        if heard_before and tempo.decide(conn, user_id, heard_before):
            users.touch(conn, user_id)
        return bool(tied)


def rank(engine: Engine) -> None:
    """Takes over what was learned of songs meanwhile: their ids, lengths and albums, where they
    were heard, and facts of those that were taken in while these came.
    """
    with engine.begin() as conn:
        songs.learn_ids(conn)
    with engine.begin() as conn:
        songs.learn_facts(conn, _now())
    # Each holds songs in their order, which both together would not.
    with engine.begin() as conn:
        songs.rank(conn)
        left = decisions.left(conn)
    for user_id, tracks in left.items():
        with engine.begin() as conn:
            if users.exists(conn, user_id) and tempo.decide(conn, user_id, tracks):
                users.touch(conn, user_id)


def go_on(engine: Engine, source: str, stopping: threading.Event) -> bool:
    """Asks one source for a while; whether it can go on at once."""
    return _Slice(engine, source, stopping).go()


@dataclass
class _Slice:
    engine: Engine
    source: str
    stopping: threading.Event
    tally: Tally = field(default_factory=Tally)
    changed: set[int] = field(default_factory=set)
    led_on: set[str] = field(default_factory=set)
    stumbled: list[Sequence[Wanted]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.room: Room = ROOMS[self.source]
        self.patience = Patience(self.engine, self.source, self.stopping)
        self.began = time.monotonic()

    @property
    def is_over(self) -> bool:
        # Whether it is the songs or the source that stumbled has to be found out first.
        is_late = time.monotonic() - self.began > SLICE_S and not self.stumbled
        return self.stopping.is_set() or is_late

    def go(self) -> bool:
        try:
            return self._work()
        except Stopped:
            return False
        except RateLimited as error:
            self.patience.close(error.retry_at)
            self._rest(error.retry_at, str(error))
        except NoAudioFeatures as error:
            with self.engine.begin() as conn:
                song_sources.refuse(conn, self.source, str(error))
        except NotConnected as error:
            self._rest(_now() + _IDLE, str(error))
        except Rejected as error:
            self._rest(_now() + _REFUSED, str(error))
        except Unavailable as error:
            self._try_later(str(error))
        except Exception:
            _log.exception("asking %s for songs stumbled", self.source)
            self._try_later("Something went wrong here; the server's log says more.")
        finally:
            self._close()
        return False

    def _work(self) -> bool:
        ask, most = self.room.opened(self.engine, self.patience), self.room.most
        at_once = _AT_ONCE if most == 1 else _BATCHES * most
        while True:
            with self.engine.begin() as conn:
                batch = song_queue.wanted(conn, self.source, _now(), at_once)
            if not batch and not self._discover():
                break
            for at in range(0, len(batch), most):
                self._ask(ask, batch[at : at + most])
                if self.is_over:
                    return not self.stopping.is_set()
            if self.is_over:
                return not self.stopping.is_set()
            if most > 1 and 0 < len(batch) < at_once:
                # Others may be finding more of them by the second: not a call for each.
                break
        self._rest(_now() + _IDLE, None)
        return False

    def _discover(self) -> bool:
        """Takes in more songs by an artist whom users run to; whether there was one left."""
        if self.room.discover is None:
            return False
        with self.engine.begin() as conn:
            followed = songs.artists_to_follow(conn, _now(), 1)
        for song_id, artist in followed:
            try:
                found, state, again = self.room.discover(self.patience)(artist), "found", _LONGEST
            except Rejected:
                found, state, again = [], "failed", self.room.unknown_again
            keys = [(names.artist(str(f.artist)), names.title(str(f.title))) for f in found]
            now = _now()
            lookup = Lookup(state, ("search",), now + again)
            with self.engine.begin() as conn:
                songs.discover(conn, found, keys)
                song_facts.note_lookup(conn, song_id, _DISCOVERY, lookup, now)
        return bool(followed)

    def _ask(self, ask: Callable[[Sequence[Wanted]], list[Found]], chunk: Sequence[Wanted]) -> None:
        try:
            found = ask(chunk)
        except (NotConnected, NoAudioFeatures):
            raise
        except Rejected:
            if len(chunk) > 1:
                # One of them may be the reason.
                for at in range(0, len(chunk), half := (len(chunk) + 1) // 2):
                    self._ask(ask, chunk[at : at + half])
                return
            self._stumble(chunk)
        except Unavailable:
            self._stumble(chunk)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            _log.exception("an answer of %s cannot be understood", self.source)
            self._fail(chunk)
        else:
            self._take(found)

    def _stumble(self, chunk: Sequence[Wanted]) -> None:
        """Leaves songs aside that could not be asked for, unless the source is out of order. Where
        it was so the last time already, others are asked for the next time.
        """
        self.stumbled.append(chunk)
        if len(self.stumbled) < _BAD_IN_A_ROW:
            return
        with self.engine.begin() as conn:
            is_again = song_sources.failures(conn, self.source) > 0
        while is_again and self.stumbled:
            self._fail(self.stumbled.pop())
        raise

    def _take(self, found: Sequence[Found]) -> None:
        # Others can be asked for: it is these songs.
        while self.stumbled:
            self._fail(self.stumbled.pop())
        with self.engine.begin() as conn:
            # In one order everywhere: others take in the same songs at the same time.
            tempo.lock_users(conn, [each.song.id for each in found])
            for each in sorted(found, key=lambda each: each.song.id):
                self._keep(conn, each)
            self.changed |= tempo.decide_songs(conn, [each.song.id for each in found])
            self.led_on |= song_queue.settle(conn, [each.song.id for each in found])

    def _keep(self, conn: Connection, found: Found) -> None:
        now, song = _now(), found.song
        is_new = song_facts.keep(conn, song.id, self.source, found.known, now)
        song_facts.note_ids(conn, song.id, self.source, found.ids)
        state = "found" if found.known else "unknown"
        before = song_facts.lookup(conn, song.id, self.source)
        is_same = before is not None and before.state == state and not is_new
        n_same = before.n_same + 1 if before is not None and is_same else 0
        again = self.room.again if state == "found" else self.room.unknown_again
        due_at = now + min(_LONGEST, again * 2 ** min(n_same, 6))
        asked_with = sorted({*song.tried, *found.asked_with})
        lookup = Lookup(state, asked_with, due_at, n_same)
        song_facts.note_lookup(conn, song.id, self.source, lookup, now)
        setattr(self.tally, state, getattr(self.tally, state) + 1)

    def _fail(self, chunk: Sequence[Wanted]) -> None:
        """What cannot be had does not keep the others waiting; what was known before stays."""
        now = _now()
        with self.engine.begin() as conn:
            for song in chunk:
                before = song_facts.lookup(conn, song.id, self.source)
                n_same = before.n_same + 1 if before and before.state == "failed" else 0
                due_at = now + min(_LONGEST, _FAILED * 2 ** min(n_same, 8))
                lookup = Lookup("failed", before.asked_with if before else (), due_at, n_same)
                song_facts.note_lookup(conn, song.id, self.source, lookup, now)
            song_queue.settle(conn, [song.id for song in chunk])
        self.tally.failed += len(chunk)

    def _rest(self, until: datetime, message: str | None) -> None:
        with self.engine.begin() as conn:
            song_sources.rest(conn, self.source, until, message)

    def _try_later(self, message: str) -> None:
        with self.engine.begin() as conn:
            got_through = self.tally.found + self.tally.unknown
            n = 0 if got_through else song_sources.failures(conn, self.source)
            # Longer each time, and not for all at the same moment.
            wait_s = min(_PATIENT_S, 2.0 ** min(n + 2, 10)) * random.uniform(0.75, 1.25)  # noqa: S311
            until = _now() + timedelta(seconds=wait_s)
            song_sources.rest(conn, self.source, until, message, n + 1)

    def _close(self) -> None:
        self.tally.calls, self.tally.errors = self.patience.calls, self.patience.errors
        self.tally.busy_s = time.monotonic() - self.began
        with self.engine.begin() as conn:
            song_sources.count(conn, self.source, self.tally)
        if self.tally.found or self.tally.unknown or self.tally.failed:
            # What one has found leads others on; some wait until it was asked at all.
            after = {name for name, way in song_queue.WAYS.items() if way.after == self.source}
            with self.engine.begin() as conn:
                song_sources.wake(conn, self.led_on | after)
        with self.engine.begin() as conn:
            for user_id in sorted(self.changed):
                users.touch(conn, user_id)


def _now() -> datetime:
    return datetime.now(UTC)
