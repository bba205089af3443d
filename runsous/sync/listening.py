"""Keeps listens: stores what a source reported and merges it into the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
from sqlalchemy import Connection

from runsous.analysis import albums, names
from runsous.analysis import plays as merging
from runsous.store import imports, incoming, users
from runsous.store import listens as store
from runsous.sync import songs, tempo, timeline

_AHEAD = timedelta(days=1)
"""Stamps further in the future than this (clocks differ) are not plays."""


@dataclass(frozen=True)
class Kept:
    """How many reports of songs were new, known, and left out as lying in the future; how many
    a service tells no more.
    """

    added: int
    known: int
    in_future: int
    withdrawn: int = 0


def keep(
    conn: Connection,
    user_id: int,
    listens: pd.DataFrame,
    now: datetime,
    told: incoming.Told = incoming.BY_A_FILE,
) -> Kept:
    """Stores reports (:data:`frames.LISTENS`) and rebuilds the timeline around the new ones."""
    users.lock(conn, user_id)
    past = listens[listens["stamp"] <= now + _AHEAD]
    n_past, n_songs = (int(frame["title"].notna().sum()) for frame in (past, listens))
    if past.empty and not told.whole:
        return Kept(0, 0, n_songs)
    added = incoming.save(conn, user_id, _prepared(conn, user_id, past), told)
    timeline.rebuild(conn, user_id, added.touched)
    tempo.decide_new(conn, user_id)
    if added.withdrawn:
        store.delete_unheard(conn, user_id)
    return Kept(added.count, n_past - added.count, n_songs - n_past, added.withdrawn)


def leave_service(conn: Connection, user_id: int, source: str, *, is_kept: bool) -> None:
    """Ends what ties a source's reports to its service: those it told become the user's own, or
    (not ``is_kept``) go unless a file tells them too.
    """
    users.lock(conn, user_id)
    if is_kept:
        store.make_own(conn, user_id, source)
        return
    timeline.rebuild(conn, user_id, store.withdraw(conn, user_id, source))
    store.delete_unheard(conn, user_id)


def shift_source(conn: Connection, user_id: int, source: str, offset_s: float) -> None:
    """Sets the clock offset of one source (seconds, positive = later) for all its plays.

    Raises :class:`InputError` beyond a day.
    """
    songs.check_offset(offset_s)
    users.lock(conn, user_id)
    timeline.rebuild(conn, user_id, store.shift_source(conn, user_id, source, offset_s))


def forget_source(conn: Connection, user_id: int, source: str) -> None:
    """Deletes everything one source reported; its files can be imported again."""
    users.lock(conn, user_id)
    imports.forget_listening(conn, user_id, source)
    timeline.rebuild(conn, user_id, store.delete_source(conn, user_id, source))
    store.delete_unheard(conn, user_id)


def _prepared(conn: Connection, user_id: int, listens: pd.DataFrame) -> pd.DataFrame:
    """The reports with the keys of their track and how far each can reach in time."""
    keyed = listens.assign(
        artist_key=names.artist_key(listens["artist"]),
        title_key=names.title_key(listens["title"]),
        album_key=albums.album_key(listens["album"]),
        listen_id=range(len(listens)),
        track_duration_s=float("nan"),
    )
    keyed["track_id"] = keyed.groupby(["artist_key", "title_key"]).ngroup()
    placed = merging.place(keyed, store.offsets(conn, user_id))
    return placed.assign(earliest_at=placed["started_at"], latest_at=placed["latest_end_at"])
