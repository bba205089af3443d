"""Pace, heart rate, cadence and elevation by song, as one finished Vega-Lite specification."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from runsous.analysis import lock
from runsous.ui import axes, marks, panels, series, tempo_words
from runsous.ui import format as words
from runsous.ui.axes import Axis, Points
from runsous.ui.colours import INK, Theme, song_colours
from runsous.ui.panels import Panel, Scale

SELECTION = marks.SELECTION
"""The selection parameter: each click adds or takes away one row ``{"s": segment index}``."""

_NAME_LENGTH = 120
_BAND_STRENGTH = 0.4


@dataclass(frozen=True)
class Look:
    """How to draw the charts; ``selected`` is a segment's ``index``."""

    x: Literal["time", "distance"] = "time"
    sport: str = "run"
    units: words.Units = "km"
    selected: int | None = None
    theme: Theme = "light"


def draw(
    samples: pd.DataFrame,
    segments: pd.DataFrame,
    pauses: Sequence[tuple[float, float]],
    look: Look,
) -> dict[str, Any]:
    """A specification for ``st.vega_lite_chart``, with its data inside as Arrow.

    Takes :data:`runsous.frames.SAMPLES` and :data:`runsous.frames.SEGMENTS`. One panel for each
    channel of which there is a line to draw, none for others; without any there is still the
    tape of songs. Behind cadence lies a band for each song that comes near it, in which one is in
    time with the song. Falls back to time where distances are missing. Which song is chosen is part
    of the data alone, so that choosing another one redraws nothing else.
    """
    axis = axes.distance_axis(samples, look.units) if look.x == "distance" else None
    axis = axis or axes.time_axis(segments)
    points = axes.points(samples, segments, pauses, axis)
    rows = _rows(points, segments, axis, look.units)
    time_s = samples["time_s"].to_numpy()
    shown: list[Panel] = []
    scales: list[Scale] = []
    bands = lock.bands(segments, samples["cadence"].to_numpy())
    banded = None
    for panel in panels.present(samples, look.sport, look.units):
        values = samples[panel.channel].to_numpy()
        mean = series.means(time_s, values, points.since_s, points.until_s)
        if not np.isfinite(mean).any():
            continue  # a single sample is a value, but no line
        i = len(shown)
        shown.append(panel)
        beside = None
        if panel.channel == "cadence" and len(bands):
            banded, beside = i, (bands["low"].min(), bands["high"].max())
        scales.append(panels.fit(panel, mean, marks.bottom_px(i), beside))
        rows[f"y{i}"] = scales[-1].height(panel.value(mean)).round(1).astype("float32")
        rows[f"t{i}"] = [panel.tell(value) for value in mean.tolist()]
    has_tempo = bool(segments["tempo_bpm"].notna().any())
    spec = marks.chart(shown, scales, axis, marks.Beat(has_tempo, banded))
    heads = [scale.bottom_px - panels.HEIGHT_PX - panels.HEAD_PX / 2 for scale in scales]
    titles = [
        f"{panel.title} — bands: in time with the song" if i == banded else panel.title
        for i, panel in enumerate(shown)
    ]
    songs = _songs(segments, axis, look.selected)
    spec["datasets"] = {
        "samples": _arrow(rows),
        "songs": _arrow(songs),
        "heads": _arrow({"y": heads, "t": titles, "c": [INK[look.theme]] * len(shown)}),
    }
    if banded is not None:
        spec["datasets"]["beats"] = _arrow(_beats(bands, songs, axis, scales[banded]))
    return spec


def _rows(points: Points, segments: pd.DataFrame, axis: Axis, units: words.Units) -> dict[str, Any]:
    x = axis.at(points.time_s)
    rows = {
        "x": x.astype("float32"),
        "s": segments["index"].to_numpy()[points.tile].astype("int32"),
        "k": points.part.astype("int32"),
        "at": [words.duration(second) for second in points.time_s.tolist()],
    }
    if axis.is_distance:
        rows["far"] = [words.distance(metres, units) for metres in x.tolist()]
    return rows


def _songs(segments: pd.DataFrame, axis: Axis, selected: int | None) -> dict[str, Any]:
    """One row per tile: where it lies, its colour and name, and how strongly it is drawn."""
    is_chosen = segments["index"].to_numpy() == selected
    names = zip(segments["title"], segments["artist"], strict=True)
    return {
        "s": segments["index"].to_numpy().astype("int32"),
        "x1": axis.at(segments["start_s"].to_numpy()),
        "x2": axis.at(segments["end_s"].to_numpy()),
        "c": song_colours(segments),
        "n": [_name(title, artist) for title, artist in names],
        "o": np.where(is_chosen | ~is_chosen.any(), 1.0, 0.3),
        "b": np.where(is_chosen, 0.14, 0.0),
        "m": [told or words.MISSING for told in tempo_words.marked(segments)],
    }


def _beats(bands: pd.DataFrame, songs: dict[str, Any], axis: Axis, scale: Scale) -> dict[str, Any]:
    """One row per band: where cadence is in time with its song."""
    tile = pd.Index(songs["s"]).get_indexer(bands["index"])
    return {
        "x1": axis.at(bands["start_s"].to_numpy()),
        "x2": axis.at(bands["end_s"].to_numpy()),
        "y1": scale.height(bands["high"].to_numpy()),
        "y2": scale.height(bands["low"].to_numpy()),
        "c": [songs["c"][row] for row in tile],
        "o": songs["o"][tile] * _BAND_STRENGTH,
    }


def _name(title: str | None, artist: str | None) -> str:
    known = [str(part) for part in (title, artist) if not pd.isna(part)]
    return " – ".join(known)[:_NAME_LENGTH] or "No music"


def _arrow(columns: dict[str, Any]) -> bytes:
    arrays = {name: pa.array(values, from_pandas=True) for name, values in columns.items()}
    table = pa.table(arrays)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content
