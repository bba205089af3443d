"""The parts of the preferences page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from zoneinfo import available_timezones

import streamlit as st

from runsous.reports.library import Overview
from runsous.ui import data
from runsous.ui.components import home
from runsous.ui.components.picker import source_name
from runsous.ui.session import User, once

_UNITS = ("km", "miles")


def display(user: User) -> None:
    """Units and the zone in which plays are shown."""
    units = st.radio("Units", _UNITS, index=_UNITS.index(user.units), horizontal=True)
    zones = _zones()
    shown = user.home_zone if user.home_zone in zones else "UTC"
    zone = st.selectbox(
        "Time zone",
        zones,
        index=zones.index(shown),
        help="For plays and for activities without GPS; others show their own zone’s time.",
    )
    if units != user.units:
        data.save_settings(user, units=units)
        st.rerun()
    if zone != shown:
        data.save_settings(user, home_zone=zone)
        st.rerun()


@cache
def _zones() -> list[str]:
    return sorted(available_timezones())


def offsets(user: User, sources: Sequence[str]) -> None:
    """Seconds by which each source's clock is corrected, for all its plays."""
    real = [source for source in sources if source != "sample"]
    if not real:
        return
    st.subheader("Clocks of your sources")
    st.caption(
        "If one source is always early or late, correct it here once. Single activities have"
        " their own control."
    )
    known = data.source_offsets(user)
    for source in real:
        _offset(user, source, known.get(source, 0.0))


def _offset(user: User, source: str, kept: float) -> None:
    number, button = st.columns([3, 1], vertical_alignment="bottom")
    wanted = number.number_input(
        f"{source_name(source)}: play later by (seconds; negative is earlier)",
        min_value=-86_400.0,
        max_value=86_400.0,
        value=kept,
        step=1.0,
        format="%.0f",
        key=f"offset of {source}",
    )
    # Placing all songs anew takes a while: not at every step of the number.
    if button.button(
        "Apply", key=f"apply {source}", disabled=wanted == kept, type="primary", width="stretch"
    ):
        with st.spinner("Placing songs anew…"):
            data.shift_source(user, source, wanted)
        once("The songs are placed anew.")
        st.rerun()


def sample(user: User, overview: Overview) -> None:
    """Adds the sample season, or removes it."""
    st.subheader("Sample data")
    st.caption("A made-up runner’s season with music, marked as sample and apart from your own.")
    if not overview.has_sample:
        if st.button("Add sample data", icon=":material/explore:"):
            home.add_sample(user)
    elif st.button("Remove sample data", icon=":material/delete_sweep:"):
        data.remove_sample(user)
        once("The sample data is gone.")
        st.rerun()
