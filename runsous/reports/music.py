"""The songs on an activity with the stretch of route of each, as the API answers it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from runsous import frames
from runsous.analysis import geo
from runsous.analysis import segments as measuring
from runsous.reports import activity as activities

_MEASURED = ("altitude_m", "heartrate", "cadence", "speed_mps")
_POINT = ("latitude", "longitude", *_MEASURED)


def music(
    conn: Connection,
    user_id: int,
    activity_id: int,
    *,
    simplify: bool = True,
    tolerance_m: float = 10.0,
) -> dict[str, Any]:
    """Segments with their points, and totals, in the shape the API answers.

    Simplification drops points that lie within ``tolerance_m`` of the line between those
    kept; the points where songs change are always kept.
    """
    shown = activities.view(conn, user_id, activity_id)
    route = _route(shown.samples, shown.segments)
    kept = route
    if simplify and len(route):
        mask = geo.simplify(
            route["latitude"].to_numpy(),
            route["longitude"].to_numpy(),
            tolerance_m,
            keep=np.flatnonzero(route["is_joint"]),
        )
        kept = route[mask]
    n_route, n_kept = int(route["is_recorded"].sum()), len(kept)
    totals = measuring.summary(shown.segments)
    return {
        "activity_id": activity_id,
        "has_gps": shown.facts["has_gps"],
        "segments": _segments(shown.segments, shown.facts["start_time"], kept),
        "stats": {
            **totals,
            "original_points": n_route,
            "simplified_points": n_kept,
            # Where songs change a point is added, so that there can be more than were recorded.
            "reduction_ratio": max(0.0, 1 - n_kept / n_route) if n_route else 0.0,
        },
    }


def _route(samples: pd.DataFrame, segments: pd.DataFrame) -> pd.DataFrame:
    """Samples with a position, and an interpolated point at every change of song."""
    placed = samples[samples["latitude"].notna() & samples["longitude"].notna()]
    if placed.empty:
        return placed.assign(is_joint=False, is_recorded=True)
    time_s = placed["time_s"].to_numpy()
    joints = segments["start_s"].to_numpy()[1:]
    inside = (joints > time_s[0]) & (joints < time_s[-1])
    fresh = joints[inside & ~np.isin(joints, time_s)]
    at = np.searchsorted(time_s, fresh)
    between = measuring.locate(placed, fresh)
    route = {"time_s": np.insert(time_s, at, fresh)}
    for name in _POINT:
        recorded = placed[name].to_numpy()
        known = between[name] if name in between else np.interp(fresh, time_s, recorded)
        route[name] = np.insert(recorded, at, known)
    is_recorded = np.insert(np.ones(time_s.size, dtype=bool), at, False)
    is_joint = np.isin(route["time_s"], joints)
    return pd.DataFrame({**route, "is_joint": is_joint, "is_recorded": is_recorded})


def _segments(segments: pd.DataFrame, start: datetime, route: pd.DataFrame) -> list[dict[str, Any]]:
    points = frames.records(route[["time_s", *_POINT]].rename(columns={"time_s": "t_s"}))
    # Both ends belong to the segment's line, so that neighbours meet on the map.
    first = np.searchsorted(route["time_s"], segments["start_s"], side="left")
    last = np.searchsorted(route["time_s"], segments["end_s"], side="right")
    return [
        _segment(row, start, points[i:j])
        for row, i, j in zip(frames.records(segments), first, last, strict=True)
    ]


def _segment(row: dict[str, Any], start: datetime, points: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "index": row["index"],
        "track": None if row["track_id"] is None else track(row),
        "start_time": start + timedelta(seconds=row["start_s"]),
        "end_time": start + timedelta(seconds=row["end_s"]),
        "start_s": row["start_s"],
        "end_s": row["end_s"],
        "listen": None
        if row["play_id"] is None
        else {n: row[n] for n in ("source", "started_at", "certainty", "plus_minus_s")},
        "metrics": {name: row[name] for name in frames.METRICS},
        "points": points,
    }


def track(row: dict[str, Any]) -> dict[str, Any]:
    """A song as the API shows it, from any row that carries the song's columns."""
    names = ("artist", "album", "isrc", "mbid", "tempo_bpm", "tempo_confidence")
    return {
        "id": int(row["track_id"]),
        "name": row["title"],
        **{name: row[name] for name in names},
    }
