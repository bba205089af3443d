"""A listening history of a hundred thousand plays, imported as a user would."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import places, timing
from benchmarks.figures import Limit, Row
from benchmarks.made import history
from runsous.files import spotify_export
from runsous.sync import import_files

_REPEATS = 3
_PLAYS = 100_000


def run() -> list[Row]:
    """Seconds for Spotify's export, each time into an empty library, and for reading it."""
    imports, reads = [], []
    with places.folder() as folder:
        path = folder / "my_spotify_data.zip"
        history.write(path, _PLAYS)
        members = history.members(path)
        for _ in range(_REPEATS):
            imports.append(_import_s(path))
            reads.append(timing.seconds(lambda: _read(members)))
    limit = Limit(10.0)
    return [Row("100,000 listens imported", "s", imports, "the reader alone", reads, limit)]


def _import_s(path: Path) -> float:
    with places.fresh_library() as library:
        began = time.perf_counter()
        report = import_files.import_paths(library.engine, library.user_id, [path])
        took_s = time.perf_counter() - began
    found = sum(file.listens for file in report.files)
    if found != _PLAYS:
        raise RuntimeError(f"Of {_PLAYS} listens {found} came in: {report.files[:1]}")
    return took_s


def _read(members: Sequence[bytes]) -> None:
    for content in members:
        spotify_export.read_spotify_extended(content)
