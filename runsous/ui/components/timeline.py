"""The timeline of plays as a table, and the sources it is merged from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from runsous.ui import format as fmt
from runsous.ui.components import brands, cards, picker
from runsous.ui.components.picker import source_name
from runsous.ui.session import User, is_phone

PAGE = 100
_NARROW = {
    "When": st.column_config.TextColumn(width=118),
    "Song": st.column_config.TextColumn(width=148),
    "Time is": st.column_config.TextColumn(width=88),
}


def sources(user: User, found: Mapping[str, Mapping[str, Any]]) -> None:
    """One line per source: how many plays it reported, from when to when."""
    now = datetime.now(UTC)
    lines = []
    for name, row in found.items():
        first, last = (fmt.day(row[key], user.zone, now) for key in ("first", "last"))
        lines.append(f"**{source_name(name)}** · {row['n']:,} plays reported · {first} to {last}")
    st.caption("  \n".join(lines))


def table(user: User, rows: Sequence[Mapping[str, Any]]) -> None:
    """Plays, newest first, with when, how long where a source told, and how sure the time is."""
    if not rows:
        cards.nothing("found", "search_off", picker.NOTHING_FITS)
        return
    now = datetime.now(UTC)
    shown = pd.DataFrame(
        {
            "Day": [fmt.day(row["started_at"], user.zone, now) for row in rows],
            "Time": [fmt.clock(row["started_at"], user.zone, with_seconds=True) for row in rows],
            "Song": [row["title"] for row in rows],
            "Artist": [row["artist"] for row in rows],
            "Album": [row["album"] or "" for row in rows],
            "Heard": [fmt.duration(row["played_s"]) for row in rows],
            "Time is": [fmt.certainty(row["certainty"], row["plus_minus_s"]) for row in rows],
            "Reported by": [", ".join(map(source_name, row["sources"])) for row in rows],
            brands.SPOTIFY_COLUMN: [brands.song_at_spotify(row["spotify_id"]) for row in rows],
        }
    )
    has_links = any(row["spotify_id"] for row in rows)
    if not has_links:
        shown = shown.drop(columns=brands.SPOTIFY_COLUMN)
    if is_phone():
        plays = _narrow(shown)
        height = 38 + 66 * min(len(rows), 9)
        st.dataframe(plays, hide_index=True, row_height=66, column_config=_NARROW, height=height)
    else:
        height = 38 + 35 * min(len(rows), 20)
        st.dataframe(shown, hide_index=True, height=height, column_config=brands.SPOTIFY_LINKS)
    if has_links:
        brands.named_by_spotify()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_whose_clock(user, now), width="content")
        st.page_link("preferences.py", label="Change", icon=":material/schedule:")


def _narrow(plays: pd.DataFrame) -> pd.DataFrame:
    """What matters most of each play, in lines that break."""
    return pd.DataFrame(
        {
            "When": plays["Day"] + " " + plays["Time"],
            "Song": plays["Song"] + " – " + plays["Artist"],
            "Time is": plays["Time is"],
        }
    )


def _whose_clock(user: User, now: datetime) -> str:
    """In which zone the times are, and a hint where the browser's clock shows another hour."""
    shown = f"Times are in {user.home_zone or 'UTC'}"
    here = fmt.zone(st.context.timezone)
    if st.context.timezone and now.astimezone(here).utcoffset() != user.zone.utcoffset(now):
        return f"{shown}; this browser’s clock is in {st.context.timezone}."
    return f"{shown}."
