"""Clocks: how long something took, and how much of a processor other processes used."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil


def seconds(act: Callable[[], object]) -> float:
    """How long ``act`` took by the clock on the wall."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


@dataclass(frozen=True)
class Used:
    """Processor time in milliseconds: of the server itself, and of its database."""

    server: float
    database: float

    @property
    def both(self) -> float:
        """All of it."""
        return self.server + self.database


class Meter:
    """Processor time of a server and the processes it started, less what it uses idle."""

    def __init__(self, pid: int) -> None:
        self._server = psutil.Process(pid)
        self._idle = Used(0.0, 0.0)

    def learn_idle(self, during_s: float = 10.0) -> None:
        """Watches the server doing nothing, to subtract that from now on."""
        self._idle = Used(0.0, 0.0)
        began = self.now()
        time.sleep(during_s)
        used = self.since(began)
        self._idle = Used(used.server / during_s, used.database / during_s)

    def now(self) -> tuple[float, dict[int, float]]:
        """A reading for :meth:`since`."""
        children = self._server.children(recursive=True)
        return time.perf_counter(), {p.pid: _used_s(p) for p in (self._server, *children)}

    def since(self, began: tuple[float, dict[int, float]]) -> Used:
        """What was used since a reading, idle work taken off."""
        (then, before), (now, after) = began, self.now()
        grown = {pid: 1e3 * (used - before.get(pid, 0.0)) for pid, used in after.items()}
        server = grown.pop(self._server.pid)
        span = now - then
        return Used(
            server - self._idle.server * span, sum(grown.values()) - self._idle.database * span
        )


def _used_s(process: psutil.Process) -> float:
    """Seconds of processor time; on Linux by the kernel's own clock, which is not in ticks."""
    try:
        if sys.platform == "linux":
            # What clock_getcpuclockid(3) makes of a process's number.
            return time.clock_gettime(~process.pid << 3 | 2)
        times = process.cpu_times()
        return float(times.user + times.system)
    except (OSError, psutil.NoSuchProcess):
        return 0.0
