"""The simulated services in a process of their own: ``python -m benchmarks.made.services N M``
with N activities and M plays. Prints the variables that lead to them, ends with its input.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from runsous.demo.services.sample_world import made_up_world
from runsous.demo.services.server import Simulators
from runsous.demo.services.windows import Windows

_PLENTY = (1_000_000, 10_000_000)


@contextmanager
def running(activities: int, plays: int) -> Iterator[dict[str, str]]:
    """Such services; the environment of an app that is to call them."""
    command = [sys.executable, "-m", "benchmarks.made.services", str(activities), str(plays)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def main() -> None:
    """Runs until nobody wants it any more."""
    activities, plays = map(int, sys.argv[1:])
    simulators = Simulators(made_up_world(activities, plays))
    # What is measured is the sync, not how long services make it wait.
    simulators.strava.windows = Windows(_PLENTY, _PLENTY)
    simulators.lastfm.per_second = None
    with simulators:
        print(json.dumps(simulators.environment()), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
