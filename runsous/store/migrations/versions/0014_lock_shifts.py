"""Activities say how much one would move in time with their songs begun elsewhere"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "measured_activities",
        sa.Column("lock_shifts", postgresql.ARRAY(sa.Double()), nullable=True),
    )
    # All are measured anew.
    op.execute("UPDATE measured_activities SET revision = -1")
