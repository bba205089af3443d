"""Users who heard songs that the simulated tempo services know, and what they then know."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from runsous import frames
from runsous.demo.services.catalogue import Recording
from runsous.store import song_queue
from runsous.sync import crawling, listening
from runsous.sync.patience import RULES

START = datetime(2026, 6, 1, 8, tzinfo=UTC)


def hear(engine: Engine, user_id: int, recordings: Sequence[Recording], **ids: Any) -> None:
    """Lets a user have heard these, one after another; ``ids`` are columns of listens."""
    n = len(recordings)
    lengths = [each.duration_ms / 1000 for each in recordings]
    told = {"duration_s": lengths, **ids}
    frame = frames.listens(
        source=["lastfm"] * n,
        stamp=[START + timedelta(minutes=7 * row) for row in range(n)],
        stamp_kind=["start"] * n,
        precision_s=[1.0] * n,
        artist=[each.artist for each in recordings],
        title=[each.title for each in recordings],
        album=[each.album for each in recordings],
        **told,
    )
    with engine.begin() as conn:
        listening.keep(conn, user_id, frame, datetime(2026, 11, 1, tzinfo=UTC))


def crawl(engine: Engine, rounds: int = 60) -> None:
    """Lets every source be asked until nothing is left to ask, whatever they wait for."""
    for _ in range(rounds):
        with engine.begin() as conn:
            conn.execute(text("UPDATE song_sources SET next_at = now() WHERE message IS NOT NULL"))
        sources = crawling.due(engine)
        if not sources:
            assert settled(engine)
            return
        for source in sources:
            while crawling.go_on(engine, source, threading.Event()):
                pass
    raise AssertionError("there is always more to ask")


def settled(engine: Engine) -> bool:
    """Whether every song says of itself where it waits as all that is known of it does."""
    said = "SELECT id, waits_at FROM songs ORDER BY id"
    before = rows(engine, said)
    with engine.begin() as conn:
        song_queue.settle(conn, [row["id"] for row in before])
    return before == rows(engine, said)


def rows(engine: Engine, query: str, **values: Any) -> list[dict[str, Any]]:
    """What a query finds."""
    with engine.begin() as conn:
        return [row._asdict() for row in conn.execute(text(query), values)]


def tempos(engine: Engine, user_id: int) -> dict[tuple[str, str], float | None]:
    """The tempo of each track, by artist and title."""
    found = rows(
        engine,
        "SELECT a.name, t.title, t.tempo_bpm FROM tracks t JOIN artists a ON a.id = t.artist_id"
        " WHERE t.user_id = :user",
        user=user_id,
    )
    return {(row["name"], row["title"]): row["tempo_bpm"] for row in found}


def is_same_beat(bpm: float, truth: float, by: float = 0.03) -> bool:
    """Whether two tempos are the same modulo octave."""
    return any(abs(bpm / (truth * octave) - 1) <= by for octave in (0.25, 0.5, 1, 2, 4))


def age(engine: Engine, by: timedelta, state: str | None = None) -> None:
    """Lets everything (of one state) have been asked so much longer ago."""
    with engine.begin() as conn:
        conn.execute(
            text(
                "UPDATE song_lookups SET due_at = due_at - :by, asked_at = asked_at - :by"
                " WHERE state = coalesce(:state, state)"
            ),
            {"by": by, "state": state},
        )
        conn.execute(text("UPDATE song_sources SET next_at = now()"))


def another(engine: Engine) -> int:
    """One more user."""
    (made,) = rows(engine, "INSERT INTO users (name) VALUES ('another') RETURNING id")
    return int(made["id"])


def run_to(conn: Connection, user_id: int, song: Recording) -> None:
    """Lets a user have run to a song."""
    activity = conn.execute(
        text(
            "INSERT INTO activities (user_id, source, start_time, sport, elapsed_time_s,"
            " moving_time_s, has_gps, channels, n_points)"
            " VALUES (:user, 'fit', :start, 'run', 600, 600, false, '{}', 0) RETURNING id"
        ),
        {"user": user_id, "start": START},
    ).scalar_one()
    conn.execute(
        text(
            'INSERT INTO segments (activity_id, user_id, "index", start_s, end_s, elapsed_s,'
            " moving_s, track_id) SELECT :activity, :user, 0, 0, 600, 600, 600, id FROM tracks"
            " WHERE title = :title AND user_id = :user"
        ),
        {"activity": activity, "user": user_id, "title": song.title},
    )


def now() -> datetime:
    """The time."""
    return datetime.now(UTC)


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets nobody wait for a source's next window."""
    for source in ("deezer", "musicbrainz", "reccobeats", "acousticbrainz"):
        quick = replace(RULES[source], apart_s=0.0, after_s=0.0, windows=lambda now: {})
        monkeypatch.setitem(RULES, source, quick)
