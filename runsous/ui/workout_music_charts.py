"""Tempo on workouts and elsewhere as two small Vega-Lite specifications, data inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runsous.analysis.workout_music import Band, Part, Side
from runsous.ui.colours import ROUTE, SILENCE

SIDES = ("on workouts", "elsewhere")
_HEIGHT_PX = 290
_COLOUR = {
    "field": "side",
    "type": "nominal",
    "title": None,
    "scale": {"domain": SIDES, "range": [ROUTE, SILENCE]},
    "legend": {"orient": "top", "symbolType": "circle", "symbolOpacity": 1},
}
_BESIDE = {"field": "side", "type": "nominal", "sort": SIDES}


def tempos(bands: Sequence[Band]) -> dict[str, Any]:
    """Which share of each side's plays has which tempo, as bars side by side."""
    rows = [
        {"bpm": band.since, "until": f"{band.since}–{band.until} BPM", "side": side, "share": share}
        for band in bands
        for side, share in zip(SIDES, (band.workouts, band.rest), strict=True)
    ]
    return {
        "data": {"values": rows},
        "height": _HEIGHT_PX,
        "mark": {"type": "bar"},
        "encoding": {
            "x": _names("bpm", "BPM", [band.since for band in bands]),
            "xOffset": _BESIDE,
            "y": {
                "field": "share",
                "type": "quantitative",
                "title": "share of plays",
                "axis": {"format": ".0%", "tickCount": 4},
            },
            "color": _COLOUR,
            "tooltip": [
                {"field": "until", "title": "tempo"},
                {"field": "side", "title": "heard"},
                {"field": "share", "format": ".1%", "title": "share of plays"},
            ],
        },
    }


def by_part(parts: Sequence[Part], title: str) -> dict[str, Any]:
    """Median tempo (a dot) and the middle half of all plays (a bar) of both sides, by part, from
    the first to the last in which tempo is known of either.
    """
    known = [i for i, part in enumerate(parts) if _is_told(part.workouts) or _is_told(part.rest)]
    told = parts[known[0] : known[-1] + 1] if known else []
    rows = [
        row
        for part in told
        for side, one in zip(SIDES, (part.workouts, part.rest), strict=True)
        for row in _row(part.name, side, one)
    ]
    x = {"x": _names("part", title, [part.name for part in told]), "xOffset": _BESIDE}
    y = {
        "type": "quantitative",
        "title": "BPM",
        "scale": {"zero": False},
        "axis": {"tickCount": 6},
    }
    tooltip = [
        {"field": "part", "title": title},
        {"field": "side", "title": "heard"},
        {"field": "median", "title": "median BPM"},
        {"field": "half", "title": "half of the plays"},
        {"field": "n", "title": "plays", "format": ","},
    ]
    return {
        "data": {"values": rows},
        "height": _HEIGHT_PX,
        "encoding": {**x, "color": _COLOUR, "tooltip": tooltip},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 4, "opacity": 0.4, "strokeCap": "round"},
                "encoding": {"y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 50, "opacity": 1},
                "encoding": {"y": {**y, "field": "median"}},
            },
        ],
    }


def _is_told(side: Side | None) -> bool:
    return side is not None and side.tempo is not None


def _row(part: str, side: str, one: Side | None) -> list[dict[str, Any]]:
    if one is None or one.tempo is None:
        return []
    low, median, high = (round(bpm) for bpm in (one.tempo.low, one.tempo.median, one.tempo.high))
    return [
        {
            "part": part,
            "side": side,
            "low": low,
            "median": median,
            "high": high,
            "half": f"{low}–{high} BPM",
            "n": one.tempo.n,
        }
    ]


def _names(field: str, title: str, order: Sequence[Any]) -> dict[str, Any]:
    return {
        "field": field,
        "type": "ordinal",
        "title": title,
        # With those between of which nothing is known.
        "scale": {"domain": list(order)},
        "axis": {"labelAngle": 0, "labelOverlap": True},
    }
