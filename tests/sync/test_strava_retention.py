"""What Strava's API told is kept as long as its user chose, and no longer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from runsous import tidying
from runsous.demo.services.sample_world import made_up_world
from runsous.demo.services.server import Simulators
from runsous.demo.services.world import Clock
from runsous.errors import InputError
from runsous.sync import strava_retention
from tests.sync import connected, make


@pytest.fixture
def user(engine):
    return make.user(engine)


@pytest.fixture
def sims(engine, user):
    """Three activities, brought in."""
    with Simulators(made_up_world(activities=3, listens=0, now=Clock())) as simulators:
        connected.use(simulators)
        connected.connect(engine, user, simulators, "strava")
        connected.finish(engine, user, "strava")
        yield simulators


def age(engine, days, *numbers):
    """Lets activities have been fetched so many days ago."""
    with engine.begin() as conn:
        conn.execute(
            text(
                "UPDATE remote_activities SET fetched_at = now() - make_interval(days => :days)"
                " WHERE remote_id = ANY (:numbers)"
            ),
            {"days": days, "numbers": list(numbers)},
        )


def held(engine, user):
    return [int(each[0]) for each in connected.activities(engine, user)]


def test_what_was_fetched_longer_ago_goes_with_all_that_was_told_of_it(engine, user, sims):
    first, second, third = sorted(sims.world.people["ann"].activities)
    age(engine, 8, first)
    age(engine, 6, second)
    strava_retention.choose(engine, user, 7)
    assert strava_retention.apply(engine, user) == 1
    assert held(engine, user) == [second, third]
    assert len(make.rows(engine, "SELECT FROM originals")) == 2
    rows = make.rows(engine, "SELECT remote_id FROM remote_activities WHERE summary IS NULL")
    assert [row["remote_id"] for row in rows] == [first]
    assert connected.again(engine, user, "strava", all_of_it=True)["activities_new"] == 0
    assert held(engine, user) == [second, third]


def test_without_a_choice_it_is_kept_while_connected(engine, user, sims):
    age(engine, 3000, *sims.world.people["ann"].activities)
    assert strava_retention.choosers(engine) == []
    assert strava_retention.apply(engine, user) == 0
    assert len(held(engine, user)) == 3


@pytest.mark.parametrize("longer", [None, 30])
def test_what_had_to_go_comes_back_when_it_may_stay_longer(engine, user, sims, longer):
    numbers = sorted(sims.world.people["ann"].activities)
    age(engine, 8, *numbers)
    strava_retention.choose(engine, user, 7)
    tidying.tidy(engine)
    assert held(engine, user) == []
    strava_retention.choose(engine, user, longer)
    assert connected.again(engine, user, "strava")["status"] == "done"
    assert held(engine, user) == numbers


def test_a_file_of_the_same_activity_stays(engine, user, sims, tmp_path):
    activity = next(iter(sims.world.people["ann"].activities.values()))
    start = datetime.fromtimestamp(activity.start_s, UTC)
    run = make.gpx(start, activity.elapsed_s)
    make.take(engine, make.written(tmp_path, "same.gpx", run))
    assert len(held(engine, user)) == 3
    age(engine, 8, *sims.world.people["ann"].activities)
    strava_retention.choose(engine, user, 7)
    assert strava_retention.apply(engine, user) == 3
    (left,) = make.rows(engine, "SELECT source, name FROM activities")
    assert left == {"source": "gpx", "name": "From the phone"}


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_it_is_kept_for_a_day_at_least(engine, user, days):
    with pytest.raises(InputError):
        strava_retention.choose(engine, user, days)
