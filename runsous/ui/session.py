"""Who is here: the first thing every page asks, and the only source of a user's id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import wraps
from typing import Any, Literal

import streamlit as st
from sqlalchemy import Connection

from runsous import settings
from runsous.accounts import entry
from runsous.errors import RunsousError
from runsous.store import database, users
from runsous.ui import format as fmt
from runsous.ui import sign_in


@dataclass(frozen=True)
class User:
    """The person looking: id, and how they like to see things.

    ``version`` rises with every change of their data: caches are keyed by it.
    """

    id: int
    version: int
    units: fmt.Units
    home_zone: str | None
    email: str | None

    @property
    def zone(self) -> tzinfo:
        """The zone for what has none of its own (plays)."""
        return fmt.zone(self.home_zone)


def require_user() -> User:
    """The user of this session; stops the page with one sentence if there can be none."""
    try:
        with database.current().begin() as conn:
            user_id = _user_id(conn)
            row = users.one(conn, user_id) if user_id is not None else None
    except RunsousError as error:
        st.error(str(error), icon=":material/error:")
        st.stop()
    if row is None:
        sign_in.ask()
    current = settings.current()
    own = row["settings"]
    return User(
        row["id"],
        row["data_version"],
        own.get("units", current.units),
        own.get("home_zone", current.home_zone),
        row["email"],
    )


def fragment(draw: Callable[..., None], run_every: float | None = None) -> Callable[..., None]:
    """``st.fragment`` of a part whose first argument is the user, and that asks who is here.

    A fragment runs again without its page: long after a session ended, or as somebody else's.
    """
    return st.fragment(_asking(draw), run_every=run_every)


def dialog(
    draw: Callable[..., None], title: str, on_dismiss: Literal["ignore", "rerun"] = "ignore"
) -> Callable[..., None]:
    """``st.dialog`` likewise: what lies over a page runs again without it, too."""
    return st.dialog(title, on_dismiss=on_dismiss)(_asking(draw))


def _asking(draw: Callable[..., None]) -> Callable[..., None]:
    @wraps(draw)
    def asked(user: User, *args: Any) -> None:
        if require_user().id != user.id:
            st.rerun()
        draw(user, *args)

    return asked


def _user_id(conn: Connection) -> int | None:
    if settings.current().auth == "local":
        return users.local(conn)
    secret = st.context.cookies.get(entry.COOKIE)
    visitor = entry.by_session(conn, secret) if secret else None
    return visitor.user_id if visitor else None


def asked_id() -> int | None:
    """The number that the address names (``?id=``), if it is one."""
    asked = st.query_params.get("id", "")
    is_number = asked.isascii() and asked.isdecimal() and len(asked) <= 18
    return int(asked) if is_number else None


def theme() -> Literal["light", "dark"]:
    """The theme this session is shown in."""
    return "dark" if st.context.theme.type == "dark" else "light"


def is_phone() -> bool:
    """Whether the browser says it is a phone's."""
    return "Mobi" in (st.context.headers.get("User-Agent") or "")


def once(message: str, icon: str = ":material/check:") -> None:
    """Shows a short message after the next rerun (one shown before it would be lost)."""
    st.session_state["once"] = (message, icon)


def say_here(message: str, *, is_good: bool) -> None:
    """Shows a message on this page until the user does something there, or is elsewhere."""
    st.session_state["said here"] = (message, is_good)


def show_said_here() -> None:
    """Shows what :func:`say_here` kept."""
    message, is_good = st.session_state.get("said here", ("", True))
    if message and is_good:
        st.success(message, icon=":material/check:")
    elif message:
        st.warning(message, icon=":material/link_off:")


def no_longer_say() -> None:
    """Forgets what :func:`say_here` kept."""
    st.session_state.pop("said here", None)


def turn_to(page: str) -> None:
    """Notes which page is open: what was said on another is forgotten."""
    if st.session_state.get("open page") != page:
        no_longer_say()
    st.session_state["open page"] = page


def show_once() -> None:
    """Shows what :func:`once` kept."""
    if "once" in st.session_state:
        message, icon = st.session_state.pop("once")
        st.toast(message, icon=icon)
