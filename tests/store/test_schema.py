from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from runsous.store import schema


def test_the_migrations_make_exactly_the_tables_the_code_knows(connection):
    found = compare_metadata(MigrationContext.configure(connection), schema.metadata)
    ours = [change for change in found if "procrastinate" not in str(change)]
    assert ours == []


def test_every_table_says_whose_its_rows_are():
    without = {t.name for t in schema.metadata.sorted_tables if "user_id" not in t.c}
    # An invitation is nobody's until it is used; counters, the key's mark and who sends events
    # are all's, and so is what services tell of songs, whoever listens to them.
    of_songs = {"songs", "song_ids", "song_facts", "song_lookups", "song_sources"}
    of_all = {"rate_limits", "key_mark", "service_windows", "event_subscriptions"}
    assert without == {"users", "invitations"} | of_all | of_songs


def test_a_row_cannot_hang_on_another_users_activity(connection):
    keys = connection.execute(
        text(
            "SELECT conrelid::regclass::text AS name, array_length(conkey, 1) AS width"
            " FROM pg_constraint WHERE contype = 'f' AND confrelid = 'activities'::regclass"
        )
    ).all()
    assert {row.name for row in keys} >= {"laps", "pauses", "segments", "activity_files"}
    assert all(row.width == 2 for row in keys)
