"""Share in time over the API: beside what chance makes of it."""

from __future__ import annotations

import numpy as np
import pytest

from runsous.analysis import in_step
from tests.analysis.make_efforts import make_efforts
from tests.reports import measured
from tests.sync import make
from tests.web.test_api_reading import ask, described, found

__all__ = ["ask", "described"]

LOCK = "/insights/lock"
RUNS = ([0.6, 0.3, 0.2, 0.4], [0.5, 0.4, 0.3, 0.2], [0.9, 0.1, 0.5, 0.6])
RIDES = ([0.1, 0.2, 0.3],) * 4


def fill(engine, folder):
    """Three runs in June, four rides in July, and a run whose songs have no tempo."""
    for day, (shifts, kind) in enumerate(zip(RUNS, ("long", "short", "steady"), strict=True), 1):
        start = make.START.replace(day=day)
        measured.keep(engine, make_efforts([4]), start=start, kind=kind, lock_shifts=shifts)
    july = make.START.replace(month=7)
    measured.keep(engine, make_efforts([3] * 4), sport="ride", start=july, lock_shifts=RIDES[0])
    measured.keep(engine, make_efforts([5]), start=july, kind="intervals", lock_shifts=None)


def test_it_tells_what_the_function_finds_of_the_chosen(ask, engine, filled):
    told = found(ask(LOCK, sport="run"))
    by_hand = in_step.compare([np.array(shifts) for shifts in RUNS])
    assert told["share"] == pytest.approx((0.6 + 0.5 + 0.9) / 3)
    # 0.3, 0.2 and 0.5 more than the mean of the others.
    assert told["difference"] == pytest.approx(
        {"estimate": 1 / 3, "low": by_hand.low, "high": by_hand.high}
    )
    assert told["by_chance"] == pytest.approx(told["share"] - 1 / 3)
    assert told["p_shift"] == by_hand.null.p
    assert (told["enough_data"], told["n_segments"], told["n_activities"]) == (True, 12, 3)
    assert told["message"].startswith("In time 0.667 of the time, +0.333 beside the same songs")
    assert found(ask(LOCK, sport="ride"))["difference"]["estimate"] == pytest.approx(-0.15)
    # Of runs more songs were measured than of rides.
    assert found(ask(LOCK)) == {**told, "sport": "run"}


def test_too_little_says_what_is_missing(ask, engine, filled):
    for query, there in (
        ({"kind": "long"}, "4 in 1"),
        ({"kind": "intervals"}, "0 in 0"),
        ({"sport": "swim"}, "0 in 0"),
        ({"until": "2024-06-02"}, "8 in 2"),
    ):
        told = found(ask(LOCK, **query))
        assert not told["enough_data"]
        assert f"there are {there}." in told["message"]
        assert [told[name] for name in ("share", "by_chance", "difference", "p_shift")] == [
            None
        ] * 4
    assert ask(LOCK, route="-1").status_code == 422
