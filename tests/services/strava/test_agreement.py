"""A season of runs, from the simulated Strava and as their recorder told it: one and the same."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from runsous.analysis.recording import complete
from runsous.demo import season
from runsous.demo.services.sample_world import sample_world
from runsous.demo.services.world import Clock
from runsous.services.strava import parse
from runsous.services.strava.client import Strava

TODAY = date(2026, 11, 20)


@pytest.fixture
def clock():
    return Clock(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())


@pytest.fixture
def sims(clock):
    from runsous.demo.services.server import Simulators

    with Simulators(sample_world(TODAY, clock)) as simulators:
        yield simulators


def test_the_api_and_the_recorder_tell_the_same(api, token):
    strava = Strava(api, token.access)
    listed = {each["name"] + each["start_date"]: each for each in strava.activities()}
    compared = 0
    for workout in list(season.workouts(31, TODAY))[3:23]:
        file = complete(workout, home_zone=None)
        summary = listed[f"{workout.name}{workout.start_time:%Y-%m-%dT%H:%M:%SZ}"]
        document = {
            "summary": parse.summary(summary),
            "streams": strava.streams(summary["id"]),
            "detail": parse.detail(strava.activity(summary["id"])),
        }
        run = complete(parse.workout(document), home_zone=None)
        assert (run.sport, run.cadence_unit) == (file.sport, file.cadence_unit)
        assert run.start_time == file.start_time
        assert run.distance_m == pytest.approx(file.distance_m, abs=0.1)
        assert run.moving_time_s == pytest.approx(file.moving_time_s, abs=1)
        assert len(run.pauses) == len(file.pauses)
        assert len(run.laps) == len(file.laps)
        if file.average_cadence:
            assert run.average_cadence == pytest.approx(file.average_cadence, rel=0.02)
        if file.samples["latitude"].notna().any():
            assert (run.time_zone, run.utc_offset_s) == (file.time_zone, file.utc_offset_s)
        compared += 1
    assert compared == 20
