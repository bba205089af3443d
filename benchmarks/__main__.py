"""``python -m benchmarks [--only NAME]… [--json]``: measures, and prints one table."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable

from benchmarks import (
    activity_page,
    api,
    archive,
    crawl,
    figures,
    growth,
    insights,
    listens,
    machine,
    start,
    stream_write,
    sync,
    tempo,
)
from benchmarks.figures import Row

BENCHMARKS: dict[str, Callable[[], list[Row]]] = {
    "start": start.run,
    "activity-page": activity_page.run,
    "api": api.run,
    "stream-write": stream_write.run,
    "archive": archive.run,
    "listens": listens.run,
    "growth": growth.run,
    "sync": sync.run,
    "tempo": tempo.run,
    "crawl": crawl.run,
    "insights": insights.run,
}


def main() -> int:
    """Runs the chosen benchmarks; 0 unless one could not be run at all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only",
        action="append",
        choices=BENCHMARKS,
        metavar="NAME",
        help=f"one of {', '.join(BENCHMARKS)}; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print every single run as JSON")
    chosen = parser.parse_args()
    # So that being told to stop puts servers and folders away, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    facts = machine.facts()
    rows = [row for name in chosen.only or BENCHMARKS for row in _run(name)]
    if chosen.json:
        print(json.dumps({"machine": facts, "rows": [r.as_json() for r in rows]}, indent=1))
    else:
        print(figures.table(rows))
        print("Medians. Measured on: " + ", ".join(f"{k} {v}" for k, v in facts.items()) + ".")
    return 0


def _run(name: str) -> list[Row]:
    print(f"{name} … ", end="", file=sys.stderr, flush=True)
    began = time.perf_counter()
    rows = BENCHMARKS[name]()
    print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main())
