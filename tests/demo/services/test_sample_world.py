"""The worlds that the simulated services tell of."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from runsous.demo.services.sample_world import made_up_world, sample_world
from runsous.demo.services.strava_json import polyline
from runsous.demo.services.world import Activity, World

TODAY = date(2026, 5, 11)


@pytest.fixture(scope="module")
def world() -> World:
    return sample_world(TODAY)


def activities(world: World, key: str = "ann") -> list[Activity]:
    return list(world.people[key].activities.values())


def test_streams_have_uneven_steps_and_a_jump_for_each_pause(world: World):
    for activity in activities(world):
        if activity.streams is None:
            continue
        streams = activity.streams()
        assert len({len(values) for values in streams.values()}) == 1
        steps = [after - before for before, after in pairwise(streams["time"])]
        assert min(steps) == 1
        assert len({step for step in steps if step < 6}) > 2
        paused = sum(step for step in steps if step >= 15)
        assert paused == pytest.approx(activity.elapsed_s - activity.moving_s, abs=40)


def test_cadence_on_foot_is_that_of_one_leg(world: World):
    runs = [each for each in activities(world) if each.sport_type in ("Run", "TrailRun")]
    told = [each.facts["average_cadence"] for each in runs if each.facts]
    assert len(told) > 30
    assert all(78 < cadence < 90 for cadence in told)


def test_some_of_it_is_hidden_private_or_by_hand(world: World):
    ann = activities(world)
    assert sum(each.is_start_hidden for each in ann) == 1
    assert sum(each.visibility == "only_me" for each in ann) == 1
    assert sum(each.streams is None for each in ann) == 1
    assert world.people["ben"].is_private
    assert not world.people["ben"].is_allowed


def test_a_long_history_is_made_quickly_and_its_streams_when_asked_for():
    world = made_up_world(activities=2000, listens=100_000)
    ann = world.people["ann"]
    starts = [each.start_s for each in activities(world)]
    assert (len(set(starts)), len(ann.listens["lastfm"])) == (2000, 100_000)
    stamps = [each.start_s for each in ann.listens["lastfm"]]
    assert stamps == sorted(stamps)
    streams = activities(world)[7].streams
    assert streams is not None
    assert streams() == streams()


def test_a_track_is_encoded_as_google_describes_it():
    # The example of Google's own description of the format.
    points = [[38.5, -120.2], [40.7, -120.95], [43.252, -126.453]]
    assert polyline(points) == "_p~iF~ps|U_ulLnnqC_mqNvxq`@"
