"""What a user hears on workouts and what in the rest of life."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from runsous.analysis import workout_music as comparing
from runsous.analysis.workout_music import FEWEST_PLAYS, Band, Hemisphere, Part, Side
from runsous.model import SAMPLE
from runsous.store import efforts, totals
from runsous.store import workout_music as store

_MOST = 20


@dataclass(frozen=True)
class Heard:
    """A song, or an artist (then ``artist`` is missing), and how often it was heard where.

    ``ratio`` with its 95 % interval: see :func:`comparing.counted`.
    """

    id: int
    name: str
    artist: str | None
    n_workouts: int
    n_rest: int
    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Names:
    """The first 20 that are ``typical`` of workouts, heard on them only, and never there; how many
    there are of the last two. Only what was heard five times or more counts.
    """

    typical: list[Heard]
    only: list[Heard]
    never: list[Heard]
    n_only: int
    n_never: int


_NOBODY = Names([], [], [], 0, 0)


@dataclass(frozen=True)
class WorkoutMusic:
    """Both sides of a user's listening, those of the sample runner only where nothing else is.

    ``message`` says in a sentence what it takes to compare them; then there are but the totals.
    ``tempo_message`` likewise of tempos. ``by_season`` has months where there is no hemisphere.
    """

    message: str | None
    tempo_message: str | None
    is_sample: bool
    workouts: Side
    rest: Side
    bands: list[Band]
    by_sport: list[Part]
    by_hour: list[Part]
    hemisphere: Hemisphere | None
    by_season: list[Part]
    songs: Names
    artists: Names

    @property
    def enough_data(self) -> bool:
        """Whether the two sides can be compared."""
        return self.message is None

    @property
    def share(self) -> float | None:
        """Which share (0 to 1) of the time listened was on workouts; none if nothing was heard."""
        listened_s = self.workouts.listened_s + self.rest.listened_s
        return self.workouts.listened_s / listened_s if listened_s else None


def workout_music(conn: Connection, user_id: int, zone: tzinfo) -> WorkoutMusic:
    """What one hears on workouts and elsewhere; ``zone`` tells the hours elsewhere."""
    of_sample = set(totals.sources(conn, user_id)) == {SAMPLE}
    activities = store.activities(conn, user_id)
    plays = comparing.placed(store.plays(conn, user_id, of_sample=of_sample), activities, zone)
    workouts, rest = comparing.both(plays)
    message = _missing(workouts.n_plays, rest.n_plays)
    where = comparing.hemisphere(activities["latitude"].tolist())
    is_told = message is None
    return WorkoutMusic(
        message=message,
        tempo_message=_tempo_missing(plays),
        is_sample=of_sample,
        workouts=workouts,
        rest=rest,
        bands=comparing.bands(plays) if is_told else [],
        by_sport=comparing.by_sport(plays) if is_told else [],
        by_hour=comparing.by_hour(plays) if is_told else [],
        hemisphere=where,
        by_season=comparing.by_season(plays, where) if is_told else [],
        songs=_songs(conn, user_id, plays) if is_told else _NOBODY,
        artists=_artists(conn, user_id, plays) if is_told else _NOBODY,
    )


def _missing(on: int, off: int) -> str | None:
    if min(on, off) >= FEWEST_PLAYS:
        return None
    return (
        f"It takes {FEWEST_PLAYS} plays on workouts and {FEWEST_PLAYS} elsewhere to compare them;"
        f" so far there are {on:,} and {off:,}."
    )


def _tempo_missing(plays: pd.DataFrame) -> str | None:
    is_told = plays["bpm"].notna()
    on = int((is_told & plays["is_workout"]).sum())
    off = int(is_told.sum()) - on
    if min(on, off) >= FEWEST_PLAYS:
        return None
    return (
        f"It takes {FEWEST_PLAYS} plays of known tempo on workouts and {FEWEST_PLAYS} elsewhere to"
        f" compare tempos; so far there are {on:,} and {off:,}."
    )


def _songs(conn: Connection, user_id: int, plays: pd.DataFrame) -> Names:
    def names(ids: list[int]) -> dict[int, tuple[str, str | None]]:
        found = efforts.songs(conn, user_id, ids)
        named = zip(found["title"], found["artist"], strict=True)
        return dict(zip(found["track_id"], named, strict=True))

    return _names(comparing.counted(plays, "track_id"), names)


def _artists(conn: Connection, user_id: int, plays: pd.DataFrame) -> Names:
    def names(ids: list[int]) -> dict[int, tuple[str, str | None]]:
        return {key: (name, None) for key, name in store.artists(conn, user_id, ids).items()}

    return _names(comparing.counted(plays, "artist_id"), names)


def _names(
    counts: pd.DataFrame, names: Callable[[list[int]], Mapping[int, tuple[str, str | None]]]
) -> Names:
    only, never = comparing.never_elsewhere(counts), comparing.never_there(counts)
    lists = [rows.head(_MOST) for rows in (comparing.typical(counts), only, never)]
    called = names(list({int(key) for rows in lists for key in rows["id"]}))
    typical, first_only, first_never = (
        [_heard(row, called) for row in rows.to_dict("records")] for rows in lists
    )
    return Names(typical, first_only, first_never, len(only), len(never))


def _heard(row: Mapping[Any, Any], called: Mapping[int, tuple[str, str | None]]) -> Heard:
    name, artist = called[int(row["id"])]
    told = {key: row[key] for key in ("n_workouts", "n_rest", "ratio", "low", "high")}
    return Heard(int(row["id"]), name, artist, **told)
