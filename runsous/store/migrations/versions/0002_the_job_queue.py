"""The job queue's own tables (procrastinate), as its migrations up to 3.4 make them.

Later versions of the library come with further files: each is a further migration here.
"""

from importlib.resources import files

from alembic import op

from runsous.store.database import raw

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LAST = "03.04.99"


def upgrade() -> None:
    scripts = files("procrastinate") / "sql" / "migrations"
    names = sorted(s.name for s in scripts.iterdir() if s.name.endswith(".sql") and s.name <= LAST)
    # The driver's own connection: these scripts hold many statements and percent signs.
    driver = raw(op.get_bind())
    for name in names:
        driver.execute((scripts / name).read_text("utf-8"))
