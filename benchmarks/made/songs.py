"""Ten thousand songs somebody heard, and the sources that know them, in processes of their own.

``python -m benchmarks.made.songs serve N FASTER`` runs the sources: prints the variables that lead
to them, and what was asked of them when its input ends. ``python -m benchmarks.made.songs ask HOME
FASTER`` asks them for all songs in a home. Limits are FASTER times what they are.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from sqlalchemy import Engine

from benchmarks import places
from runsous import frames
from runsous.demo.services.catalogue import Recording, made_up
from runsous.demo.services.limits import Counted, Sliding
from runsous.demo.services.sample_world import made_up_world
from runsous.demo.services.server import Simulators
from runsous.net.http import Http
from runsous.reports import lookups
from runsous.sync import crawling, listening
from runsous.sync.patience import RULES

SOURCES = ("deezer", "musicbrainz", "reccobeats", "acousticbrainz")
_DUE_S = 1.0
_FIRST = datetime(2024, 1, 1, tzinfo=UTC)


class Served:
    """The sources' process: ``found`` leads to it, :meth:`ended` is what was asked of it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._process = process
        self.found: dict[str, str] = json.loads(process.stdout.readline())

    def ended(self) -> dict[str, Any]:
        """Calls by source, how many were made twice, and what no good client does."""
        said, _ = self._process.communicate("")
        told: dict[str, Any] = json.loads(said)
        return told


@contextmanager
def serving(count: int, faster: float) -> Iterator[Served]:
    """The sources, which know so many songs."""
    command = [sys.executable, "-m", "benchmarks.made.songs", "serve", str(count), str(faster)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Served(process)
        finally:
            process.kill()


def asking(home: Path, found: dict[str, str], faster: float) -> subprocess.Popen[bytes]:
    """A process that asks for all songs in a home and ends when there is nothing left to ask."""
    command = [sys.executable, "-m", "benchmarks.made.songs", "ask", str(home), str(faster)]
    return subprocess.Popen(command, env=places.environment(home) | found)


def hear(opened: places.Library, recordings: list[Recording]) -> None:
    """Lets the user have heard these, with what listening histories know of songs."""
    rows = range(len(recordings))
    frame = frames.listens(
        source=["listenbrainz"] * len(rows),
        stamp=[_FIRST + timedelta(minutes=10 * row) for row in rows],
        stamp_kind=["start"] * len(rows),
        precision_s=[1.0] * len(rows),
        duration_s=[each.duration_ms / 1000 for each in recordings],
        artist=[each.artist for each in recordings],
        title=[each.title for each in recordings],
        mbid=[
            (each.merged or (each.mbid,))[0] if row % 3 == 0 else None
            for row, each in zip(rows, recordings, strict=True)
        ],
        spotify_id=[
            each.spotify_ids[0] if row % 3 == 1 else None
            for row, each in zip(rows, recordings, strict=True)
        ],
    )
    with opened.engine.begin() as conn:
        listening.keep(conn, opened.user_id, frame, datetime.now(UTC))


def _serve(count: int, faster: float) -> None:
    simulators = Simulators(made_up_world(1, 1), catalogue=made_up(count))
    simulators.deezer.limit = Sliding(50, 5.0 / faster)
    simulators.musicbrainz.limit = Sliding(1, 1.0 / faster)
    simulators.reccobeats.limit = Sliding(50, 10.0 / faster)
    simulators.acousticbrainz.limit = Counted(100, 10.0 / faster)
    with simulators:
        print(json.dumps(simulators.environment()), flush=True)
        sys.stdin.read()
        log = simulators.calls.log
        answered = Counter(call.target for call in log if call.status == 200)
        print(
            json.dumps(
                {
                    "calls": Counter(call.service for call in log),
                    "twice": sum(n - 1 for n in answered.values()),
                    "violations": simulators.calls.violations,
                }
            )
        )


def _ask(home: Path, faster: float) -> None:
    for source in SOURCES:
        rule = RULES[source]
        RULES[source] = replace(rule, apart_s=rule.apart_s / faster, after_s=rule.after_s / faster)
    found = {name: value for name, value in os.environ.items() if name.endswith("_API_URL")}
    # The pauses before another attempt as well: one call of MusicBrainz in ten needs it.
    hurried = mock.patch.object(Http, "_sleep", lambda _, seconds: time.sleep(seconds / faster))
    with places.library(home, **found) as opened, hurried:
        threads = [
            threading.Thread(target=_until_done, args=(opened.engine, source)) for source in SOURCES
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _until_done(engine: Engine, source: str) -> None:
    while True:
        due = crawling.due(engine)
        if source in due and crawling.go_on(engine, source, threading.Event()):
            continue
        if not due and not _waiting(engine):
            return
        time.sleep(_DUE_S)


def _waiting(engine: Engine) -> int:
    with engine.begin() as conn:
        return sum(bands.total() for bands in lookups.queue(conn, datetime.now(UTC)).values())


def main() -> None:
    """Serves or asks."""
    what, which, faster = sys.argv[1:]
    if what == "serve":
        _serve(int(which), float(faster))
    else:
        _ask(Path(which), float(faster))


if __name__ == "__main__":
    main()
