"""Throw-away homes: a folder with its own bundled database, gone when it has been used."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from runsous import settings
from runsous.store import database, users

_PATIENCE_S = 20.0


@dataclass(frozen=True)
class Library:
    """An open database and its one user."""

    engine: Engine
    user_id: int


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder that goes with all that is put into it."""
    made = Path(tempfile.mkdtemp(prefix="runsous-bench-"))
    try:
        yield made
    finally:
        until = time.monotonic() + _PATIENCE_S
        # A database that was told to stop may still be writing.
        while made.exists() and time.monotonic() < until:
            shutil.rmtree(made, ignore_errors=True)
            time.sleep(0.05)


@contextmanager
def library(home: Path, **more: str) -> Iterator[Library]:
    """The library in ``home``, made if it is new, let go of at the end; ``more`` are settings."""
    chosen = settings.load({"RUNSOUS_HOME": str(home), "RUNSOUS_HOME_ZONE": "UTC", **more})
    settings.use(chosen)
    engine = database.open(chosen)
    try:
        database.migrate(engine)
        with engine.begin() as conn:
            user_id = users.local(conn)
        yield Library(engine, user_id)
    finally:
        database.close(engine)
        settings.use(None)


@contextmanager
def fresh_library() -> Iterator[Library]:
    """An empty library in a folder of its own."""
    with folder() as home, library(home) as opened:
        yield opened


def environment(home: Path) -> dict[str, str]:
    """The environment of a server on ``home``, whatever this process was told.

    No basemap: its tiles come from elsewhere and depend on the network.
    """
    private = ("RUNSOUS_", "STREAMLIT_", "DATABASE_URL", "PYTHONDONTWRITEBYTECODE")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(private)}
    return inherited | {
        "RUNSOUS_HOME": str(home),
        "RUNSOUS_HOME_ZONE": "UTC",
        "RUNSOUS_MAP_STYLE": "none",
        "PYTHONUNBUFFERED": "1",
    }
