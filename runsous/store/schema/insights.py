"""What statistics read instead of samples; all of it can be measured anew."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

from runsous.store.schema.base import metadata, of_activity

measured_activities = Table(
    "measured_activities",
    metadata,
    Column("activity_id", BigInteger, primary_key=True),
    Column("user_id", BigInteger, nullable=False, index=True),
    # The activity's own when it was measured: where they differ it is measured again.
    Column("revision", BigInteger, nullable=False),
    Column("kind", Text),
    Column("n_short", Integer, nullable=False),
    Column("n_unsure", Integer, nullable=False),
    Column("n_still", Integer, nullable=False),
    Column("south", Double),
    Column("west", Double),
    Column("north", Double),
    Column("east", Double),
    # See ``analysis.ways``.
    Column("way", LargeBinary),
    # A number that all activities of one sport on one route share; none until it was looked for.
    Column("route", Integer),
    # See ``analysis.in_step``; none with fewer than three songs of known tempo.
    Column("lock_shifts", ARRAY(Double)),
    of_activity(),
)


song_efforts = Table(
    "song_efforts",
    metadata,
    Column("activity_id", BigInteger, primary_key=True),
    Column("index", BigInteger, primary_key=True),
    Column("user_id", BigInteger, nullable=False, index=True),
    Column("track_id", BigInteger, nullable=False, index=True),
    Column("since_s", Double, nullable=False),
    Column("until_s", Double, nullable=False),
    Column("elapsed_share", Double, nullable=False),
    Column("warm_up", Double, nullable=False),
    Column("grade", Double),
    Column("speed_mps", Double),
    Column("flat_mps", Double),
    Column("heartrate", Double),
    Column("cadence", Double),
    Column("locked", Double),
    # The tempo it was measured with.
    Column("locked_bpm", Double),
    of_activity(),
)
