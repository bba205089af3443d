"""Who may come in: sessions, tokens, invitations; what they did.

Tokens, session ids and invitation codes are stored as hashes only.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from runsous.store.schema.base import created, key, metadata, owner


def _moment(name: str, *, nullable: bool = True) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


sessions = Table(
    "sessions",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    owner(index=True),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
    created(),
)


# Someone whom an identity provider vouched for, on the way to a session.
handovers = Table(
    "handovers",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    owner(index=True),
    _moment("expires_at", nullable=False),
)


api_tokens = Table(
    "api_tokens",
    metadata,
    key(),
    owner(index=True),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    _moment("expires_at"),
    _moment("last_used_at"),
    created(),
)


invitations = Table(
    "invitations",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    _moment("expires_at", nullable=False),
)


# Counters that may be lost in a crash: nothing of it is written ahead.
rate_limits = Table(
    "rate_limits",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("hits", Integer, nullable=False),
    _moment("resets_at", nullable=False),
    prefixes=["UNLOGGED"],
)


audit_log = Table(
    "audit_log",
    metadata,
    key(),
    owner(index=True),
    Column("action", Text, nullable=False),
    Column("detail", Text),
    Column("address", Text),
    created(),
)


data_exports = Table(
    "data_exports",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    owner(index=True),
    Column("status", Text, nullable=False),
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer, nullable=False, server_default=text("1")),
    Column("size", BigInteger),
    # How many processes began with it: one that cannot be made is not tried for ever.
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    _moment("finished_at"),
    created(),
    # One at a time of each user.
    Index(
        "uq_data_exports_unfinished",
        "user_id",
        unique=True,
        postgresql_where=text("finished_at IS NULL"),
    ),
)


# One row: which of the ``keys`` is this database's.
key_mark = Table(
    "key_mark",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("mark", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="one"),
)
