"""How long raw samples are kept: after that an activity is a summary of itself.

Gone then are samples, positions and the original files; what was measured per song, lap and
activity stays.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from sqlalchemy import Engine

from runsous.errors import InputError
from runsous.store import audit, summaries, users

SETTING = "keep_samples_days"
LONGEST_DAYS = 36_500


def choose(engine: Engine, user_id: int, days: int | None, address: str | None = None) -> bool:
    """Keeps samples for so many days, or (``None``) for ever; whether that is a change.

    :func:`apply` does what follows of it.
    """
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise InputError(f"Samples are kept for 1 to {LONGEST_DAYS} days, or for ever.")
    with engine.begin() as conn:
        if days == users.one(conn, user_id)["settings"].get(SETTING):
            return False
        users.save_settings(conn, user_id, {SETTING: days})
        words = "for ever" if days is None else f"{days} days"
        audit.note(conn, user_id, "retention changed", f"samples kept {words}", address)
    return True


def choosers(engine: Engine) -> list[int]:
    """The users who do not keep samples for ever."""
    with engine.begin() as conn:
        return summaries.choosers(conn, SETTING)


def apply(engine: Engine, user_id: int, stopping: threading.Event | None = None) -> int:
    """Removes the samples of activities older than their user keeps them; of how many.

    Each in its own transaction, so that it can be stopped at any point. Activities that wait
    for songs are left until these are placed, and the sample runner's for good.
    """
    with engine.begin() as conn:
        days = users.one(conn, user_id)["settings"].get(SETTING)
        due = summaries.due(conn, user_id, days) if days is not None else []
    done = 0
    for activity_id in due:
        if stopping is not None and stopping.is_set():
            break
        done += _summarise(engine, user_id, activity_id)
    return done


def _summarise(engine: Engine, user_id: int, activity_id: int) -> bool:
    today = datetime.now(UTC)
    note = (
        f"Its samples were removed on {today.day} {today:%B %Y}, as you chose; what was measured"
        " per song and in all stays."
    )
    with engine.begin() as conn:
        users.lock(conn, user_id)
        days = users.one(conn, user_id)["settings"].get(SETTING)
        # Both may have changed while others were done.
        if days is None or activity_id not in summaries.due(conn, user_id, days, activity_id):
            return False
        summaries.make(conn, user_id, activity_id, note)
        users.touch(conn, user_id)
    return True
