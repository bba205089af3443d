"""Users."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text, text
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
    created(),
)
