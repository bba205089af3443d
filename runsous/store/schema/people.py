"""Users."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from runsous.store.schema.base import created, key, metadata

users = Table(
    "users",
    metadata,
    key(),
    Column("name", Text, nullable=False, unique=True),
    Column("settings", JSONB, nullable=False, server_default=text("'{}'")),
    # Raised with every change of the user's data: what pages cache is keyed by it.
    Column("data_version", BigInteger, nullable=False, server_default=text("0")),
    # Of those who sign in; local mode's one user has none of them.
    Column("email", Text, unique=True),
    Column("password_hash", Text),
    Column("oidc_identity", Text, unique=True),
    Column("disabled_at", DateTime(timezone=True)),
    created(),
)
