"""The running app: what has to be there before the first page, and what is put away at the end.

``runsous serve``, ``make run`` and ``streamlit run app.py`` all come through :func:`lifespan`.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import ipaddress
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NoReturn

from sqlalchemy import Engine
from starlette.types import ASGIApp

from runsous import logs
from runsous import settings as configuration
from runsous.errors import AlreadyRunning, InputError, RunsousError
from runsous.settings import Settings, make_home
from runsous.store import database, key_mark
from runsous.store.filelock import FileLock

_early: Future[Engine] | None = None

APP = Path(__file__).resolve().parents[1] / "app.py"


def run(host: str, port: int, *, browser: bool) -> None:
    """Serves until Ctrl-C, and returns once everything is put away.

    Raises :class:`RunsousError` in a sentence when it cannot start.
    """
    from click.exceptions import Abort
    from streamlit.web import cli as streamlit

    if not APP.exists():
        raise InputError(f"The pages are missing: {APP} is not there; install from a checkout.")
    _keep_logs_private()
    _check_host(configuration.current(), host)
    _claim(configuration.current())
    _check_port(host, port)
    _begin_early()
    arguments = ["run", str(APP), f"--server.address={host}", f"--server.port={port}"]
    if not browser:
        arguments.append("--server.headless=true")
    # Ctrl-C is how one stops it: by the time it arrives here the server has shut down.
    with contextlib.suppress(Abort, KeyboardInterrupt):
        streamlit.main(arguments, prog_name="streamlit", standalone_mode=False)


def prepare() -> None:
    """What has to be so before the server listens, by whichever command it was started."""
    import uvicorn.config

    # It would believe X-Forwarded-For of whoever is on this machine, and only ask an environment
    # that is read by now; who may be believed is configured (``web.client``).
    uvicorn.config.ProxyHeadersMiddleware = _as_it_came  # type: ignore[assignment, attr-defined]
    # What is wrong with the settings is told when the server starts.
    with contextlib.suppress(RunsousError):
        _keep_logs_private()


def _as_it_came(app: ASGIApp, **_: object) -> ASGIApp:
    return app


def _keep_logs_private() -> None:
    if configuration.current().auth == "accounts":
        logs.keep_private()


@contextlib.asynccontextmanager
async def lifespan(_: object) -> AsyncIterator[None]:
    """Opens the database and runs background work while the server is up."""
    from runsous import working

    try:
        engine = await asyncio.to_thread(_open)
    except RunsousError as error:
        await _give_up(error)
    _stop_when_the_terminal_closes()
    try:
        async with working.worker(engine):
            _announce()
            warming = asyncio.create_task(asyncio.to_thread(_warm))
            yield
            await warming
    finally:
        await asyncio.to_thread(_close, engine)


def _open() -> Engine:
    from streamlit import config

    from runsous.web import door

    settings = configuration.current()
    _check_host(settings, config.get_option("server.address") or "0.0.0.0")  # noqa: S104
    if settings.base_url == Settings.base_url:
        # Nobody said how browsers come here: at the port that was chosen.
        settings = replace(settings, base_url=_address())
        configuration.use(settings)
    config.set_option("server.maxUploadSize", settings.max_upload_mb)
    if settings.auth == "accounts":
        # Colourful tracebacks go past the log, with the words of errors in them.
        config.set_option("logger.enableRich", False)
        config.set_option("server.trustedUserHeaders", {door.USER_HEADER: "runsous_user"})
    _claim(settings)
    _home_lock(settings.home).write(_address())
    return _early.result() if _early else _database()


def _begin_early() -> None:
    """Lets the database start while the server's libraries are loaded."""
    global _early
    _early = ThreadPoolExecutor(1).submit(_database)


def _database() -> Engine:
    engine = database.open(configuration.current())
    try:
        database.migrate(engine)
        key_mark.check(engine, configuration.current())
    except BaseException:
        database.close(engine)
        raise
    return engine


def _warm() -> None:
    """Loads what pages draw with before the first visitor asks for it.

    Streamlit collects garbage after every rerun; walking all that these libraries keep alive
    for good would cost more than the page itself, so it is set aside once.
    """
    from runsous.ui.components import activity_actions, activity_figure  # noqa: F401

    gc.collect()
    gc.freeze()


def _close(engine: Engine) -> None:
    from runsous import jobs

    jobs.close(engine)
    database.close(engine)
    _home_lock(configuration.current().home).release()


async def _give_up(error: RunsousError) -> NoReturn:
    """Ends the process with one sentence where the server would print a traceback."""
    print(error, file=sys.stderr, flush=True)
    logging.getLogger("uvicorn.error").disabled = True
    asyncio.get_running_loop().call_soon(sys.exit, 1)
    await asyncio.Event().wait()
    raise error


def _address() -> str:
    """Where a browser on this machine finds the app."""
    import streamlit as st

    host = st.get_option("server.address")
    if host in (None, "0.0.0.0", "::"):  # noqa: S104 - every address, this machine's too
        host = "127.0.0.1"
    if ":" in host:
        host = f"[{host}]"
    path = (st.get_option("server.baseUrlPath") or "").strip("/")
    return f"http://{host}:{st.get_option('server.port')}" + (f"/{path}" if path else "")


def _announce() -> None:
    """Says where the app is and, where there is a screen, shows it."""
    import streamlit as st
    from streamlit import cli_util

    logs.announce(f"\n  Run Sous BPM is at {_address()} (Ctrl-C stops it)\n")
    if not st.get_option("server.headless"):
        # The server listens from the next turn of the loop on.
        asyncio.get_running_loop().call_later(0.1, cli_util.open_browser, _address())


def _stop_when_the_terminal_closes() -> None:
    is_main = threading.current_thread() is threading.main_thread()
    # Whoever started us with nohup has it ignored and means to.
    if is_main and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, lambda *_: os.kill(os.getpid(), signal.SIGTERM))


@cache
def _home_lock(home: Path) -> FileLock:
    return FileLock(home / "app.lock")


def _claim(settings: Settings) -> None:
    """Makes this process the one app on its home folder until it ends."""
    if not settings.is_embedded:
        return
    lock = _home_lock(make_home(settings))
    if lock.is_held or lock.take(wait=False):
        return
    where = f"at {note}" if (note := lock.note()) else "and about to be up"
    raise AlreadyRunning(
        f"Run Sous BPM is already running on {settings.home} {where};"
        " use that one, stop it first, or set RUNSOUS_HOME to another folder."
    )


def _check_host(settings: Settings, host: str) -> None:
    """Refuses to show one person's data to a whole network by accident."""
    if settings.auth == "accounts" or settings.allow_remote or _is_loopback(host):
        return
    raise InputError(
        f"Without login Run Sous BPM answers this machine alone, not on {host}; if something"
        " else guards the way there, set RUNSOUS_ALLOW_REMOTE=yes."
    )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_port(host: str, port: int) -> None:
    try:
        family, kind, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise RunsousError(
                f"Port {port} is used by another program; choose another with --port."
            ) from error
        raise RunsousError(f"Nothing can listen on {host}:{port}: {error.strerror}.") from error
