"""Binary COPY, checked against what PostgreSQL itself says it received."""

import numpy as np
import pytest
from sqlalchemy import text

from runsous.store import copy
from runsous.store.database import raw


@pytest.fixture
def table(connection):
    connection.execute(text("CREATE TEMP TABLE numbers (a bigint, b float8, c float8)"))
    return "numbers"


def test_numbers_arrive_as_they_were_and_nan_as_null(connection, table):
    copy.write(
        raw(connection),
        table,
        {
            "a": np.array([-(2**62), 0, 7]),
            "b": np.array([1.5, np.nan, -1e300]),
            "c": np.array([np.nan, np.nan, 48.123456789012345]),
        },
    )
    rows = connection.execute(text("SELECT a, b, c FROM numbers ORDER BY a")).all()
    assert [tuple(row) for row in rows] == [
        (-(2**62), 1.5, None),
        (0, None, None),
        (7, -1e300, 48.123456789012345),
    ]


def test_reading_back_gives_the_same_floats(connection, table):
    rng = np.random.default_rng(1)
    values = rng.normal(size=500) * 10.0 ** rng.integers(-30, 30, 500)
    copy.write(raw(connection), table, {"a": np.arange(500), "b": values})
    found = copy.read_floats(
        raw(connection), "SELECT b, coalesce(c, 'NaN') AS c FROM numbers ORDER BY a", ["b", "c"]
    )
    assert found["b"].tolist() == values.tolist()
    assert np.isnan(found["c"]).all()


def test_no_rows_are_no_rows(connection, table):
    found = copy.read_floats(raw(connection), "SELECT b FROM numbers", ["b"])
    assert found["b"].size == 0
