"""What people do at services between two runs of the sync: by chance that can be repeated."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Activity, Listen, ServiceName, Streams

BOTH: tuple[ServiceName, ...] = ("lastfm", "listenbrainz")
_DAY_S = 86_400


class Edits:
    """Edits of one person's data. Where they tell more than one service, both say the same."""

    def __init__(
        self,
        sims: Simulators,
        seed: int,
        person: str = "ann",
        services: Sequence[ServiceName] = BOTH,
    ) -> None:
        self.world = sims.world
        self.who = sims.world.people[person]
        self.services = services
        self.rng = random.Random(seed)

    def of_activities(self) -> None:
        """One of each kind, each to another activity that began in the last month."""
        kinds = (self.rename, self.crop, self.delete, self.hide, self.make_private, self.change)
        since = self.world.now() - 29 * _DAY_S
        recent = [a for a in self.who.activities.values() if a.start_s > since]
        chosen = self.rng.sample(recent, min(len(kinds), len(recent)))
        for edit, activity in zip(kinds, chosen, strict=False):
            edit(activity)
        self.upload(days_ago=self.rng.randrange(1, 28))

    def of_listening(self) -> None:
        """Some of each kind in the last two weeks."""
        since = self.world.now() - 13 * _DAY_S
        recent = [each for each in self.who.listens[self.services[0]] if each.start_s > since]
        # The newest are left alone: Spotify tells of them too, and never takes one back.
        chosen = iter(self.rng.sample(recent[:-60], 12))
        for _ in range(3):
            self._forget(next(chosen))
            self.retitle(next(chosen))
        for _ in range(2):
            self.loop(next(chosen))
            self.double(next(chosen))
            self.scrobble_late(next(chosen))

    def upload(self, days_ago: int) -> Activity:
        """A watch is emptied late."""
        model = self.rng.choice([a for a in self.who.activities.values() if a.streams])
        number = max(self.who.activities) + 1
        # Between two activities, which are some hours apart at least.
        start_s = int(self.world.now()) - days_ago * _DAY_S
        spans = [(a.start_s, a.start_s + a.elapsed_s) for a in self.who.activities.values()]
        while any(b - 600 < start_s + model.elapsed_s and start_s < e + 600 for b, e in spans):
            start_s -= 1800
        late = replace(model, id=number, start_s=start_s, name=f"Late {number}")
        self.world.add(self.who.key, late)
        return late

    def rename(self, activity: Activity) -> None:
        """Another name, with letters from everywhere."""
        name = f"Läufe №{self.rng.randrange(1000)} 🏃 {activity.id}"
        self.world.edit(self.who.key, activity.id, name=name)

    def crop(self, activity: Activity) -> None:
        """The end is cut off."""
        if activity.streams is None:
            return
        length = activity.elapsed_s * 2 // 3
        self.world.edit(
            self.who.key,
            activity.id,
            elapsed_s=length,
            moving_s=length,
            distance_m=activity.distance_m * 2 / 3,
            streams=_cut(activity.streams, length),
        )

    def delete(self, activity: Activity) -> None:
        """It is deleted."""
        self.world.delete(self.who.key, activity.id)

    def hide(self, activity: Activity) -> None:
        """The time of day is hidden, or shown again."""
        is_hidden = not activity.is_start_hidden
        self.world.edit(self.who.key, activity.id, is_start_hidden=is_hidden)

    def make_private(self, activity: Activity) -> None:
        """For their own eyes only, or for everybody's again."""
        is_private = activity.visibility == "only_me"
        visibility = "everyone" if is_private else "only_me"
        self.world.edit(self.who.key, activity.id, visibility=visibility)

    def change(self, activity: Activity) -> None:
        """It was no run at all."""
        self.world.edit(self.who.key, activity.id, sport_type=self.rng.choice(["Hike", "Ride"]))

    def retitle(self, listen: Listen) -> None:
        """Its title is corrected."""
        song = replace(listen.song, title=f"{listen.song.title} {self.rng.randrange(100)}")
        self._forget(listen)
        self._hear(replace(listen, song=song))

    def loop(self, listen: Listen) -> None:
        """The same song three times on end, in the room of one."""
        for nth in (1, 2):
            self._hear(replace(listen, start_s=listen.start_s + nth * listen.played_s // 3))

    def double(self, listen: Listen) -> None:
        """Two plays in one second, of different songs."""
        song = self.rng.choice(self.who.listens[self.services[0]]).song
        if song != listen.song:
            self._hear(replace(listen, song=song))

    def scrobble_late(self, listen: Listen) -> None:
        """A phone that was offline tells of a play between two others."""
        song = replace(listen.song, title=f"Offline {self.rng.randrange(1000)}")
        self._hear(replace(listen, start_s=listen.start_s + 200, song=song, played_s=35))

    def _hear(self, listen: Listen) -> None:
        self.world.hear(self.who.key, listen, self.services)

    def _forget(self, listen: Listen) -> None:
        for service in self.services:
            # By chance a fault may have let something arrive at one of them alone.
            if listen in self.who.listens[service]:
                self.world.forget(self.who.key, listen, [service])


def _cut(streams: Callable[[], Streams], length: int) -> Callable[[], Streams]:
    def cut() -> Streams:
        found = streams()
        n = sum(second <= length for second in found["time"])
        return {name: values[:n] for name, values in found.items()}

    return cut
