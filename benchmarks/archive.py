"""A Strava export of a thousand runs, imported as a user would."""

from __future__ import annotations

import gzip
import time
from collections.abc import Sequence
from pathlib import Path

import fitfast

from benchmarks import places, timing
from benchmarks.figures import Limit, Row
from benchmarks.made import archive
from runsous.files import fit
from runsous.sync import import_files

_REPEATS = 2
_ACTIVITIES, _SECONDS = 1000, 2400


def run() -> list[Row]:
    """Seconds for the archive, each time into an empty library, and for reading its files."""
    imports, reads, parses = [], [], []
    with places.folder() as folder:
        path = folder / "export_1.zip"
        archive.write(path, _ACTIVITIES, _SECONDS)
        members = archive.fit_members(path)
        for _ in range(_REPEATS):
            imports.append(_import_s(path))
            reads.append(timing.seconds(lambda: _read(members)))
            parses.append(timing.seconds(lambda: _parse(members)))
    return [
        Row(
            "1,000-activity Strava export (FIT)",
            "s",
            imports,
            "the FIT reader alone",
            reads,
            Limit(90.0),
            note=f"{_SECONDS:,} records each; the parser below the reader alone took"
            f" {min(parses):.1f} s.",
            extra={"parser_s": parses},
        )
    ]


def _import_s(path: Path) -> float:
    with places.fresh_library() as library:
        began = time.perf_counter()
        report = import_files.import_paths(library.engine, library.user_id, [path])
        took_s = time.perf_counter() - began
    found = sum(file.activities for file in report.files)
    if found != _ACTIVITIES:
        raise RuntimeError(f"Of {_ACTIVITIES} activities {found} came in: {report.files[:1]}")
    return took_s


def _read(members: Sequence[bytes]) -> None:
    for content in members:
        fit.read_fit(gzip.decompress(content))


def _parse(members: Sequence[bytes]) -> None:
    for content in members:
        fitfast.records(gzip.decompress(content))
