"""The parts of the page Connections: a card for each service."""

from __future__ import annotations

from html import escape

import streamlit as st

from runsous.errors import RunsousError
from runsous.ui import connections_data as data
from runsous.ui import sync_words as words
from runsous.ui.components import (
    brands,
    cards,
    connection_settings,
    connection_setup,
    sync_runs,
)
from runsous.ui.connections_data import LASTFM, LISTENBRAINZ, State
from runsous.ui.session import User, fragment, once

_EVERY_S = 1.5
_CLASSES = {"needs you": "needs"}
_SOON_DAYS = 14


def arrival(user: User) -> None:
    """What came of it, for someone who is back from a service's own page."""
    asked = st.query_params
    service = asked.get("service", "")
    if service not in data.ALL:
        return
    state = data.state(user, service)
    is_well = state.connection is not None and not state.connection["trouble"]
    if asked.get("outcome") == "connected" and is_well:
        words_ = f"{state.title} is connected. What it has for you is on its way."
        st.success(words_, icon=":material/check:")
    elif asked.get("outcome") == "refused":
        st.warning(words.refusal(state.title, asked.get("why", "")), icon=":material/link_off:")


def grid(user: User) -> None:
    """All services, two in a row where there is room."""
    states = data.states(user)
    for first in range(0, len(states), 2):
        for column, state in zip(st.columns(2), states[first : first + 2], strict=True):
            with column:
                key = f"service-{state.service}"
                with st.container(border=True, key=key, height="stretch"):
                    _card(user, state)


def _card(user: User, state: State) -> None:
    if state.connection is None:
        _head(state)
        st.markdown(words.BRINGS[state.service])
        if state.missing:
            connection_setup.steps(state)
        else:
            connect(user, state)
    else:
        is_under_way = state.run is not None
        live = fragment(_standing, run_every=_EVERY_S if is_under_way else None)
        live(user, state.service, is_under_way)
        if state.missing:
            connection_setup.steps(state)
        elif words.problem(state) or data.is_soon(state.ends_at, _SOON_DAYS):
            connect(user, state)
        connection_settings.settings(user, state)
    cards.quiet(words.TERMS[state.service])


def _standing(user: User, service: str, was_under_way: bool) -> None:
    """How the connection stands; goes on by itself as long as a run is under way."""
    state = data.state(user, service)
    if state.connection is None or (state.run is not None) != was_under_way:
        if was_under_way:
            sync_runs.finished(state)
        st.rerun()
    _head(state)
    _who(user, state)
    if (problem := words.problem(state)) is not None:
        st.warning(cards.plain(problem), icon=":material/warning:")
    if state.run is not None:
        sync_runs.under_way(user, state)
    else:
        sync_runs.at_rest(user, state)


def _head(state: State) -> None:
    kind, word = words.standing(state)
    st.html(
        f'<div class="rs-service"><img src="{brands.sign(state.service)}" alt="">'
        f'<b role="heading" aria-level="2">{escape(state.title)}</b>'
        f'<span class="rs-standing {_CLASSES.get(kind, kind)}">{escape(word)}</span></div>'
    )


def _who(user: User, state: State) -> None:
    """Who the user is over there, what they allowed, and until when."""
    row = state.connection
    assert row is not None  # noqa: S101 - asked of what is connected only
    name = escape(row["account_name"] or row["account_id"])
    profile = brands.profile(state.service, row["account_id"])
    if profile is not None:
        name = f'<a href="{escape(profile)}" target="_blank" rel="noopener">{name}</a>'
    lines = [words.granted(state.service, row["scopes"]), words.ends(state, user.zone)]
    said = "".join(f'<div class="rs-quiet">{escape(line)}</div>' for line in lines if line)
    st.html(f'<div class="rs-who">Connected as <b>{name}</b></div>{said}')


def connect(user: User, state: State) -> None:
    """The way to connect, or to connect again."""
    if state.service in (LASTFM, LISTENBRAINZ):
        if state.service == LISTENBRAINZ or not _is_signed_in(state):
            _name_form(user, state)
        if state.service == LASTFM:
            _sign_in(state)
    else:
        brands.connect_button(state.service)


def _is_signed_in(state: State) -> bool:
    """Whether the user let us in on the service's own page: a name would be less."""
    return state.connection is not None and bool(state.connection["scopes"])


def _sign_in(state: State) -> None:
    if not data.has_sign_in(LASTFM):
        cards.quiet(
            "Listening that is hidden from others can be read only where whoever runs this server"
            " has set LASTFM_SHARED_SECRET."
        )
    elif state.connection is None:
        brands.sign_in_link(LASTFM, "Is your listening hidden from others?")
    else:
        brands.connect_button(LASTFM)


def _name_form(user: User, state: State) -> None:
    service, title = state.service, state.title
    token = None
    with st.form(f"name {service}", border=False):
        name = st.text_input(f"User name at {title}", max_chars=100, key=f"name at {service}")
        if service == LISTENBRAINZ:
            token = st.text_input(
                "Token (not needed)",
                type="password",
                max_chars=200,
                autocomplete="off",
                help="From your settings at ListenBrainz; it proves that the name is yours.",
            )
        with st.container(key=f"connect-{service}"):
            is_asked = st.form_submit_button(f"Connect {title}")
    if not is_asked:
        return
    try:
        with st.spinner(f"Asking {title}…"):
            data.name_user(user, service, name, token)
    except RunsousError as error:
        st.error(cards.plain(str(error)), icon=":material/error:")
        return
    st.query_params.clear()
    once(f"{title} is connected.")
    st.rerun()


def notice(user: User) -> None:
    """On other pages: which connections do not do their work, and the way to mend them."""
    for state in data.connected(user):
        problem = words.problem(state)
        if problem is not None:
            is_trouble = words.standing(state)[1] == "Needs you"
            head = f"{state.title} needs you." if is_trouble else f"Syncing {state.title} failed."
        elif data.is_soon(state.ends_at, _SOON_DAYS):
            head, problem = "", words.ends(state, user.zone) or ""
        else:
            continue
        with st.container(
            border=True,
            horizontal=True,
            vertical_alignment="center",
            key=f"notice-{state.service}",
        ):
            said = f"{f'**{head}** ' if head else ''}{cards.plain(problem)}"
            st.markdown(f":material/sync_problem: {said}", width="stretch")
            st.page_link("connections.py", label="Connections", icon=":material/arrow_forward:")
