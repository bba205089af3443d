"""What is to be asked for at a source is found without reading all that was asked before"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_song_lookups_source_state",
        "song_lookups",
        ["source", "state"],
        postgresql_include=["song_id", "due_at"],
    )
