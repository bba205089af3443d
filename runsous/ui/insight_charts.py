"""Pictures of effects, as finished Vega-Lite specifications."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from runsous.analysis.effects import Band, Effect
from runsous.ui import format as fmt
from runsous.ui import insight_words as words
from runsous.ui.colours import PALETTE, SILENCE, blend
from runsous.ui.insight_words import Look
from runsous.ui.series import Floats

MOST_POINTS: Final = 800
_LINE: Final = "#D55E00"
_HEIGHT: Final = 300
_OLD, _NEW = "#9AA1A6", "#0072B2"
_BINS: Final = 41
_CONFIG: Final[Mapping[str, Any]] = {"view": {"stroke": None}}


def scatter(points: pd.DataFrame, each: Effect, look: Look) -> dict[str, Any]:
    """One point per song and activity, in the level of all, with the trend within activities and
    its interval. ``points``: ``x, y`` (as :func:`runsous.analysis.effects.per_activity`), a colour
    ``c`` and what is told of it: ``song, day``.
    """
    title, is_pace = words.axis(each, look)
    y = words.shown(each, look, points["y"].to_numpy())
    line = _trend(points, each, look)
    low, high = _range(np.concatenate([y, line["low"], line["high"]]))
    rows = points.assign(y=y)
    rows = rows[(rows["y"] >= low) & (rows["y"] <= high)]
    values = [
        {"x": x, "y": round(v, 2), "c": c, "Song": song, "Day": day, "Tempo": told, "It": it}
        for x, v, c, song, day, told, it in zip(
            rows["x"].round(3).tolist(),
            rows["y"].tolist(),
            rows["c"],
            rows["song"],
            rows["day"],
            [f"{x:.0f} BPM" if each.dose.name == "tempo" else f"{x:.2f}" for x in rows["x"]],
            [_tell(v, is_pace=is_pace) for v in rows["y"]],
            strict=True,
        )
    ]
    axis: dict[str, Any] = {"title": title, "grid": True, "domain": False, "ticks": False}
    if is_pace:
        axis |= _clock(low, high)
    scale = {"domain": [low, high], "reverse": is_pace, "zero": False, "nice": False}
    height = {"field": "y", "type": "quantitative", "axis": axis, "scale": scale}
    dose = "tempo of the song, BPM" if each.dose.name == "tempo" else "energy of the song, 0 to 1"
    x_axis = {"title": dose, "grid": False, "ticks": False}
    along = {"field": "x", "type": "quantitative", "axis": x_axis, "scale": {"zero": False}}
    told = [{"field": name, "type": "nominal"} for name in ("Song", "Day", "Tempo")]
    told.append({"field": "It", "type": "nominal", "title": title.partition(",")[0].capitalize()})
    return {
        "height": _HEIGHT,
        "config": _CONFIG,
        "layer": [
            {
                "data": {"values": values},
                "mark": {"type": "circle", "size": 38, "opacity": 0.6},
                "encoding": {
                    "x": along,
                    "y": height,
                    "color": {"field": "c", "type": "nominal", "scale": None},
                    "tooltip": told,
                },
            },
            {
                "data": {"values": line.to_dict("records")},
                "mark": {"type": "area", "color": _LINE, "opacity": 0.22},
                "encoding": {
                    "x": along,
                    "y": {**height, "field": "low"},
                    "y2": {"field": "high"},
                },
            },
            {
                "data": {"values": line.to_dict("records")},
                "mark": {"type": "line", "color": _LINE, "strokeWidth": 2.5},
                "encoding": {"x": along, "y": {**height, "field": "mid"}},
            },
        ],
    }


def null(each: Effect) -> dict[str, Any]:
    """How often shifted playlists come out how, and where the true one lies."""
    assert each.null is not None  # noqa: S101 - drawn only where there is an effect
    assert each.estimate is not None  # noqa: S101
    return shifts(each.null.slopes, each.estimate, words.ends(each))


def shifts(slopes: Floats, heard: float, ends: tuple[str, str]) -> dict[str, Any]:
    """The same of any numbers; ``ends`` stand at the left and the right."""
    reach = max(float(np.percentile(np.abs(slopes), 99.5)), abs(heard), 1e-6) * 1.05
    edges = np.linspace(-reach, reach, _BINS + 1)
    number, _ = np.histogram(np.clip(slopes, -reach, reach), edges)
    bars = [
        {"from": low, "to": high, "n": n}
        for low, high, n in zip(edges[:-1], edges[1:], number.tolist(), strict=True)
    ]
    less, more = ends
    names = json.dumps({"-1": f"← {less}", "0": "no effect", "1": f"{more} →"})
    x_axis = {
        "title": None,
        "grid": False,
        "ticks": False,
        "values": [-0.7 * reach, 0, 0.7 * reach],
        "labelExpr": f"({names})[datum.value > 0 ? 1 : datum.value < 0 ? -1 : 0]",
    }
    along = {"type": "quantitative", "axis": x_axis, "scale": {"nice": False}}
    no_axis = {"type": "quantitative", "axis": None}
    return {
        "height": 90,
        "config": _CONFIG,
        "layer": [
            {
                "data": {"values": bars},
                "mark": {"type": "bar", "color": SILENCE, "binSpacing": 1},
                "encoding": {
                    "x": {**along, "field": "from"},
                    "x2": {"field": "to"},
                    "y": {**no_axis, "field": "n"},
                    "y2": {"datum": 0},
                },
            },
            {
                "data": {"values": [{"at": heard}]},
                "mark": {"type": "rule", "color": _LINE, "strokeWidth": 3},
                "encoding": {"x": {**along, "field": "at"}},
            },
        ],
    }


def bands(found: Sequence[Band], each: Effect, look: Look) -> dict[str, Any]:
    """How far the outcome was from each activity's own course, by bands of the dose."""
    is_pace = words.axis(each, look)[1]
    is_tempo = each.dose.name == "tempo"
    rows = [
        {
            "band": f"{b.since:g}–{b.until:g}" if is_tempo else f"{b.since:.1f}–{b.until:.1f}",
            "mid": words.difference(each, look, b.estimate),
            "low": words.difference(each, look, b.low),
            "high": words.difference(each, look, b.high),
            "Songs": b.n_songs,
        }
        for b in found
    ]
    height = {
        "type": "quantitative",
        "axis": {"title": None, "grid": True, "domain": False, "ticks": False, "tickCount": 4},
        "scale": {"reverse": is_pace},
    }
    x_title = "BPM" if is_tempo else "energy"
    along = {
        "field": "band",
        "type": "nominal",
        "sort": None,
        "axis": {"title": x_title, "labelAngle": 0, "ticks": False, "labelFlush": False},
    }
    return {
        "height": 210,
        "config": _CONFIG,
        "data": {"values": rows},
        "encoding": {"x": along},
        "layer": [
            {
                "mark": {"type": "rule", "color": SILENCE},
                "encoding": {"x": None, "y": {**height, "datum": 0}},
            },
            {
                "mark": {"type": "rule", "color": _LINE, "strokeWidth": 2},
                "encoding": {"y": {**height, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "circle", "color": _LINE, "size": 90, "opacity": 1},
                "encoding": {
                    "y": {**height, "field": "mid"},
                    "tooltip": [{"field": "band", "title": x_title}, {"field": "Songs"}],
                },
            },
        ],
    }


def by_date(moments: pd.Series) -> list[str]:
    """A colour for each moment: the older, the greyer."""
    order = moments.rank(method="dense").to_numpy()
    shares = np.round((order - 1) / max(float(order.max()) - 1, 1), 2)
    known = {share: blend(_OLD, _NEW, share) for share in np.unique(shares).tolist()}
    return [known[share] for share in shares.tolist()]


def by_song(track_ids: pd.Series) -> list[str]:
    """A colour for each of the songs heard most, one for all others."""
    most = track_ids.value_counts().head(len(PALETTE)).index.tolist()
    known = dict(zip(most, PALETTE, strict=False))
    return [known.get(track, SILENCE) for track in track_ids.tolist()]


def _trend(points: pd.DataFrame, each: Effect, look: Look) -> pd.DataFrame:
    """The trend through the middle of all points, with the interval of its slope."""
    assert each.estimate is not None  # noqa: S101 - drawn only where there is an effect
    assert each.low is not None  # noqa: S101
    assert each.high is not None  # noqa: S101
    x_mid, y_mid = float(points["x"].mean()), float(points["y"].mean())
    ends = points["x"].quantile([0.01, 0.99]).to_numpy()
    x = np.linspace(ends[0], ends[1], 25)
    away = (x - x_mid) / each.dose.step
    lines = {"mid": each.estimate * away}
    lines["low"] = np.minimum(each.low * away, each.high * away)
    lines["high"] = np.maximum(each.low * away, each.high * away)
    drawn = {name: words.shown(each, look, y_mid + line) for name, line in lines.items()}
    return pd.DataFrame({"x": x, **drawn}).dropna()


def _range(values: Floats) -> tuple[float, float]:
    """From where to where: without what lies far out."""
    low, high = np.nanpercentile(values, [1, 99]).tolist()
    margin = max((high - low) * 0.12, 1e-6)
    return low - margin, high + margin


def _clock(low: float, high: float) -> dict[str, Any]:
    steps = (2, 5, 10, 15, 20, 30, 60, 120, 300, 600)
    step = next((s for s in steps if (high - low) / s <= 7), 1200)
    ticks = np.arange(np.ceil(low / step) * step, high, step).tolist()
    names = {str(int(tick)): fmt.duration(tick) for tick in ticks}
    return {"values": ticks, "labelExpr": f"({json.dumps(names)})[datum.value]"}


def _tell(value: float, *, is_pace: bool) -> str:
    return fmt.duration(value) if is_pace else f"{value:.1f}"
