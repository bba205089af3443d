from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from runsous.services.asking import later


@pytest.mark.parametrize(
    ("told", "wait_s"),
    [
        ("30", 30),
        ("2.5", 2.5),
        ("0", 1),
        ("-5", 1),
        (None, 60),
        ("", 60),
        ("soon", 60),
        ("nan", 60),
        ("1e308", 7 * 86_400),
        ("inf", 7 * 86_400),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1),
        ("Wed, 21 Oct 2015 07:28:00 -0000", 1),
        ("Wed, 99 Oct 99999 07:28:00 GMT", 60),
    ],
)
def test_a_moment_is_told_in_seconds_or_as_a_date_and_never_more_than_a_week_off(told, wait_s):
    left = later(told, 60) - datetime.now(UTC)
    assert wait_s - 5 < left.total_seconds() <= wait_s


def test_a_date_in_the_future_is_waited_for():
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    moment = later(format_datetime(tomorrow, usegmt=True), 60)
    assert abs(moment - tomorrow) < timedelta(seconds=1)
