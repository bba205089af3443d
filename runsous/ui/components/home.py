"""The parts of the home page."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from runsous.reports.library import Gap, Overview, Page
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
        _connections()
    with picture:
        st.html(f'<img class="rs-picture" src="{frame.PICTURE}" alt="A route coloured by song">')
    imports.running(user)
    imports.outcome(user)
    with st.container(horizontal=True, vertical_alignment="center"):
        is_wanted = st.button("Look around with sample data", icon=":material/explore:")
        st.caption("Nothing at hand? A made-up runner shows what it looks like.", width="content")
    if is_wanted:
        add_sample(user)
    imports.where_to_get_files()


def _connections() -> None:
    label = "Or connect Strava, Spotify, Last.fm or ListenBrainz"
    st.page_link("connections.py", label=label, icon=":material/sync:")


def add_sample(user: User) -> None:
    """Adds the sample, and shows how far it got."""
    bar = st.progress(0.0)

    def tell(share: float) -> None:
        words = "Making up music…" if share == 0 else "Making up a season of runs…"
        bar.progress(share, text=words)

    tell(0.0)
    data.add_sample(user, tell)
    st.rerun()


def figures(user: User, overview: Overview) -> None:
    """The library in numbers: one's own, or the sample's where there is nothing else."""
    shown = overview.own if overview.has_own else overview.sample
    cards.figures(
        [
            ("activity" if shown.activities == 1 else "activities", f"{shown.activities:,}"),
            ("with songs", f"{shown.with_songs:,}"),
            ("distance", fmt.distance(shown.distance_m, user.units)),
            ("moving", fmt.minutes(shown.moving_time_s)),
            ("plays", f"{shown.plays:,}"),
            ("songs", f"{shown.tracks:,}"),
        ]
    )


def importing(user: User) -> None:
    """Progress of what is being imported right now, and what became of what was dropped here."""
    imports.running(user)
    imports.outcome(user)


def next_step(user: User, overview: Overview) -> None:
    """What is missing, if something is, and the way to it."""
    gap = overview.gap
    # Who only looks around at the sample is shown the way by its own note.
    if gap is None or not overview.has_own:
        return
    with st.container(border=True):
        if gap.kind == "few":
            st.markdown(f":material/music_off: {_waiting(user, overview.own.activities, gap)}")
            st.page_link("add_data.py", label="Add music", icon=":material/add_circle:")
        else:
            words, icon = _STEPS[gap.kind]
            st.markdown(f"{icon} {words}")
            imports.drop_zone(user)
            _connections()


def _waiting(user: User, activities: int, gap: Gap) -> str:
    """How many activities have no songs, and what would put songs on them."""
    waiting, now = gap.before + gap.during + gap.after, datetime.now(UTC)
    assert gap.heard is not None  # noqa: S101 - there are few songs only where some were heard
    since, until = (fmt.day(at, user.zone, now) for at in gap.heard)
    said = [
        f"**{waiting:,} of your {activities:,} activities have no songs yet.**",
        f"Your listening history goes from {since} to {until}.",
    ]
    if gap.before or gap.after:
        lie = ((gap.before, "before"), (gap.after, "after"))
        where = " and ".join(f"{n:,} lie {side} it" for n, side in lie if n)
        said.append(f"{where}: add a history that covers those days.")
    if gap.during:
        said.append(f"{gap.during:,} lie within it, but nothing is known to have played then.")
    return " ".join(said)


def newest(user: User, shown: Page) -> None:
    """The newest activities with their songs."""
    if not shown.items:
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", key="newest"):
        st.subheader("Newest activities", width="content")
        st.page_link("activities.py", label=f"All {shown.total:,}", icon=":material/arrow_forward:")
    cards.grid(user, shown.items)


def sample_note(user: User, overview: Overview) -> None:
    """Says what is the sample's, the way on, and removes it with one click."""
    if not overview.has_sample:
        return
    words = "All you see is a made-up runner’s, marked “sample”."
    if overview.has_own:
        many = f"{overview.sample.activities:,} activities"
        far = fmt.distance(overview.sample.distance_m, user.units)
        words = f"The {many} ({far}) marked “sample” are a made-up runner’s and not counted above."
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="sample"):
        st.markdown(f":material/explore: {words}", width="stretch")
        st.page_link("add_data.py", label="Add your own", icon=":material/add_circle:")
        if st.button("Remove sample data", icon=":material/delete_sweep:"):
            data.remove_sample(user)
            once("The sample data is gone.")
            st.rerun()
