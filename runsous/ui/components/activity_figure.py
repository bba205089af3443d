"""Map, charts and song table of an activity: choosing a song in one shows it in all three."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from runsous import settings
from runsous.reports.activity import View
from runsous.ui import charts, data, maps, session
from runsous.ui import format as fmt
from runsous.ui.colours import Theme
from runsous.ui.components import brands, cards, song_rows
from runsous.ui.session import User

_HEIGHT, _PHONE_HEIGHT = 480, 380
_TTL, _MOST = 3600, 64


@session.fragment
def linked(user: User, view: View) -> None:
    """Draws all three around the chosen song; a choice redraws nothing but them."""
    if view.facts["n_points"] < 2 and not view.facts["n_songs"]:
        return
    chosen = _chosen(view)
    drawing = _map(user, view, chosen)
    if drawing is None:
        _charts(user, view, chosen)
    else:
        left, right = st.columns([2, 3], gap="medium")
        with left:
            # It is no Deck, but has the one method of it that is called.
            st.pydeck_chart(
                drawing,
                key=_key(view, "map"),
                on_select=lambda: _from_map(view),
                selection_mode="single-object",
                height=_height(),
            )
        with right:
            _charts(user, view, chosen)
    if view.facts["n_songs"]:
        _table(user, view, chosen)


def _height() -> int:
    return _PHONE_HEIGHT if session.is_phone() else _HEIGHT


def _charts(user: User, view: View, chosen: int | None) -> None:
    along = "time"
    if view.facts["distance_m"] and "distance_m" in view.facts["channels"]:
        along = (
            st.segmented_control(
                "Along", ["time", "distance"], default="time", label_visibility="collapsed"
            )
            or "time"
        )
    seen = (user.units, chosen, session.theme(), along)
    st.vega_lite_chart(
        spec=_spec(_as_of(user, view), seen, _view=view),
        key=_key(view, "charts"),
        on_select=lambda: _from_charts(view),
        selection_mode=charts.SELECTION,
        width="stretch",
    )


def _table(user: User, view: View, chosen: int | None) -> None:
    rows = song_rows.rows(user, view)
    _tell(view, rows, chosen)
    # A table cannot be told its selection after it was made: a fresh one is.
    if st.session_state.get(_key(view, "by table")) != chosen:
        st.session_state[_key(view, "tables")] = st.session_state.get(_key(view, "tables"), 0) + 1
        st.session_state[_key(view, "by table")] = chosen
    song_rows.show(
        rows,
        view,
        key=_table_key(view),
        on_select=lambda: _from_table(view),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [] if chosen is None else [chosen]}},
    )
    if brands.SPOTIFY_COLUMN in rows:
        brands.named_by_spotify()


@st.cache_data(ttl=_TTL, max_entries=_MOST, show_spinner=False)
def _spec(
    as_of: data.AsOf,
    seen: tuple[fmt.Units, int | None, Theme, str],
    *,
    _view: View,
) -> dict[str, Any]:
    units, chosen, theme, along = seen
    look = charts.Look(
        x="distance" if along == "distance" else "time",
        sport=_view.facts["sport"],
        units=units,
        selected=chosen,
        theme=theme,
    )
    return charts.draw(_view.samples, _view.segments, _view.pauses, look)


def _map(user: User, view: View, chosen: int | None) -> maps.Drawing | None:
    if not view.facts["has_gps"]:
        return None
    seen = (user.units, chosen, session.theme(), session.is_phone())
    return _drawing(_as_of(user, view), seen, _view=view)


@st.cache_data(ttl=_TTL, max_entries=_MOST, show_spinner=False)
def _drawing(
    as_of: data.AsOf,
    seen: tuple[fmt.Units, int | None, Theme, bool],
    *,
    _view: View,
) -> maps.Drawing | None:
    units, chosen, theme, is_phone = seen
    facts = _view.facts
    look = maps.Look(
        start=facts["start_time"].astimezone(fmt.zone(facts["time_zone"], facts["utc_offset_s"])),
        sport=facts["sport"],
        units=units,
        selected=chosen,
        style=settings.current().map_style,
        theme=theme,
        # A little less than there is: names of start and finish stand beside the route.
        size_px=(320, _PHONE_HEIGHT) if is_phone else (400, _HEIGHT),
    )
    return maps.draw(_view.samples, _view.segments, _view.pauses, look)


def _tell(view: View, rows: pd.DataFrame, chosen: int | None) -> None:
    """The song chosen and all that is known of it: its row may be out of sight in the table,
    which cannot be told to scroll, or the table may have no room for it.
    """
    # Always there, so that the table stays where it is under the pointer.
    with st.container(key="chosen", gap="small"):
        if chosen is None:
            cards.quiet("Choose a song, here or above, to see where it played.")
            return
        row = rows.iloc[chosen]
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(
                f'<div class="rs-chosen"><img src="{row[" "]}" alt=""> <b>{escape(row["Song"])}</b>'
                f" {escape(row.get('Artist', ''))}</div>",
                width="content",
            )
            if row.get(song_rows.TRACK_COLUMN):
                st.page_link(
                    "track.py",
                    label="About this song",
                    icon=":material/speed:",
                    query_params={"id": str(view.segments["track_id"].iloc[chosen])},
                )
            if row.get(brands.SPOTIFY_COLUMN):
                brands.open_at_spotify(row[brands.SPOTIFY_COLUMN])
            st.button(
                "Show all songs",
                key=_key(view, "let go"),
                icon=":material/close:",
                type="tertiary",
                on_click=lambda: _let_go(view),
            )
        told = row.drop([" ", "Song", "Artist", *song_rows.LINKS], errors="ignore")
        names = ((name if name.isupper() else name.lower()) for name in map(str, told.index))
        cards.figures([pair for pair in zip(names, told, strict=True) if pair[1]])
        note = view.segments["tempo_note"].iloc[chosen]
        if isinstance(note, str):
            cards.quiet(note)


def _as_of(user: User, view: View) -> data.AsOf:
    return data.as_of(user, view.facts["id"], view.facts["revision"])


def _key(view: View, part: str) -> str:
    return f"{part} of activity {view.facts['id']}"


def _table_key(view: View) -> str:
    return _key(view, f"table {st.session_state.get(_key(view, 'tables'), 0)}")


def _chosen(view: View) -> int | None:
    chosen = st.session_state.get(_key(view, "chosen"))
    return chosen if chosen is not None and chosen < len(view.segments) else None


def _choose(view: View, segment: int) -> None:
    """Chooses a segment; choosing it again lets it go."""
    key = _key(view, "chosen")
    st.session_state[key] = None if st.session_state.get(key) == segment else segment


def _let_go(view: View) -> None:
    st.session_state[_key(view, "chosen")] = None


def _from_map(view: View) -> None:
    for rows in st.session_state[_key(view, "map")].selection.objects.values():
        if rows:
            _choose(view, int(rows[0]["s"]))


def _from_charts(view: View) -> None:
    """Each click adds or takes away one row, so the song clicked is what differs from before."""
    rows = st.session_state[_key(view, "charts")].selection.get(charts.SELECTION) or []
    now = {int(row["s"]) for row in rows}
    clicked = now ^ st.session_state.get(_key(view, "clicked"), set())
    st.session_state[_key(view, "clicked")] = now
    if len(clicked) == 1:
        _choose(view, clicked.pop())


def _from_table(view: View) -> None:
    rows = st.session_state[_table_key(view)].selection.rows
    chosen = rows[0] if rows else None
    st.session_state[_key(view, "chosen")] = chosen
    st.session_state[_key(view, "by table")] = chosen
