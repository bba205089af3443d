"""What all tables share: names of constraints, ids, owners, times of creation."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    MetaData,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def key() -> Column[Any]:
    """The row's own number."""
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def owner(**options: Any) -> Column[Any]:
    """Whose row it is."""
    return Column(
        "user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, **options
    )


def created() -> Column[Any]:
    """When the row was made."""
    return Column(
        "created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")
    )


def of_activity() -> ForeignKeyConstraint:
    """Ties rows to their activity, and goes with it."""
    # The pair, not the id alone: a row can never hang on another user's activity.
    return ForeignKeyConstraint(
        ["activity_id", "user_id"], ["activities.id", "activities.user_id"], ondelete="CASCADE"
    )
