"""The parts of the page Connections: a card for each service."""

from __future__ import annotations

from collections.abc import Mapping
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
from runsous.ui.connections_data import LASTFM, LISTENBRAINZ, STRAVA, State
from runsous.ui.session import User, fragment, no_longer_say, once, say_here, show_said_here

_EVERY_S = 1.5
_CLASSES = {"needs you": "needs"}
_SOON_DAYS = 14


def arrival(user: User) -> None:
    """What came of it, for someone who is back from a service's own page."""
    asked = st.query_params.to_dict()
    if "outcome" in asked:
        # An address that told it would tell it anew with each reload.
        st.query_params.clear()
        no_longer_say()
        if asked.get("service") in data.ALL:
            _came_back(data.state(user, asked["service"]), asked)
    show_said_here()


def _came_back(state: State, asked: Mapping[str, str]) -> None:
    is_well = state.connection is not None and not state.connection["trouble"]
    if asked["outcome"] == "connected" and is_well:
        say_here(f"{state.title} is connected.", is_good=True)
    elif asked["outcome"] == "refused":
        say_here(words.refusal(state.title, asked.get("why", "")), is_good=False)


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
        elif _is_to_be_connected_again(state):
            connect(user, state)
        elif state.service == LISTENBRAINZ or _is_by_name_alone(state):
            _other_name(user, state)
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
    lines = [words.granted(state.service, row["scopes"])]
    lines += [] if row["trouble"] else [words.ends(state, user.zone) or ""]
    said = "".join(f'<div class="rs-quiet">{escape(line)}</div>' for line in lines if line)
    st.html(f'<div class="rs-who">Connected as <b>{name}</b></div>{said}')


def _is_to_be_connected_again(state: State) -> bool:
    row = state.connection
    assert row is not None  # noqa: S101 - asked of what is connected only
    if row["trouble"] or data.is_soon(state.ends_at, _SOON_DAYS):
        return True
    if state.service == STRAVA and not words.reads_all(row["scopes"]):
        return True
    # What fails for another reason connecting does not mend, unless the name was a wrong one.
    return state.service in (LASTFM, LISTENBRAINZ) and words.problem(state) is not None


def connect(user: User, state: State) -> None:
    """The way to connect, or to connect again."""
    if state.service == LASTFM:
        _connect_lastfm(user, state)
    elif state.service == LISTENBRAINZ:
        _name_form(user, state)
    else:
        brands.connect_button(state.service)


def _connect_lastfm(user: User, state: State) -> None:
    """By user name, and where listening is hidden by the page there."""
    has_sign_in = data.has_sign_in(LASTFM)
    if state.connection is not None and state.connection["trouble"] and has_sign_in:
        brands.connect_button(LASTFM)
        _other_name(user, state)
        return
    _name_form(user, state)
    if has_sign_in:
        brands.sign_in_link(LASTFM, "Is your listening hidden from others?")
    else:
        cards.quiet(
            "Listening that is hidden from others can be read only where whoever runs this server"
            " has set LASTFM_SHARED_SECRET."
        )


def _is_by_name_alone(state: State) -> bool:
    """Whether somebody told us a name at Last.fm, and did not sign in there by it."""
    row = state.connection
    return state.service == LASTFM and row is not None and "private" not in row["scopes"]


def _other_name(user: User, state: State) -> None:
    """The way to another name without letting go of what is here."""
    with st.expander("Is this not your name there?", icon=":material/edit:"):
        _name_form(user, state)


def _name_form(user: User, state: State) -> None:
    service, title = state.service, state.title
    token = None
    with st.form(f"name {service}", border=False):
        known = (state.connection or {}).get("account_name") or ""
        key = f"name at {service}, once {known}"
        name = st.text_input(f"User name at {title}", value=known, max_chars=100, key=key)
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
    no_longer_say()
    once(f"{title} is connected.")
    st.rerun()


def notice(user: User) -> None:
    """On other pages: which connections do not do their work, and the way to mend them."""
    told = [said for state in data.connected(user) if (said := _noticed(user, state))]
    if not told:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="notice"):
        st.markdown(
            "  \n".join(f":material/sync_problem: {said}" for said in told), width="stretch"
        )
        st.page_link("connections.py", label="Connections", icon=":material/arrow_forward:")


def _noticed(user: User, state: State) -> str:
    """What is to be noticed of a connection; empty where all is well."""
    problem = words.problem(state)
    if problem is not None:
        is_trouble = state.connection is not None and state.connection["trouble"]
        head = f"{state.title} needs you." if is_trouble else f"Syncing {state.title} failed."
        return f"**{head}** {cards.plain(problem)}"
    return words.ends(state, user.zone) or "" if data.is_soon(state.ends_at, _SOON_DAYS) else ""
