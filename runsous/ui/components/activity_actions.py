"""What can be done with an activity: shift its songs, download, rename, delete."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from runsous import frames
from runsous.reports.activity import View
from runsous.ui import colours, data
from runsous.ui import format as fmt
from runsous.ui.components import cards
from runsous.ui.session import User, fragment, is_phone, once, require_user


def offset(user: User, view: View) -> None:
    """Shifts the songs of this activity, shown before it is kept."""
    # A summary has no samples left to measure by.
    if view.facts["is_start_hidden"] or view.facts["is_summary"]:
        return
    with st.expander("Songs early or late?", icon=":material/more_time:"):
        _suggestion(user, view)
        _offset_form(user, view)


@fragment
def _offset_form(user: User, view: View) -> None:
    kept = view.facts["music_offset_s"]
    wanted = st.number_input(
        "Play the songs later by (seconds; negative is earlier)",
        min_value=-86_400.0,
        max_value=86_400.0,
        value=kept,
        step=1.0,
        format="%.0f",
    )
    if wanted == kept:
        return
    preview = data.preview_offset(user, view, wanted)
    songs = preview[preview["track_id"].notna()]
    many = "1 song" if len(songs) == 1 else f"{len(songs)} songs"
    _strips(view, preview, wanted)
    st.caption(f"With {wanted:+.0f} s there would be {many} on it:")
    st.dataframe(
        {
            "At": [fmt.duration(s) for s in songs["start_s"]],
            "Until": [fmt.duration(s) for s in songs["end_s"]],
            "Song": songs["title"].tolist(),
            **({} if is_phone() else {"Artist": songs["artist"].tolist()}),
        },
        hide_index=True,
        height=38 + 35 * min(max(len(songs), 1), 8),
    )
    if st.button("Keep this offset", type="primary", icon=":material/check:"):
        _keep(user, view, wanted)


def _strips(view: View, preview: pd.DataFrame, wanted: float) -> None:
    """The songs along the activity as they lie now and, beneath, as they would."""
    now = colours.song_colours(view.segments)
    known = dict(zip(view.segments["track_id"], now, strict=True))
    then = [
        colour if pd.isna(track) else known.get(track, colour)
        for track, colour in zip(preview["track_id"], colours.song_colours(preview), strict=True)
    ]
    st.html(
        '<div class="rs-strips">'
        f"<span>now</span>{_strip(view.segments, now)}"
        f"<span>with {wanted:+.0f} s</span>{_strip(preview, then)}</div>"
    )


def _strip(segments: pd.DataFrame, colour_of: Sequence[str]) -> str:
    total_s = max(float(segments["end_s"].max()), 1.0)
    parts = []
    for colour, segment in zip(colour_of, frames.records(segments), strict=True):
        share = (segment["end_s"] - segment["start_s"]) / total_s
        ground = f";background:{colour}" if segment["title"] else ""
        told = f"{fmt.duration(segment['start_s'])} {segment['title'] or 'No music'}"
        parts.append(f'<i style="width:{share:.4%}{ground}" title="{escape(told)}"></i>')
    return f'<div class="rs-strip">{"".join(parts)}</div>'


def _suggestion(user: User, view: View) -> None:
    found = data.suggest_offset(user, view)
    if found is None:
        return
    st.info(
        f"With {found.offset_s:+.0f} s ({fmt.minutes(abs(found.offset_s))}"
        f" {'later' if found.offset_s > 0 else 'earlier'}) {found.n_songs} songs would lie on it."
        " Was a clock in another time zone?",
        icon=":material/lightbulb:",
    )
    if st.button("Use it", icon=":material/check:"):
        _keep(user, view, found.offset_s)


def _keep(user: User, view: View, offset_s: float) -> None:
    data.shift_songs(user, view.facts["id"], offset_s)
    once("The songs are placed anew.")
    st.rerun()


def downloads(view: View) -> None:
    """GPX with songs, CSV of songs, CSV of samples: from the API, which asks who wants them.

    What Streamlit hands out itself is had by anybody who knows the address, and made for whoever
    the page was drawn for.
    """
    at, name = f"/api/v1/activities/{view.facts['id']}", cards.file_name(view.facts)
    offered = []
    if view.facts["has_gps"]:
        words = "GPX with songs" if view.facts["n_songs"] else "GPX"
        offered.append(("songs.gpx", words, f"{name}.gpx"))
    if view.facts["n_songs"]:
        offered.append(("songs.csv", "Songs (CSV)", f"{name} songs.csv"))
    if view.facts["n_points"]:
        offered.append(("samples.csv", "Samples (CSV)", f"{name} samples.csv"))
    with st.container(horizontal=True):
        for path, label, file in offered:
            cards.link(f"{at}/{path}", label, file)


def origin(user: User, activity: dict[str, Any], view: View) -> None:
    """Its name, the files it came from, and the way to remove it."""
    with st.expander("Name, files and removal", icon=":material/description:"):
        kept = activity["name"] or ""
        key = f"name of {activity['id']}, once {kept}"
        st.text_input(
            "Name",
            value=kept,
            placeholder=cards.name_of({**activity, "name": None}),
            key=key,
            on_change=lambda: _rename(user, activity["id"], st.session_state[key].strip()),
        )
        cards.quiet(*(file.path.rsplit("/", 1)[-1] for file in view.files))
        sure = st.checkbox("I want to remove this activity")
        if st.button("Remove activity", icon=":material/delete:", disabled=not sure):
            data.delete_activity(user, activity["id"])
            once("The activity is gone.")
            st.switch_page("activities.py")


def _rename(user: User, activity_id: int, name: str) -> None:
    # What answers a change runs before the page has asked who is here now.
    if require_user().id == user.id:
        data.rename_activity(user, activity_id, name)
