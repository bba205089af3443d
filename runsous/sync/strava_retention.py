"""How long what Strava's API told is kept: its terms want apps not to hold it for ever.

Files that somebody imports are their own, and stay whatever is chosen here.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from runsous.errors import InputError
from runsous.store import audit, remote_activities, remote_expiry, summaries, users
from runsous.sync import services, workouts

SETTING = "strava_days"
LONGEST_DAYS = 3650


def chosen(engine: Engine, user_id: int) -> int | None:
    """For how many days it is kept; ``None`` is as long as Strava is connected."""
    with engine.begin() as conn:
        days = users.one(conn, user_id)["settings"].get(SETTING)
    return None if days is None else int(days)


def choose(engine: Engine, user_id: int, days: int | None) -> bool:
    """Keeps it for so many days after it was fetched, or (``None``) as long as Strava is
    connected; whether that is a change. :func:`apply` does what follows of it.

    What had to go comes back with the next sync where it may be kept longer now.
    """
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise InputError(f"Strava's data is kept for 1 to {LONGEST_DAYS} days, or while connected.")
    with engine.begin() as conn:
        before = users.one(conn, user_id)["settings"].get(SETTING)
        if days == before:
            return False
        users.save_settings(conn, user_id, {SETTING: days})
        words = "as long as connected" if days is None else f"{days} days"
        audit.note(conn, user_id, "retention changed", f"Strava's data kept {words}")
        if before is not None and (days is None or days > before):
            remote_expiry.revive(conn, user_id, services.STRAVA)
    return True


def choosers(engine: Engine) -> list[int]:
    """The users who do not keep it as long as they are connected."""
    with engine.begin() as conn:
        return summaries.choosers(conn, SETTING)


def apply(engine: Engine, user_id: int, stopping: threading.Event | None = None) -> int:
    """Takes back what was fetched longer ago than its user keeps it; of how many activities.

    Each in its own transaction, so that it can be stopped at any point. An activity that a file
    tells of too stays as the file tells it.
    """
    done = 0
    for number in _due(engine, user_id):
        if stopping is not None and stopping.is_set():
            break
        with engine.begin() as conn:
            users.lock(conn, user_id)
            # Both may have changed while others were done.
            days = users.one(conn, user_id)["settings"].get(SETTING)
            before = _before(days)
            if before is None or not remote_expiry.expire(
                conn, user_id, services.STRAVA, number, before
            ):
                continue
            key = remote_activities.key(services.STRAVA, number)
            workouts.forget_told(conn, user_id, key)
        done += 1
    return done


def _due(engine: Engine, user_id: int) -> list[int]:
    with engine.begin() as conn:
        before = _before(users.one(conn, user_id)["settings"].get(SETTING))
        if before is None:
            return []
        return remote_expiry.fetched_before(conn, user_id, services.STRAVA, before)


def _before(days: int | None) -> datetime | None:
    return None if days is None else datetime.now(UTC) - timedelta(days=days)
