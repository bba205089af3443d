"""Songs of a hill: choose a stretch of a route, see every song played on it and how it went."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from runsous import settings
from runsous.errors import InputError
from runsous.model import ON_FOOT
from runsous.reports.hills import LEAST_M, Hill
from runsous.ui import charts, colours, hill_chart, maps, session
from runsous.ui import format as fmt
from runsous.ui import hill_data as data
from runsous.ui.components import cards
from runsous.ui.session import User, fragment

_HEIGHT, _PHONE_HEIGHT = 330, 240
_STEP = 0.05
_SHOWN = 12
_WHAT = (
    "A pass takes the stretch in this direction, from end to end; pauses do not count. A song"
    " counts where it sounded for a fifth of the pass. That it went well to a song does not mean"
    " that it went well because of it."
)
_MISSING = (
    "Songs of a hill need activities with positions and songs. There are none yet, or they are"
    " still being measured."
)


def show(user: User) -> None:
    """The section: route, stretch, and what played there."""
    st.subheader("Songs of a hill")
    routes = data.routes(user)
    if not routes:
        cards.nothing("hill", "landscape", _MISSING)
        return
    fragment(_section)(user, routes)


def _section(user: User, routes: list[dict[str, Any]]) -> None:
    by_id = {route["activity_id"]: route for route in routes}
    chosen = st.selectbox(
        "Route",
        list(by_id),
        format_func=lambda number: _name(user, by_id[number]),
        key="hill route",
        help="Those you took most often come first. A hill may be part of other routes as well:"
        " every time you passed it counts.",
        persist_state="session",
    )
    ground = data.ground(user, chosen)
    left, right = st.columns([2, 3], gap="medium")
    with right:
        between = _stretch(user, ground)
    if between[1] - between[0] < LEAST_M:
        cards.quiet("Choose a longer stretch: on so little, seconds are chance.")
        return
    with left:
        _map(user, ground, between)
    with right:
        _elevation(user, ground, between)
    try:
        found = data.hill(user, chosen, between)
    except InputError as error:
        cards.quiet(str(error))
        return
    _figures(user, ground, found, between)
    if found.missing is not None:
        cards.quiet(found.missing)
    if len(found.passes) > 1:
        st.vega_lite_chart(hill_chart.passes(found, user.units), width="stretch", key="hill passes")
        _spread(found)
    _songs(user, found)
    cards.quiet(_WHAT)


def _name(user: User, route: dict[str, Any]) -> str:
    zone = fmt.zone(route["time_zone"], route["utc_offset_s"])
    name = route["name"] or fmt.default_name(route["start_time"].astimezone(zone), route["sport"])
    day = fmt.day(route["start_time"], zone, datetime.now(UTC))
    often = f"{route['n_activities']:,} times, last " if route["n_activities"] > 1 else ""
    if often and day in ("Today", "Yesterday"):
        day = day.lower()
    return f"{name} · {fmt.distance(route['distance_m'], user.units)} · {often}{day}"


def _stretch(user: User, ground: data.Ground) -> data.Between:
    """From and to in metres, as chosen on a slider that begins at the steepest climb."""
    unit_m, name = fmt.metres_per_unit(user.units), "mi" if user.units == "miles" else "km"
    most = float(np.floor(ground.length_m / unit_m / _STEP) * _STEP)
    since, until = (metres / unit_m for metres in ground.steepest)
    first = float(np.floor(since / _STEP) * _STEP), float(np.ceil(until / _STEP) * _STEP)
    chosen = st.slider(
        "Stretch",
        0.0,
        round(max(most, _STEP), 2),
        (round(first[0], 2), round(min(first[1], most), 2)),
        _STEP,
        format=f"%.2f {name}",
        key=f"hill stretch {ground.view.facts['id']} {name}",
        help="It begins as the steepest climb of 300 m or more.",
        persist_state="session",
    )
    return chosen[0] * unit_m, chosen[1] * unit_m


def _map(user: User, ground: data.Ground, between: data.Between) -> None:
    """The route with the stretch lit."""
    facts, is_phone = ground.view.facts, session.is_phone()
    height = _PHONE_HEIGHT if is_phone else _HEIGHT
    look = maps.Look(
        start=facts["start_time"].astimezone(fmt.zone(facts["time_zone"], facts["utc_offset_s"])),
        sport=facts["sport"],
        units=user.units,
        selected=1,
        style=settings.current().map_style,
        theme=session.theme(),
        # Less than there is: names of start and finish stand beside the route.
        size_px=(290, height) if is_phone else (400, height),
    )
    drawing = maps.draw(ground.view.samples, ground.parts(between), ground.view.pauses, look)
    if drawing is not None:
        st.pydeck_chart(drawing, height=height, key=f"hill map {facts['id']}")


def _elevation(user: User, ground: data.Ground, between: data.Between) -> None:
    """Its elevation, likewise."""
    samples = ground.view.samples
    if samples["altitude_m"].isna().all():
        return
    shape = samples.assign(**dict.fromkeys(("speed_mps", "heartrate", "cadence"), np.nan))
    look = charts.Look("distance", ground.view.facts["sport"], user.units, 1, session.theme())
    spec = charts.draw(shape, ground.parts(between), ground.view.pauses, look)
    st.vega_lite_chart(spec, width="stretch", key="hill elevation")


def _figures(user: User, ground: data.Ground, found: Hill, between: data.Between) -> None:
    length_m = found.to_m - found.from_m
    climb_m = ground.climb_m(between)
    pairs = [
        ("length", fmt.distance(length_m, user.units)),
        ("net climb", _climb(climb_m, length_m, user.units)),
        ("passes", f"{found.middle.n_passes:,}"),
        ("usual time", fmt.duration(found.middle.moving_s)),
        (_moved(found), _movement(user, found, found.middle.pace_s_per_km)),
        ("heart rate", fmt.whole(found.middle.heartrate, "bpm")),
    ]
    if found.silent.n_passes and found.silent.moving_s and found.middle.moving_s:
        times = "once" if found.silent.n_passes == 1 else f"{found.silent.n_passes:,} times"
        late = found.silent.moving_s - found.middle.moving_s
        pairs.append((f"without music, {times}", _late(late)))
    cards.figures([pair for pair in pairs if pair[1] != fmt.MISSING])


def _climb(metres: float, length_m: float, units: fmt.Units) -> str:
    if fmt.is_missing(metres):
        return fmt.MISSING
    sign = "−" if metres < 0 else ""
    return f"{sign}{fmt.elevation(abs(metres), units)}, {sign}{abs(metres) / length_m:.1%}"


def _moved(found: Hill) -> str:
    return "pace" if found.facts["sport"] in (*ON_FOOT, "swim") else "speed"


def _movement(user: User, found: Hill, pace: float | None) -> str:
    return fmt.movement(1000 / pace if pace else None, found.facts["sport"], user.units)


def _late(seconds: float) -> str:
    """ "4 s faster" """
    size = round(abs(seconds))
    if not size:
        return "as fast"
    told = f"{size} s" if size < 60 else fmt.duration(size)
    return f"{told} {'slower' if seconds > 0 else 'faster'}"


def _spread(found: Hill) -> None:
    low, high = found.passes["difference_s"].quantile([0.25, 0.75]).tolist()
    cards.quiet(
        f"Half of all passes lie between {_late(low)} and {_late(high)} than usual (the line). A"
        " ring is a pass without a song for a fifth of it, or with music that is not sure."
    )


def _songs(user: User, found: Hill) -> None:
    """Songs, those heard most often first."""
    if found.songs.empty:
        return
    rows = found.songs
    n_songs = len(rows)
    if n_songs > _SHOWN and not st.toggle(f"All {n_songs:,} songs", key="hill all songs"):
        rows = rows.head(_SHOWN)
    known = hill_chart.colours(found)
    heads = ("Song", "Artist", "BPM", "Passes", "Time", "Than usual", "Heart rate")
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = ""
    for row in rows.to_dict("records"):
        dot = colours.swatch(known[row["track_id"]])
        cells = (
            row["artist"],
            fmt.whole(row["tempo_bpm"]),
            f"{row['n_passes']:,} ×",
            fmt.duration(row["moving_s"]),
            _late(row["difference_s"]),
            fmt.whole(row["heartrate"], "bpm"),
        )
        body += (
            f'<tr><td class="wide"><img src="{dot}" alt="" width="16" height="16"'
            f' style="vertical-align:-.2rem"> <a href="/track?id={row["track_id"]}">'
            f"{escape(row['title'])}</a></td>"
        )
        body += "".join(
            f'<td data-label="{escape(name)}">{"" if cell == fmt.MISSING else escape(cell)}</td>'
            for name, cell in zip(heads[1:], cells, strict=True)
        )
        body += "</tr>"
    st.html(
        f'<div class="rs-scroll"><table class="rs-table"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
