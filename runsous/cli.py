"""The ``runsous`` command: serve, import, migrate, worker, demo."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from runsous.errors import RunsousError

# Whatever is slow to load is imported by the command that needs it: help should be quick.
if TYPE_CHECKING:
    from sqlalchemy import Engine

    from runsous.store.imports import FileResult

_DONE, _FAILED, _INTERRUPTED, _TERMINATED = 0, 1, 130, 143


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code. What goes wrong is one sentence on stderr."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help", "--version")):
        given.insert(0, "serve")
    chosen = _parser().parse_args(given)
    # So that being told to stop puts everything away, as Ctrl-C does.
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return int(chosen.run(chosen))
    except RunsousError as error:
        print(error, file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED


def _terminate(*_: object) -> NoReturn:
    raise SystemExit(_TERMINATED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runsous",
        description="Run Sous BPM: which song played where on your runs.",
        epilog="Without a command the app is served.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    serve = commands.add_parser("serve", help="run the app: pages, REST API, background work")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serve.set_defaults(run=_serve)

    files = commands.add_parser("import", help="import workout and listening files and folders")
    files.add_argument("paths", metavar="PATH", nargs="+", type=Path)
    files.add_argument("--json", action="store_true", help="print the outcome as one JSON object")
    files.set_defaults(run=_import)

    migrate = commands.add_parser("migrate", help="create or upgrade the database schema")
    migrate.set_defaults(run=_migrate)

    worker = commands.add_parser("worker", help="run background work in a process of its own")
    worker.set_defaults(run=_worker)

    demo = commands.add_parser("demo", help="run the app with a sample runner, keeping nothing")
    demo.set_defaults(run=_demo)

    for server in (serve, demo):
        server.add_argument("--port", type=_port, default=8501, help="(%(default)s)")
        server.add_argument("--no-browser", action="store_true", help="only print the address")
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"runsous {version('runsous')}")
        parser.exit()


def _port(value: str) -> int:
    if not value.isascii() or not value.isdigit() or int(value) > 65535:
        raise argparse.ArgumentTypeError(f"{value} is not a port number")
    return int(value)


@contextlib.contextmanager
def _database() -> Iterator[Engine]:
    """The configured database with its schema up to date, let go of at the end."""
    from runsous import settings
    from runsous.store import database

    engine = database.open(settings.current())
    try:
        database.migrate(engine)
        yield engine
    finally:
        database.close(engine)


def _serve(chosen: argparse.Namespace) -> int:
    from runsous import serve

    serve.run(chosen.host, chosen.port, browser=not chosen.no_browser)
    return _DONE


def _migrate(_: argparse.Namespace) -> int:
    with _database():
        print("The database is up to date.")
    return _DONE


def _import(chosen: argparse.Namespace) -> int:
    from runsous.store import users
    from runsous.sync import import_files

    with _database() as engine:
        with engine.begin() as conn:
            user_id = users.local(conn)
        show = None if chosen.json or not sys.stderr.isatty() else _show_progress
        report = import_files.import_paths(engine, user_id, chosen.paths, show)
    if chosen.json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        for file in report.files:
            print(_line(file))
    return _FAILED if report.failed else _DONE


def _show_progress(done: int, total: int, path: str) -> None:
    end = "\n" if done == total else ""
    print(f"\r\x1b[K{done}/{total} {path[-60:]}", end=end, file=sys.stderr, flush=True)


def _line(file: FileResult) -> str:
    """What became of one file, as a person would say it."""
    counts = (("activities", file.activities), ("listens", file.listens))
    found = ", ".join(f"{count} {name}" for name, count in counts if count)
    said = " - ".join(part for part in (found, file.message) if part)
    return f"{file.path}: {file.status}" + (f" ({said})" if said else "")


def _worker(_: argparse.Namespace) -> int:
    import asyncio

    from runsous import jobs

    async def work(engine: Engine) -> None:
        told_to_stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, told_to_stop.set)
        async with jobs.worker(engine):
            print("Waiting for work (Ctrl-C stops it).", flush=True)
            await told_to_stop.wait()
        await asyncio.to_thread(jobs.close, engine)

    with _database() as engine:
        asyncio.run(work(engine))
    return _DONE


def _demo(chosen: argparse.Namespace) -> int:
    import tempfile
    from dataclasses import replace

    from runsous import serve, settings
    from runsous.store import users
    from runsous.sync import sample

    with tempfile.TemporaryDirectory(prefix="runsous-demo-") as folder:
        settings.use(replace(settings.current(), home=Path(folder), database_url=None))
        print("Preparing a sample runner; all of it goes when you stop.", flush=True)
        with _database() as engine:
            with engine.begin() as conn:
                user_id = users.local(conn)
            sample.add(engine, user_id)
            serve.run("127.0.0.1", chosen.port, browser=not chosen.no_browser)
    return _DONE


if __name__ == "__main__":
    sys.exit(main())
