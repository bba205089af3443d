"""How often a connection is synced, how long its data is kept, and the way to end it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import streamlit as st

from runsous.errors import RunsousError
from runsous.ui import connections_data as data
from runsous.ui import format as fmt
from runsous.ui import sync_words as words
from runsous.ui.components import cards
from runsous.ui.connections_data import SPOTIFY, STRAVA, State
from runsous.ui.session import User, dialog, no_longer_say, once

T = TypeVar("T")

_KEEP = "Keep them as my own"
_DELETE = "Delete them"
_ACTIVITIES = (
    "What shall become of the activities Strava told of? Its terms want them deleted now. What you"
    " imported from files stays anyway."
)
_UNTOLD = (
    " Strava did not answer, and still lists Run Sous BPM: remove it there, under Settings →"
    " My Apps."
)
_PLAYS = "What shall become of the plays {0} told of? Those that a file tells too stay anyway."


def settings(user: User, state: State) -> None:
    """Schedule, keeping, and disconnecting, folded away."""
    with st.expander("Schedule and disconnect", icon=":material/tune:"):
        _schedule(user, state)
        if state.service == STRAVA:
            _keeping(user)
        if st.button("Disconnect", key=f"disconnect {state.service}", icon=":material/link_off:"):
            dialog(_leaving, f"Disconnect {state.title}?")(user, state)


def _schedule(user: User, state: State) -> None:
    row, service = state.connection, state.service
    assert row is not None  # noqa: S101 - what is not connected has no schedule
    kept = row["is_scheduled"], row["interval_s"]
    # What was changed elsewhere meanwhile is shown, not what stood here before.
    key = f"{service}, once {kept}"
    is_on = st.toggle("Sync by itself", value=kept[0], key=f"whether {key}")
    interval_s = kept[1]
    if is_on:
        interval_s = _choice(
            "How often",
            _with(words.INTERVALS, kept[1], f"every {fmt.minutes(kept[1])}"),
            kept[1],
            f"how often {key}",
        )
        if service == SPOTIFY and interval_s > 7200:
            cards.quiet("Of what you play in between, Spotify tells the last 50 songs only.")
    if (is_on, interval_s) != kept:
        data.schedule(user, service, is_scheduled=is_on, interval_s=interval_s)
        st.rerun()


def _keeping(user: User) -> None:
    days = data.strava_days(user) or 0
    choices = _with(words.KEPT_DAYS, days, f"for {days} days")
    wanted = _choice("Keep what Strava tells", choices, days, f"strava days, once {days}")
    if wanted == days:
        cards.quiet(
            "Strava asks programs not to hold its data for long: seven days, it is reported."
            " Files you imported stay as long as you like."
        )
        return
    if wanted and not 0 < days < wanted:
        st.warning("What was fetched longer ago is deleted, and is not fetched again.")
        if not st.button("Delete what is older", type="primary"):
            return
    data.keep_strava(user, wanted or None)
    once("That is how long it is kept from now on.")
    st.rerun()


def _leaving(user: User, state: State) -> None:
    st.markdown(_ACTIVITIES if state.service == STRAVA else _PLAYS.format(state.title))
    what = st.radio(
        "What it told",
        (_DELETE, _KEEP),
        index=0 if state.service == STRAVA else 1,
        label_visibility="collapsed",
        key=f"leaving {state.service}",
    )
    if not st.button("Disconnect", type="primary", key=f"leave {state.service}"):
        return
    try:
        with st.spinner(f"Telling {state.title}…"):
            is_told = data.disconnect(user, state.service, is_kept=what == _KEEP)
    except RunsousError as error:
        st.error(cards.plain(str(error)), icon=":material/error:")
        return
    no_longer_say()
    once(f"{state.title} is disconnected." + ("" if is_told else _UNTOLD))
    st.rerun()


def _choice(label: str, choices: Mapping[T, str], chosen: T, key: str) -> T:
    """One of some choices."""
    wanted: T = st.selectbox(
        label,
        list(choices),
        index=list(choices).index(chosen),
        format_func=choices.__getitem__,
        key=key,
    )
    return wanted


def _with(choices: Mapping[T, str], chosen: T, said: str) -> Mapping[T, str]:
    """The choices with the one that was made, by another way than here, among them."""
    return choices if chosen in choices else {chosen: said, **choices}
