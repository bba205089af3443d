"""Alembic's entry: runs the versions on the connection that ``store.database`` hands over."""

from alembic import context

from runsous.store import schema

context.configure(
    connection=context.config.attributes["connection"], target_metadata=schema.metadata
)
with context.begin_transaction():
    context.run_migrations()
