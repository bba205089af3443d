"""Activities say which route they follow"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("measured_activities", sa.Column("route", sa.Integer(), nullable=True))
