"""Which of the workers that are at jobs live still, and what becomes of the others' jobs.

A worker beats in the queue's tables, and holds a lock on a connection of its own: when it is
killed the system closes that at once, while a missing beat has to be waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import datetime

import psycopg

BEAT_S = 2.0
"""How often a worker beats."""
SILENT_S = 4.0
"""Who holds no lock and does not beat for so long is dead."""
STALLED_S = 20.0
"""So is, for all we know, who holds one but does not beat for so long."""

_BEAT = "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = ANY(%s)"
_DOING = """
SELECT j.id, j.worker_id, w.last_heartbeat, EXISTS (
    SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted
    AND l.classid = 7268 AND l.objid::bigint = j.worker_id
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
) FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id
WHERE j.status = 'doing' ORDER BY j.id
"""
_SAME = "id = %(job)s AND status = 'doing' AND worker_id IS NOT DISTINCT FROM %(worker)s::bigint"
_PUT_BACK = f"""
UPDATE procrastinate_jobs j SET status = 'todo', worker_id = NULL, attempts = attempts + 1
WHERE {_SAME} AND NOT EXISTS (SELECT FROM procrastinate_jobs o
    WHERE o.status = 'todo' AND o.queueing_lock = j.queueing_lock)
"""  # noqa: S608 - words of ours
_DROP = f"DELETE FROM procrastinate_jobs WHERE {_SAME}"  # noqa: S608


class Watch:
    """A process's connection for the signs of life of its own workers and to watch all.

    Procrastinate's own beat ends for good, without a word, when it once cannot reach the database.
    """

    def __init__(self, address: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._address = address
        self._clock = clock
        self._own: set[int] = set()
        self._conn: psycopg.AsyncConnection | None = None
        self._connecting = asyncio.Lock()
        self._since: dict[tuple[int, datetime | None, bool], float] = {}

    async def sign(self, worker_id: int) -> None:
        """Holds the lock of a worker of this process from now on; if the database cannot be had,
        from when :meth:`relieve` can have it.
        """
        if worker_id not in self._own:
            self._own.add(worker_id)
            with contextlib.suppress(psycopg.Error):
                await _hold(await self._connection(), worker_id)

    async def resign(self, worker_id: int) -> None:
        """Gives no more signs of a worker that ended: what it left undone is for others."""
        self._own.discard(worker_id)
        if self._conn is not None:
            with contextlib.suppress(psycopg.Error):
                await self._conn.execute("SELECT pg_advisory_unlock_all()")
                await self._hold_all(self._conn)

    async def relieve(self) -> list[int]:
        """Beats, and puts the jobs of dead workers back in the queue, unless the like waits there;
        their ids. ``psycopg.Error`` while the database cannot be had.

        Others are dead after they gave no sign for as long as this one was looking: when a
        computer wakes up, everybody's last sign is old.
        """
        try:
            await self._beat()
        except psycopg.OperationalError:
            # The connection broke; another may be had at once.
            await self._beat()
        conn = await self._connection()
        rows = await (await conn.execute(_DOING)).fetchall()
        now, before, self._since = self._clock(), self._since, {}
        found = []
        for job, worker, *sign in rows:
            if worker is not None:
                known = (worker, *sign)
                self._since[known] = before.get(known, now)
                if now - self._since[known] < (STALLED_S if sign[1] else SILENT_S):
                    continue
            # Unless another of those who watch was quicker.
            same = {"job": job, "worker": worker}
            put_back = await conn.execute(_PUT_BACK, same)
            if put_back.rowcount or (await conn.execute(_DROP, same)).rowcount:
                found.append(job)
        return found

    async def end(self) -> None:
        """Lets go of the locks."""
        if self._conn is not None:
            await self._conn.close()

    async def _beat(self) -> None:
        await (await self._connection()).execute(_BEAT, [list(self._own)])

    async def _connection(self) -> psycopg.AsyncConnection:
        async with self._connecting:
            if self._conn is None or self._conn.closed:
                self._conn = await psycopg.AsyncConnection.connect(
                    self._address, autocommit=True, connect_timeout=5, tcp_user_timeout=10_000
                )
                await self._hold_all(self._conn)
            return self._conn

    async def _hold_all(self, conn: psycopg.AsyncConnection) -> None:
        for worker_id in list(self._own):
            await _hold(conn, worker_id)


async def _hold(conn: psycopg.AsyncConnection, worker_id: int) -> None:
    # Shared, as the server may not know yet that the connection before is no more.
    await conn.execute("SELECT pg_advisory_lock_shared(7268, %s::int)", [worker_id])
