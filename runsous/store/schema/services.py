"""Web services: who is connected to which, what was read of them, what they let us do."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZMULTIRANGE

from runsous.store.schema.base import created, key, metadata, owner


def _moment(name: str, **options: Any) -> Column[Any]:
    return Column(name, DateTime(timezone=True), **options)


def _no(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False, server_default=text("false"))


def _count(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, server_default=text("0"))


connections = Table(
    "connections",
    metadata,
    key(),
    owner(),
    Column("service", Text, nullable=False),
    # Sealed by ``keys.Keyring`` for this row and column.
    Column("secret", LargeBinary),
    # Who the user is over there, and what the service calls them.
    Column("account_id", Text, nullable=False),
    Column("account_name", Text),
    Column("scopes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    _moment("authorized_at", nullable=False, server_default=text("now()")),
    # What keeps it from working until the user does something, in a sentence.
    Column("trouble", Text),
    Column("is_scheduled", Boolean, nullable=False, server_default=text("true")),
    Column("interval_s", Integer, nullable=False),
    _moment("next_run_at", nullable=False, server_default=text("now()")),
    # Which times have been read: what lies outside is not known, whatever the clock says.
    Column("covered", TSTZMULTIRANGE, nullable=False, server_default=text("'{}'")),
    # When all of it was last read from one end to the other.
    _moment("whole_at"),
    created(),
    UniqueConstraint("user_id", "service"),
    UniqueConstraint("id", "user_id"),
    Index(None, "service", "account_id"),
)


# Someone sent to a service to allow us in, until they are back.
oauth_states = Table(
    "oauth_states",
    metadata,
    key(),
    owner(index=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("service", Text, nullable=False),
    # Sealed: what proves to the service that who comes back is who was sent (PKCE).
    Column("verifier", LargeBinary),
    _moment("expires_at", nullable=False),
)


sync_runs = Table(
    "sync_runs",
    metadata,
    key(),
    Column("user_id", BigInteger, nullable=False),
    Column("connection_id", BigInteger, nullable=False, index=True),
    Column("service", Text, nullable=False),
    # user, schedule or event.
    Column("reason", Text, nullable=False),
    # queued, running, waiting, done, failed or cancelled.
    Column("status", Text, nullable=False, server_default=text("'queued'")),
    _no("is_cancelled"),
    _moment("started_at"),
    _moment("finished_at"),
    # When a waiting one goes on.
    _moment("resume_at"),
    # How often in a row the service could not be reached.
    _count("failures"),
    # What it is at, in words, and how much of it is done.
    Column("phase", Text),
    _count("done"),
    Column("total", Integer),
    _count("activities_new"),
    _count("activities_changed"),
    _count("activities_removed"),
    _count("listens_new"),
    _count("listens_removed"),
    _count("calls"),
    # Calls the service still allows, by window.
    Column("budget", JSONB(none_as_null=True)),
    Column("message", Text),
    created(),
    ForeignKeyConstraint(
        ["connection_id", "user_id"], ["connections.id", "connections.user_id"], ondelete="CASCADE"
    ),
    # One at a time of each connection.
    Index(
        "uq_sync_runs_unfinished",
        "connection_id",
        unique=True,
        postgresql_where=text("finished_at IS NULL"),
    ),
)


# What a service's list of activities says, and how far each has been brought in.
remote_activities = Table(
    "remote_activities",
    metadata,
    owner(primary_key=True),
    Column("service", Text, primary_key=True),
    Column("remote_id", BigInteger, primary_key=True),
    Column("account_id", Text, nullable=False),
    _moment("start_time", nullable=False),
    Column("summary", JSONB(none_as_null=True)),
    # look (ask whether it is there, and how), fetch (its samples), detail, kept; or what is not
    # to be asked for any more: gone (over there), dismissed (here), expired.
    Column("state", Text, nullable=False),
    # How often it could not be brought in.
    _count("failures"),
    _moment("fetched_at"),
    created(),
    Index(
        "ix_remote_activities_open",
        "user_id",
        "service",
        "start_time",
        postgresql_where=text("state IN ('look', 'fetch', 'detail')"),
    ),
)


# Calls this installation made, whoever for: services count by application or by address.
service_windows = Table(
    "service_windows",
    metadata,
    Column("service", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("used", Integer, nullable=False),
    Column("allowed", Integer, nullable=False),
    _moment("resets_at", nullable=False),
)


# Ours by the service's number: whoever posts an event of another one made it up.
event_subscriptions = Table(
    "event_subscriptions",
    metadata,
    Column("service", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
