"""What kind of workout an activity was, by how its speed went."""

import numpy as np
import pytest

from runsous.analysis.grade import cost
from runsous.analysis.kinds import kind
from tests.analysis.make import make_samples


def run(*stretches):
    """Samples of stretches one after the other: (minutes, m/s), or (minutes, from, to)."""
    speed = np.concatenate(
        [np.linspace(fast[0], fast[-1], int(minutes * 60)) for minutes, *fast in stretches]
    )
    time = np.arange(speed.size + 1)
    return make_samples(time, distance_m=np.append(0, np.cumsum(speed)))


@pytest.mark.parametrize(
    ("expected", "samples"),
    [
        ("short", run((9, 3.0))),
        ("steady", run((10, 3.0))),
        ("steady", run((50, 3.0))),
        ("steady", run((89, 3.0))),
        ("long", run((91, 3.0))),
        ("progression", run((40, 2.7, 3.3))),
        ("progression", run((20, 2.8), (20, 3.0), (20, 3.3))),
        # However long: how it went says more.
        ("progression", run((120, 2.7, 3.3))),
        # 4 % are not 5 %; 6 % are.
        ("steady", run((20, 3.0), (20, 3.06), (20, 3.12))),
        ("progression", run((20, 3.0), (20, 3.09), (20, 3.18))),
        # Faster at the end, but not all the way up.
        ("steady", run((15, 3.0), (15, 3.3), (15, 2.6), (5, 3.4), (10, 3.1))),
        ("steady", run((40, 3.3, 2.7))),
        ("intervals", run((10, 2.6), *[(3, 4.2), (3, 2.4)] * 5, (10, 2.6))),
        # Two surges make no workout of intervals.
        ("steady", run((10, 2.6), (3, 4.2), (14, 2.6), (3, 4.2), (20, 2.6))),
        # Nor do many that are hardly faster.
        ("steady", run(*[(3, 3.2), (3, 2.9)] * 8)),
    ],
)
def test_the_kind_follows_from_how_the_speed_went(expected, samples):
    assert kind(samples, (), "run") == expected


def test_without_a_way_there_is_no_kind():
    assert kind(make_samples(np.arange(3600.0), heartrate=150.0), (), "run") is None
    assert kind(make_samples(np.arange(3600.0), distance_m=0.0), (), "run") is None
    assert kind(make_samples(np.empty(0)), (), "run") is None


def test_rests_with_the_watch_paused_are_no_slow_stretches():
    time = np.concatenate([np.arange(0, 601), np.arange(900, 1501), np.arange(1800, 2401)])
    moved = np.concatenate([np.arange(0, 601), np.arange(600, 1201), np.arange(1200, 1801)])
    samples = make_samples(time, distance_m=3.0 * moved)
    assert kind(samples, ((600.0, 900.0), (1500.0, 1800.0)), "run") == "steady"


def test_ten_minutes_are_counted_without_pauses():
    time = np.concatenate([np.arange(0, 301), np.arange(900, 1141)])
    moved = np.concatenate([np.arange(0, 301), np.arange(300, 541)])
    assert kind(make_samples(time, distance_m=3.0 * moved), ((300.0, 900.0),), "run") == "short"


def test_samples_without_a_distance_between_the_others_change_nothing():
    samples = run((40, 2.7, 3.3))
    samples.loc[samples.index % 3 == 1, "distance_m"] = np.nan
    assert kind(samples, (), "run") == "progression"


def hilly(flat_mps, share, steepness=0.04):
    """Samples over hills of five minutes, up and down in turn, at speeds one a second on the flat.

    ``share`` of what a hill costs is slowed down (or sped up) for: 1 is an even effort, 0 an even
    pace.
    """
    steep = np.where(np.arange(flat_mps.size) % 600 < 300, steepness, -steepness)
    speed = flat_mps / (cost(steep) / 3.6) ** share
    way = np.append(0, np.cumsum(speed))
    height = np.append(0, np.cumsum(speed * steep))
    return make_samples(np.arange(way.size), distance_m=way, altitude_m=100 + height)


EVEN = np.full(3600, 3.0)
UP = np.linspace(2.7, 3.3, 3600)
FAST_AND_SLOW = np.tile(np.repeat([4.2, 2.4], 180), 10)


@pytest.mark.parametrize(
    ("expected", "sport", "samples"),
    [
        *[("steady", "run", hilly(EVEN, share)) for share in (0.0, 0.5, 1.0)],
        # Hills of a trail, up to walking.
        *[("steady", sport, hilly(EVEN, 1.0, 0.12)) for sport in ("run", "walk", "hike")],
        ("progression", "run", hilly(UP, 1.0)),
        ("steady", "run", hilly(UP[::-1], 1.0)),
        # Up in the first half, down in the second: faster, but not in earnest.
        ("steady", "run", hilly(EVEN[:600], 1.0)),
        ("intervals", "run", hilly(FAST_AND_SLOW, 1.0, 0.0)),
        ("intervals", "run", hilly(FAST_AND_SLOW, 1.0, 0.02)),
        # What hills cost on wheels is another matter: speeds as they were.
        ("intervals", "ride", hilly(EVEN, 1.0, 0.06)),
    ],
)
def test_hills_alone_make_no_workout(expected, sport, samples):
    assert kind(samples, (), sport) == expected
