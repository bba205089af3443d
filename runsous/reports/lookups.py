"""How far the look-up of songs is: for their owner, and for who watches the server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from runsous.store import song_queue, song_sources, songs, users
from runsous.store.song_queue import Band

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
    """A source: how many songs of anybody are to be asked for, in about how many seconds. Why it
    rests, and until when; ``is_refused`` where it does not answer applications like this one.
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
    ``with_tempo`` have one. ``left`` is how long the rest takes, about; ``None`` where nobody can
    tell.
    """

    is_on: bool
    total: int
    with_tempo: int
    done: int
    left: timedelta | None
    sources: list[Source]


def progress(conn: Connection, user_id: int, now: datetime) -> Progress:
    """How far it is with the songs of a user."""
    total, with_tempo = songs.of_user(conn, user_id)
    is_on = users.one(conn, user_id)["settings"].get(SWITCH) != "off"
    noted = song_sources.every(conn)
    there = song_queue.sources(conn)
    opened = song_queue.waiting(conn, there, now, user_id)
    # Songs nobody has heard are asked for when all others are done.
    known = [
        _source(name, bands.total() - bands[Band.DISCOVERY], noted.get(name), now)
        for name, bands in opened.bands.items()
    ]
    asked = [each for each in known if not each.is_refused]
    # Those not in the catalogue yet come on top.
    n_left = opened.n_of_user + songs.untied(conn, user_id)
    longest = max((each.left_s for each in asked), default=0.0)
    is_stuck = n_left > 0 and all(each.message for each in asked if each.n_open)
    left = None if is_stuck or not is_on else timedelta(seconds=longest if n_left else 0.0)
    return Progress(is_on, total, with_tempo, max(0, total - n_left), left, known)


def queue(conn: Connection, now: datetime) -> Mapping[str, Counter[Band]]:
    """How many songs are to be asked for, by source and band: of every band, if only 0."""
    return song_queue.waiting(conn, song_queue.sources(conn), now).bands


def _source(name: str, n_open: int, noted: dict[str, Any] | None, now: datetime) -> Source:
    if noted is None:
        return Source(name, n_open, n_open * _TYPICAL_S[name])
    n = noted["n_found"] + noted["n_unknown"] + noted["n_failed"]
    each_s = noted["busy_s"] / n if n >= _ENOUGH else _TYPICAL_S[name]
    is_resting = noted["message"] is not None and noted["next_at"] > now
    return Source(
        name,
        n_open,
        n_open * each_s,
        noted["message"] if is_resting or noted["is_refused"] else None,
        noted["next_at"] if is_resting else None,
        noted["is_refused"],
    )
