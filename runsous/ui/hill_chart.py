"""All passes of a stretch by date, coloured by song, as a finished Vega-Lite specification."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain, repeat
from typing import Any, Final

import numpy as np
import pandas as pd

from runsous.model import ON_FOOT
from runsous.reports.hills import Hill
from runsous.ui import format as fmt
from runsous.ui.colours import PALETTE, SILENCE

_HEIGHT_PX: Final = 260
_MOST: Final = 800
_STEPS_S: Final = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1200, 3600)
_MOST_TICKS: Final = 6
_FEW_DAYS: Final = 5
_MUSIC: Final = {
    "none": "no music",
    "brief": "no song for a fifth of it",
    "unsure": "not sure what",
}


def colours(found: Hill) -> dict[int, str]:
    """A colour for each of the songs heard most often, by track; grey for all others."""
    tracks = found.songs["track_id"].tolist()
    return dict(zip(tracks, chain(PALETTE, repeat(SILENCE)), strict=False))


def passes(found: Hill, units: fmt.Units) -> dict[str, Any]:
    """One dot per pass, the faster the higher, in the colour of the song that sounded longest.

    A ring is a pass without music, with songs none of which filled a fifth of it, or with one that
    is not sure to have sounded there. The line is the middle of all. Of more than 800
    passes the last are drawn.
    """
    rows = _rows(found, units)[-_MOST:]
    seconds = found.passes["moving_s"].to_numpy()
    low, high = float(seconds.min()), float(seconds.max())
    margin = max((high - low) * 0.1, 2.0)
    domain = [low - margin, high + margin]
    height = {
        "type": "quantitative",
        "axis": _clock(*domain),
        "scale": {"domain": domain, "reverse": True, "nice": False},
    }
    date = {
        "field": "at",
        "type": "temporal",
        # Local times as if they were UTC: Vega knows no zones but the browser's.
        "scale": {"type": "utc", "padding": 36},
        "axis": {"title": None, "grid": False, "ticks": False, **_dates(rows)},
    }
    told = [{"field": name, "type": "nominal"} for name in ("Song", "Day", "Time", "Movement")]
    told[-1]["title"] = "Pace" if found.facts["sport"] in (*ON_FOOT, "swim") else "Speed"
    if found.passes["heartrate"].notna().any():
        told.append({"field": "Heart rate", "type": "nominal"})
    colour = {"field": "c", "type": "nominal", "scale": None}
    dot = {"x": date, "y": {**height, "field": "s"}, "tooltip": told}
    return {
        "height": _HEIGHT_PX,
        "config": {"view": {"stroke": None}},
        "data": {"values": rows},
        "layer": [
            {
                "data": {"values": [{"s": found.middle.moving_s}]},
                "mark": {"type": "rule", "color": SILENCE, "strokeDash": [4, 4]},
                "encoding": {"y": {**height, "field": "s"}},
            },
            {
                "transform": [{"filter": "!datum.song"}],
                "mark": {"type": "point", "size": 70, "strokeWidth": 1.5, "opacity": 1},
                "encoding": {**dot, "stroke": colour},
            },
            {
                "transform": [{"filter": "datum.song"}],
                "mark": {"type": "circle", "size": 80, "opacity": 0.9},
                "encoding": {**dot, "color": colour},
            },
        ],
    }


def _rows(found: Hill, units: fmt.Units) -> list[dict[str, Any]]:
    colour = colours(found)
    longest = found.heard.sort_values("share", kind="stable").groupby("part")["track_id"].last()
    titles = found.heard.groupby("part")["title"].agg(" · ".join).to_dict()
    offset = pd.to_timedelta(found.passes["utc_offset_s"].astype("float64").fillna(0), unit="s")
    local = (found.passes["at"] + offset).dt.tz_localize(None)
    sport = found.facts["sport"]
    return [
        {
            "at": f"{at:%Y-%m-%dT%H:%M:%S}Z",
            "s": round(moving, 1),
            "c": colour[longest[part]] if part in titles else SILENCE,
            "song": part in titles,
            "Song": titles.get(part, _MUSIC.get(music, "")),
            "Day": f"{at:%Y-%m-%d}",
            "Time": fmt.duration(moving),
            "Movement": fmt.movement(1000 / pace, sport, units),
            "Heart rate": fmt.whole(beats, "bpm"),
        }
        for part, (at, moving, pace, beats, music) in enumerate(
            zip(
                local,
                found.passes["moving_s"].tolist(),
                found.passes["pace_s_per_km"].tolist(),
                found.passes["heartrate"].tolist(),
                found.passes["music"],
                strict=True,
            )
        )
    ]


def _dates(rows: list[dict[str, Any]]) -> Mapping[str, Any]:
    """Few days are named one by one: on so little Vega would tell hours, or one day twice."""
    first = {row["Day"]: row["at"] for row in reversed(rows)}
    if len(first) > _FEW_DAYS:
        return {"tickCount": _FEW_DAYS}
    # Written out: numbers would be taken for years.
    return {"values": sorted(first.values()), "format": "%-d %b %Y"}


def _clock(low: float, high: float) -> Mapping[str, Any]:
    step = next((s for s in _STEPS_S if (high - low) / s <= _MOST_TICKS), _STEPS_S[-1])
    ticks = np.arange(np.ceil(low / step) * step, high, step).tolist()
    names = json.dumps({str(int(tick)): fmt.duration(tick) for tick in ticks})
    return {
        "title": "time (faster is up)",
        "grid": True,
        "domain": False,
        "ticks": False,
        "values": ticks,
        "labelExpr": f"({names})[datum.value]",
    }
