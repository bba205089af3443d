"""What TimescaleDB adds; run with a DATABASE_URL whose server has it in template1."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from runsous import frames
from runsous.store import database, streams, users
from runsous.sync import sample

pytestmark = pytest.mark.timescale


def test_the_two_big_tables_are_hypertables_with_compression(connection):
    found = connection.execute(
        text(
            "SELECT hypertable_name, compression_enabled"
            " FROM timescaledb_information.hypertables ORDER BY 1"
        )
    )
    assert [tuple(row) for row in found] == [("activity_streams", True), ("listens", True)]


def test_migrating_again_changes_nothing(engine):
    jobs = text(
        "SELECT count(*) FROM timescaledb_information.jobs WHERE proc_name LIKE '%compress%'"
    )
    with engine.connect() as conn:
        before = conn.execute(jobs).scalar()
    database.migrate(engine)
    with engine.connect() as conn:
        assert conn.execute(jobs).scalar() == before == 2


def test_compressed_samples_read_as_before_and_can_be_deleted_and_written_again(engine):
    start = datetime(2024, 5, 5, 6, tzinfo=UTC)
    samples = frames.samples(
        time_s=[0, 1, 2.5], latitude=[48.1, 48.2, float("nan")], heartrate=[100, 101, 102]
    )
    with engine.begin() as conn:
        user = users.local(conn)
        streams.save(conn, user, 1, start, samples)
        streams.save(conn, user, 2, start + timedelta(days=40), samples)
        compressed = conn.execute(
            text("SELECT count(compress_chunk(c)) FROM show_chunks('activity_streams') c")
        )
        assert compressed.scalar() == 2
        pd.testing.assert_frame_equal(streams.frame(conn, user, 1), samples)
        streams.delete(conn, user, 1)
        assert streams.frame(conn, user, 1).empty
        streams.save(conn, user, 1, start, samples)
        pd.testing.assert_frame_equal(streams.frame(conn, user, 1), samples)
        pd.testing.assert_frame_equal(streams.frame(conn, user, 2), samples)


def test_the_sample_season_comes_and_goes_with_compressed_listens(engine):
    with engine.begin() as conn:
        user = users.local(conn)
    sample.add(engine, user)
    with engine.begin() as conn:
        conn.execute(text("SELECT compress_chunk(c) FROM show_chunks('listens') c"))
    sample.add(engine, user)
    sample.remove(engine, user)
    with engine.begin() as conn:
        for table in ("activities", "activity_streams", "listens", "plays", "tracks"):
            assert conn.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0


def test_the_server_says_which_version_it_is(connection):
    version = database.timescale_version(connection)
    assert version is not None
    assert version[0].isdigit()
