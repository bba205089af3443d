"""Activities and everything measured during them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from runsous.store.schema.base import created, key, metadata, of_activity, owner

activities = Table(
    "activities",
    metadata,
    key(),
    owner(),
    Column("source", Text, nullable=False),
    Column("external_id", Text),
    Column("name", Text),
    Column("description", Text),
    Column("sport", Text, nullable=False),
    Column("sub_sport", Text),
    Column("start_time", DateTime(timezone=True), nullable=False),
    Column("is_start_hidden", Boolean, nullable=False, server_default=text("false")),
    Column("time_zone", Text),
    Column("utc_offset_s", Integer),
    Column("elapsed_time_s", Double, nullable=False),
    Column("moving_time_s", Double, nullable=False),
    Column("distance_m", Double),
    Column("elevation_gain_m", Double),
    Column("average_heartrate", Double),
    Column("max_heartrate", Double),
    Column("average_cadence", Double),
    Column("cadence_unit", Text),
    Column("average_speed_mps", Double),
    Column("has_gps", Boolean, nullable=False),
    Column("channels", ARRAY(Text), nullable=False),
    Column("n_points", Integer, nullable=False),
    Column("n_songs", Integer, nullable=False, server_default=text("0")),
    Column("device", Text),
    Column("pool_length_m", Double),
    Column("notes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    # The route thinned to a thumbnail: [[latitude, longitude], …].
    Column("route", JSONB(none_as_null=True)),
    # Added to the times of all plays when songs are placed on this activity.
    Column("music_offset_s", Double, nullable=False, server_default=text("0")),
    # Plays around it changed and its segments do not know yet.
    Column("is_stale", Boolean, nullable=False, server_default=text("false")),
    # Raised whenever samples, songs or facts of this activity change.
    Column("revision", BigInteger, nullable=False, server_default=text("1")),
    Column("is_sample", Boolean, nullable=False, server_default=text("false")),
    # Its samples and originals were removed, as its user chose; what was measured stays.
    Column("is_summary", Boolean, nullable=False, server_default=text("false")),
    created(),
    UniqueConstraint("id", "user_id"),
    CheckConstraint("elapsed_time_s >= 0", "elapsed_not_negative"),
    Index(
        None,
        "user_id",
        "start_time",
        # With all that the totals of a library ask for, so that they need not look at the rows.
        postgresql_include=[
            "sport",
            "is_sample",
            "is_start_hidden",
            "n_songs",
            "distance_m",
            "moving_time_s",
        ],
    ),
    Index("ix_activities_stale", "user_id", postgresql_where=text("is_stale")),
)


activity_files = Table(
    "activity_files",
    metadata,
    Column("user_id", BigInteger, primary_key=True),
    Column("sha256", Text, primary_key=True),
    # Which activity of a file that holds several (a triathlon), from 0.
    Column("part", Integer, primary_key=True),
    Column("activity_id", BigInteger, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("path", Text, nullable=False),
    # What this file alone says: by it one finds the files that tell of the same.
    Column("start_time", DateTime(timezone=True), nullable=False),
    Column("elapsed_time_s", Double, nullable=False),
    Column("sport", Text, nullable=False),
    # What the archive's index said beside the file (name, description, id), or, for an
    # entry without a file, all of it.
    Column("facts", JSONB(none_as_null=True)),
    created(),
    of_activity(),
    Index(None, "user_id", "start_time"),
)


originals = Table(
    "originals",
    metadata,
    owner(primary_key=True),
    Column("sha256", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("deflated", LargeBinary, nullable=False),
    created(),
)


laps = Table(
    "laps",
    metadata,
    Column("activity_id", BigInteger, primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("start_s", Double, nullable=False),
    Column("elapsed_s", Double, nullable=False),
    Column("timer_s", Double),
    Column("distance_m", Double),
    of_activity(),
)


pauses = Table(
    "pauses",
    metadata,
    Column("activity_id", BigInteger, primary_key=True),
    Column("start_s", Double, primary_key=True),
    Column("end_s", Double, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    of_activity(),
)


pool_lengths = Table(
    "pool_lengths",
    metadata,
    Column("activity_id", BigInteger, primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("start_s", Double, nullable=False),
    Column("elapsed_s", Double, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("strokes", Integer),
    Column("stroke", Text),
    of_activity(),
)


activity_streams = Table(
    "activity_streams",
    metadata,
    Column("user_id", BigInteger, nullable=False),
    Column("activity_id", BigInteger, primary_key=True),
    Column("time", DateTime(timezone=True), primary_key=True),
    Column("time_s", Double, nullable=False),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("altitude_m", Double),
    Column("distance_m", Double),
    Column("speed_mps", Double),
    Column("heartrate", Double),
    Column("cadence", Double),
    Column("power_w", Double),
    Column("temperature_c", Double),
)


segments = Table(
    "segments",
    metadata,
    Column("activity_id", BigInteger, primary_key=True),
    Column("index", Integer, primary_key=True),
    Column("user_id", BigInteger, nullable=False),
    Column("play_id", BigInteger),
    Column("track_id", BigInteger, index=True),
    Column("start_s", Double, nullable=False),
    Column("end_s", Double, nullable=False),
    Column("elapsed_s", Double, nullable=False),
    Column("moving_s", Double),
    Column("distance_m", Double),
    Column("pace_s_per_km", Double),
    Column("gap_s_per_km", Double),
    Column("average_heartrate", Double),
    Column("max_heartrate", Double),
    Column("average_cadence", Double),
    Column("elevation_gain_m", Double),
    of_activity(),
)
