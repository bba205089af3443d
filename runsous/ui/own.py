"""What the account page reads and does, uncached: of the user alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from runsous import jobs
from runsous.accounts import address, entry, everything, farewell, limits, retention
from runsous.accounts.entry import Scope, WantedToken
from runsous.errors import InputError
from runsous.store import audit, data_exports, database, tokens, users
from runsous.ui.session import User

_Row = dict[str, Any]

# Whoever deletes an account, by page or API, leaves nothing of it in this process's caches.
farewell.forgetting.extend((st.cache_data.clear, st.cache_resource.clear))


def change_password(user: User, old: str, new: str) -> None:
    """Replaces the password; all other browsers are signed out, all tokens revoked."""
    _count(f"password {user.id}")
    here = entry.SignedIn(user.id, st.context.cookies.get(entry.COOKIE) or "", _address())
    entry.change_password(database.current(), here, old, new)


def tokens_of(user: User) -> list[_Row]:
    """The personal tokens, the newest first."""
    with database.current().begin() as conn:
        return tokens.of_user(conn, user.id)


def make_token(user: User, name: str, scopes: Sequence[Scope], expires_at: datetime | None) -> str:
    """A new personal token, in the only moment it can be read."""
    wanted = WantedToken(name, scopes, expires_at)
    with database.current().begin() as conn:
        return str(entry.make_token(conn, user.id, wanted, _address())["token"])


def revoke_token(user: User, token_id: int) -> None:
    """Makes a token worthless."""
    with database.current().begin() as conn:
        entry.revoke_token(conn, user.id, token_id, _address())


def happenings(user: User) -> list[_Row]:
    """The newest lines of the user's log."""
    with database.current().begin() as conn:
        return audit.newest(conn, user.id, 50)


def exports(user: User) -> list[_Row]:
    """Archives of everything, the newest first."""
    with database.current().begin() as conn:
        return data_exports.of_user(conn, user.id)


def ask_for_export(user: User) -> None:
    """Has an archive made in the background, unless one is being made."""
    engine = database.current()
    export_id = everything.ask(engine, user.id, _address())
    if export_id is not None:
        jobs.defer_export(engine, user.id, export_id)


def kept_days(user: User) -> int | None:
    """How long raw samples are kept; ``None`` is for ever."""
    with database.current().begin() as conn:
        days = users.one(conn, user.id)["settings"].get(retention.SETTING)
    return None if days is None else int(days)


def keep_days(user: User, days: int | None) -> None:
    """Keeps raw samples for so long from now on."""
    engine = database.current()
    if retention.choose(engine, user.id, days, _address()):
        jobs.defer_retention(engine, user.id)


def proof(user: User) -> farewell.Proof:
    """What a deletion is confirmed by."""
    return farewell.proof(database.current(), user.id)


def leave(user: User, given: str) -> None:
    """Deletes everything of this user; :class:`InputError` where that is not confirmed."""
    engine = database.current()
    _count(f"leaving {user.id}")
    if not farewell.is_confirmed(engine, user.id, given):
        raise InputError("That is not right; nothing was deleted.")
    farewell.leave(engine, user.id)


def _count(who: str) -> None:
    """Counts what proves itself by a password like a sign-in."""
    if not limits.check(database.current(), limits.SIGN_IN, who).is_allowed:
        raise InputError("That was tried too often; try again in a minute.")


def _address() -> str:
    # Streamlit's own knows no proxies, and nobody on this machine.
    return st.context.headers.get(address.HEADER) or ""
