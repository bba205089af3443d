"""Accounts: who may come in, what they did, secrets kept for them"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("oidc_identity", sa.Text(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("users", column)
    op.add_column(
        "activities",
        sa.Column("is_summary", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_unique_constraint("uq_users_email", "users", ["email"])
    op.create_unique_constraint("uq_users_oidc_identity", "users", ["oidc_identity"])
    op.create_table(
        "sessions",
        _digest(),
        *_owner("sessions"),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        _created(),
    )
    op.create_table(
        "handovers", _digest(), *_owner("handovers"), _moment("expires_at", nullable=False)
    )
    op.create_table(
        "api_tokens",
        _key(),
        *_owner("api_tokens"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        _moment("expires_at"),
        _moment("last_used_at"),
        _created(),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
    )
    op.create_table("invitations", _digest(), _moment("expires_at", nullable=False))
    op.create_table(
        "rate_limits",
        _digest(),
        sa.Column("hits", sa.Integer(), nullable=False),
        _moment("resets_at", nullable=False),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "audit_log",
        _key(),
        *_owner("audit_log"),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        _created(),
    )
    op.create_table(
        "data_exports",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        *_owner("data_exports"),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _moment("finished_at"),
        _created(),
        sa.PrimaryKeyConstraint("id", name="pk_data_exports"),
    )
    op.create_table(
        "connections",
        _key(),
        *_owner("connections"),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        _created(),
        sa.UniqueConstraint("user_id", "service", name="uq_connections_user_id_service"),
    )
    for table in ("sessions", "handovers", "api_tokens", "audit_log", "data_exports"):
        op.create_index(f"ix_{table}_user_id", table, ["user_id"])
    op.create_index(
        "uq_data_exports_unfinished",
        "data_exports",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("finished_at IS NULL"),
    )


def _key() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=True), primary_key=True)


def _digest() -> sa.Column[Any]:
    return sa.Column("digest", sa.LargeBinary(), primary_key=True)


def _owner(table: str) -> tuple[sa.Column[Any], sa.ForeignKeyConstraint]:
    return (
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=f"fk_{table}_users", ondelete="CASCADE"
        ),
    )


def _moment(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _created() -> sa.Column[Any]:
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
