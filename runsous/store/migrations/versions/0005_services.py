"""Web services: connections, what was read of them, runs of the sync"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "listens",
        sa.Column("origins", sa.SmallInteger(), server_default=sa.text("1"), nullable=False),
    )
    # Nothing was ever connected so far.
    op.drop_table("connections")
    op.create_table(
        "connections",
        _key(),
        *_owner("connections"),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=True),
        sa.Column(
            "scopes", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        _moment("authorized_at", nullable=False, server_default=sa.text("now()")),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("is_scheduled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        _moment("next_run_at", nullable=False, server_default=sa.text("now()")),
        sa.Column(
            "covered",
            postgresql.TSTZMULTIRANGE(),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        _moment("whole_at"),
        _created(),
        sa.UniqueConstraint("user_id", "service", name="uq_connections_user_id_service"),
        sa.UniqueConstraint("id", "user_id", name="uq_connections_id_user_id"),
    )
    op.create_index("ix_connections_service_account_id", "connections", ["service", "account_id"])
    op.create_table(
        "oauth_states",
        _key(),
        *_owner("oauth_states"),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("verifier", sa.LargeBinary(), nullable=True),
        _moment("expires_at", nullable=False),
        sa.UniqueConstraint("digest", name="uq_oauth_states_digest"),
    )
    op.create_index("ix_oauth_states_user_id", "oauth_states", ["user_id"])
    _create_runs()
    op.create_table(
        "remote_activities",
        *_owner("remote_activities", primary_key=True),
        sa.Column("service", sa.Text(), primary_key=True),
        sa.Column("remote_id", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        _moment("start_time", nullable=False),
        sa.Column("summary", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        _count("failures"),
        _moment("fetched_at"),
        _created(),
    )
    op.create_index(
        "ix_remote_activities_open",
        "remote_activities",
        ["user_id", "service", "start_time"],
        postgresql_where=sa.text("state IN ('look', 'fetch', 'detail')"),
    )
    op.create_table(
        "service_windows",
        sa.Column("service", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=False),
        _moment("resets_at", nullable=False),
    )


def _create_runs() -> None:
    op.create_table(
        "sync_runs",
        _key(),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'queued'"), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _moment("started_at"),
        _moment("finished_at"),
        _moment("resume_at"),
        _count("failures"),
        sa.Column("phase", sa.Text(), nullable=True),
        _count("done"),
        sa.Column("total", sa.Integer(), nullable=True),
        *map(_count, ("activities_new", "activities_changed", "activities_removed")),
        *map(_count, ("listens_new", "listens_removed", "calls")),
        sa.Column("budget", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        _created(),
        sa.ForeignKeyConstraint(
            ["connection_id", "user_id"],
            ["connections.id", "connections.user_id"],
            name="fk_sync_runs_connections",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_sync_runs_connection_id", "sync_runs", ["connection_id"])
    op.create_index(
        "uq_sync_runs_unfinished",
        "sync_runs",
        ["connection_id"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )


def _key() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _owner(table: str, **options: Any) -> tuple[sa.Column[Any], sa.ForeignKeyConstraint]:
    return (
        sa.Column("user_id", sa.BigInteger(), nullable=False, **options),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=f"fk_{table}_users", ondelete="CASCADE"
        ),
    )


def _moment(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def _count(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def _created() -> sa.Column[Any]:
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
