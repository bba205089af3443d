"""The sample runner: added beside a user's own data, marked as sample, removed whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine

from runsous.demo import music, season
from runsous.model import SAMPLE
from runsous.store import activities, totals, users
from runsous.sync import listening, songs, tempo, workouts

_SEED = 20
_MUSIC = 0.2
"""The share of the work that making up the music is."""


def add(engine: Engine, user_id: int, tell: Callable[[float], None] = lambda _: None) -> None:
    """Adds the sample season, ending yesterday; adding it twice changes nothing.

    ``tell`` hears how much of it is done, 0 to 1.
    """
    now = datetime.now(UTC)
    with engine.begin() as conn:
        users.lock(conn, user_id)
        if totals.sources(conn, user_id).get(SAMPLE):
            return
        heard = music.listening(_SEED, now.date())
        listening.keep(conn, user_id, heard, now)
        tempo.keep_words(conn, user_id, SAMPLE, heard.rename(columns={"tempo_bpm": "bpm"}))
        tell(_MUSIC)
        outings = list(season.workouts(_SEED, now.date()))
        for done, outing in enumerate(outings):
            tell(_MUSIC + (1 - _MUSIC) * done / len(outings))
            workouts.keep_sample(conn, user_id, [outing])
        users.touch(conn, user_id)
    songs.settle(engine, user_id)


def remove(engine: Engine, user_id: int) -> None:
    """Removes everything the sample brought, and nothing else."""
    with engine.begin() as conn:
        users.lock(conn, user_id)
        activities.remove_sample(conn, user_id)
        listening.forget_source(conn, user_id, SAMPLE)
        tempo.forget_words(conn, user_id, SAMPLE)
        users.touch(conn, user_id)
    songs.settle(engine, user_id)
