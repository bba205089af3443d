"""Artists, albums, tracks, what sources reported, and the timeline of plays made of it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from runsous.store.schema.base import key, metadata, owner

artists = Table(
    "artists",
    metadata,
    key(),
    owner(),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("user_id", "key"),
    UniqueConstraint("id", "user_id"),
)


albums = Table(
    "albums",
    metadata,
    key(),
    Column("user_id", BigInteger, nullable=False),
    Column("artist_id", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    ForeignKeyConstraint(
        ["artist_id", "user_id"], ["artists.id", "artists.user_id"], ondelete="CASCADE"
    ),
    UniqueConstraint("user_id", "artist_id", "key"),
    UniqueConstraint("id", "user_id"),
)


tracks = Table(
    "tracks",
    metadata,
    key(),
    Column("user_id", BigInteger, nullable=False),
    Column("artist_id", BigInteger, nullable=False, index=True),
    Column("title_key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("album_id", BigInteger, index=True),
    Column("isrc", Text),
    Column("mbid", Text),
    Column("spotify_id", Text),
    Column("duration_s", Double),
    # The song of the catalogue that it is; none until somebody looks it up.
    Column("song_id", BigInteger, ForeignKey("songs.id", ondelete="SET NULL"), index=True),
    # What was decided from all that is known of it (``sync.tempo``), and why.
    Column("tempo_bpm", Double),
    Column("tempo_source", Text),
    Column("tempo_confidence", Double),
    Column("tempo_note", Text),
    Column("is_tempo_disputed", Boolean, nullable=False, server_default=text("false")),
    Column("energy", Double),
    Column("danceability", Double),
    Column("valence", Double),
    Column("key", SmallInteger),
    Column("mode", SmallInteger),
    ForeignKeyConstraint(
        ["artist_id", "user_id"], ["artists.id", "artists.user_id"], ondelete="CASCADE"
    ),
    ForeignKeyConstraint(
        ["album_id", "user_id"],
        ["albums.id", "albums.user_id"],
        ondelete="SET NULL (album_id)",
    ),
    UniqueConstraint("user_id", "artist_id", "title_key"),
    UniqueConstraint("id", "user_id"),
)


listens = Table(
    "listens",
    metadata,
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("track_id", BigInteger, nullable=False),
    Column("stamp", DateTime(timezone=True), nullable=False),
    Column("stamp_kind", Text, nullable=False),
    Column("precision_s", Double, nullable=False),
    Column("idle_s", Double),
    Column("played_s", Double),
    Column("duration_s", Double),
    Column("is_skipped", Boolean),
    Column("is_offline", Boolean),
    # Who told it: 1 a file, 2 the service itself, 3 both.
    Column("origins", SmallInteger, nullable=False, server_default=text("1")),
    # Where this report can reach in time, whatever its neighbours say: windows of the
    # timeline that no report spans can be merged one without the other.
    Column("earliest_at", DateTime(timezone=True), nullable=False),
    Column("latest_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint(
        "user_id",
        "source",
        "track_id",
        "stamp",
        "played_s",
        name="uq_listens_report",
        postgresql_nulls_not_distinct=True,
    ),
    Index("ix_listens_reach", "user_id", "earliest_at", "latest_at"),
    Index("ix_listens_track", "track_id", "user_id"),
)


plays = Table(
    "plays",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, nullable=False),
    Column("track_id", BigInteger, nullable=False, index=True),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True), nullable=False),
    Column("played_s", Double),
    Column("duration_s", Double),
    Column("plus_minus_s", Double, nullable=False),
    Column("certainty", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("sources", ARRAY(Text), nullable=False),
    Column("is_skip", Boolean, nullable=False),
    ForeignKeyConstraint(
        ["track_id", "user_id"], ["tracks.id", "tracks.user_id"], ondelete="CASCADE"
    ),
    Index(None, "user_id", "started_at"),
)


# How many there are, kept by whoever writes them: counting takes the longer the more there are.
music_totals = Table(
    "music_totals",
    metadata,
    owner(primary_key=True),
    Column("n_plays", BigInteger, nullable=False),
    Column("n_tracks", BigInteger, nullable=False),
)


# What each source reported of songs: how often, and the first and last stamp.
source_totals = Table(
    "source_totals",
    metadata,
    owner(primary_key=True),
    Column("source", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("first_at", DateTime(timezone=True), nullable=False),
    Column("last_at", DateTime(timezone=True), nullable=False),
)


source_offsets = Table(
    "source_offsets",
    metadata,
    owner(primary_key=True),
    Column("source", Text, primary_key=True),
    Column("offset_s", Double, nullable=False),
)
