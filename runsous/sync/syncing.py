"""Runs of the sync: asked for by users, due by schedule, or caused by an event."""

from __future__ import annotations

import contextlib
import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from runsous.errors import InputError, NotFound
from runsous.store import connections, remote_activities, sync_runs
from runsous.sync import heard, histories, running, services, strava
from runsous.sync.running import Room, Run

SHORTEST, LONGEST = timedelta(minutes=15), timedelta(days=1)


def ask(conn: Connection, user_id: int, service: str) -> int:
    """Begins a run for a user who wants one now, or hurries on the one under way; its id.

    What troubled the connection is tried once more.
    """
    connections.set_trouble(conn, user_id, service, None)
    return sync_runs.begin(conn, user_id, service, "user")


def due(engine: Engine) -> list[tuple[int, str]]:
    """Begins the runs that are due; ``(user_id, service)`` of all that can go on now."""
    now = datetime.now(UTC)
    with engine.begin() as conn:
        for user_id, service in connections.due(conn, now):
            with contextlib.suppress(NotFound):
                sync_runs.begin(conn, user_id, service, "schedule")
        return [(user, service) for user, _, service in sync_runs.unfinished(conn, now)]


def go_on(engine: Engine, user_id: int, service: str, stopping: threading.Event) -> bool:
    """One slice of the run under way; whether it can go on at once."""
    if running.work(engine, user_id, service, ROOMS[service], stopping):
        return True
    return service == services.STRAVA and _is_event_left(engine, user_id)


def _is_event_left(engine: Engine, user_id: int) -> bool:
    """Whether an event came in just when a run had nothing left to do; then begins another."""
    with engine.begin() as conn:
        last = sync_runs.of_user(conn, user_id, services.STRAVA, limit=1)
        is_left = (
            bool(last)
            and last[0]["status"] == "done"
            and remote_activities.next_open(conn, user_id, services.STRAVA) is not None
        )
        if is_left:
            sync_runs.begin(conn, user_id, services.STRAVA, "event")
        return is_left


def set_schedule(
    conn: Connection, user_id: int, service: str, *, is_scheduled: bool, interval_s: int
) -> None:
    """Whether and how often a connection is synced by itself. :class:`InputError` unless that is
    every 15 minutes to once a day.
    """
    if not SHORTEST <= timedelta(seconds=interval_s) <= LONGEST:
        raise InputError(
            "A connection is synced every 15 minutes at the most, once a day at least."
        )
    connections.one(conn, user_id, service)
    connections.set_schedule(
        conn, user_id, service, is_scheduled=is_scheduled, interval_s=interval_s
    )


def _history(service: str) -> Room:
    def room(run: Run) -> bool:
        history = heard.history(run, service)
        return history is None or histories.sync(run, history)

    return room


def _spotify(run: Run) -> bool:
    heard.last_plays(run)
    run.note(phase="Reading what was played last")
    return True


ROOMS: dict[str, Room] = {
    services.STRAVA: strava.sync,
    services.SPOTIFY: _spotify,
    services.LASTFM: _history(services.LASTFM),
    services.LISTENBRAINZ: _history(services.LISTENBRAINZ),
}
"""What brings in the data of each service."""
