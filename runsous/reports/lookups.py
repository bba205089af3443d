"""How far the look-up of songs is: for their owner, and for who watches the server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from runsous.store import song_queue, song_sources, songs, users
from runsous.store.song_queue import Band, Turn

SWITCH = "tempo_lookups"
"""The user's setting: ``off`` where songs are not to be looked up."""

_ENOUGH = 20
_TYPICAL_S = {
    "deezer": 0.3,
    "musicbrainz": 1.2,
    "reccobeats": 0.1,
    "acousticbrainz": 0.1,
    "spotify": 0.05,
}
"""Seconds for one song, until there is something to measure."""


@dataclass(frozen=True)
class Source:
    """A source: how many of the user's songs are to be asked for, and in about how many seconds the
    last of them is, after those of others that are asked for before it. Why it rests, and until
    when; ``is_refused`` where it does not answer applications like this one.
    """

    name: str
    n_open: int
    left_s: float
    message: str | None = None
    resting_until: datetime | None = None
    is_refused: bool = False


@dataclass(frozen=True)
class Progress:
    """Of ``total`` songs a user has heard, ``done`` are looked up as far as that goes, and
    ``with_tempo`` have one. ``failed`` could not be asked for somewhere: that is tried again by
    itself, later. The others wait, until the user wants them looked up where that is off. ``left``
    is how long that takes, about; ``None`` where nobody can tell.
    """

    is_on: bool
    total: int
    with_tempo: int
    done: int
    left: timedelta | None
    sources: list[Source]
    failed: int = 0

    @property
    def waiting(self) -> int:
        """How many songs are still to be asked for."""
        return self.total - self.done - self.failed


def progress(conn: Connection, user_id: int, now: datetime) -> Progress:
    """How far it is with the songs of a user."""
    heard = songs.of_user(conn, user_id)
    is_on = users.one(conn, user_id)["settings"].get(SWITCH) != "off"
    noted = song_sources.every(conn)
    there = song_queue.sources(conn)
    asked = [name for name in there if not noted.get(name, {}).get("is_refused")]
    stand = song_queue.turns(conn, asked, user_id)
    known = [_source(name, stand.at.get(name), noted.get(name), now) for name in there]
    # Those not in the catalogue yet come on top.
    n_waiting = stand.n_waiting + heard.untied
    done = max(0, heard.total - n_waiting - stand.n_failed)
    left = _left([each for each in known if each.n_open], now) if n_waiting else timedelta()
    return Progress(
        is_on,
        heard.total,
        heard.with_tempo,
        done,
        left if is_on else None,
        known,
        stand.n_failed,
    )


def _left(open_at: list[Source], now: datetime) -> timedelta | None:
    if all(each.message for each in open_at):
        return None
    rests_s = ((each.resting_until or now) - now for each in open_at)
    each_s = (s.left_s + rest.total_seconds() for s, rest in zip(open_at, rests_s, strict=True))
    return timedelta(seconds=max(each_s))


def queue(conn: Connection, now: datetime) -> Mapping[str, Counter[Band]]:
    """How many songs are to be asked for, by source and band: of every band, if only 0."""
    return song_queue.bands(conn, song_queue.sources(conn), now)


def _source(name: str, turn: Turn | None, noted: dict[str, Any] | None, now: datetime) -> Source:
    n_open, n_until = (turn.n_waiting, turn.n_until) if turn else (0, 0)
    if noted is None:
        return Source(name, n_open, n_until * _TYPICAL_S[name])
    n = noted["n_found"] + noted["n_unknown"] + noted["n_failed"]
    each_s = noted["busy_s"] / n if n >= _ENOUGH else _TYPICAL_S[name]
    is_resting = noted["message"] is not None and noted["next_at"] > now
    return Source(
        name,
        n_open,
        n_until * each_s,
        noted["message"] if is_resting or noted["is_refused"] else None,
        noted["next_at"] if is_resting else None,
        noted["is_refused"],
    )
