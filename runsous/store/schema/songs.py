"""The catalogue of songs, which all users share, and what each user says of songs themselves.

The catalogue holds what services tell of recordings; nothing in it says who listens to what.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from runsous.store.schema.base import key, metadata, owner


def _of_song() -> Column[Any]:
    return Column(
        "song_id", BigInteger, ForeignKey("songs.id", ondelete="CASCADE"), primary_key=True
    )


def _character() -> tuple[Column[Any], ...]:
    """How a song feels, as ``model.SongFacts`` has it."""
    return (
        Column("bpm", Double),
        Column("energy", Double),
        Column("danceability", Double),
        Column("valence", Double),
        Column("key", SmallInteger),
        Column("mode", SmallInteger),
    )


def _number(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


songs = Table(
    "songs",
    metadata,
    key(),
    Column("artist_key", Text, nullable=False),
    Column("title_key", Text, nullable=False),
    Column("artist", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("album", Text),
    Column("duration_s", Double),
    # Which songs are asked for first: see ``store.song_queue.Band``.
    Column("band", SmallInteger, nullable=False),
    Column("n_plays", Integer, nullable=False, server_default=text("0")),
    # The sources still to be asked for it, kept by ``store.song_queue.settle``: those never asked,
    # and those that knew nothing before an id was known by which they may.
    Column("waits_at", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    UniqueConstraint("artist_key", "title_key"),
    Index(None, "band", "n_plays", "id"),
)


song_ids = Table(
    "song_ids",
    metadata,
    _of_song(),
    # mbid, isrc, spotify or deezer.
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    # listens, or the service that knows it.
    Column("told_by", Text, nullable=False),
    # How well what it leads to goes with the song's name; none where nobody has looked.
    Column("match", Double),
    Index(None, "kind", "value"),
)


song_facts = Table(
    "song_facts",
    metadata,
    _of_song(),
    Column("source", Text, primary_key=True),
    Column("identifier", Text, primary_key=True),
    Column("asked", Text, nullable=False),
    Column("artist", Text),
    Column("title", Text),
    Column("duration_s", Double),
    Column("match", Double, nullable=False),
    *_character(),
    Column("fetched_at", DateTime(timezone=True), nullable=False),
)


# What a source was asked of a song, and when it is to be asked again.
song_lookups = Table(
    "song_lookups",
    metadata,
    _of_song(),
    Column("source", Text, primary_key=True),
    # found, unknown or failed.
    Column("state", Text, nullable=False),
    # By which ids; ``search`` by its name.
    Column("asked_with", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    # How often in a row the answer was the same, or none came.
    Column("n_same", Integer, nullable=False, server_default=text("0")),
    # All of a source's are looked through for what is due, without reading the table.
    Index(None, "source", "state", postgresql_include=["song_id", "due_at"]),
)


# How each source is doing, told by and to all processes.
song_sources = Table(
    "song_sources",
    metadata,
    Column("source", Text, primary_key=True),
    Column("next_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    # Why it is left alone until then, in a sentence.
    Column("message", Text),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    # The applications (client ids) that it does not answer, and which do not ask it any more.
    Column("refuses", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    _number("n_found"),
    _number("n_unknown"),
    _number("n_failed"),
    _number("n_calls"),
    _number("n_errors"),
    Column("busy_s", Double, nullable=False, server_default=text("0")),
)


# What users say of songs, or their files do: nobody else's business. By name, as a word can come
# before the song was ever heard, and outlives what was heard.
song_words = Table(
    "song_words",
    metadata,
    owner(primary_key=True),
    Column("artist_key", Text, primary_key=True),
    Column("title_key", Text, primary_key=True),
    # manual, tap, audio, csv or sample.
    Column("source", Text, primary_key=True),
    Column("artist", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("spotify_id", Text),
    *_character(),
    Column("told_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    # The file's name, where a list told it.
    Column("list_name", Text),
)
