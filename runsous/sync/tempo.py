"""Decides tempo and character of tracks anew where something else is known of them now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from runsous.analysis import names
from runsous.analysis import tempo as deciding
from runsous.analysis.tempo import Evidence
from runsous.errors import InputError
from runsous.model import SAMPLE
from runsous.store import decisions, song_words, tracks, users

MANUAL, TAPPED, CSV = "manual", "tap", "csv"
OWN = (MANUAL, TAPPED)
"""The user's own ear, which wins over everything."""

SLOWEST, FASTEST = 40.0, 250.0
"""What can be a tempo, in beats per minute."""

_CHARACTER = ("energy", "danceability", "valence", "key", "mode")
_BEST_FIRST = ("csv", "spotify", "reccobeats", "acousticbrainz", "audio", "sample")
"""Whose word on a song's character is taken: they all measure what Spotify once defined."""


def decide(conn: Connection, user_id: int, track_ids: Sequence[int]) -> int:
    """Decides these tracks of a user by all that is known of them; how many changed."""
    users.lock(conn, user_id)
    known = {
        track_id: list(rows)
        for track_id, rows in groupby(
            song_words.evidence(conn, user_id, track_ids), itemgetter("track_id")
        )
    }
    return decisions.save(
        conn, user_id, [_decided(track_id, known.get(track_id, [])) for track_id in track_ids]
    )


def decide_songs(conn: Connection, song_ids: Sequence[int]) -> set[int]:
    """Decides the tracks that are these songs, of whomever; the users for whom that changed
    something.
    """
    found = decisions.of_songs(conn, song_ids)
    return {user for user, tracks in found.items() if decide(conn, user, tracks)}


def lock_users(conn: Connection, song_ids: Sequence[int]) -> None:
    """Until the transaction ends nobody else decides what these songs are for their users."""
    for user_id in decisions.of_songs(conn, song_ids):
        users.lock(conn, user_id)


def say(conn: Connection, user_id: int, track_id: int, bpm: float, source: str = MANUAL) -> None:
    """Takes the user's word on a track's tempo.

    :class:`InputError` unless it can be one, :class:`NotFound` unless the track is theirs.
    """
    if not SLOWEST <= bpm <= FASTEST:
        raise InputError(f"A tempo is between {SLOWEST:.0f} and {FASTEST:.0f} beats per minute.")
    users.lock(conn, user_id)
    tracks.one(conn, user_id, track_id)
    song_words.forget(conn, user_id, track_id, OWN)
    song_words.say(conn, user_id, track_id, source, bpm)
    _settle(conn, user_id, [track_id])


def unsay(conn: Connection, user_id: int, track_id: int) -> None:
    """Goes back to what others say of a track; :class:`NotFound` unless it is this user's."""
    users.lock(conn, user_id)
    tracks.one(conn, user_id, track_id)
    song_words.forget(conn, user_id, track_id, OWN)
    _settle(conn, user_id, [track_id])


@dataclass(frozen=True)
class Kept:
    """Of how many songs a list said something new, something else than before, or the same."""

    new: int
    changed: int
    known: int

    @property
    def taken(self) -> int:
        """How many songs' tempos were taken over."""
        return self.new + self.changed


def keep_words(
    conn: Connection, user_id: int, source: str, words: pd.DataFrame, list_name: str | None = None
) -> Kept:
    """Takes over what a list says of songs (``artist, title`` and of ``spotify_id, bpm, energy,
    danceability, valence, key, mode`` what it has); by ``list_name`` it can be taken back.
    """
    users.lock(conn, user_id)
    keyed = words.assign(
        artist_key=names.artist_key(words["artist"]), title_key=names.title_key(words["title"])
    )
    keyed = keyed.reindex(columns=song_words.COLUMNS)
    new, changed = song_words.save(conn, user_id, source, keyed, list_name)
    if new or changed:
        _settle(conn, user_id, song_words.track_ids(conn, user_id, source))
    n_songs = len(keyed[["artist_key", "title_key"]].drop_duplicates())
    return Kept(new, changed, n_songs - new - changed)


def decide_new(conn: Connection, user_id: int) -> None:
    """Decides tracks that were heard for the first time, of which a list told something already."""
    undecided = song_words.undecided(conn, user_id)
    if undecided:
        _settle(conn, user_id, undecided)


def forget_words(conn: Connection, user_id: int, source: str) -> None:
    """Forgets what a list said."""
    users.lock(conn, user_id)
    concerned = song_words.track_ids(conn, user_id, source)
    song_words.forget_source(conn, user_id, source)
    _settle(conn, user_id, concerned)


def forget_list(conn: Connection, user_id: int, list_name: str | None) -> None:
    """Takes back a list of tempos; those it had told in the place of an older list's go with it."""
    users.lock(conn, user_id)
    concerned = song_words.track_ids(conn, user_id, CSV)
    song_words.forget_list(conn, user_id, CSV, list_name)
    _settle(conn, user_id, concerned)


def _settle(conn: Connection, user_id: int, track_ids: Sequence[int]) -> None:
    if decide(conn, user_id, track_ids):
        users.touch(conn, user_id)


def _decided(track_id: int, known: Iterable[dict[str, Any]]) -> dict[str, Any]:
    rows = list(known)
    if any(row["source"] != SAMPLE and row["bpm"] is not None for row in rows):
        # The sample is made up: it is no witness where there is any other.
        rows = [row for row in rows if row["source"] != SAMPLE]
    found = deciding.decide(
        [
            Evidence(row["source"], row["bpm"], row["identifier"], row["match"], row["at"])
            for row in rows
            if row["bpm"] is not None
        ]
    )
    return {
        "track_id": track_id,
        "tempo_bpm": found.bpm,
        "tempo_source": found.source,
        "tempo_confidence": None if found.bpm is None else found.confidence,
        "tempo_note": found.note or None,
        "is_tempo_disputed": found.is_disputed,
        **_character(rows),
    }


def _character(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Each trait as the best source that tells it does."""
    ranked = sorted(
        (row for row in rows if row["source"] in _BEST_FIRST),
        key=lambda row: (_BEST_FIRST.index(row["source"]), -row["match"], str(row["identifier"])),
    )
    return {
        name: next((row[name] for row in ranked if row[name] is not None), None)
        for name in _CHARACTER
    }
