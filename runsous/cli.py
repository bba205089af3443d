"""The ``runsous`` command, all but what ``administration`` adds."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from runsous import administration
from runsous.errors import RunsousError

# Whatever is slow to load is imported by the command that needs it: help should be quick.
if TYPE_CHECKING:
    from sqlalchemy import Engine

    from runsous.store.imports import FileResult
    from runsous.sync.own_files import Measured

_DONE, _FAILED, _INTERRUPTED, _UNHEARD, _TERMINATED = 0, 1, 130, 141, 143
_STOPPING = "\nStopping after this file; Ctrl-C again stops at once.\n"
_STOPPED = (
    "Stopped. What was read is in; the same command goes on with the rest,"
    " and so does Retry on the page Add data."
)
_STOPPED_AT_ONCE = (
    "Stopped at once. What was read is in; the same command goes on with the rest,"
    " and so does the app when it runs."
)
_STOPPED_ANALYSIS = "Stopped. What was found is kept; the same command goes on with the rest."


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; its exit code. What goes wrong is one sentence on stderr."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or (given[0].startswith("-") and given[0] not in ("-h", "--help", "--version")):
        given.insert(0, "serve")
    chosen = _parser().parse_args(given)
    # So that being told to stop puts everything away, as Ctrl-C does.
    signal.signal(signal.SIGTERM, _terminate)
    try:
        code = int(chosen.run(chosen))
        sys.stdout.flush()
        return code
    except RunsousError as error:
        print(error, file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Who read has heard enough. Nor must the interpreter, ending, try to say the rest.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _UNHEARD


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
    files.set_defaults(run=_import)
    music = commands.add_parser("analyse", help="measure the tempo of music files and folders")
    music.add_argument("--again", action="store_true", help="measure what is known anew")
    music.set_defaults(run=_analyse)
    for reader in (files, music):
        reader.add_argument("paths", metavar="PATH", nargs="+", type=Path)
        reader.add_argument("--json", action="store_true", help="print one JSON object")
        reader.add_argument("--user", metavar="EMAIL", help="whose, on a server of accounts")

    migrate = commands.add_parser("migrate", help="create or upgrade the database schema")
    migrate.set_defaults(run=_migrate)

    worker = commands.add_parser("worker", help="run background work in a process of its own")
    worker.set_defaults(run=_worker)

    demo = commands.add_parser("demo", help="run the app with a sample runner, keeping nothing")
    demo.set_defaults(run=_demo)

    administration.add_commands(commands)
    parser.set_defaults(run=_administer)

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


def _administer(chosen: argparse.Namespace) -> int:
    with _database() as engine:
        chosen.administer(engine, chosen)
    return _DONE


def _import(chosen: argparse.Namespace) -> int:
    from runsous.sync import import_files

    return _read(chosen, import_files.import_paths, _line, (_STOPPED, _STOPPED_AT_ONCE))


def _analyse(chosen: argparse.Namespace) -> int:
    from runsous.sync import own_files

    def analyse(engine: Engine, user_id: int, *how: Any) -> own_files.Report:
        return own_files.Analysis(engine, user_id, again=chosen.again).run(*how)

    return _read(chosen, analyse, _tempo_line, (_STOPPED_ANALYSIS, _STOPPED_ANALYSIS))


def _read(
    chosen: argparse.Namespace,
    read: Callable[..., Any],
    line: Callable[[Any], str],
    stopped: tuple[str, str],
) -> int:
    """Reads files as ``chosen`` and prints what became of them; the exit code.

    ``stopped`` is said after the first Ctrl-C, and after the second.
    """
    with _database() as engine:
        user_id = administration.user_id(engine, chosen.user)
        show = None if chosen.json or not sys.stderr.isatty() else _show_progress
        try:
            with _stopping_softly() as stopping:
                report = read(engine, user_id, chosen.paths, show, stopping)
        except KeyboardInterrupt:
            print(stopped[1], file=sys.stderr)
            return _INTERRUPTED
    if chosen.json:
        print(json.dumps(report.as_json(), ensure_ascii=False))
    else:
        for file in report.files:
            print(line(file))
    if stopping.is_set():
        print(stopped[0], file=sys.stderr)
        return _INTERRUPTED
    return _FAILED if report.failed else _DONE


@contextlib.contextmanager
def _stopping_softly() -> Iterator[threading.Event]:
    """Lets the first Ctrl-C only set the event."""
    stopping = threading.Event()

    def stop(*_: object) -> None:
        stopping.set()
        signal.signal(signal.SIGINT, before)
        # Not by print, which the signal may have come in the middle of.
        os.write(2, _STOPPING.encode())

    before = signal.getsignal(signal.SIGINT)
    # A command in the background may have been told not to hear it.
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, stop)
    try:
        yield stopping
    finally:
        signal.signal(signal.SIGINT, before)


def _show_progress(done: int, total: int, path: str) -> None:
    end = "\n" if done == total else ""
    print(f"\r\x1b[K{done}/{total} {path[-60:]}", end=end, file=sys.stderr, flush=True)


def _line(file: FileResult) -> str:
    """What became of one file, as a person would say it."""
    counts = (("activities", file.activities), ("listens", file.listens))
    found = ", ".join(f"{count} {name}" for name, count in counts if count)
    said = " - ".join(part for part in (found, file.message) if part)
    return f"{file.path}: {file.status}" + (f" ({said})" if said else "")


def _tempo_line(file: Measured) -> str:
    song = f"{file.artist} - {file.title}" if file.artist else ""
    tempo = f"{file.bpm:.1f} BPM" if file.bpm else ""
    said = ", ".join(part for part in (song, tempo, file.message) if part)
    return f"{file.path}: {file.status} ({said})"


def _worker(_: argparse.Namespace) -> int:
    import asyncio

    from runsous import jobs, logs, settings, working
    from runsous.store import key_mark

    if settings.current().auth == "accounts":
        logs.keep_private()

    async def work(engine: Engine) -> None:
        told_to_stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, told_to_stop.set)
        async with working.worker(engine):
            logs.announce("Waiting for work (Ctrl-C stops it).")
            await told_to_stop.wait()
        await asyncio.to_thread(jobs.close, engine)

    with _database() as engine:
        key_mark.check(engine, settings.current())
        asyncio.run(work(engine))
    return _DONE


def _demo(chosen: argparse.Namespace) -> int:
    import tempfile
    from dataclasses import replace

    from runsous import serve, settings
    from runsous.demo.services import server
    from runsous.store import users
    from runsous.sync import sample

    print("Preparing a sample runner; all of it goes when you stop.", flush=True)
    with tempfile.TemporaryDirectory(prefix="runsous-demo-") as folder, server.sample() as services:
        demo = replace(
            settings.current(),
            home=Path(folder),
            database_url=None,
            base_url=f"http://127.0.0.1:{chosen.port}",
            services=settings.load(services.environment()).services,
        )
        settings.use(demo)
        print(
            "Strava, Spotify, Last.fm and ListenBrainz are simulated: be Ann (user name ann)"
            " or Ben (ben) there.",
            flush=True,
        )
        with _database() as engine:
            with engine.begin() as conn:
                user_id = users.local(conn)
            sample.add(engine, user_id)
            serve.run("127.0.0.1", chosen.port, browser=not chosen.no_browser)
    return _DONE


if __name__ == "__main__":
    sys.exit(main())
