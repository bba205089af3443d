"""The store"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activity_streams",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("activity_id", sa.BigInteger(), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_s", sa.Double(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("altitude_m", sa.Double(), nullable=True),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("speed_mps", sa.Double(), nullable=True),
        sa.Column("heartrate", sa.Double(), nullable=True),
        sa.Column("cadence", sa.Double(), nullable=True),
        sa.Column("power_w", sa.Double(), nullable=True),
        sa.Column("temperature_c", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("activity_id", "time", name="pk_activity_streams"),
    )
    op.create_table(
        "listens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.Column("stamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stamp_kind", sa.Text(), nullable=False),
        sa.Column("precision_s", sa.Double(), nullable=False),
        sa.Column("idle_s", sa.Double(), nullable=True),
        sa.Column("played_s", sa.Double(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("is_skipped", sa.Boolean(), nullable=True),
        sa.Column("is_offline", sa.Boolean(), nullable=True),
        sa.Column("earliest_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint(
            "user_id",
            "source",
            "track_id",
            "stamp",
            "played_s",
            name="uq_listens_report",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_listens_reach", "listens", ["user_id", "earliest_at", "latest_at"], unique=False
    )
    op.create_index("ix_listens_track", "listens", ["track_id", "user_id"], unique=False)
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("data_version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "activities",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("sport", sa.Text(), nullable=False),
        sa.Column("sub_sport", sa.Text(), nullable=True),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_start_hidden", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=True),
        sa.Column("utc_offset_s", sa.Integer(), nullable=True),
        sa.Column("elapsed_time_s", sa.Double(), nullable=False),
        sa.Column("moving_time_s", sa.Double(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("elevation_gain_m", sa.Double(), nullable=True),
        sa.Column("average_heartrate", sa.Double(), nullable=True),
        sa.Column("max_heartrate", sa.Double(), nullable=True),
        sa.Column("average_cadence", sa.Double(), nullable=True),
        sa.Column("cadence_unit", sa.Text(), nullable=True),
        sa.Column("average_speed_mps", sa.Double(), nullable=True),
        sa.Column("has_gps", sa.Boolean(), nullable=False),
        sa.Column("channels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("n_points", sa.Integer(), nullable=False),
        sa.Column("n_songs", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("pool_length_m", sa.Double(), nullable=True),
        sa.Column(
            "notes", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("route", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("music_offset_s", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("is_stale", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("is_sample", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("elapsed_time_s >= 0", name="ck_activities_elapsed_not_negative"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_activities_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_activities"),
        sa.UniqueConstraint("id", "user_id", name="uq_activities_id_user_id"),
    )
    op.create_index(
        "ix_activities_stale",
        "activities",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("is_stale"),
    )
    op.create_index(
        "ix_activities_user_id_start_time",
        "activities",
        ["user_id", "start_time"],
        unique=False,
        postgresql_include=[
            "sport",
            "is_sample",
            "is_start_hidden",
            "n_songs",
            "distance_m",
            "moving_time_s",
        ],
    )
    op.create_table(
        "artists",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_artists_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_artists"),
        sa.UniqueConstraint("id", "user_id", name="uq_artists_id_user_id"),
        sa.UniqueConstraint("user_id", "key", name="uq_artists_user_id_key"),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_imports_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
        sa.UniqueConstraint("id", "user_id", name="uq_imports_id_user_id"),
    )
    op.create_index(
        "ix_imports_user_id_created_at", "imports", ["user_id", "created_at"], unique=False
    )
    op.create_table(
        "originals",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("deflated", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_originals_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "sha256", name="pk_originals"),
    )
    op.create_table(
        "music_totals",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("n_plays", sa.BigInteger(), nullable=False),
        sa.Column("n_tracks", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_music_totals_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name="pk_music_totals"),
    )
    op.create_table(
        "source_totals",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_source_totals_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "source", name="pk_source_totals"),
    )
    op.create_table(
        "source_offsets",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("offset_s", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_source_offsets_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "source", name="pk_source_offsets"),
    )
    op.create_table(
        "activity_files",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("elapsed_time_s", sa.Double(), nullable=False),
        sa.Column("sport", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["activity_id", "user_id"],
            ["activities.id", "activities.user_id"],
            name="fk_activity_files_activities",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "sha256", "part", name="pk_activity_files"),
    )
    op.create_index(
        "ix_activity_files_activity_id", "activity_files", ["activity_id"], unique=False
    )
    op.create_index(
        "ix_activity_files_user_id_start_time",
        "activity_files",
        ["user_id", "start_time"],
        unique=False,
    )
    op.create_table(
        "laps",
        sa.Column("activity_id", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("elapsed_s", sa.Double(), nullable=False),
        sa.Column("timer_s", sa.Double(), nullable=True),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["activity_id", "user_id"],
            ["activities.id", "activities.user_id"],
            name="fk_laps_activities",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("activity_id", "index", name="pk_laps"),
    )
    op.create_table(
        "pauses",
        sa.Column("activity_id", sa.BigInteger(), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id", "user_id"],
            ["activities.id", "activities.user_id"],
            name="fk_pauses_activities",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("activity_id", "start_s", name="pk_pauses"),
    )
    op.create_table(
        "pool_lengths",
        sa.Column("activity_id", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("elapsed_s", sa.Double(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("strokes", sa.Integer(), nullable=True),
        sa.Column("stroke", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["activity_id", "user_id"],
            ["activities.id", "activities.user_id"],
            name="fk_pool_lengths_activities",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("activity_id", "index", name="pk_pool_lengths"),
    )
    op.create_table(
        "segments",
        sa.Column("activity_id", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("play_id", sa.BigInteger(), nullable=True),
        sa.Column("track_id", sa.BigInteger(), nullable=True),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("elapsed_s", sa.Double(), nullable=False),
        sa.Column("moving_s", sa.Double(), nullable=True),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("pace_s_per_km", sa.Double(), nullable=True),
        sa.Column("gap_s_per_km", sa.Double(), nullable=True),
        sa.Column("average_heartrate", sa.Double(), nullable=True),
        sa.Column("max_heartrate", sa.Double(), nullable=True),
        sa.Column("average_cadence", sa.Double(), nullable=True),
        sa.Column("elevation_gain_m", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["activity_id", "user_id"],
            ["activities.id", "activities.user_id"],
            name="fk_segments_activities",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("activity_id", "index", name="pk_segments"),
    )
    op.create_index("ix_segments_track_id", "segments", ["track_id"], unique=False)
    op.create_table(
        "tracks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("artist_id", sa.BigInteger(), nullable=False),
        sa.Column("title_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("album", sa.Text(), nullable=True),
        sa.Column("isrc", sa.Text(), nullable=True),
        sa.Column("mbid", sa.Text(), nullable=True),
        sa.Column("spotify_id", sa.Text(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("tempo_bpm", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["artist_id", "user_id"],
            ["artists.id", "artists.user_id"],
            name="fk_tracks_artists",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_tracks"),
        sa.UniqueConstraint("id", "user_id", name="uq_tracks_id_user_id"),
        sa.UniqueConstraint(
            "user_id", "artist_id", "title_key", name="uq_tracks_user_id_artist_id_title_key"
        ),
    )
    op.create_index("ix_tracks_artist_id", "tracks", ["artist_id"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("stored_at", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("reading", sa.Text(), nullable=True),
        sa.Column(
            "deaths",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["import_id", "user_id"],
            ["imports.id", "imports.user_id"],
            name="fk_uploads_imports",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_import_id", "uploads", ["import_id"], unique=False)
    op.create_table(
        "import_files",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("upload_id", sa.BigInteger(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("activities", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("listens", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("duplicates", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name="fk_import_files_uploads", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_import_files"),
        sa.UniqueConstraint("upload_id", "path", name="uq_import_files_upload_id_path"),
    )
    op.create_index("ix_import_files_upload_id", "import_files", ["upload_id"], unique=False)
    op.create_index(
        "ix_import_files_user_id_sha256", "import_files", ["user_id", "sha256"], unique=False
    )
    op.create_table(
        "plays",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("track_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("played_s", sa.Double(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("plus_minus_s", sa.Double(), nullable=False),
        sa.Column("certainty", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sources", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("is_skip", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["track_id", "user_id"],
            ["tracks.id", "tracks.user_id"],
            name="fk_plays_tracks",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_plays"),
    )
    op.create_index("ix_plays_track_id", "plays", ["track_id"], unique=False)
    op.create_index("ix_plays_user_id_started_at", "plays", ["user_id", "started_at"], unique=False)
