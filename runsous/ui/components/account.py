"""The parts of the account page that are about coming in: password, tokens, what happened."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from html import escape
from typing import Any

import streamlit as st

from runsous.accounts.entry import Scope
from runsous.errors import InputError
from runsous.ui import format as fmt
from runsous.ui import own
from runsous.ui.components import cards
from runsous.ui.session import User, once

_SCOPES: dict[str, tuple[Scope, ...]] = {"Read": ("read",), "Read and write": ("read", "write")}


def who(user: User) -> None:
    """Whose account it is, the way out, and another password."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(f"Signed in as <b>{escape(user.email or '')}</b>", width="content")
        cards.link("/auth/logout", "Sign out")
    if own.proof(user) != "password":
        return
    with st.expander("Change password", icon=":material/key:"), st.form("password", border=False):
        old = st.text_input("Password now", type="password", autocomplete="current-password")
        new = st.text_input("New password", type="password", autocomplete="new-password")
        st.caption("Other browsers are signed out, and your API tokens revoked.")
        if st.form_submit_button("Change it", type="primary"):
            try:
                own.change_password(user, old, new)
            except InputError as error:
                st.error(str(error))
            else:
                once("Your password is changed, and your API tokens are revoked.")
                st.rerun()


def tokens(user: User) -> None:
    """Personal tokens for the REST API: those there are, and a new one."""
    st.subheader("API tokens")
    st.caption("For programs of yours that use the [REST API](/api/v1/docs).")
    for token in own.tokens_of(user):
        _token(user, token)
    if (fresh := st.session_state.pop("fresh token", None)) is not None:
        st.success("Copy it now: it is shown this once.", icon=":material/key:")
        st.code(fresh, language=None)
    with st.expander("New token", icon=":material/add:"), st.form("token", border=False):
        name = st.text_input("Name", placeholder="What it is for", max_chars=100)
        scope = st.radio("It may", list(_SCOPES), horizontal=True)
        last = st.date_input("Until", value=None, min_value="today", help="Empty: until revoked.")
        if st.form_submit_button("Make token", type="primary"):
            try:
                made = own.make_token(user, name, _SCOPES[scope], _end(user, last))
            except InputError as error:
                st.error(str(error))
            else:
                st.session_state["fresh token"] = made
                st.rerun()


def _token(user: User, token: dict[str, Any]) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap=None):
            st.markdown(f"**{cards.plain(token['name'])}**")
            used = token["last_used_at"]
            end = token["expires_at"]
            said = (
                "read and write" if "write" in token["scopes"] else "read",
                f"made {_day(user, token['created_at'])}",
                f"last used {_day(user, used)}" if used else "never used",
                ("expired " if end <= datetime.now(UTC) else "until ") + _day(user, end)
                if end
                else "until revoked",
            )
            st.caption(" · ".join(said))
        if st.button("Revoke", key=f"revoke {token['id']}", width="content"):
            own.revoke_token(user, token["id"])
            once("The token is worthless now.")
            st.rerun()


def log(user: User) -> None:
    """What happened to the account, the newest first."""
    rows = own.happenings(user)
    if not rows:
        return
    with st.expander("What happened", icon=":material/history:"):
        st.dataframe(
            [
                {
                    "When": f"{row['created_at'].astimezone(user.zone):%Y-%m-%d %H:%M}",
                    "What": row["action"],
                    "Detail": row["detail"] or "",
                    "From": row["address"] or "",
                }
                for row in rows
            ],
            hide_index=True,
        )


def _end(user: User, last: date | None) -> datetime | None:
    """The end of that day, where the user is."""
    return None if last is None else datetime.combine(last, time.max, user.zone)


def _day(user: User, at: datetime) -> str:
    return (
        fmt.day(at, user.zone, datetime.now(UTC)).replace("Today", "today").replace("Yest", "yest")
    )
