"""Lists: activities for the picker, the newest for the home page, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from runsous.model import SAMPLE
from runsous.store import activities, segments, totals
from runsous.store.activities import Filter

_SONGS_SHOWN = 4


@dataclass(frozen=True)
class Page:
    """One page of a list and how long the whole list is."""

    items: list[dict[str, Any]]
    total: int


@dataclass(frozen=True)
class Overview:
    """What is in a user's library, in numbers."""

    activities: int
    activities_with_songs: int
    distance_m: float
    moving_time_s: float
    plays: int
    tracks: int
    sources: dict[str, dict[str, Any]]
    sports: list[str]
    has_sample: bool
    gap: str | None


def activity_page(
    conn: Connection,
    user_id: int,
    wanted: Filter,
    *,
    sort: str = "newest",
    page: tuple[int, int] = (0, 20),
) -> Page:
    """Activities with their first songs (``songs``) for the picker; ``page`` = offset, limit."""
    rows, total = activities.frame(conn, user_id, wanted, sort=sort, page=page)
    songs = segments.songs_of(conn, user_id, [row["id"] for row in rows], _SONGS_SHOWN)
    return Page([{**row, "songs": songs.get(row["id"], [])} for row in rows], total)


def overview(conn: Connection, user_id: int) -> Overview:
    """Totals, sources and the gap that keeps songs from meeting activities, if there is one."""
    row = (
        conn.execute(
            text(
                "SELECT count(*)::int AS activities,"
                " (count(*) FILTER (WHERE n_songs > 0))::int AS activities_with_songs,"
                " coalesce(sum(distance_m), 0) AS distance_m,"
                " coalesce(sum(moving_time_s), 0) AS moving_time_s,"
                " coalesce(bool_or(is_sample), false) AS has_sample,"
                " min(start_time) AS first, max(start_time) AS last"
                " FROM activities WHERE user_id = :user"
            ),
            {"user": user_id},
        )
        .one()
        ._asdict()
    )
    heard = totals.music(conn, user_id)
    sources = totals.sources(conn, user_id)
    sports = conn.execute(
        text(
            "SELECT sport FROM activities WHERE user_id = :user GROUP BY 1 ORDER BY count(*) DESC"
        ),
        {"user": user_id},
    )
    names = ("activities", "activities_with_songs", "distance_m", "moving_time_s")
    return Overview(
        **{name: row[name] for name in names},
        has_sample=row["has_sample"] or SAMPLE in sources,
        plays=heard["n_plays"],
        tracks=heard["n_tracks"],
        sources=sources,
        sports=list(sports.scalars()),
        gap=_gap(row, sources),
    )


def _gap(row: Mapping[str, Any], sources: Mapping[str, Mapping[str, Any]]) -> str | None:
    """``activities``, ``listens`` or ``apart`` (the two do not overlap in time), else ``None``."""
    if not row["activities"]:
        return "activities"
    if not sources:
        return "listens"
    if row["activities_with_songs"]:
        return None
    first = min(source["first"] for source in sources.values())
    last = max(source["last"] for source in sources.values())
    apart = last < row["first"] or first > row["last"]
    return "apart" if apart else None
