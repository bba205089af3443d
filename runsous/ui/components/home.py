"""The parts of the home page."""

from __future__ import annotations

import streamlit as st

from runsous.reports.library import Overview, Page
from runsous.store.activities import Filter
from runsous.ui import data
from runsous.ui import format as fmt
from runsous.ui.components import cards, frame, imports
from runsous.ui.session import User, once

EVERYTHING = Filter()

_STEPS = {
    "activities": (
        "Your music is here. Add a workout to see which song played where:"
        " a FIT, GPX or TCX file, or Strava's export ZIP.",
        ":material/route:",
    ),
    "listens": (
        "Your workouts are here. Add your listening history to put songs on them: an export"
        " from Spotify, Last.fm, ListenBrainz or Maloja.",
        ":material/graphic_eq:",
    ),
    "apart": (
        "Your workouts and your listening history do not meet in time. Add a history that"
        " covers the days you were out.",
        ":material/event_busy:",
    ),
}


def welcome(user: User) -> None:
    """An empty library: what this is, where to drop files, and a way to look around."""
    words, picture = st.columns([3, 2], gap="large", vertical_alignment="center")
    with words:
        st.title("Which song played where?")
        st.markdown(
            "Drop in a workout and your listening history, and see every run coloured by song,"
            " with pace, heart rate and cadence beside it. Everything stays on this computer."
        )
        imports.drop_zone(user)
    with picture:
        st.html(f'<img class="rs-picture" src="{frame.PICTURE}" alt="A route coloured by song">')
    imports.running(user)
    imports.outcome(user)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Look around with sample data", icon=":material/explore:"):
            with st.spinner("Making up a season of runs…"):
                data.add_sample(user)
            st.rerun()
        st.caption("Nothing at hand? A made-up runner shows what it looks like.", width="content")
    imports.where_to_get_files()


def figures(user: User, overview: Overview) -> None:
    """The library in numbers."""
    cards.figures(
        [
            ("activity" if overview.activities == 1 else "activities", f"{overview.activities:,}"),
            ("with songs", f"{overview.activities_with_songs:,}"),
            ("distance", fmt.distance(overview.distance_m, user.units)),
            ("moving", fmt.minutes(overview.moving_time_s)),
            ("plays", f"{overview.plays:,}"),
            ("songs", f"{overview.tracks:,}"),
        ]
    )


def importing(user: User) -> None:
    """Progress of what is being imported right now, and what became of what was dropped here."""
    imports.running(user)
    imports.outcome(user)


def next_step(user: User, overview: Overview) -> None:
    """What is missing, if something is, and the way to it."""
    if overview.gap is None:
        return
    words, icon = _STEPS[overview.gap]
    with st.container(border=True):
        st.markdown(f"{icon} {words}")
        imports.drop_zone(user)


def newest(user: User, shown: Page) -> None:
    """The newest activities with their songs."""
    if not shown.items:
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", key="newest"):
        st.subheader("Newest activities", width="content")
        st.page_link("activities.py", label=f"All {shown.total:,}", icon=":material/arrow_forward:")
    cards.grid(user, shown.items)


def sample_note(user: User, overview: Overview) -> None:
    """Says that sample data is among what is shown, the way on, and removes it with one click."""
    if not overview.has_sample:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="sample"):
        st.markdown(
            ":material/explore: What is marked “sample” is a made-up runner.", width="stretch"
        )
        st.page_link("add_data.py", label="Add your own", icon=":material/add_circle:")
        if st.button("Remove sample data", icon=":material/delete_sweep:"):
            data.remove_sample(user)
            once("The sample data is gone.")
            st.rerun()
