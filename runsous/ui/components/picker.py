"""Filters and paging of lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import streamlit as st

from runsous.store import activities, plays
from runsous.ui import data, session
from runsous.ui.session import User

PAGE = 12
_MORE = "Sport, days, order, songs"
NOTHING_FITS = "Nothing fits. Take a word or a filter away."
# What was looked for is still there on coming back from an activity.
_KEPT: dict[str, Any] = {"persist_state": "session"}
_SORTS = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "longest": "Longest distance",
    "duration": "Longest time",
    "fastest": "Fastest",
    "songs": "Most songs",
}


def filters(sports: Sequence[str]) -> tuple[activities.Filter, str]:
    """Search, sport, days, music and order as chosen above the list of activities.

    On a phone all but the search are folded away, unless one of them is in use.
    """
    songs: Any = st
    with st.container(key="filters"):
        if not session.is_phone():
            words, sport, when, order = st.columns([3, 2, 2, 2], vertical_alignment="bottom")
        else:
            words = st.container()
            sport = when = order = songs = st.expander(_MORE, expanded=_in_use())
    search = words.text_input(
        "Search", placeholder="Name, song or artist", key="activities search", **_KEPT
    )
    chosen = sport.selectbox(
        "Sport",
        [None, *sports],
        format_func=lambda s: "All sports" if s is None else s.capitalize(),
        key="activities sport",
        **_KEPT,
    )
    picked = days(when, "activities days")
    sort = order.selectbox(
        "Order", list(_SORTS), format_func=_SORTS.__getitem__, key="activities order", **_KEPT
    )
    with_songs = songs.toggle("Only with songs", key="activities with songs", **_KEPT)
    between = (picked[0], picked[-1]) if picked else None
    return activities.Filter(search, chosen, with_songs=with_songs, days=between), sort


def _in_use() -> bool:
    """Whether anything but a search narrows or orders the list."""
    chosen = st.session_state
    return bool(
        chosen.get("activities sport")
        or chosen.get("activities days")
        or chosen.get("activities with songs")
        or chosen.get("activities order", "newest") != "newest"
    )


def play_filters(user: User, sources: Sequence[str]) -> plays.Filter:
    """Search, source and days as chosen above the timeline."""
    with st.container(key="filters"):
        words, source, when = st.columns([3, 2, 2], vertical_alignment="bottom")
    search = words.text_input(
        "Search", placeholder="Song, artist or album", key="plays search", **_KEPT
    )
    chosen = source.selectbox(
        "Source",
        [None, *sources],
        format_func=lambda s: "All sources" if s is None else source_name(s),
        key="plays source",
        **_KEPT,
    )
    since, until = data.between_days(user, days(when, "plays days"))
    return plays.Filter(search, chosen, since, until)


def source_name(source: str) -> str:
    """A source as people call it."""
    names = {
        "spotify_extended": "Spotify (extended)",
        "spotify_short": "Spotify (short)",
        "spotify": "Spotify",
        "lastfm": "Last.fm",
        "listenbrainz": "ListenBrainz",
        "maloja": "Maloja",
        "sample": "Sample",
    }
    return names.get(source, source)


def days(column: Any, key: str) -> Sequence[date]:
    """The first and the last day chosen; one while the other is still to be, or none."""
    # Without bounds one could not look back further than ten years.
    bounds = {
        "min_value": date(1970, 1, 1),
        "max_value": datetime.now(UTC).date() + timedelta(days=1),
    }
    picked = column.date_input("Days", value=(), format="YYYY-MM-DD", key=key, **bounds, **_KEPT)
    return picked if isinstance(picked, tuple) else (picked,)


def page_number(name: str, wanted: object) -> int:
    """The page being looked at; another choice of filters goes back to the first."""
    if st.session_state.get(f"{name} wanted") != wanted:
        st.session_state[f"{name} wanted"] = wanted
        st.session_state[f"{name} page"] = 0
    return int(st.session_state[f"{name} page"])


def pager(name: str, page: int, total: int, size: int = PAGE) -> None:
    """Newer, which part is shown, older."""
    if total <= size:
        return
    with st.container(key="pager"):
        back, where, forth = st.columns([1, 2, 1], vertical_alignment="center")
    first, last = page * size + 1, min((page + 1) * size, total)
    where.caption(f"{first:,}–{last:,} of {total:,}", text_alignment="center")
    if back.button("Back", icon=":material/chevron_left:", disabled=page == 0, width="stretch"):
        _turn(name, page - 1)
    if forth.button(
        "More", icon=":material/chevron_right:", disabled=last >= total, width="stretch"
    ):
        _turn(name, page + 1)


def _turn(name: str, page: int) -> None:
    st.session_state[f"{name} page"] = page
    st.rerun()
