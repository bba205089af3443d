"""``plays``: the one listening timeline, merged from the reports of all sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, text

from runsous import frames
from runsous.model import SAMPLE
from runsous.store import copy, spans, totals
from runsous.store.database import raw
from runsous.store.spans import Span

_COLUMNS = {"play_id": "id", **{name: name for name in frames.PLAYS if name != "play_id"}}

_LIST = """SELECT p.id, p.started_at, p.ended_at, p.played_s, p.duration_s, p.plus_minus_s,
    p.certainty, p.source, p.sources, p.is_skip, t.id AS track_id, t.title, t.isrc, t.mbid,
    t.spotify_id, t.tempo_bpm, t.tempo_confidence, a.name AS artist, b.name AS album
FROM plays p JOIN tracks t ON t.id = p.track_id JOIN artists a ON a.id = t.artist_id
LEFT JOIN albums b ON b.id = t.album_id
WHERE p.user_id = :user"""


_CHANGED = """CREATE TEMP TABLE changed (earliest_at timestamptz, latest_at timestamptz)
ON COMMIT DROP"""
_GONE = f"""WITH gone AS (
    DELETE FROM plays p WHERE user_id = :user
        AND id = ANY(ARRAY(SELECT id FROM merged)
            || ARRAY(SELECT p.id {spans.lookup("plays", "started_at")} p))
        AND NOT EXISTS (SELECT FROM merged m WHERE m.id = p.id
            AND m.started_at = p.started_at AND m.* IS NOT DISTINCT FROM p.*)
    RETURNING started_at, ended_at
) INSERT INTO changed SELECT started_at, ended_at FROM gone"""  # noqa: S608 - ours
_COME = """WITH come AS (
    INSERT INTO plays SELECT m.* FROM merged m WHERE NOT EXISTS (
        SELECT FROM plays p WHERE p.user_id = :user AND p.id = m.id)
    RETURNING started_at, ended_at
) INSERT INTO changed SELECT started_at, ended_at FROM come"""


@dataclass(frozen=True)
class Filter:
    """Which plays: words in title, artist or album; a source; a half-open time range."""

    search: str = ""
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def replace(
    conn: Connection, user_id: int, windows: Sequence[Span], plays: pd.DataFrame
) -> list[Span]:
    """Puts ``plays`` (:data:`frames.PLAYS`) in the place of all that start in the windows or
    are made from the same reports; when something is different then.
    """
    conn.execute(text("DROP TABLE IF EXISTS merged, changed"))
    conn.execute(text("CREATE TEMP TABLE merged (LIKE plays) ON COMMIT DROP"))
    conn.execute(text(_CHANGED))
    stored = plays[list(_COLUMNS)].rename(columns=_COLUMNS)
    named = stored["sources"].map(lambda names: "{" + ",".join(names) + "}")
    copy.write_frame(raw(conn), "merged", stored.assign(sources=named, user_id=user_id))
    # Without figures each play would be compared with each one.
    conn.execute(text("ANALYZE merged"))
    gone = conn.execute(text(_GONE), {"user": user_id, **spans.columns(windows)})
    come = conn.execute(text(_COME), {"user": user_id})
    totals.count(conn, user_id, plays=come.rowcount - gone.rowcount)
    return spans.collapsed(conn, "SELECT earliest_at, latest_at FROM changed")


def mark_stale(conn: Connection, user_id: int, windows: Sequence[Span]) -> None:
    """Marks the activities in the windows that have songs, or plays that may become songs on them.

    Windows lie apart and in order.
    """
    found = conn.execute(
        text(
            "SELECT id, start_time - make_interval(secs => music_offset_s) AS since,"
            " start_time + make_interval(secs => elapsed_time_s - music_offset_s) AS until"
            " FROM activities WHERE user_id = :user"
        ),
        {"user": user_id},
    ).all()
    # The first window that ends after an activity's start is the one to ask.
    ends = np.array([until.timestamp() for _, until in windows])
    starts = np.array([since.timestamp() for since, _ in windows] + [np.inf])
    met = [
        row.id
        for row in found
        if starts[np.searchsorted(ends, row.since.timestamp())] <= row.until.timestamp()
    ]
    conn.execute(
        text(
            "UPDATE activities a SET is_stale = true WHERE a.user_id = :user AND a.id = ANY(:met)"
            " AND (a.n_songs > 0 OR EXISTS (SELECT FROM plays p WHERE p.user_id = :user"
            "   AND p.started_at <= a.start_time"
            "     + make_interval(secs => a.elapsed_time_s - a.music_offset_s)"
            "   AND p.started_at >= a.start_time"
            "     - make_interval(secs => a.music_offset_s) - interval '1 day'"
            "   AND p.ended_at >= a.start_time - make_interval(secs => a.music_offset_s)))"
        ),
        {"user": user_id, "met": met},
    )


def between(conn: Connection, user_id: int, since: datetime, until: datetime) -> pd.DataFrame:
    """The plays that sound within ``[since, until)``: :data:`frames.PLAYS`, in time order."""
    names = ", ".join(f"{stored} AS {name}" for name, stored in _COLUMNS.items())
    rows = conn.execute(
        text(
            f"SELECT {names} FROM plays WHERE user_id = :user"  # noqa: S608 - fixed names
            # No play is longer than a day; the bound lets the index serve.
            " AND started_at < :until AND started_at > CAST(:since AS timestamptz) - interval '1 d'"
            " AND ended_at > :since ORDER BY started_at"
        ),
        {"user": user_id, "since": since, "until": until},
    ).all()
    values = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in _COLUMNS]
    return frames.of(frames.PLAYS, **dict(zip(_COLUMNS, values, strict=True)))


def during(
    conn: Connection,
    user_id: int,
    activity: Mapping[str, Any],
    offset_s: float,
    margin_s: float = 0.0,
) -> pd.DataFrame:
    """The plays that sound during an activity (or ``margin_s`` around it) when they are
    shifted by ``offset_s``; their own times are returned unshifted.

    A start that the service hides (one second past midnight) cannot be placed: no plays.
    The sample's plays sound on the sample's activities only.
    """
    if activity["is_start_hidden"]:
        return frames.of(frames.PLAYS)
    since = activity["start_time"] - timedelta(seconds=offset_s + margin_s)
    until = since + timedelta(seconds=activity["elapsed_time_s"] + 2 * margin_s)
    found = between(conn, user_id, since, until)
    of_sample = found["source"] == SAMPLE
    mine: pd.DataFrame = found.loc[of_sample == activity["is_sample"]]
    return mine.reset_index(drop=True)


def newest(
    conn: Connection,
    user_id: int,
    wanted: Filter,
    *,
    cursor: tuple[datetime, int] | None = None,
    page: tuple[int, int] = (0, 50),
) -> list[dict[str, Any]]:
    """Plays with their song, newest first, from behind ``cursor`` (start and id)."""
    terms, values = _terms(user_id, wanted)
    if cursor is not None:
        terms += " AND (p.started_at, p.id) < (:cursor_start, :cursor_id)"
        values |= {"cursor_start": cursor[0], "cursor_id": cursor[1]}
    values |= {"offset": page[0], "limit": page[1]}
    query = f"{_LIST}{terms} ORDER BY p.started_at DESC, p.id DESC OFFSET :offset LIMIT :limit"
    return [row._asdict() for row in conn.execute(text(query), values)]


def count(conn: Connection, user_id: int, wanted: Filter) -> int:
    """How many plays there are."""
    terms, values = _terms(user_id, wanted)
    if not terms:
        return totals.music(conn, user_id)["n_plays"]
    # Only words need the songs' names beside the plays.
    query = (
        f"({_LIST}{terms}) q" if "search" in values else f"plays p WHERE p.user_id = :user{terms}"
    )
    return int(conn.execute(text(f"SELECT count(*) FROM {query}"), values).scalar() or 0)  # noqa: S608


def songs(conn: Connection, user_id: int, track_ids: list[int]) -> pd.DataFrame:
    """What :data:`frames.SEGMENTS` tells of the given tracks, and ``track_id``."""
    rows = conn.execute(
        text(
            "SELECT t.id AS track_id, t.title, a.name AS artist, b.name AS album, t.tempo_bpm,"
            " t.tempo_confidence, t.tempo_note, t.is_tempo_disputed"
            " FROM tracks t JOIN artists a ON a.id = t.artist_id"
            " LEFT JOIN albums b ON b.id = t.album_id"
            " WHERE t.user_id = :user AND t.id = ANY(:ids)"
        ),
        {"user": user_id, "ids": track_ids},
    )
    found = pd.DataFrame(rows.all(), columns=list(rows.keys()))
    return found.astype({"track_id": "Int64"})


def _terms(user_id: int, wanted: Filter) -> tuple[str, dict[str, Any]]:
    terms = ""
    values: dict[str, Any] = {"user": user_id}
    if wanted.search.strip():
        terms += " AND (t.title ILIKE :search OR a.name ILIKE :search OR b.name ILIKE :search)"
        values["search"] = f"%{_escaped(wanted.search.strip())}%"
    limits: Mapping[str, Any] = {
        " AND p.started_at >= :since": ("since", wanted.since),
        " AND p.started_at < :until": ("until", wanted.until),
        " AND :source = ANY(p.sources)": ("source", wanted.source),
    }
    for term, (name, value) in limits.items():
        if value is not None:
            terms += term
            values[name] = value
    return terms, values


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
