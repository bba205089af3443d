"""The bundled PostgreSQL, shared by all processes that use the same home folder.

Whoever needs it starts it or joins it, and the last to leave stops it. Each user holds a
shared lock on a file for as long as it lives; who can take that lock alone is the last. The
system releases locks of killed processes, so nothing has to be cleaned up after them.
"""

from __future__ import annotations

import atexit
import logging
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from runsous.errors import RunsousError
from runsous.store import postgres_account as accounts
from runsous.store.filelock import FileLock

_log = logging.getLogger(__name__)

DATABASE = "runsous"
_USER = "postgres"
_MAJOR = 18
# A server at work on its recovery is waited for; one that will not let us in is not.
_RECOVERY_S = 1800.0
_ANSWER_S = 30.0
_STOP_S = 120.0
_LOG_LIMIT = 4 << 20
# Neither language nor zone nor PG… variables of whoever starts it shape the database.
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"}

_TUNING = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "wal_compression": "pglz",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # What people run and listen to has no place in a log: neither what was asked for, nor the
    # row that was refused.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


@dataclass
class _Server:
    """One home's server as this process sees it."""

    home: Path
    account: accounts.Account | None
    users: FileLock
    process: subprocess.Popen[bytes] | None = None
    launches: list[float] = field(default_factory=list)
    said_before: int = 0

    @property
    def data(self) -> Path:
        return (self.home / "postgres").resolve()

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"


_held: dict[Path, _Server] = {}
_in_process = threading.RLock()


def start(home: Path) -> str:
    """Starts or joins the server of ``home``; a ``postgresql://`` address of its database.

    Raises :class:`RunsousError` in a sentence if it cannot run.
    """
    home = home.resolve()
    with _in_process, _guarded(home):
        server = _held.get(home) or _Server(
            home, accounts.account(), FileLock(home / "postgres.users")
        )
        if home not in _held:
            server.users.take(shared=True)
        try:
            address = _run(server)
        except BaseException:
            if home not in _held:
                server.users.release()
            raise
        _held[home] = server
        return address


def revive(home: Path) -> bool:
    """Starts the server again if this process uses it and it died; whether it is used here."""
    with _in_process:
        if home.resolve() not in _held:
            return False
        start(home)
        return True


def stop(home: Path) -> None:
    """Leaves the server of ``home``, and stops it cleanly if no other process uses it."""
    home = home.resolve()
    with _in_process:
        if home not in _held:
            return
        with _guarded(home):
            server = _held.pop(home)
            server.users.release()
            if server.users.take(wait=False):
                _shut_down(server)
                server.users.release()


@atexit.register
def _stop_all() -> None:
    for home in list(_held):
        stop(home)


@contextmanager
def _guarded(home: Path) -> Iterator[None]:
    """Starting and stopping is for one process at a time."""
    guard = FileLock(home / "postgres.lock")
    try:
        guard.take()
        yield
    except OSError as error:
        raise RunsousError(f"The database in {home} cannot be opened: {error}.") from error
    finally:
        guard.release()


def _run(server: _Server) -> str:
    if not (server.data / "PG_VERSION").exists():
        _create(server)
    made_by = (server.data / "PG_VERSION").read_text("utf-8").strip()
    if made_by != str(_MAJOR):
        raise RunsousError(
            f"The database in {server.data} was made by PostgreSQL {made_by}, this version of"
            f" Run Sous BPM brings {_MAJOR}; use the version that made it, or another RUNSOUS_HOME."
        )
    with _connected(server) as conn:
        known = conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if known is None:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
    return _address(server, DATABASE)


def _create(server: _Server) -> None:
    """Makes the data folder whole or not at all: under another name until it is complete."""
    for leftover in server.home.glob("postgres-new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix="postgres-new-", dir=server.home))
    accounts.give(server.account, fresh)
    command = [
        *(str(accounts.binaries() / "initdb"), "-D", str(fresh), "-U", _USER),
        # PostgreSQL's own locale: the same order and case rules on every machine.
        *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        # Who may open the socket's folder may connect: it belongs to one account alone.
        *("--locale=C", "--auth-local=trust", "--auth-host=reject", "--no-instructions"),
    ]
    with server.log.open("ab") as log:
        done = subprocess.run(  # noqa: S603 - a fixed program
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            env=_ENVIRONMENT,
            **accounts.as_account(server.account),
        )
    if done.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        raise RunsousError(f"The database could not be created: {_last_words(server)}")
    fresh.rename(server.data)


def _connected(server: _Server) -> psycopg.Connection:
    """A connection to the running server, which is started and waited for as needed."""
    began = time.monotonic()
    told = False
    while True:
        try:
            return psycopg.connect(_address(server, "postgres"), autocommit=True, connect_timeout=5)
        except psycopg.OperationalError as error:
            message = str(error)
        waited = time.monotonic() - began
        is_alive = _is_alive(server)
        # It says that it is recovering, or nothing yet.
        is_busy = "the database system is" in message or (is_alive and "FATAL" not in message)
        if waited > (_RECOVERY_S if is_busy else _ANSWER_S):
            raise RunsousError(f"The bundled database does not answer: {_last_words(server)}")
        if is_busy and waited > 10 and not told:
            _log.warning(
                "The database is not ready yet, perhaps recovering; this can take a while."
            )
            told = True
        if not is_alive:
            _launch(server)
        time.sleep(0.03)


def _is_alive(server: _Server) -> bool:
    if server.process is not None and server.process.poll() is None:
        return True
    return _postmaster(server) is not None


def _postmaster(server: _Server) -> psutil.Process | None:
    """The running server's first process, told from a stranger that was given its number."""
    note = server.data / "postmaster.pid"
    try:
        process = psutil.Process(int(note.read_text("utf-8").split("\n", 1)[0]))
        if Path(process.cwd()) == server.data:
            return process
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
    # PostgreSQL itself would take the stranger for a server and refuse to start.
    note.unlink(missing_ok=True)
    return None


def _launch(server: _Server) -> None:
    if len(server.launches) > 1 and server.launches[-1] - server.launches[0] > _ANSWER_S / 2:
        server.launches.clear()
        raise RunsousError(f"The bundled database does not start: {_last_words(server)}")
    server.launches.append(time.monotonic())
    accounts.give(server.account, server.data)
    if server.log.exists() and server.log.stat().st_size > _LOG_LIMIT:
        server.log.replace(server.log.with_suffix(".log.1"))
    options = {**_TUNING, "unix_socket_directories": str(_sockets(server))}
    settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    with server.log.open("ab") as log:
        server.said_before = log.tell()
        # A session of its own: Ctrl-C in our terminal is not for the database, which would
        # otherwise go down before we have let go of it.
        server.process = subprocess.Popen(  # noqa: S603 - a fixed program
            [str(accounts.binaries() / "postgres"), "-D", str(server.data), *settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
            env=_ENVIRONMENT,
            **accounts.as_account(server.account),
        )


def _address(server: _Server, database: str) -> str:
    return f"postgresql://{_USER}@/{database}?host={_sockets(server)}"


def _sockets(server: _Server) -> Path:
    return accounts.socket_folder(server.data, server.account)


def _shut_down(server: _Server) -> None:
    """Lets open connections end, writes everything down, and waits for it."""
    postmaster = _postmaster(server)
    if postmaster is None:
        return
    try:
        postmaster.send_signal(signal.SIGINT)
        postmaster.wait(_STOP_S)
    except psutil.NoSuchProcess:
        pass
    except psutil.TimeoutExpired:
        _log.warning("The database is still shutting down; it goes on by itself.")
    if server.process is not None:
        server.process.poll()


def _last_words(server: _Server) -> str:
    """The last complaint since the launch, and where the rest is."""
    said = server.log.read_bytes()[server.said_before :] if server.log.exists() else b""
    lines = said.decode("utf-8", "replace").splitlines()
    told = [line.strip() for line in lines if line.strip()] or ["it says nothing"]
    complaints = [line for line in told if "FATAL:" in line or "PANIC:" in line]
    return f"{(complaints or told)[-1]} (see {server.log})."
