"""Which list a song's tempo came in, so that a list can be taken back"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("song_words", sa.Column("list_name", sa.Text(), nullable=True))
