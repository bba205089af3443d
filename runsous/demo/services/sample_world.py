"""Worlds for the simulated services: the sample people's, and as big a one as is wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache, partial
from typing import Any, Final

import numpy as np
import pandas as pd

from runsous.demo import music, season
from runsous.demo.services.strava_json import polyline
from runsous.demo.services.world import LISTENING, Activity, Listen, Person, Song, Streams, World
from runsous.demo.songs import songs
from runsous.model import ON_FOOT, Workout

_PEOPLE: Final = (("ann", "Ann Sample", 101, 31), ("ben", "Ben Sample", 102, 32))
"""Key, name, athlete and seed."""

_SPORTS: Final = {"run": "Run", "ride": "Ride", "swim": "Swim"}
_STREAMS: Final = {
    "distance_m": ("distance", 1),
    "altitude_m": ("altitude", 1),
    "speed_mps": ("velocity_smooth", 3),
    "heartrate": ("heartrate", 0),
    "cadence": ("cadence", 0),
}
_FIRST_ID: Final = 16_000_000_000
_DAY_S: Final = 86_400
_YEAR_S: Final = 365 * _DAY_S
_SAMPLES: Final = 1500


def sample_world(today: date, now: Callable[[], float] | None = None) -> World:
    """Ann, whose accounts show everything, and Ben, whose scrobbles are private and whom
    Spotify does not let use the app. Both seasons end the day before ``today``.

    Among Ann's activities one has a hidden start, one is for her eyes only, and one was
    entered by hand.
    """
    people = [_person(*each) for each in _PEOPLE]
    for person, (*_, seed) in zip(people, _PEOPLE, strict=True):
        workouts = list(season.workouts(seed, today))
        for number, workout in enumerate(workouts):
            activity = _activity(person.athlete_id * 10_000 + number + _FIRST_ID, workout)
            person.activities[activity.id] = activity
        listens = list(_listens(music.listening(seed, today)))
        person.listens = {service: listens.copy() for service in LISTENING}
    ann, ben = people
    ben.is_private, ben.is_allowed = True, False
    world = World(people, now)
    first, second, third, *_ = ann.activities
    world.edit("ann", first, is_start_hidden=True)
    world.edit("ann", second, visibility="only_me")
    by_hand: dict[str, Any] = {"streams": None, "laps": (), "facts": {}, "details": {}}
    world.edit("ann", third, name="Entered by hand", **by_hand)
    return world


def made_up_world(
    activities: int, listens: int, now: Callable[[], float] | None = None, seed: int = 1
) -> World:
    """One person, ann, with a plain history of that size, over eight years at the most.

    It ends the day before: an activity every second day or more often, a play every four
    minutes or less often. Streams are made only when they are asked for, the same each time.
    """
    person = _person(*_PEOPLE[0])
    world = World([person], now)
    rng = np.random.default_rng(seed)
    end_s = int(world.now()) - _DAY_S
    apart_s = min(2 * _DAY_S, 8 * _YEAR_S // max(activities, 1))
    for number in range(activities):
        length_s = int(rng.integers(1200, 5400))
        activity = Activity(
            id=_FIRST_ID + number,
            start_s=end_s - 2 * 3600 - (activities - 1 - number) * apart_s,
            name=f"Run {number}",
            elapsed_s=length_s,
            moving_s=length_s,
            distance_m=length_s * 2.8,
            streams=partial(_made_up, seed + number, length_s),
            facts={
                "average_cadence": 81.0,
                "average_heartrate": 145.0,
                "device_name": "Watch",
                "start_latlng": [48.1, 11.508],
            },
        )
        person.activities[activity.id] = activity
    step_s = 240 if listens * 240 < _YEAR_S else 8 * _YEAR_S // listens
    known = _songs()
    heard = [
        Listen(end_s - (listens - n) * step_s, known[row], min(step_s, 180))
        for n, row in enumerate(rng.integers(0, len(known), listens).tolist())
    ]
    person.listens = {service: heard.copy() for service in LISTENING}
    return world


def _person(key: str, name: str, athlete_id: int, seed: int) -> Person:
    token = f"00000000-0000-4000-8000-{seed:012}"
    return Person(key, name, athlete_id, listenbrainz_token=token)


def _activity(number: int, workout: Workout) -> Activity:
    elapsed_s = round(workout.elapsed_time_s or 0)
    return Activity(
        id=number,
        start_s=int(workout.start_time.timestamp()),
        name=workout.name or "Activity",
        elapsed_s=elapsed_s,
        moving_s=round(workout.timer_time_s or elapsed_s),
        distance_m=workout.distance_m or 0.0,
        sport_type="TrailRun" if workout.sub_sport == "trail" else _SPORTS[workout.sport],
        streams=partial(_streams, number, workout),
        laps=workout.laps,
        facts=_facts(number, workout),
        details={"description": workout.description, "device_name": workout.device},
    )


def _facts(number: int, workout: Workout) -> dict[str, Any]:
    """What the summary says of the samples."""
    samples = workout.samples
    found: dict[str, Any] = {
        "max_speed": round(float(samples["speed_mps"].max()), 3),
        "trainer": workout.sub_sport == "treadmill",
        "device_name": workout.device,
    }
    if samples["cadence"].notna().any():
        found["average_cadence"] = round(float(samples["cadence"].mean()), 1)
    if samples["heartrate"].notna().any():
        found["average_heartrate"] = round(float(samples["heartrate"].mean()), 1)
        found["max_heartrate"] = float(samples["heartrate"].max())
    if samples["altitude_m"].notna().any():
        rises = samples["altitude_m"].diff()
        found["total_elevation_gain"] = round(float(rises[rises > 0].sum()), 1)
        found["elev_high"] = float(samples["altitude_m"].max())
        found["elev_low"] = float(samples["altitude_m"].min())
    if samples["latitude"].notna().any():
        track = _track(samples)
        found["start_latlng"], found["end_latlng"] = track[0], track[-1]
        found["map"] = {
            "id": f"a{number}",
            "summary_polyline": polyline(track),
            "resource_state": 2,
        }
    if workout.sport in ON_FOOT:
        found["workout_type"] = 0
    return found


def _streams(number: int, workout: Workout) -> Streams:
    """The samples at uneven steps, as watches and Strava thin them, pauses as jumps."""
    rng = np.random.default_rng(number)
    rows = np.cumsum(rng.choice([1, 1, 1, 2, 4], len(workout.samples)))
    rows = np.concatenate(([0], rows[rows < len(workout.samples) - 1], [len(workout.samples) - 1]))
    samples = workout.samples.iloc[rows]
    time = samples["time_s"].astype(int).tolist()
    found: Streams = {"time": time}
    if samples["latitude"].notna().any():
        found["latlng"] = _track(samples)
    for column, (name, digits) in _STREAMS.items():
        if samples[column].notna().any():
            values = samples[column].round(digits)
            found[name] = values.astype(int).tolist() if digits == 0 else values.tolist()
    found["moving"] = (samples["speed_mps"] > 0.5).tolist()
    return found


def _track(samples: pd.DataFrame) -> list[list[float]]:
    points: list[list[float]] = samples[["latitude", "longitude"]].round(6).to_numpy().tolist()
    return points


def _made_up(seed: int, length_s: int) -> Streams:
    """A plain run around a field."""
    rng = np.random.default_rng(seed)
    time = np.unique(np.linspace(0, length_s, min(_SAMPLES, length_s)).astype(int))
    angle = time * (2.8 / 600)
    return {
        "time": time.tolist(),
        "latlng": np.column_stack(
            [(48.1 + 0.005 * np.sin(angle)).round(6), (11.5 + 0.008 * np.cos(angle)).round(6)]
        ).tolist(),
        "distance": (time * 2.8).round(1).tolist(),
        "altitude": (510 + 4 * np.sin(angle)).round(1).tolist(),
        "heartrate": (145 + 8 * np.sin(angle / 3) + rng.normal(0, 1, len(time)))
        .astype(int)
        .tolist(),
        "cadence": rng.integers(79, 84, len(time)).tolist(),
    }


def _listens(frame: pd.DataFrame) -> Iterator[Listen]:
    by_name = {(song.artist, song.title): song for song in _songs()}
    stamps = frame["stamp"].astype("int64") // 1_000_000
    rows = zip(stamps, frame["artist"], frame["title"], frame["played_s"], strict=True)
    for stamp, artist, title, played_s in rows:
        yield Listen(int(stamp), by_name[artist, title], int(played_s))


@cache
def _songs() -> list[Song]:
    """The sample's songs with the codes that services have for them, some without."""
    known = songs()
    found = []
    for row in range(len(known)):
        artist, title = known.artist[row], known.title[row]
        digest = hashlib.sha256(f"{artist}/{title}".encode()).hexdigest()
        found.append(
            Song(
                artist=artist,
                title=title,
                album=known.album[row],
                duration_ms=int(known.duration_s[row]) * 1000,
                isrc=None if row % 7 == 0 else f"XXSIM26{row:05}",
                mbid=None if row % 5 == 0 else _uuid(digest),
                spotify_id=digest[:22],
            )
        )
    return found


def _uuid(digest: str) -> str:
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"
