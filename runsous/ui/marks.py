"""The charts as Altair layers over named data: ``samples``, ``songs``, ``heads``, ``beats``.

All panels share one drawing whose y is pixels from the top. That keeps them aligned, lets one
cursor and one click cross them all, and is what Streamlit can fit to any width.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt

from runsous.ui.axes import Axis
from runsous.ui.panels import HEAD_PX, HEIGHT_PX, Panel, Scale

SELECTION = "song"
"""The selection parameter: each click adds or takes away one row ``{"s": segment index}``."""

TAPE_PX = 10

_COLOUR = alt.Color("c", type="nominal", scale=None)
_STRENGTH = alt.Opacity("o", type="quantitative", scale=None)


def bottom_px(panel: int) -> int:
    """Where a panel's floor lies; that of the last is the height of the drawing."""
    return TAPE_PX + (panel + 1) * (HEAD_PX + HEIGHT_PX)


@dataclass(frozen=True)
class Beat:
    """Whether any song has a tempo to tell, and which panel has bands (data ``beats``)."""

    is_told: bool = False
    panel: int | None = None


def chart(shown: list[Panel], scales: list[Scale], axis: Axis, beat: Beat) -> dict[str, Any]:
    """The specification, its data still to be filled in under ``datasets``."""
    ticks: dict[int, str] = {}
    for panel, scale in zip(shown, scales, strict=True):
        ticks |= scale.ticks(panel)
    template = _template(tuple(panel.title for panel in shown), axis.is_distance, beat)
    first, *others = template["layer"]
    x, y = first["encoding"]["x"], first["encoding"]["y"]
    encoding = {
        **first["encoding"],
        "x": {
            **x,
            "scale": {"domain": [0, float(axis.x[-1])], "nice": False},
            "axis": _axis(axis.ticks),
        },
        "y": {**y, "axis": {**_axis(ticks), "grid": True, "domain": False}},
    }
    return {**template, "layer": [{**first, "encoding": encoding}, *others]}


def _axis(ticks: Mapping[Any, str]) -> dict[str, Any]:
    # Vega knows neither our clocks nor our pixels: it looks each tick's words up.
    words = {str(int(t)) if float(t).is_integer() else repr(t): ticks[t] for t in ticks}
    names = f"({json.dumps(words)})[datum.value]"
    return {"values": list(ticks), "labelExpr": names, "grid": False, "ticks": False}


@lru_cache(maxsize=64)
def _template(titles: tuple[str, ...], is_distance: bool, beat: Beat) -> dict[str, Any]:
    """Everything but ticks and data: the same for all activities, and slow to build."""
    height_px = bottom_px(len(titles) - 1)
    layers = [
        _bands(0, height_px, alt.Opacity("b", type="quantitative", scale=None)),
        *([] if beat.panel is None else [_beats()]),
        *(mark for panel in range(len(titles)) for mark in _line(panel, panel != beat.panel)),
        _bands(0, TAPE_PX - 2, _STRENGTH),
        _heads(),
        _cursor(titles, is_distance, beat.is_told, height_px),
    ]
    songs = alt.LookupData(alt.NamedData("songs"), key="s", fields=["c", "o", "n", "m"])
    layered = alt.layer(*layers, data=alt.NamedData("samples"), height=height_px)
    template: dict[str, Any] = layered.transform_lookup("s", songs).to_dict(validate=False)
    template["layer"][0]["encoding"]["y"]["scale"] = {
        "domain": [height_px, 0],
        "zero": False,
        "nice": False,
    }
    return template


def _bands(top_px: int, until_px: int, opacity: alt.Opacity) -> alt.Chart:
    """A rectangle for every song, from where it began to where it ended."""
    bands: alt.Chart = (
        alt.Chart(alt.NamedData("songs"))
        .mark_rect()
        .encode(
            x=alt.X("x1", type="quantitative", title=None),
            x2=alt.X2("x2"),
            y=alt.YDatum(top_px, type="quantitative", title=None),
            y2=alt.Y2Datum(until_px),
            color=_COLOUR,
            opacity=opacity,
            tooltip=[alt.Tooltip("n", type="nominal", title="title")],
        )
    )
    return bands


def _beats() -> alt.Chart:
    """A rectangle wherever cadence would be in time with the song."""
    beats: alt.Chart = (
        alt.Chart(alt.NamedData("beats"))
        .mark_rect()
        .encode(
            x=alt.X("x1", type="quantitative", title=None),
            x2=alt.X2("x2"),
            y=alt.Y("y1", type="quantitative", title=None),
            y2=alt.Y2("y2"),
            color=_COLOUR,
            opacity=_STRENGTH,
        )
    )
    return beats


def _line(panel: int, is_filled: bool) -> list[alt.Chart]:
    both = alt.Chart().encode(
        x=alt.X("x", type="quantitative", title=None),
        y=alt.Y(f"y{panel}", type="quantitative", title=None),
        detail=alt.Detail("k", type="nominal"),
        color=_COLOUR,
        opacity=_STRENGTH,
    )
    area = both.mark_area(interpolate="monotone", fillOpacity=0.28)
    line = both.mark_line(interpolate="monotone", strokeWidth=2)
    return [*([area.encode(y2=alt.Y2Datum(bottom_px(panel)))] if is_filled else []), line]


def _heads() -> alt.Chart:
    words = alt.Chart(alt.NamedData("heads"))
    words = words.mark_text(align="left", baseline="middle", fontSize=13, fontWeight=600)
    heads: alt.Chart = words.encode(
        x=alt.value(0),
        y=alt.Y("y", type="quantitative", title=None),
        text=alt.Text("t", type="nominal"),
        color=_COLOUR,
    )
    return heads


def _cursor(
    titles: tuple[str, ...], is_distance: bool, has_tempo: bool, height_px: int
) -> alt.Chart:
    """An upright line at each point, unseen until the pointer is on it."""
    here = alt.selection_point(
        "here", fields=["x"], on="pointerover", clear="pointerout", empty=False
    )
    song = alt.selection_point(SELECTION, fields=["s"], on="click", clear=False, toggle="true")
    told = [
        ("n", "title"),
        *([("m", "BPM")] if has_tempo else []),
        ("at", "Time"),
        *([("far", "Distance")] if is_distance else []),
    ]
    told += [(f"t{i}", title.split(" · ")[0]) for i, title in enumerate(titles)]
    cursor: alt.Chart = (
        alt.Chart()
        .mark_rule(strokeWidth=4, color="#8A949A")
        .encode(
            x=alt.X("x", type="quantitative", title=None),
            y=alt.YDatum(0, type="quantitative", title=None),
            y2=alt.Y2Datum(height_px),
            opacity=alt.when(here).then(alt.value(0.45)).otherwise(alt.value(0)),
            tooltip=[alt.Tooltip(f, type="nominal", title=title) for f, title in told],
        )
        .add_params(here, song)
    )
    return cursor
