import numpy as np
import pytest

from runsous.analysis import stretches, ways
from tests.analysis.make_ways import make_way

STRAIGHT = [(0, 0), (0, 3000)]


def passes(stretch, *some):
    return stretches.passes(stretch, stretches.Ways.unpacked([ways.packed(way) for way in some]))


@pytest.fixture
def stretch():
    """From 1000 to 1600 m due east."""
    return stretches.cut(make_way(STRAIGHT), 1000, 1600)


def test_a_cut_begins_and_ends_exactly_where_it_is_told():
    cut = stretches.cut(make_way(STRAIGHT), 1010, 1090)
    assert cut[:, 2].tolist() == pytest.approx([1010, 1025, 1050, 1075, 1090])
    assert cut[:, 0].tolist() == pytest.approx([d / 3 for d in (1010, 1025, 1050, 1075, 1090)])


def test_a_pass_takes_as_long_as_600_m_do(stretch):
    found = passes(stretch, make_way(STRAIGHT, 4.0, heartrate=160.0, noise_m=2))
    assert len(found) == 1
    only = found.iloc[0]
    assert only["since_s"] == pytest.approx(250, abs=2)
    assert only["until_s"] == pytest.approx(400, abs=2)
    assert only["moving_s"] == pytest.approx(150, abs=2)
    assert only["pace_s_per_km"] == pytest.approx(250, abs=4)
    assert only["heartrate"] == pytest.approx(160)


def test_passes_of_many_ways_are_told_apart(stretch):
    elsewhere = make_way([(500, 0), (500, 3000)])
    found = passes(stretch, make_way(STRAIGHT, 2.5), elsewhere, make_way(STRAIGHT, 5.0))
    assert found["place"].tolist() == [0, 2]
    assert found["moving_s"].tolist() == pytest.approx([240, 120], abs=0.1)
    assert np.isnan(found["heartrate"]).all()


def test_the_other_direction_is_no_pass(stretch):
    assert passes(stretch, make_way(STRAIGHT[::-1])).empty


def test_every_repeat_of_a_hill_is_a_pass_without_turning_around(stretch):
    # Up and down three times, forty metres beyond each end: rows of a way are 25 m apart.
    turns = [(0, at) for at in (960, 1640) * 3]
    found = passes(stretch, make_way([(0, 0), *turns, (0, 0)]))
    assert found["moving_s"].tolist() == pytest.approx([200] * 3, abs=0.1)
    # The second ascent begins after 960 + 680 + 680 + 40 m.
    assert found["since_s"].tolist()[1] == pytest.approx(2360 / 3, abs=0.1)


def test_pauses_count_as_time_but_not_as_moving(stretch):
    only = passes(stretch, make_way(STRAIGHT, pauses=((400.0, 460.0),))).iloc[0]
    assert only["moving_s"] == pytest.approx(200, abs=0.1)
    assert only["until_s"] - only["since_s"] == pytest.approx(260, abs=0.1)


def test_heart_rate_is_the_mean_over_the_time_of_the_pass(stretch):
    # Rises by one beat in ten seconds: halfway, after 1300 m, it is at 120 + 43.3.
    rising = 120 + np.arange(1001) / 10
    assert passes(stretch, make_way(STRAIGHT, heartrate=rising)).iloc[0]["heartrate"] == (
        pytest.approx(120 + 1300 / 30, abs=0.1)
    )


@pytest.mark.parametrize(("aside_m", "count"), [(30, 1), (60, 0)])
def test_a_way_around_is_no_pass(stretch, aside_m, count):
    around = [(0, 0), (0, 1100), (aside_m, 1160), (aside_m, 1440), (0, 1500), (0, 3000)]
    assert len(passes(stretch, make_way(around))) == count


@pytest.mark.parametrize(("aside_m", "count"), [(25, 1), (50, 0)])
def test_a_pass_comes_by_both_ends(stretch, aside_m, count):
    late = [(aside_m, 0), (aside_m, 1000), (0, 1080), (0, 3000)]
    early = [(0, 0), (0, 1520), (aside_m, 1600), (aside_m, 3000)]
    assert len(passes(stretch, make_way(late))) == count
    assert len(passes(stretch, make_way(early))) == count


def test_who_begins_or_ends_on_the_stretch_did_not_pass_it(stretch):
    assert passes(stretch, make_way([(0, 1100), (0, 3000)])).empty
    assert passes(stretch, make_way([(0, 0), (0, 1500)])).empty


@pytest.mark.parametrize(("detour_m", "count"), [(30, 1), (60, 0)])
def test_a_pass_is_of_the_stretchs_length(stretch, detour_m, count):
    # Back and forth once on the way: twice that much longer, and never aside.
    corners = [(0, 0), (0, 1300 + detour_m / 2), (0, 1300 - detour_m / 2), (0, 3000)]
    assert len(passes(stretch, make_way(corners))) == count


def test_laps_are_passed_once_each():
    lap = [(0, 0), (0, 200), (100, 200), (100, 0), (0, 0)]
    way = make_way(lap + 3 * lap[1:])
    found = passes(stretches.cut(way, 100, 700), way)
    # From 100 m on every 600 m, the last of four laps has no end.
    assert found["since_s"].tolist() == pytest.approx([100 / 3, 700 / 3, 1300 / 3], abs=0.2)


def test_a_stretch_may_lie_across_the_180th_meridian():
    here, there = make_way(STRAIGHT, west=179.99), make_way(STRAIGHT, 4.0, west=179.99)
    turned = there - [0, 0, 0, 0, 360, 0]
    assert len(passes(stretches.cut(here, 300, 1200), here, turned)) == 2


def test_whoever_passes_reaches_the_box():
    for corners in (STRAIGHT, [(0, 0), (700, 700)]):
        way = make_way(corners)
        south, west, north, east = stretches.box(stretches.cut(way, 100, 800))
        beside = make_way([(n + 20, e + 20) for n, e in corners])
        for one in (way, beside):
            s, w, n, e = ways.bounds(one)
            assert s <= south
            assert w <= west
            assert n >= north
            assert e >= east
    other = make_way([(0, 0), (0, 600)])
    assert ways.bounds(other)[3] < stretches.box(stretches.cut(make_way(STRAIGHT), 100, 800))[3]


def climbing(*slopes: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Distance and altitude, every 5 m, of parts so long and so steep."""
    grades = np.concatenate([np.full(round(length / 5), grade) for length, grade in slopes])
    distance = np.arange(grades.size + 1) * 5.0
    return distance, 200 + np.append(0, np.cumsum(grades * 5))


def test_the_steepest_climb_is_found():
    distance, altitude = climbing((1000, 0.01), (400, 0.08), (600, -0.1), (500, 0.05))
    since, until = stretches.steepest(distance, altitude)
    assert 1000 <= since <= until - 300 <= 1100
    assert until <= 1400


def test_without_a_climb_there_is_none():
    assert stretches.steepest(*climbing((2000, -0.02))) is None
    assert stretches.steepest(*climbing((200, 0.1))) is None
    flat = np.arange(0, 3000, 5.0)
    assert stretches.steepest(flat, np.full(flat.size, np.nan)) is None
