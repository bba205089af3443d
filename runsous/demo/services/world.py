"""The truth the simulated services tell: people, what they recorded and what they heard.

It can be edited while the services run. Whoever reads it takes a copy of a list or a dictionary
first, which Python makes in one step, so that no locks are needed.
"""

from __future__ import annotations

import time
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, Final, Literal

from runsous.model import Lap

ServiceName = Literal[
    "strava",
    "spotify",
    "lastfm",
    "listenbrainz",
    "musicbrainz",
    "deezer",
    "reccobeats",
    "acousticbrainz",
]

Streams = dict[str, list[Any]]
"""By the type's name as in Strava's answers; all of one length, ``time`` among them."""

LISTENING: Final[tuple[ServiceName, ...]] = ("spotify", "lastfm", "listenbrainz")

_start: Final = attrgetter("start_s")


class Clock:
    """The machine's time, until it is set, moved or stopped."""

    def __init__(self, at: float | None = None) -> None:
        self._ahead_s = 0.0
        self._stopped_at = at

    def __call__(self) -> float:
        """Seconds since 1970."""
        return (time.time() if self._stopped_at is None else self._stopped_at) + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Moves it on, whether it stands or goes."""
        self._ahead_s += seconds


@dataclass(frozen=True, slots=True)
class Song:
    """A track with what the services may know of it."""

    artist: str
    title: str
    album: str
    duration_ms: int
    isrc: str | None = None
    mbid: str | None = None
    spotify_id: str | None = None


@dataclass(frozen=True, slots=True)
class Listen:
    """One play: when it began (seconds since 1970) and for how long it went on."""

    start_s: int
    song: Song
    played_s: int


@dataclass(frozen=True)
class Activity:
    """One activity as it truly was, whatever its owner lets be seen.

    ``facts`` are further keys of Strava's summary that apply (those without data are absent
    there), ``details`` keys of the detailed form alone. Without ``streams`` it was entered by
    hand. ``visibility`` is ``everyone``, ``followers_only`` or ``only_me``.
    """

    id: int
    start_s: int
    name: str
    elapsed_s: int
    moving_s: int
    distance_m: float
    sport_type: str = "Run"
    time_zone: str = "Europe/Berlin"
    streams: Callable[[], Streams] | None = None
    laps: tuple[Lap, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    visibility: str = "everyone"
    is_start_hidden: bool = False


@dataclass
class Person:
    """Somebody with one account at each service; ``key`` is their user name there.

    ``listens`` are in the order of their start. ``is_private`` hides them at Last.fm,
    ``is_allowed`` lets them use the app at Spotify.
    """

    key: str
    name: str
    athlete_id: int
    listenbrainz_token: str
    activities: dict[int, Activity] = field(default_factory=dict)
    listens: dict[ServiceName, list[Listen]] = field(
        default_factory=lambda: {service: [] for service in LISTENING}
    )
    playing: Song | None = None
    is_private: bool = False
    is_allowed: bool = True


@dataclass(frozen=True)
class Change:
    """What happened to an activity: ``aspect`` is ``create``, ``update`` or ``delete``.

    ``updates`` are those of the event that Strava sends about it.
    """

    person: Person
    activity_id: int
    aspect: Literal["create", "update", "delete"]
    updates: Mapping[str, str] = field(default_factory=dict)


class World:
    """All people by key, and the clock of everything that is simulated."""

    def __init__(self, people: Iterable[Person], now: Callable[[], float] | None = None) -> None:
        self.now = now or Clock()
        self.people = {person.key: person for person in people}
        self.listeners: list[Callable[[Change], None]] = []

    def by_athlete(self, athlete_id: int) -> Person | None:
        """Whose athlete at Strava this is."""
        return next((p for p in self.people.values() if p.athlete_id == athlete_id), None)

    def add(self, key: str, activity: Activity) -> None:
        """A new activity is uploaded."""
        self.people[key].activities[activity.id] = activity
        self._tell(Change(self.people[key], activity.id, "create"))

    def edit(self, key: str, activity_id: int, **changes: Any) -> None:
        """Changes fields of an activity: its name, sport, visibility, hidden start or anything."""
        person = self.people[key]
        before = person.activities[activity_id]
        after = replace(before, **changes)
        person.activities[activity_id] = after
        updates = {}
        if after.name != before.name:
            updates["title"] = after.name
        if after.sport_type != before.sport_type:
            updates["type"] = after.sport_type
        if (after.visibility == "only_me") != (before.visibility == "only_me"):
            updates["private"] = "true" if after.visibility == "only_me" else "false"
        self._tell(Change(person, activity_id, "update", updates))

    def delete(self, key: str, activity_id: int) -> None:
        """An activity is deleted by its owner."""
        del self.people[key].activities[activity_id]
        self._tell(Change(self.people[key], activity_id, "delete"))

    def hear(self, key: str, listen: Listen, services: Iterable[ServiceName] = LISTENING) -> None:
        """A play is reported to ``services``, however long ago it was."""
        for service in services:
            insort(self.people[key].listens[service], listen, key=_start)

    def forget(self, key: str, listen: Listen, services: Iterable[ServiceName] = LISTENING) -> None:
        """A play is deleted at ``services``."""
        for service in services:
            self.people[key].listens[service].remove(listen)

    def arrive(self, service: ServiceName, key: str) -> None:
        """One more item comes in on top of a person's list, as the last one once more."""
        person = self.people[key]
        earliest = int(self.now()) - 3600
        if service == "strava":
            newest = max(list(person.activities.values()), key=_start, default=None)
            if newest is not None:
                number = max(person.activities) + 1
                start_s = max(newest.start_s + newest.elapsed_s + 60, earliest)
                self.add(key, replace(newest, id=number, start_s=start_s))
        elif person.listens[service]:
            last = person.listens[service][-1]
            start_s = max(last.start_s + last.played_s + 1, earliest)
            self.hear(key, replace(last, start_s=start_s), [service])

    def _tell(self, change: Change) -> None:
        for listener in self.listeners:
            listener(change)


def between(listens: list[Listen], first_s: float, end_s: float) -> list[Listen]:
    """The listens that began at or after ``first_s`` and before ``end_s``, oldest first."""
    return listens[
        bisect_left(listens, first_s, key=_start) : bisect_left(listens, end_s, key=_start)
    ]
