from datetime import UTC, datetime

import numpy as np
import pandas as pd

from runsous import frames
from runsous.store import streams, users

START = datetime(2024, 3, 31, 0, 59, 59, 123456, tzinfo=UTC)


def _samples():
    return frames.samples(
        time_s=[0.0, 1.0, 2.5, 3600.000001],
        latitude=[48.1, np.nan, 48.10000001, -89.999999],
        longitude=[11.5, np.nan, 11.50000001, 179.999999],
        heartrate=[np.nan, 120, 121, 122],
    )


def test_samples_come_back_exactly_as_they_went_in(connection):
    user = users.local(connection)
    streams.save(connection, user, 1, START, _samples())
    pd.testing.assert_frame_equal(streams.frame(connection, user, 1), _samples())


def test_only_the_channels_asked_for_are_read(connection):
    user = users.local(connection)
    streams.save(connection, user, 1, START, _samples())
    found = streams.frame(connection, user, 1, ["heartrate"])
    assert frames.channels(found) == ("heartrate",)


def test_samples_of_another_user_or_activity_are_not_seen(connection):
    user = users.local(connection)
    streams.save(connection, user, 1, START, _samples())
    assert streams.frame(connection, user + 1, 1).empty
    assert streams.frame(connection, user, 2).empty


def test_each_sample_knows_its_instant(connection):
    user = users.local(connection)
    streams.save(connection, user, 1, START, _samples())
    times = connection.exec_driver_sql("SELECT time FROM activity_streams ORDER BY time").scalars()
    assert list(times) == [
        datetime(2024, 3, 31, 0, 59, 59, 123456, tzinfo=UTC),
        datetime(2024, 3, 31, 1, 0, 0, 123456, tzinfo=UTC),
        datetime(2024, 3, 31, 1, 0, 1, 623456, tzinfo=UTC),
        datetime(2024, 3, 31, 1, 59, 59, 123457, tzinfo=UTC),
    ]
