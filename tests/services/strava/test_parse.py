from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from runsous.analysis.recording import complete
from runsous.model import SPORTS, Lap
from runsous.services.strava import parse
from tests.services.strava.make import SUMMARY, keyed, told


def completed(*args, **kwargs):
    return complete(parse.workout(told(*args, **kwargs)), home_zone=None)


def test_the_summary_alone_is_a_workout_with_its_totals():
    run = parse.workout(told())
    assert (run.kind, run.sport, run.sub_sport) == ("strava", "run", None)
    assert run.start_time == datetime(2026, 6, 20, 5, 30, tzinfo=UTC)
    assert (run.utc_offset_s, run.time_zone) == (7200, "Europe/Berlin")
    assert (run.elapsed_time_s, run.timer_time_s, run.distance_m) == (3000, 3000, 9000)
    assert (run.average_heartrate, run.max_heartrate) == (148.3, 171)
    assert run.elevation_gain_m == 61
    assert (run.name, run.external_id, run.is_start_hidden) == ("Morning Run", "16000000001", False)
    assert run.samples.empty
    assert run.pauses is None


def test_channels_come_by_their_meaning_and_gaps_in_them_stay_gaps():
    samples = parse.workout(
        told(
            time=[0, 3, 4, 9],
            latlng=[[48.1, 11.5], [], None, [48.2, 11.6]],
            distance=[0.0, 8.1, 11.0, 25.0],
            altitude=[510.0, 510.2, 510.4, 511.0],
            velocity_smooth=[0.0, 2.7, 2.8, 2.8],
            heartrate=[83, 84, 85, 90],
            cadence=[78, 79, 79, 80],
            watts=[None, 210, None, 220],
            temp=[19, 19, 20, 20],
            moving=[False, True, True, True],
        )
    ).samples
    assert samples["time_s"].tolist() == [0, 3, 4, 9]
    assert samples["cadence"].tolist() == [78, 79, 79, 80]
    assert samples["speed_mps"].tolist() == [0.0, 2.7, 2.8, 2.8]
    assert samples["temperature_c"].tolist() == [19, 19, 20, 20]
    np.testing.assert_array_equal(samples["power_w"], [np.nan, 210, np.nan, 220])
    np.testing.assert_array_equal(samples["latitude"], [48.1, np.nan, np.nan, 48.2])
    np.testing.assert_array_equal(samples["longitude"], [11.5, np.nan, np.nan, 11.6])


def test_times_out_of_order_or_twice_are_put_in_order():
    samples = parse.workout(told(time=[0, 5, 3, 3, None], heartrate=[80, 85, 83, 99, 70])).samples
    assert samples["time_s"].tolist() == [0, 3, 5]
    assert samples["heartrate"].tolist() == [80, 83, 85]


def test_both_forms_of_streams_and_what_was_kept_of_them_are_read_alike():
    by_type = keyed(time=[0, 1], heartrate=[80, 81], grade_smooth=[0.1, 0.2])
    listed = [{"type": name, **stream} for name, stream in by_type.items()]
    kept = {"time": [0, 1], "heartrate": [80, 81]}
    assert parse.streams(by_type) == parse.streams(listed) == parse.streams(kept) == kept
    assert parse.streams({}) == parse.streams([]) == {}


@pytest.mark.parametrize(
    "odd",
    [
        keyed(time=[0, 1, 2], heartrate=[80, 81]),
        keyed(heartrate=[80, 81]),
        {"message": "Something went wrong"},
        keyed(time=["0", "1"]),
        keyed(time=[0, 1], heartrate=[80, {}]),
        keyed(time=[0, 1], heartrate=[80, [81]]),
        keyed(time=[0, 1], latlng=[[48.1, 11.5], [48.1]]),
        keyed(time=[0, 1], latlng=[[48.1, 11.5], 7]),
        keyed(time=[0, 1], watts=[10**400, 1]),
        {"time": {"data": "0,1"}},
        [7],
        "streams",
        None,
    ],
    ids=lambda odd: json.dumps(odd)[:60],
)
def test_streams_that_do_not_belong_together_are_nonsense(odd):
    with pytest.raises(ValueError, match=r".+"):
        parse.streams(odd)


def test_cadence_of_one_leg_becomes_steps_and_that_of_a_bike_does_not():
    run = completed(time=[0, 1, 2], cadence=[78, 79, 80])
    assert run.samples["cadence"].tolist() == [156, 158, 160]
    assert run.cadence_unit == "spm"
    ride = completed({"sport_type": "Ride"}, time=[0, 1, 2], cadence=[78, 79, 80])
    assert ride.samples["cadence"].tolist() == [78, 79, 80]
    assert completed().average_cadence == 163.0


@pytest.mark.parametrize(
    ("sport_type", "expected"),
    [
        ("TrailRun", ("run", "trail")),
        ("VirtualRide", ("ride", "virtual")),
        ("InlineSkate", ("skate", None)),
        ("TableTennis", ("other", "Table Tennis")),
        ("EBikeRide", ("ride", "e_bike")),
        ("NewSport2027", ("other", "New Sport2027")),
        ("", ("run", None)),
    ],
)
def test_sports_have_our_words(sport_type, expected):
    run = parse.workout(told({"sport_type": sport_type}))
    assert (run.sport, run.sub_sport) == expected
    assert run.sport in SPORTS


def test_a_run_on_a_trainer_is_on_a_treadmill():
    assert parse.workout(told({"trainer": True})).sub_sport == "treadmill"


class TestStart:
    def test_an_offset_is_taken_as_told_and_else_from_the_two_times(self):
        nepal = {"start_date_local": "2026-06-20T11:15:00Z", "utc_offset": 20700.0}
        assert parse.workout(told(nepal)).utc_offset_s == 20700
        silent = nepal | {"utc_offset": None, "timezone": None}
        run = parse.workout(told(silent))
        assert (run.utc_offset_s, run.time_zone) == (20700, None)
        assert parse.workout(told(silent | {"start_date_local": None})).utc_offset_s is None

    def test_an_activity_without_a_place_lies_in_the_zone_it_names(self):
        run = completed()
        assert (run.time_zone, run.utc_offset_s) == ("Europe/Berlin", 7200)

    def test_a_label_that_contradicts_the_offset_is_not_believed(self):
        run = completed({"utc_offset": -18000.0})
        assert (run.time_zone, run.utc_offset_s) == (None, -18000)
        unknown = completed({"timezone": "(GMT+02:00) Middle/Earth"})
        assert (unknown.time_zone, unknown.utc_offset_s) == (None, 7200)

    @pytest.mark.parametrize("hour", [0, 11])
    @pytest.mark.parametrize(
        ("offset", "utc"), [(7200.0, "2026-06-19T22:00:01Z"), (-18000.0, "2026-06-20T05:00:01Z")]
    )
    def test_a_hidden_start_is_of_its_day_wherever_that_was(self, offset, utc, hour):
        shown = "2026-06-20T00:00:01Z"
        begun = shown if hour == 0 else utc
        hidden = {"start_date": begun, "start_date_local": shown, "utc_offset": offset}
        run = parse.workout(told(hidden))
        assert run.is_start_hidden
        assert run.start_time == parse.start(hidden) == datetime.fromisoformat(utc)
        assert parse.latest_start(hidden).timestamp() - run.start_time.timestamp() == 25 * 3600

    def test_a_start_that_is_told_is_neither_hidden_nor_a_range(self):
        # A second past midnight in London, when it is an hour later in Berlin.
        late = {"start_date": "2026-06-20T00:00:01Z", "start_date_local": "2026-06-20T02:00:01Z"}
        assert not parse.workout(told(late)).is_start_hidden
        assert parse.start(SUMMARY) == parse.latest_start(SUMMARY)
        assert parse.start(SUMMARY).isoformat() == "2026-06-20T05:30:00+00:00"


class TestPauses:
    def run(self, step_m, moving_s=3000, jumps=((1000, 1100),), elapsed_s=3000, every_s=1):
        """An hour at 3 m/s with a sample a second, but none inside the jumps."""
        time = np.arange(0, elapsed_s + 1, every_s)
        for start, end in jumps:
            time = time[(time <= start) | (time >= end)]
        step = np.diff(time, prepend=0) * 3.0
        step[np.diff(time, prepend=0) > every_s] = step_m
        summary = {"elapsed_time": elapsed_s, "moving_time": moving_s}
        return completed(summary, time=time.tolist(), distance=np.cumsum(step).tolist())

    def test_a_jump_without_way_is_a_pause(self):
        run = self.run(step_m=1.0, moving_s=2900)
        assert run.pauses == ((1000.0, 1100.0),)
        assert run.moving_time_s == 2900

    def test_a_short_one_too(self):
        run = self.run(step_m=0.5, moving_s=2991, jumps=((1000, 1010),))
        assert run.pauses == ((1000.0, 1010.0),)

    def test_a_jump_in_full_motion_is_none(self):
        assert self.run(step_m=300.0, moving_s=2900).pauses == ()

    def test_steps_of_a_watch_that_saves_memory_are_none(self):
        every = tuple((n, n + 7) for n in range(0, 2990, 7))
        assert self.run(step_m=1.0, jumps=every, moving_s=2000).pauses == ()

    def test_where_strava_says_that_it_never_stood_there_are_none(self):
        assert self.run(step_m=1.0, moving_s=3000).pauses == ()

    def test_without_a_distance_nothing_tells_a_pause_from_a_silent_strap(self):
        beats = completed(time=[0, 10, 2000, 3000], heartrate=[80, 90, 85, 70])
        assert beats.pauses == ()


class TestLaps:
    LAPS = (
        {"start_date": "2026-06-20T05:30:00Z", "elapsed_time": 600, "start_index": 0},
        {
            "start_date": "2026-06-20T05:41:00Z",
            "elapsed_time": 300,
            "moving_time": 290,
            "distance": 900.5,
            "start_index": 2,
        },
    )
    EXPECTED = (Lap(0.0, 600.0), Lap(660.0, 300.0, 290.0, 900.5))

    def test_they_begin_where_their_first_sample_does(self):
        run = parse.workout(told(None, {"laps": list(self.LAPS)}, time=[0, 330, 660, 900]))
        assert run.laps == self.EXPECTED

    def test_without_samples_they_begin_when_they_say(self):
        assert parse.workout(told(None, {"laps": list(self.LAPS)})).laps == self.EXPECTED

    def test_hidden_times_of_day_do_not_move_them(self):
        shown = {"start_date": "2026-06-20T00:00:01Z", "start_date_local": "2026-06-20T00:00:01Z"}
        laps = [lap | shown for lap in self.LAPS]
        run = parse.workout(told(shown, {"laps": laps}, time=[0, 330, 660, 900]))
        assert run.laps == self.EXPECTED
        run = parse.workout(told(shown, {"laps": laps}))
        assert [lap.start_s for lap in run.laps] == [0.0, 600.0]

    @pytest.mark.parametrize("laps", [None, 7, [], [None, {}, {"elapsed_time": "x"}]])
    def test_odd_ones_are_left_out(self, laps):
        assert parse.workout(told(None, {"laps": laps})).laps == ()


def test_details_bring_the_description_the_device_and_no_more():
    detail = {
        "description": " First line \r\n\r\nsecond  line\x00",
        "device_name": "Garmin  fēnix 7",
        "laps": [TestLaps.LAPS[0] | {"max_speed": 5.6, "pace_zone": 2}],
        "segment_efforts": [{}] * 50,
    }
    kept = parse.detail(SUMMARY | detail)
    assert set(kept) == {"description", "device_name", "laps"}
    assert kept["laps"] == [TestLaps.LAPS[0]]
    run = parse.workout(told(None, kept))
    assert run.description == "First line\n\nsecond line"
    assert run.device == "Garmin fēnix 7"


def test_what_is_kept_of_a_summary_is_the_same_from_list_and_details():
    liked = SUMMARY | {"kudos_count": 9, "resource_state": 3, "device_name": "x", "calories": 1}
    assert parse.summary(liked) == parse.summary(SUMMARY)
    assert parse.workout({**told(), "summary": parse.summary(SUMMARY)}).name == "Morning Run"


def test_a_new_name_leaves_the_shape_and_a_crop_does_not():
    shape = parse.shape(parse.summary(SUMMARY))
    renamed = SUMMARY | {"name": "Long Run", "visibility": "only_me", "sport_type": "TrailRun"}
    assert parse.shape(parse.summary(renamed)) == shape
    assert parse.shape(parse.summary(SUMMARY | {"elapsed_time": 2900})) != shape


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        {"id": "16", "start_date": "2026-06-20T05:30:00Z"},
        {"id": True, "start_date": "2026-06-20T05:30:00Z"},
        {"id": 16},
        {"id": 16, "start_date": "yesterday"},
        {"id": 16, "start_date": 1_795_200_000},
    ],
)
def test_what_has_no_number_or_start_is_no_summary(odd):
    assert not parse.is_summary(odd)
    assert parse.is_summary({"id": 16, "start_date": "2026-06-20T05:30:00Z"})


def test_nothing_but_number_and_start_is_needed():
    bare = {"id": 16, "start_date": "2026-06-20T05:30:00Z"}
    run = parse.workout({"summary": bare, "streams": None, "detail": None})
    assert (run.sport, run.name, run.elapsed_time_s, run.distance_m) == ("other", None, None, None)


@pytest.mark.parametrize("odd", ["12", True, [], {}, "x", 1e400])
def test_totals_of_another_kind_are_no_totals_or_numbers(odd):
    run = parse.workout(told({"distance": odd, "average_heartrate": odd, "utc_offset": odd}))
    assert run.distance_m in (None, 12.0)
