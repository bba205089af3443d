"""Deleting an account: nothing of its user stays, and nothing comes back.

Whoever writes a user's activities or listening holds that user's lock, which cannot be had any
more once the user is gone; all other rows are tied to the user by a key.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine

from runsous import settings
from runsous.accounts import entry, everything, passwords
from runsous.errors import InputError
from runsous.store import accounts, data_exports, farewell, imports, users

WORDS = "delete everything"
"""What local mode's user writes to confirm it."""
_PATIENCE_S = 20.0

forgetting: list[Callable[[], None]] = []
"""What empties whatever else this process remembers of users: called after a deletion."""

leaving: list[Callable[[Engine, int], object]] = []
"""What else has to be told, while it is known still what was there: called before a deletion."""

Proof = Literal["password", "email", "words"]


def proof(engine: Engine, user_id: int) -> Proof:
    """What this user confirms the deletion by: who came by a provider has no password."""
    if settings.current().auth == "local":
        return "words"
    with engine.begin() as conn:
        account = accounts.one(conn, user_id)
    return "password" if account is None or account.password_hash else "email"


def is_confirmed(engine: Engine, user_id: int, given: str) -> bool:
    """Whether ``given`` is what :func:`proof` asks for."""
    asked = proof(engine, user_id)
    if asked == "words":
        return given.strip().casefold() == WORDS
    with engine.begin() as conn:
        account = accounts.one(conn, user_id)
    if account is None:
        return False
    if asked == "password":
        return passwords.is_right(given, account.password_hash)
    try:
        return entry.normal(given) == account.email
    except InputError:
        return False


def leave(engine: Engine, user_id: int) -> None:
    """Deletes the user: every row, upload and export, all or nothing.

    Imports and exports under way are stopped first; one that does not stop in time finds its
    user gone.
    """
    with engine.begin() as conn:
        farewell.stop_imports(conn, user_id)
        exports = data_exports.forget(conn, user_id)
    for tell in leaving:
        tell(engine, user_id)
    _wait_for_imports(engine, user_id)
    with engine.begin() as conn:
        users.lock(conn, user_id)
        stored = farewell.stored_uploads(conn, user_id)
        exports += data_exports.forget(conn, user_id)
        farewell.remove(conn, user_id)
    # Should this process die here, the sweepers find what is left.
    _discard_uploads(stored)
    everything.discard(exports)
    for forget in forgetting:
        forget()


def _wait_for_imports(engine: Engine, user_id: int) -> None:
    give_up = time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up:
        with engine.begin() as conn:
            under_way = imports.unfinished(conn)
        if not any(owner == user_id and is_held for owner, _, is_held in under_way):
            return
        time.sleep(0.1)


def _discard_uploads(stored: Iterable[str]) -> None:
    """Deletes the folders of uploads; never a file that was imported where it lies."""
    ours = settings.current().home / "uploads"
    for folder in {Path(place).parent for place in stored}:
        if folder.parent == ours:
            shutil.rmtree(folder, ignore_errors=True)
