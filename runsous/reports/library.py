"""Lists: activities for the picker, the newest for the home page, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection

from runsous.model import SAMPLE
from runsous.store import activities, holdings, remote_activities, segments, totals
from runsous.store.activities import Filter

_SONGS_SHOWN = 4


@dataclass(frozen=True)
class Page:
    """One page of a list and how long the whole list is."""

    items: list[dict[str, Any]]
    total: int


@dataclass(frozen=True)
class Totals:
    """A library in numbers; ``tracks`` are different songs."""

    activities: int = 0
    with_songs: int = 0
    distance_m: float = 0.0
    moving_time_s: float = 0.0
    plays: int = 0
    tracks: int = 0


@dataclass(frozen=True)
class Gap:
    """What keeps songs from meeting the user's own activities.

    ``kind`` is what is missing altogether, ``activities`` or ``listens``; or ``apart`` where no
    activity has a song, and ``few`` where most have none. Of those that wait for songs, so many
    lie ``before``, ``during`` and ``after`` what was ``heard`` from first to last.
    """

    kind: Literal["activities", "listens", "apart", "few"]
    before: int = 0
    during: int = 0
    after: int = 0
    heard: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class Overview:
    """What is in a user's library: their own and, apart from it, the sample's."""

    own: Totals
    sample: Totals
    sources: dict[str, dict[str, Any]]
    sports: list[str]
    gap: Gap | None

    @property
    def has_own(self) -> bool:
        """Whether there is anything but the sample."""
        return bool(self.own.activities or self.own.plays)

    @property
    def has_sample(self) -> bool:
        """Whether the sample is here."""
        return bool(self.sample.activities or self.sample.plays)


def activity_page(
    conn: Connection,
    user_id: int,
    wanted: Filter,
    *,
    sort: str = "newest",
    page: tuple[int, int] = (0, 20),
) -> Page:
    """Activities with their first songs (``songs``) for the picker; ``page`` = offset, limit.

    ``strava_id`` is the number of those that Strava itself told of, else ``None``.
    """
    rows, total = activities.frame(conn, user_id, wanted, sort=sort, page=page)
    ids = [row["id"] for row in rows]
    songs = segments.songs_of(conn, user_id, ids, _SONGS_SHOWN)
    numbers = remote_activities.told_of(conn, user_id, "strava", ids)
    more = ({"songs": songs.get(i, []), "strava_id": numbers.get(i)} for i in ids)
    return Page([{**row, **facts} for row, facts in zip(rows, more, strict=True)], total)


def overview(conn: Connection, user_id: int) -> Overview:
    """Totals, sources and the gap that keeps songs from meeting activities, if there is one."""
    sources = totals.sources(conn, user_id)
    heard = _heard(sources)
    rows = holdings.activities(conn, user_id, heard)
    own, made_up = rows.get(False, {}), rows.get(True, {})
    music = totals.music(conn, user_id)
    of_sample, shared = {"plays": 0, "tracks": 0}, 0
    if SAMPLE in sources:
        span = sources[SAMPLE]["first"], sources[SAMPLE]["last"]
        of_sample = holdings.music_of(conn, user_id, SAMPLE, span)
        shared = of_sample.pop("shared")
    of_own = {
        "plays": music["n_plays"] - of_sample["plays"],
        "tracks": music["n_tracks"] - of_sample["tracks"] + shared,
    }
    return Overview(
        own=_totals(own, of_own),
        sample=_totals(made_up, of_sample),
        sources=sources,
        sports=holdings.sports(conn, user_id),
        gap=_gap(own, heard),
    )


def _totals(row: Mapping[str, Any], music: Mapping[str, int]) -> Totals:
    names = ("activities", "with_songs", "distance_m", "moving_time_s")
    return Totals(**{name: row[name] for name in names if row}, **music)


def _heard(sources: Mapping[str, Mapping[str, Any]]) -> tuple[datetime, datetime] | None:
    """From when to when the user's own sources tell of plays."""
    own = [source for name, source in sources.items() if name != SAMPLE]
    if not own:
        return None
    return min(source["first"] for source in own), max(source["last"] for source in own)


def _gap(own: Mapping[str, Any], heard: tuple[datetime, datetime] | None) -> Gap | None:
    if not own:
        return Gap("activities", heard=heard)
    if heard is None:
        return Gap("listens")
    waiting = {name: own[name] for name in ("before", "during", "after")}
    if 2 * sum(waiting.values()) <= own["activities"]:
        return None
    return Gap("few" if own["with_songs"] or own["during"] else "apart", **waiting, heard=heard)
