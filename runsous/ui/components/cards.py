"""Small drawn things that several pages share: activity cards, figures, empty states."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import streamlit as st

from runsous.ui import format as fmt
from runsous.ui import maps
from runsous.ui.components import brands
from runsous.ui.session import User

SPORT_ICONS = {
    "run": "directions_run",
    "ride": "directions_bike",
    "swim": "pool",
    "walk": "directions_walk",
    "hike": "hiking",
    "row": "rowing",
    "ski": "downhill_skiing",
    "skate": "roller_skating",
    "elliptical": "exercise",
    "strength": "fitness_center",
    "yoga": "self_improvement",
}

_NOT_IN_FILE_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


def figures(pairs: Sequence[tuple[str, str]]) -> None:
    """A row of figures: large value, small label under it."""
    shown = "".join(f"<div><b>{escape(v)}</b><span>{escape(k)}</span></div>" for k, v in pairs)
    st.html(f'<div class="rs-figures">{shown}</div>')


def name_of(activity: Mapping[str, Any]) -> str:
    """The activity's own name, or one after the time of day."""
    if activity["name"]:
        return str(activity["name"])
    zone = fmt.zone(activity["time_zone"], activity["utc_offset_s"])
    return fmt.default_name(activity["start_time"].astimezone(zone), activity["sport"])


def file_name(activity: Mapping[str, Any]) -> str:
    """Day and name without what files cannot be called by: "2024-06-01 Morning run"."""
    zone = fmt.zone(activity["time_zone"], activity["utc_offset_s"])
    words = _NOT_IN_FILE_NAMES.sub(" ", name_of(activity))[:80].split()
    return " ".join([f"{activity['start_time'].astimezone(zone):%Y-%m-%d}", *words])


def when(activity: Mapping[str, Any]) -> str:
    """Day and clock time in the activity's own zone."""
    zone = fmt.zone(activity["time_zone"], activity["utc_offset_s"])
    day = fmt.day(activity["start_time"], zone, datetime.now(UTC))
    if activity["is_start_hidden"]:
        return f"{day}, start time hidden"
    return f"{day}, {fmt.clock(activity['start_time'], zone)}"


def grid(user: User, activities: Sequence[Mapping[str, Any]]) -> None:
    """Cards two in a row, in order also where there is room for one only."""
    for first in range(0, len(activities), 2):
        for column, activity in zip(st.columns(2), activities[first : first + 2], strict=False):
            with column:
                _card(user, activity)
    if any(activity["strava_id"] for activity in activities):
        brands.powered_by_strava()


def _card(user: User, activity: Mapping[str, Any]) -> None:
    """Route picture, name as a link, day, key figures and the first songs."""
    with st.container(
        border=True,
        key=f"card-{activity['id']}",
        horizontal=True,
        wrap=False,
        vertical_alignment="center",
    ):
        st.html(f'<div class="rs-route">{_picture(activity)}</div>', width=96)
        with st.container(gap=None):
            st.page_link(
                "activity.py",
                label=f"**{plain(name_of(activity))}**",
                icon=f":material/{_icon(activity)}:",
                query_params={"id": str(activity["id"])},
            )
            st.html(_facts_line(user, activity) + _songs_line(activity))


Cell = tuple[str, str | None]
"""What stands in a table, and where it leads if anywhere."""


def table(heads: Sequence[str], rows: Sequence[Sequence[Cell]], wide: int = 0) -> None:
    """A table of words and links; column ``wide`` may break into lines. On a phone each row is a
    few lines.
    """
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(
        "<tr>" + "".join(_cell(heads[i], cell, i == wide) for i, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    st.html(
        f'<div class="rs-scroll"><table class="rs-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(head: str, cell: Cell, is_wide: bool) -> str:
    words, path = cell
    shown = escape(words)
    if path is not None:
        shown = f'<a href="{escape(path)}">{shown}</a>'
    kind = ' class="wide"' if is_wide else f' data-label="{escape(head)}"'
    return f"<td{kind}>{shown}</td>"


def link(path: str, label: str, file: str | None = None) -> None:
    """A link to something that is no page of the app, opened in its place or kept as ``file``."""
    kept = "" if file is None else f' download="{escape(file)}"'
    st.html(
        f'<a class="rs-button" href="{escape(path)}"{kept}>{escape(label)}</a>', width="content"
    )


def nothing(key: str, icon: str, words: str, link: tuple[str, str] | None = None) -> None:
    """What stands where there is nothing to show: why, and a way on (page, label)."""
    with st.container(border=True, key=f"nothing-{key}", horizontal_alignment="center"):
        st.markdown(f":material/{icon}:  \n{words}", text_alignment="center")
        if link is not None:
            page, label = link
            st.page_link(page, label=f"**{label}**", icon=":material/arrow_forward:")


def _facts_line(user: User, activity: Mapping[str, Any]) -> str:
    facts = [
        when(activity),
        fmt.distance(activity["distance_m"], user.units),
        fmt.duration(activity["moving_time_s"]),
        fmt.movement(activity["average_speed_mps"], activity["sport"], user.units),
    ]
    badge = '<span class="rs-badge">sample</span>' if activity["is_sample"] else ""
    # A line breaks behind the dot, never within a fact.
    known = [f"<span>{escape(fact)}" for fact in facts if fact != fmt.MISSING]
    number = activity["strava_id"]
    link = f" {brands.view_on_strava(number)}" if number else ""
    return f'<div class="rs-quiet rs-facts">{" ·</span> ".join(known)}</span>{badge}{link}</div>'


def _songs_line(activity: Mapping[str, Any]) -> str:
    songs = activity["songs"]
    if not songs:
        return '<div class="rs-quiet">No songs on it yet</div>'
    named = ", ".join(f"{escape(s['title'])} <span>{escape(s['artist'])}</span>" for s in songs)
    more = activity["n_songs"] - len(songs)
    rest = f" and {more} more" if more > 0 else ""
    return f'<div class="rs-songs">♪ {named}{rest}</div>'


def _picture(activity: Mapping[str, Any]) -> str:
    if not activity["route"]:
        return f'<span class="rs-icon" aria-hidden="true" translate="no">{_icon(activity)}</span>'
    return f'<img src="{maps.route_picture(activity["route"])}" alt="Route">'


def _icon(activity: Mapping[str, Any]) -> str:
    return SPORT_ICONS.get(activity["sport"], "bolt")


def plain(words: str) -> str:
    """User's words inside Markdown, shown as they are."""
    # Entities are read after all of Markdown's and Streamlit's own marks.
    line = " ".join(words.split())
    return "".join(c if c.isalnum() or c == " " else f"&#{ord(c)};" for c in line)


def quiet(*lines: str) -> None:
    """Lines of small print, shown as they are."""
    if lines:
        st.html("".join(f'<div class="rs-quiet">{escape(line)}</div>' for line in lines))
