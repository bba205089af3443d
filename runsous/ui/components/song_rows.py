"""The songs of an activity as the rows of a table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from runsous.model import ON_FOOT
from runsous.reports.activity import View
from runsous.ui import colours, data, session, tempo_data, tempo_words
from runsous.ui import format as fmt
from runsous.ui.components import brands
from runsous.ui.session import User

TRACK_COLUMN = "Track"
"""The column that leads to songs' own pages."""
LINKS = (TRACK_COLUMN, brands.SPOTIFY_COLUMN)

# Streamlit breaks lines within a cell only where rows are higher than 64 px.
_LINE_PX, _LINES_PX, _MORE_LINES_PX = 35, 66, 84
_DOT = st.column_config.ImageColumn(width=34)
# As wide together as a phone of 390 px shows beside the box that chooses a row.
_NARROW_PX = {"BPM": 54, "Pace": 70, "Speed": 70}
_AT_PX, _LONG_AT_PX, _AT_AND_SONG_PX = 52, 66, 164
_WIDE = {
    " ": _DOT,
    "BPM": st.column_config.TextColumn(help=tempo_words.MARKS),
    "In time": st.column_config.TextColumn(help=tempo_words.LOCKED),
    TRACK_COLUMN: st.column_config.LinkColumn(
        display_text=":material/open_in_new:", width=52, help="All about this song, in a new tab"
    ),
    **brands.SPOTIFY_LINKS,
}


def show(rows: pd.DataFrame, view: View, **choosing: Any) -> None:
    """The table; ``choosing`` is handed on to ``st.dataframe``."""
    columns, line_px, most = _WIDE, _LINE_PX, 18
    if session.is_phone():
        rows = _narrow(rows, view.segments)
        columns, line_px, most = *_narrow_columns(view), 8
    st.dataframe(
        rows,
        hide_index=True,
        row_height=line_px,
        height=38 + line_px * min(len(rows), most),
        column_config=columns,
        **choosing,
    )


def rows(user: User, view: View) -> pd.DataFrame:
    """One row per segment as people read it; columns without a value are left out."""
    as_of = data.as_of(user, view.facts["id"], view.facts["revision"])
    return _rows(as_of, user.units, _view=view, _user=user)


@st.cache_data(ttl=3600, max_entries=64, show_spinner=False)
def _rows(as_of: data.AsOf, units: fmt.Units, *, _view: View, _user: User) -> pd.DataFrame:
    found, sport = _view.segments, _view.facts["sport"]
    # Where a pace would be noise, there is none.
    speed = 1000 / found["pace_s_per_km"]
    beat = tempo_data.of_activity(_user, _view)
    rows = pd.DataFrame(
        {
            " ": [colours.swatch(colour) for colour in colours.song_colours(found)],
            "At": found["start_s"].map(fmt.duration),
            "Song": found["title"].fillna("No music"),
            "Artist": found["artist"].fillna(""),
            TRACK_COLUMN: ["" if pd.isna(t) else f"/track?id={t}" for t in found["track_id"]],
            "For": found["elapsed_s"].map(fmt.duration),
            "Pace" if sport in ON_FOOT or sport == "swim" else "Speed": [
                fmt.movement(value, sport, units) for value in speed
            ],
            "On the flat": [fmt.pace(value, units) for value in found["gap_s_per_km"]],
            "Heart rate": found["average_heartrate"].map(fmt.whole),
            "Highest": found["max_heartrate"].map(fmt.whole),
            "BPM": tempo_words.marked(found),
            "Cadence": found["average_cadence"].map(fmt.whole),
            "In time": list(map(tempo_words.locked, beat["locked"], beat["relation"])),
            "Distance": [fmt.distance(value, units) for value in found["distance_m"]],
            "Climb": [fmt.elevation(value, units) for value in found["elevation_gain_m"]],
            "Start is": [
                fmt.certainty(word, by) if isinstance(word, str) else ""
                for word, by in zip(found["certainty"], found["plus_minus_s"], strict=True)
            ],
            brands.SPOTIFY_COLUMN: found["spotify_id"].map(brands.song_at_spotify),
        }
    )
    empty = [name for name in rows if (rows[name].isin(["", fmt.MISSING])).all()]
    return rows.drop(columns=empty)


def _narrow(rows: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """The same rows for a narrow screen: what matters most, in lines that break."""
    artists = rows["Artist"].where(rows["Artist"] == "", " – " + rows["Artist"])
    shown = rows[[" ", "At"]].assign(Song=rows["Song"] + artists)
    if "BPM" in rows:
        shown["BPM"] = rows["BPM"]
    shown[" "] = [colours.swatch(colour, 32) for colour in colours.song_colours(segments)]
    for name in ("Pace", "Speed"):
        if name in rows:
            beats = " ♥ " + rows["Heart rate"] if "Heart rate" in rows else ""
            shown[name] = rows[name] + beats
    return shown


def _narrow_columns(view: View) -> tuple[dict[str, Any], int]:
    """How wide each column of :func:`_narrow` is, and how high its rows are."""
    is_long = view.segments["start_s"].iloc[-1] >= 3600
    at_px, line_px = (_LONG_AT_PX, _MORE_LINES_PX) if is_long else (_AT_PX, _LINES_PX)
    widths = {"At": at_px, "Song": _AT_AND_SONG_PX - at_px, **_NARROW_PX}
    columns = {name: st.column_config.TextColumn(width=px) for name, px in widths.items()}
    return {" ": _DOT, **columns}, line_px
