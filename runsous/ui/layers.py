"""The layers of the map, from the ground up, as deck.gl draws them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pydeck

from runsous.ui.colours import INK, PAPER, START, Theme, blend, rgb
from runsous.ui.route import Route
from runsous.ui.series import Floats

Rows = list[dict[str, Any]]
Tiles = tuple[Floats, list[str]]
"""Where each tile starts, in seconds, and its colour."""

_FADED = {"light": "#DAD8D1", "dark": "#363E43"}
_GROUND = {"light": ("#F6F4EE", "#E8E5DB"), "dark": ("#161C1F", "#232B30")}
_GRID_DEGREES = 0.01


def ground(route: Route, theme: Theme) -> list[pydeck.Layer]:
    """Plain paper with a faint grid of hundredths of a degree, where there is no basemap."""
    paper, rule = (list(rgb(colour)) for colour in _GROUND[theme])
    west, east = float(route.longitude.min()) - 1, float(route.longitude.max()) + 1
    south, north = float(route.latitude.min()) - 1, float(route.latitude.max()) + 1
    sheet = [{"p": [[west, south], [west, north], [east, north], [east, south]]}]
    lines = [{"p": [x, south, x, north]} for x in _grid(route.longitude)]
    lines += [{"p": [west, y, east, y]} for y in _grid(route.latitude)]
    return [
        pydeck.Layer("SolidPolygonLayer", sheet, id="paper", get_polygon="p", get_fill_color=paper),
        _line("grid", lines, get_width=1, get_color=rule),
    ]


def _grid(degrees: Floats) -> list[float]:
    low, high = float(degrees.min()), float(degrees.max())
    step = max(_GRID_DEGREES, 2.0 ** math.ceil(math.log2(max(high - low, 1e-9) / 10)))
    around = max(high - low, 8 * step)
    ticks: list[float] = (
        (np.arange(low - around, high + around, step) // step * step).round(5).tolist()
    )
    return ticks


def _line(name: str, data: Rows, **props: Any) -> pydeck.Layer:
    return pydeck.Layer(
        "PathLayer",
        data,
        id=name,
        get_path="p",
        position_format='"XY"',
        _path_type='"open"',
        width_units='"pixels"',
        cap_rounded=True,
        joint_rounded=True,
        **props,
    )


def pick(pieces: Rows) -> pydeck.Layer:
    """Invisible and as wide as a fingertip: it alone can be hovered and clicked."""
    layer = _line("", pieces, get_width=20, opacity=1e-7, pickable=True)
    # Streamlit greys out all that is not the clicked object, and remembers it, by layer id.
    # A layer without one stays as it is drawn and can be clicked again at once.
    layer.id = None
    return layer


def songs(route: Route, tiles: Tiles, chosen: int | None, theme: Theme) -> list[pydeck.Layer]:
    """The route in the colours of its songs on a casing; the chosen tile stands out."""
    starts_s, colours = tiles
    parts = route.parts(starts_s)
    paper = list(rgb(PAPER[theme]))
    shown = [list(rgb(c if chosen is None else blend(c, _FADED[theme], 0.72))) for c in colours]
    rows = [(route.path(part), route.tile(part, starts_s)) for part in parts]
    casing = [{"p": route.path(part)} for part in route.parts(np.empty(0))]
    lines = [{"p": path, "c": shown[tile]} for path, tile in rows]
    layers = [
        _line("casing", casing, get_width=8, get_color=paper),
        _line("songs", lines, get_width=4.5, get_color="c"),
    ]
    if chosen is not None:
        song = [{"p": path} for path, tile in rows if tile == chosen]
        colour = list(rgb(colours[chosen]))
        layers.append(_line("chosen-casing", song, get_width=12, get_color=paper))
        layers.append(_line("chosen", song, get_width=7, get_color=colour))
    return layers


def marks(route: Route, starts_s: Floats, theme: Theme) -> list[pydeck.Layer]:
    """Small dots where the song changes; start and finish with their names."""
    paper, ink = list(rgb(PAPER[theme])), list(rgb(INK[theme]))
    changes = np.flatnonzero(np.isin(route.time_s, starts_s[1:]))
    last = route.time_s.size - 1
    dots = [{"p": route.position(row), "r": 2.5, "f": paper, "l": ink} for row in changes.tolist()]
    start, finish = route.position(0), route.position(last)
    dots += [
        {"p": finish, "r": 8, "f": ink, "l": paper},
        {"p": finish, "r": 3, "f": paper, "l": ink},
        {"p": start, "r": 7, "f": list(rgb(START)), "l": paper},
    ]
    is_west = start[0] <= finish[0]
    names = [
        {"p": start, "t": "Start", "a": "end" if is_west else "start", "o": -13 if is_west else 13},
        {
            "p": finish,
            "t": "Finish",
            "a": "start" if is_west else "end",
            "o": 13 if is_west else -13,
        },
    ]
    return [
        pydeck.Layer(
            "ScatterplotLayer",
            dots,
            id="marks",
            get_position="p",
            get_radius="r",
            radius_units='"pixels"',
            get_fill_color="f",
            stroked=True,
            get_line_color="l",
            get_line_width=1.5,
            line_width_units='"pixels"',
        ),
        pydeck.Layer(
            "TextLayer",
            names,
            id="names",
            get_position="p",
            get_text="t",
            get_text_anchor="a",
            get_pixel_offset="[o, 0]",
            get_size=13,
            get_color=ink,
            font_family='"Source Sans, sans-serif"',
            font_weight=600,
            background=True,
            get_background_color=[*paper, 215],
            background_padding=[5, 2],
        ),
    ]
