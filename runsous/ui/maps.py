"""The route as a finished pydeck map: one colour per song, broken at pauses."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pydeck
from pydeck.bindings.json_tools import default_serialize

from runsous.analysis import geo
from runsous.ui import format as words
from runsous.ui import layers, series, tempo_words
from runsous.ui import route as routes
from runsous.ui.colours import INK, PAPER, ROUTE, Theme, song_colours
from runsous.ui.route import Route
from runsous.ui.series import Floats

_PIECES = 200
_PIECE_S = 20.0
_TOUCH_M = 12.0  # a fingertip needs no more
_PADDING_PX = 40
_CLOSEST, _FURTHEST = 16.5, 1.0
_TITLE_LENGTH = 80

_TOOLTIP = (
    '<div style="display:flex;gap:.5rem;align-items:baseline">'
    '<span style="flex:none;width:.65rem;height:.65rem;border-radius:50%;background:{c}"></span>'
    '<div><b>{n}</b><div style="white-space:pre-line;opacity:.8">{d}</div></div></div>'
)


@dataclass(frozen=True)
class Look:
    """How to draw a map: whose clock, which units, which song is chosen, on which ground.

    ``start`` is the activity's start in its own zone. ``selected`` is a segment's ``index``.
    ``style`` is the address of a MapLibre style, ``"none"`` for no basemap, or ``None`` for
    Carto's, which follows the browser's light or dark. ``size_px`` is what to fit into.
    """

    start: datetime
    sport: str = "run"
    units: words.Units = "km"
    selected: int | None = None
    style: str | None = None
    theme: Theme = "light"
    size_px: tuple[int, int] = (720, 460)


@dataclass(frozen=True)
class Drawing:
    """A finished map: give it to ``st.pydeck_chart`` as it is.

    The object a click returns has the segment's ``index`` as ``s``.
    """

    json: str
    _tooltip: dict[str, Any]

    def to_json(self) -> str:
        """The deck.gl specification, as compact as it gets."""
        return self.json


def draw(
    samples: pd.DataFrame,
    segments: pd.DataFrame,
    pauses: Sequence[tuple[float, float]],
    look: Look,
) -> Drawing | None:
    """The route of an activity by song, or ``None`` if it has no position at all.

    Takes :data:`runsous.frames.SAMPLES` and :data:`runsous.frames.SEGMENTS`. Songs change
    colour exactly where they changed; the line breaks at pauses and where samples are missing.
    """
    starts_s, edges_s = segments["start_s"].to_numpy(), _piece_edges(segments)
    route = routes.prepare(samples, pauses, starts_s)
    touched = routes.prepare(samples, pauses, edges_s, _TOUCH_M)
    if route is None or touched is None:
        return None
    colours = song_colours(segments)
    numbers = segments["index"].tolist()
    chosen = numbers.index(look.selected) if look.selected in numbers else None
    is_blank = look.style == "none"
    deck = pydeck.Deck(
        layers=[
            *(layers.ground(route, look.theme) if is_blank else ()),
            layers.pick(_pieces(samples, segments, (touched, edges_s, colours), look)),
            *layers.songs(route, (starts_s, colours), chosen, look.theme),
            *layers.marks(route, starts_s, look.theme),
        ],
        initial_view_state=_view(route, look.size_px),
        map_provider=None,
        # Streamlit draws no basemap for pydeck's own default, and Carto's for none at all.
        **({} if is_blank else {"map_style": look.style}),
    )
    return Drawing(_compact(deck), {"html": _TOOLTIP, "style": _tooltip_style(look.theme)})


def route_picture(points: Sequence[Sequence[float]], colour: str = ROUTE) -> str:
    """A route as a tiny SVG data URI from ``[latitude, longitude]`` pairs; "" without any.

    At most 1 KB for 60 points. North is up, and a metre is as long across as upwards.
    """
    if len(points) < 2:
        return ""
    latitude, longitude = np.asarray(points, dtype=float).T
    x = geo.unwrap(longitude) * math.cos(math.radians(float(latitude.mean())))
    extent = max(float(np.ptp(x)), float(np.ptp(latitude)), 1e-9)
    east = (x - (x.max() + x.min()) / 2) / extent
    south = ((latitude.max() + latitude.min()) / 2 - latitude) / extent
    pixels = np.rint(np.column_stack((east, south)) * 84 + 50).astype(int).tolist()
    line = " ".join(f"{across} {down}" for across, down in pixels)
    return (
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 100'%3E"
        f"%3Cpath d='M{line}' fill='none' stroke='%23{colour[1:]}' stroke-width='3.5' "
        "stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E"
    )


def _piece_edges(segments: pd.DataFrame) -> Floats:
    """Where hover pieces begin: at each song, and evenly within it."""
    total_s = float((segments["end_s"] - segments["start_s"]).sum())
    piece_s = max(_PIECE_S, total_s / _PIECES)
    tiles = zip(segments["start_s"].tolist(), segments["end_s"].tolist(), strict=True)
    inner = (
        np.linspace(start, end, max(round((end - start) / piece_s), 1), endpoint=False)
        for start, end in tiles
    )
    edges: Floats = np.unique(np.concatenate([*inner, np.empty(0)]))
    return edges


def _pieces(
    samples: pd.DataFrame,
    segments: pd.DataFrame,
    drawn: tuple[Route, Floats, list[str]],
    look: Look,
) -> list[dict[str, Any]]:
    """Short parts of the route, each with what to tell about that place."""
    route, edges_s, colours = drawn
    parts = route.parts(edges_s)
    if not parts:
        return []
    first, last = np.array(parts).T
    since, until = route.time_s[first], route.time_s[last]
    time_s = samples["time_s"].to_numpy()
    speeds, heartrates = (
        series.means(time_s, samples[name].to_numpy(), since, until).tolist()
        for name in ("speed_mps", "heartrate")
    )
    starts_s, numbers, songs = (
        segments["start_s"].to_numpy(),
        segments["index"].tolist(),
        _songs(segments),
    )
    # Streamlit reports a click only if it differs from the last: this changes with each choice.
    view = -1 if look.selected is None else look.selected
    pieces = []
    for i, part in enumerate(parts):
        tile = route.tile(part, starts_s)
        title, artist = songs[tile]
        facts = (
            artist,
            _moment(float(since[i]), look.start),
            _both(words.movement(speeds[i], look.sport, look.units), heartrates[i]),
        )
        told = _plain("\n".join(fact for fact in facts if fact))
        shown = {"c": colours[tile], "n": title, "d": told}
        pieces.append({"p": route.path(part), "s": numbers[tile], "v": view, **shown})
    return pieces


def _songs(segments: pd.DataFrame) -> list[tuple[str, str]]:
    return [
        ("No music", "") if pd.isna(title) else (_plain(title), _by(artist, tempo))
        for title, artist, tempo in zip(
            segments["title"], segments["artist"], tempo_words.marked(segments), strict=True
        )
    ]


def _by(artist: str | None, tempo: str) -> str:
    facts = ("" if artist is None or pd.isna(artist) else artist, f"{tempo} BPM" if tempo else "")
    return " · ".join(filter(None, facts))


def _moment(after_s: float, start: datetime) -> str:
    at = start + timedelta(seconds=after_s)
    return f"after {words.duration(after_s)} · at {at:%H:%M}"


def _both(movement: str, heartrate: float) -> str:
    pulse = words.whole(heartrate, "bpm")
    return " · ".join(fact for fact in (movement, pulse) if fact != words.MISSING)


def _plain(text: str) -> str:
    """Words that neither the template nor deck.gl's JSON takes for instructions.

    Braces would be filled in like a template, and "@@=" at the start runs an expression. HTML
    is escaped by Streamlit as it fills in the tooltip.
    """
    text = text[: _TITLE_LENGTH * 2].replace("{", "{\u200b")
    return f"\u200b{text}" if text.startswith("@@") else text


def _view(route: Route, size_px: tuple[int, int]) -> pydeck.ViewState:
    """The middle of the route and the zoom at which all of it fits (web Mercator, 512 px)."""
    west, east = float(route.longitude.min()), float(route.longitude.max())
    south, north = (
        _mercator(float(degrees)) for degrees in (route.latitude.min(), route.latitude.max())
    )
    spans = ((east - west) / 360, (north - south) / (2 * math.pi))
    room = (max(size - 2 * _PADDING_PX, 64) for size in size_px)
    zooms = [math.log2(px / 512 / span) for px, span in zip(room, spans, strict=True) if span > 0]
    middle = math.degrees(2 * math.atan(math.exp((south + north) / 2)) - math.pi / 2)
    return pydeck.ViewState(
        longitude=round((west + east) / 2, 6),
        latitude=round(middle, 6),
        zoom=round(max(min([*zooms, _CLOSEST]), _FURTHEST), 2),
    )


def _mercator(latitude: float) -> float:
    bounded = math.radians(max(min(latitude, 85.0), -85.0))
    return math.log(math.tan(math.pi / 4 + bounded / 2))


def _tooltip_style(theme: Theme) -> dict[str, str]:
    return {
        "background": PAPER[theme],
        "color": INK[theme],
        "borderRadius": "0.6rem",
        "boxShadow": "0 2px 12px rgba(0, 0, 0, 0.25)",
        "padding": "0.55rem 0.75rem",
        "fontSize": "0.85rem",
        "lineHeight": "1.35",
        "maxWidth": "18rem",
        "zIndex": "2",
    }


def _compact(deck: pydeck.Deck) -> str:
    # pydeck's own to_json indents every coordinate: four times the bytes.
    return json.dumps(deck, default=default_serialize, separators=(",", ":"), allow_nan=False)
