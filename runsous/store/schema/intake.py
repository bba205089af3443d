"""Imports, what was handed in, and what became of each file."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from runsous.store.schema.base import created, key, metadata, owner

imports = Table(
    "imports",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    owner(),
    Column("origin", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("is_cancelled", Boolean, nullable=False, server_default=text("false")),
    Column("finished_at", DateTime(timezone=True)),
    created(),
    UniqueConstraint("id", "user_id"),
    Index(None, "user_id", "created_at"),
)


uploads = Table(
    "uploads",
    metadata,
    key(),
    Column("user_id", BigInteger, nullable=False),
    Column("import_id", Uuid, nullable=False, index=True),
    Column("path", Text, nullable=False),
    # Where the bytes wait to be read; kept after a failure so that it can be retried.
    Column("stored_at", Text),
    Column("size", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    # Progress within the upload: an archive holds many files.
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer, nullable=False, server_default=text("1")),
    # The file being read now. A process that finds one here has followed a dead one; how many
    # died at which file is counted, so that none is tried for ever.
    Column("reading", Text),
    Column("deaths", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    ForeignKeyConstraint(
        ["import_id", "user_id"], ["imports.id", "imports.user_id"], ondelete="CASCADE"
    ),
)


import_files = Table(
    "import_files",
    metadata,
    key(),
    Column("user_id", BigInteger, nullable=False),
    Column("upload_id", BigInteger, ForeignKey("uploads.id", ondelete="CASCADE"), index=True),
    Column("path", Text, nullable=False),
    Column("sha256", Text),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("message", Text),
    Column("activities", Integer, nullable=False, server_default=text("0")),
    Column("listens", Integer, nullable=False, server_default=text("0")),
    Column("duplicates", Integer, nullable=False, server_default=text("0")),
    created(),
    UniqueConstraint("upload_id", "path"),
    Index(None, "user_id", "sha256"),
)
