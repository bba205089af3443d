"""The way to the database: one engine a process, on the bundled PostgreSQL or a given one."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, cast

import psycopg
from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from runsous.errors import InputError, RunsousError
from runsous.settings import Settings, make_home

_PATIENCE_S = 30.0
# Advisory locks share one space of numbers per database; this one says "migrating".
_MIGRATING = 7_266_001
# What a server says that will soon let us in; any other refusal of a running one is for good.
_COMING_UP = ("starting up", "shutting down", "in recovery", "not yet accepting")

_current: Engine | None = None
# The engines on a bundled server, and whose home it is.
_homes: dict[Engine, Path] = {}


def open(settings: Settings) -> Engine:
    """Opens the configured database and makes it this process's :func:`current` one.

    The bundled server is started or joined; a server given by ``DATABASE_URL`` is waited for
    up to half a minute. Raises :class:`RunsousError` in a sentence if it cannot be reached.
    Sessions run in UTC.
    """
    global _current
    if settings.database_url is None:
        engine = _open_embedded(make_home(settings))
    else:
        engine = _open_given(settings.database_url)
    event.listen(engine, "connect", _prepare)
    _current = engine
    return engine


def current() -> Engine:
    """The engine of this process; :class:`RunsousError` while none is open."""
    if _current is None:
        raise RunsousError("The database is not open; start the app with runsous serve.")
    return _current


def close(engine: Engine) -> None:
    """Lets go of all connections, and of the bundled server if it was that."""
    global _current
    engine.dispose()
    if _current is engine:
        _current = None
    home = _homes.pop(engine, None)
    if home is not None:
        from runsous.store import embedded

        embedded.stop(home)


def is_embedded(engine: Engine) -> bool:
    """Whether the engine is on the bundled server."""
    return engine in _homes


def migrate(engine: Engine) -> None:
    """Brings the schema to this version's, all of it or nothing; one process at a time."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    from runsous.store import timescale

    alembic = Config()
    alembic.set_main_option("script_location", "runsous.store:migrations")
    with engine.begin() as conn:
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATING})
        alembic.attributes["connection"] = conn
        try:
            command.upgrade(alembic, "head")
        except CommandError as error:
            raise RunsousError(
                f"The database does not fit this version of Run Sous BPM ({error});"
                " use the version that made it, or a newer one."
            ) from error
        if timescale_version(conn):
            timescale.enable(conn)


def raw(conn: Connection) -> psycopg.Connection[tuple[Any, ...]]:
    """The driver's connection below ``conn``, in the same transaction: for COPY."""
    return cast("psycopg.Connection[tuple[Any, ...]]", conn.connection.driver_connection)


def timescale_version(conn: Connection) -> str | None:
    """The version of TimescaleDB in this database, ``None`` where there is none."""
    found = conn.execute(text("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"))
    version = found.scalar()
    return None if version is None else str(version)


def _prepare(connection: psycopg.Connection[Any], _: object) -> None:
    connection.autocommit = True
    connection.execute("SET TIME ZONE 'UTC'")
    connection.autocommit = False


def _engine(url: URL) -> Engine:
    # The server may have been restarted since a connection was last used, hence the ping.
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=10,
        max_overflow=20,
        pool_pre_ping=True,
        # Songs and places have no business in a log.
        hide_parameters=True,
    )


def _open_embedded(home: Path) -> Engine:
    if sys.platform == "win32":
        raise InputError("The bundled database needs Linux or macOS; set DATABASE_URL, or use WSL.")
    from runsous.store import embedded

    engine = _engine(make_url(embedded.start(home)))
    _homes[engine] = home

    def connect(dialect: Dialect, _: object, args: list[Any], options: dict[str, Any]) -> Any:
        try:
            return dialect.connect(*args, **options)
        except psycopg.OperationalError:
            if not embedded.revive(home):
                raise
            return dialect.connect(*args, **options)

    event.listen(engine, "do_connect", connect)
    return engine


def _open_given(address: str) -> Engine:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise InputError(
            "DATABASE_URL cannot be read; it must be of the form"
            " postgresql://user:password@host:5432/database, special characters percent-encoded."
        ) from error
    _wait_for(url)
    return _engine(url)


def _wait_for(url: URL) -> None:
    """Returns once the server lets us in."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    began = time.monotonic()
    while True:
        try:
            psycopg.connect(address, connect_timeout=5).close()
            return
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[0].rpartition("failed: ")[2]
        if time.monotonic() - began > _PATIENCE_S or _is_final(reason):
            place = f"{url.host or 'the local socket'}:{url.port or 5432}"
            raise RunsousError(
                f"The database at {place} cannot be opened ({reason}); check DATABASE_URL."
            )
        time.sleep(0.5)


def _is_final(reason: str) -> bool:
    """Whether a server is there that will not let us in, however long we wait."""
    return "FATAL" in reason and not any(words in reason for words in _COMING_UP)
