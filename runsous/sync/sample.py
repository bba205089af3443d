"""The sample runner: added beside a user's own data, marked as sample, removed whole."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine

from runsous.demo import music, season
from runsous.model import SAMPLE
from runsous.store import activities, totals, users
from runsous.sync import listening, songs, workouts

_SEED = 20


def add(engine: Engine, user_id: int) -> None:
    """Adds the sample season, ending yesterday; adding it twice changes nothing."""
    now = datetime.now(UTC)
    with engine.begin() as conn:
        users.lock(conn, user_id)
        if totals.sources(conn, user_id).get(SAMPLE):
            return
        listening.keep(conn, user_id, music.listening(_SEED, now.date()), now)
        workouts.keep_sample(conn, user_id, list(season.workouts(_SEED, now.date())))
        users.touch(conn, user_id)
    songs.settle(engine, user_id)


def remove(engine: Engine, user_id: int) -> None:
    """Removes everything the sample brought, and nothing else."""
    with engine.begin() as conn:
        users.lock(conn, user_id)
        activities.remove_sample(conn, user_id)
        listening.forget_source(conn, user_id, SAMPLE)
        users.touch(conn, user_id)
    songs.settle(engine, user_id)
