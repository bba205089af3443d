"""The user's own word on a song's tempo: tapped along, or as a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from runsous.analysis.tempo import OWN_WORDS
from runsous.errors import RunsousError
from runsous.ui import tempo_data as data
from runsous.ui import tempo_words as words
from runsous.ui.components import cards, tap
from runsous.ui.session import User, dialog, once

_OPEN = "tempo by ear"


def ask(user: User, facts: Mapping[str, Any]) -> None:
    """A pad to tap on, a number to write, and the way back to what sources say."""
    number = facts["id"]
    tapped = tap.pad(f"tap {number}, {facts['tempo_bpm']}")
    if tapped is not None:
        keep(user, facts, tapped, data.TAPPED)
    with st.form(f"tempo of {number}", border=False):
        field, button = st.columns([3, 2], vertical_alignment="bottom")
        written = field.number_input(
            "Or write it (BPM)",
            min_value=data.SLOWEST,
            max_value=data.FASTEST,
            value=facts["tempo_bpm"],
            step=1.0,
            format="%.1f",
        )
        if button.form_submit_button("Keep", icon=":material/check:") and written is not None:
            keep(user, facts, written)
    if facts["tempo_source"] in OWN_WORDS and st.button(
        "Back to what sources say", icon=":material/undo:", type="tertiary"
    ):
        data.unsay(user, number)
        once("Sources decide again.", ":material/undo:")
        st.rerun()


def ask_over_page(user: User, facts: Mapping[str, Any]) -> None:
    """The same, lying over a list of songs until the page is drawn anew."""
    st.session_state[_OPEN] = True
    over = dialog(ask, cards.plain(f"{facts['title']} – {facts['artist']}"), on_dismiss="rerun")
    over(user, facts)


def is_open() -> bool:
    """Whether the pad lies over the page: somebody may be tapping."""
    return bool(st.session_state.get(_OPEN))


def close() -> None:
    """Notes that the page is drawn without it."""
    st.session_state[_OPEN] = False


def keep(user: User, facts: Mapping[str, Any], bpm: float, source: str = data.BY_EAR) -> None:
    """Takes the user's word over and draws the page anew."""
    try:
        data.say(user, facts["id"], bpm, source)
    except RunsousError as error:
        st.error(str(error), icon=":material/error:")
        return
    once(f"{cards.plain(facts['title'])}: {words.bpm(bpm)} BPM.")
    st.rerun()
