"""What statistics read: songs measured on activities, and the ways of these"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_MEASURED = (
    "elapsed_share",
    "warm_up",
    "grade",
    "speed_mps",
    "flat_mps",
    "heartrate",
    "cadence",
    "locked",
    "locked_bpm",
)
_ALWAYS = ("elapsed_share", "warm_up")


def upgrade() -> None:
    op.create_table(
        "measured_activities",
        sa.Column("activity_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in _LEFT_OUT),
        *(sa.Column(name, sa.Double(), nullable=True) for name in _BOUNDS),
        sa.Column("way", sa.LargeBinary(), nullable=True),
        _of_activity("measured_activities"),
        sa.PrimaryKeyConstraint("activity_id", name="pk_measured_activities"),
    )
    op.create_index("ix_measured_activities_user_id", "measured_activities", ["user_id"])
    op.create_table(
        "song_efforts",
        sa.Column("activity_id", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.Column("since_s", sa.Double(), nullable=False),
        sa.Column("until_s", sa.Double(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=name not in _ALWAYS) for name in _MEASURED),
        _of_activity("song_efforts"),
        sa.PrimaryKeyConstraint("activity_id", "index", name="pk_song_efforts"),
    )
    op.create_index("ix_song_efforts_user_id", "song_efforts", ["user_id"])
    op.create_index("ix_song_efforts_track_id", "song_efforts", ["track_id"])


_LEFT_OUT = ("n_short", "n_unsure", "n_still")
_BOUNDS = ("south", "west", "north", "east")


def _of_activity(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["activity_id", "user_id"],
        ["activities.id", "activities.user_id"],
        name=f"fk_{table}_activities",
        ondelete="CASCADE",
    )
