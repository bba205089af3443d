"""FIT files, made in code, whole and damaged."""

from __future__ import annotations

import random
import struct
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from runsous import frames, model
from runsous.errors import InputError
from runsous.files.fit import is_fit, read_fit
from runsous.model import Workout
from tests.files.make_fit import FitWriter, fit_run, seconds, with_frame

START = datetime(2024, 5, 1, 8, tzinfo=UTC)
GARMIN, SUUNTO, COROS = 1, 23, 294
STOP, STOP_ALL, RUN = 1, 4, 0


def after(second: float) -> datetime:
    return START + timedelta(seconds=second)


def workout(content: bytes) -> Workout:
    (only,) = read_fit(content).workouts
    return only


def records(fit: FitWriter, n: int = 3, **values: object) -> None:
    for second in range(n):
        fit.add("record", timestamp=after(second), **values)


def session(fit: FitWriter, **values: object) -> None:
    fit.add("session", **({"start_time": START, "total_elapsed_time": 100, "sport": 1} | values))


def column(content: bytes, name: str) -> list[float]:
    return workout(content).samples[name].tolist()


# What a healthy file says


def test_a_run_is_told_in_seconds_after_its_start_and_physical_units():
    run = workout(fit_run(START, 600, total_ascent=12, avg_heart_rate=140, max_heart_rate=159))
    assert run.kind == "fit"
    assert run.start_time == START
    assert (run.sport, run.sub_sport) == ("run", None)
    assert (run.elapsed_time_s, run.timer_time_s, run.distance_m) == (600, 600, 1800)
    assert (run.elevation_gain_m, run.average_heartrate, run.max_heartrate) == (12, 140, 159)
    assert run.utc_offset_s == 7200
    assert run.device == "garmin fr945"
    assert run.notes == ()
    assert [(lap.start_s, lap.elapsed_s, lap.distance_m) for lap in run.laps] == [(0, 600, 1800)]
    assert list(run.samples.columns) == list(frames.SAMPLES)
    assert len(run.samples) == 600
    last = run.samples.iloc[-1]
    assert last["time_s"] == 599
    assert last["distance_m"] == 1797
    assert last["latitude"] == pytest.approx(50.08 + 1797 / 111_195, abs=1e-7)
    assert last["longitude"] == pytest.approx(14.42, abs=1e-7)
    assert (last["altitude_m"], last["speed_mps"], last["heartrate"]) == (200, 3, 159)


def test_cadence_stays_per_leg_with_its_fraction():
    assert set(column(fit_run(START, 5), "cadence")) == {85.5}


def test_values_written_as_invalid_are_missing():
    fit = FitWriter()
    records(fit, heart_rate=None, distance=None, position_lat=None, power=None, altitude=None)
    samples = workout(fit.content()).samples
    assert len(samples) == 3
    assert frames.channels(samples) == ()


def test_a_heart_rate_of_zero_is_none():
    fit = FitWriter()
    records(fit, heart_rate=0)
    assert np.isnan(column(fit.content(), "heartrate")).all()


def test_enhanced_values_win_over_plain_ones_where_both_are():
    fit = FitWriter()
    fit.add("record", timestamp=START, speed=1, enhanced_speed=2, altitude=10, enhanced_altitude=20)
    fit.add("record", timestamp=after(1), speed=3, altitude=30)
    assert column(fit.content(), "speed_mps") == [2, 3]
    assert column(fit.content(), "altitude_m") == [20, 30]


def test_records_before_the_session_start_move_the_start():
    fit = FitWriter()
    records(fit, 5)
    session(fit, start_time=after(2))
    run = workout(fit.content())
    assert run.start_time == START
    assert run.samples["time_s"].tolist() == [0, 1, 2, 3, 4]


def test_two_records_of_one_second_are_one_sample():
    fit = FitWriter()
    fit.add("record", timestamp=START, distance=10)
    fit.add("record", timestamp=START, heart_rate=100, distance=20)
    fit.add("record", timestamp=START, distance=30)
    samples = workout(fit.content()).samples
    assert samples[["heartrate", "distance_m"]].values.tolist() == [[100, 30]]


def test_samples_are_in_order_even_if_records_are_not():
    fit = FitWriter()
    for second in (2, 0, 1):
        fit.add("record", timestamp=after(second), heart_rate=100 + second)
    assert column(fit.content(), "heartrate") == [100, 101, 102]


def test_times_in_headers_count_on_from_the_last_whole_time():
    fit = FitWriter()
    fit.add("record", timestamp=START, heart_rate=100)
    for second in (20, 31, 33, 70):
        fit.add("record", time_offset=seconds(after(second)), heart_rate=101)
    # Five bits tell 70 from the 33 before it only as 38.
    assert column(fit.content(), "time_s") == [0, 20, 31, 33, 38]


def test_packed_speed_and_distance_are_unpacked_over_the_roll_over():
    fit = FitWriter()
    for second, sixteenths in enumerate((16, 4080, 32)):
        speed = 354
        packed = bytes((speed & 255, speed >> 8 | (sixteenths & 15) << 4, sixteenths >> 4))
        fit.add("record", timestamp=after(second), compressed_speed_distance=packed)
    assert column(fit.content(), "speed_mps") == [3.54] * 3
    assert column(fit.content(), "distance_m") == [1, 255, 258]


# Developer fields


def test_a_developer_power_serves_where_the_device_measures_none():
    fit = FitWriter()
    fit.describe("Power", "uint16", "Watts", native=7)
    fit.describe("Form Power", "uint16", "Watts")
    fit.add("record", timestamp=START, developer={"Power": 250, "Form Power": 70})
    fit.add("record", timestamp=after(1), developer={"Power": None, "Form Power": 70})
    assert column(fit.content(), "power_w") == pytest.approx([250, np.nan], nan_ok=True)


def test_a_developer_field_never_mixes_with_the_device_s_own_measure():
    fit = FitWriter()
    fit.describe("distance", "float32", "m")
    fit.add("record", timestamp=START, distance=100, developer={"distance": 555})
    fit.add("record", timestamp=after(1), developer={"distance": 556})
    assert column(fit.content(), "distance_m") == pytest.approx([100, np.nan], nan_ok=True)


def test_a_developer_speed_in_other_units_is_not_taken():
    fit = FitWriter()
    fit.describe("Speed", "float32", "km/h")
    fit.describe("Distance", "float32", "Meters")
    records(fit, developer={"Speed": 12, "Distance": 42})
    assert np.isnan(column(fit.content(), "speed_mps")).all()
    assert column(fit.content(), "distance_m") == [42] * 3


# Sessions


def triathlon(*, is_summed_up: bool) -> bytes:
    fit = FitWriter()
    for second in range(30):
        fit.add("record", timestamp=after(second), distance=10 * second)
    for n, sport in enumerate((5, 3, 2)):
        session(fit, start_time=after(10 * n), total_elapsed_time=10, sport=sport)
        fit.add("lap", start_time=after(10 * n), total_elapsed_time=10)
    if is_summed_up:
        session(fit, start_time=START, total_elapsed_time=30, sport=18)
    return fit.content()


@pytest.mark.parametrize("is_summed_up", [True, False])
def test_each_session_is_a_workout_with_its_own_samples_laps_and_distance(is_summed_up):
    workouts = read_fit(triathlon(is_summed_up=is_summed_up)).workouts
    assert [w.sport for w in workouts] == ["swim", "transition", "ride"]
    assert [w.start_time for w in workouts] == [START, after(10), after(20)]
    assert [w.samples["time_s"].tolist() for w in workouts] == [list(range(10))] * 3
    assert [w.samples["distance_m"].iloc[-1] for w in workouts] == [90, 100, 100]
    assert [[lap.start_s for lap in w.laps] for w in workouts] == [[0], [0], [0]]


def test_chained_files_are_read_one_by_one():
    later = START + timedelta(hours=1)
    workouts = read_fit(fit_run(START, 5) + fit_run(later, 7)).workouts
    assert [(w.start_time, len(w.samples)) for w in workouts] == [(START, 5), (later, 7)]


def test_a_file_without_a_session_is_one_workout_of_the_sport_it_announced():
    fit = FitWriter()
    fit.add("sport", sport=1, sub_sport=3)
    records(fit)
    run = workout(fit.content())
    assert (run.sport, run.sub_sport, run.start_time) == ("run", "trail", START)
    assert run.elapsed_time_s is None
    assert run.distance_m is None


@pytest.mark.parametrize(
    ("sport", "sub_sport", "expected"),
    [
        (1, 0, ("run", None)),
        (1, 3, ("run", "trail")),
        (4, 1, ("run", "treadmill")),
        (2, 58, ("ride", "virtual_activity")),
        (21, 0, ("ride", "e_biking")),
        (5, 17, ("swim", "lap_swimming")),
        (10, 20, ("strength", "strength_training")),
        (10, 0, ("workout", None)),
        (4, 15, ("elliptical", "elliptical")),
        (19, 0, ("other", "paddling")),
        (0, 0, ("other", None)),
        (None, None, ("other", None)),
        (250, 250, ("other", None)),
    ],
)
def test_sports_are_ours_and_the_finer_word_is_the_profile_s(sport, sub_sport, expected):
    fit = FitWriter()
    records(fit)
    session(fit, sport=sport, sub_sport=sub_sport)
    run = workout(fit.content())
    assert (run.sport, run.sub_sport) == expected
    assert run.sport in model.SPORTS


@pytest.mark.parametrize(
    ("file_id", "expected"),
    [
        ({"manufacturer": GARMIN, "product": 4315}, "garmin fr965"),
        ({"manufacturer": GARMIN, "product": 65000}, "garmin"),
        ({"manufacturer": SUUNTO, "product_name": "Suunto 9 Baro"}, "Suunto 9 Baro"),
        ({"manufacturer": COROS, "product_name": "PACE 3"}, "coros PACE 3"),
        ({"manufacturer": None}, None),
    ],
)
def test_the_device_is_named_readably(file_id, expected):
    fit = FitWriter(**file_id)
    records(fit)
    assert workout(fit.content()).device == expected


# Pauses


def timed(*events: tuple[int, int], **summary: object) -> Workout:
    fit = FitWriter()
    records(fit)
    for second, kind in events:
        fit.timer(after(second), kind)
    session(fit, **summary)
    return workout(fit.content())


@pytest.mark.parametrize("stop", [STOP, STOP_ALL, 8, 9])
def test_a_pause_is_from_a_stop_of_any_kind_to_the_next_start(stop):
    assert timed((0, RUN), (20, stop), (35, RUN), (100, stop)).pauses == ((20, 35),)


def test_a_second_stop_does_not_shorten_the_pause():
    assert timed((20, STOP), (25, STOP_ALL), (35, RUN), (40, RUN)).pauses == ((20, 35),)


def test_the_stop_at_the_end_is_not_a_pause():
    assert timed((0, RUN), (100, STOP_ALL)).pauses == ()


def test_a_gap_between_records_is_not_a_pause():
    fit = FitWriter()
    fit.timer(START, RUN)
    fit.add("record", timestamp=START)
    fit.add("record", timestamp=after(60))
    fit.timer(after(60), STOP_ALL)
    assert workout(fit.content()).pauses == ()


def test_without_timer_events_only_a_timer_that_always_ran_tells():
    assert timed(total_elapsed_time=100, total_timer_time=100).pauses == ()
    assert timed(total_elapsed_time=100, total_timer_time=80).pauses is None
    assert timed().pauses is None


def test_pauses_go_to_the_session_they_lie_in():
    fit = FitWriter()
    for second, kind in ((10, STOP_ALL), (15, RUN), (110, STOP_ALL), (130, RUN)):
        fit.timer(after(second), kind)
    session(fit)
    session(fit, start_time=after(100))
    assert [w.pauses for w in read_fit(fit.content()).workouts] == [((10, 15),), ((10, 30),)]


# Zones and clocks


def zoned(manufacturer: int, local: datetime | None) -> int | None:
    fit = FitWriter(manufacturer=manufacturer)
    records(fit)
    fit.add("activity", timestamp=START, local_timestamp=local)
    return workout(fit.content()).utc_offset_s


def test_the_zone_is_local_time_minus_utc():
    assert zoned(GARMIN, START + timedelta(hours=2)) == 7200
    assert zoned(SUUNTO, START - timedelta(hours=3, minutes=30)) == -12600
    assert zoned(GARMIN, START + timedelta(hours=2, seconds=3)) == 7200


def test_a_local_time_that_cannot_be_one_tells_no_zone():
    assert zoned(GARMIN, datetime(1989, 12, 31, tzinfo=UTC)) is None
    assert zoned(GARMIN, None) is None
    assert zoned(GARMIN, START + timedelta(hours=2, minutes=7)) is None


def test_no_difference_to_utc_is_believed_from_garmin_alone():
    assert zoned(GARMIN, START) == 0
    assert zoned(COROS, START) is None


POWERED_ON = datetime(1989, 12, 31, tzinfo=UTC) - timedelta(seconds=-5000)


def since_power_on(fit: FitWriter, second: int) -> datetime:
    return POWERED_ON + timedelta(seconds=second)


def test_times_since_power_on_get_their_date_from_the_session():
    fit = FitWriter()
    for second in range(3):
        fit.add("record", timestamp=since_power_on(fit, second), heart_rate=100)
    session(fit)
    run = workout(fit.content())
    assert run.start_time == START
    assert run.samples["time_s"].tolist() == [0, 1, 2]
    assert run.notes == ()


def test_times_since_power_on_get_their_date_from_a_correlation():
    fit = FitWriter()
    fit.add("timestamp_correlation", timestamp=START, system_timestamp=since_power_on(fit, -60))
    fit.add("record", timestamp=since_power_on(fit, 0))
    session(fit, start_time=since_power_on(fit, 0))
    assert workout(fit.content()).start_time == after(60)


def test_a_watch_that_knows_but_local_time_is_read_with_a_warning():
    fit = FitWriter()
    fit.add("record", timestamp=since_power_on(fit, 0))
    fit.add("record", timestamp=since_power_on(fit, 90))
    session(fit, start_time=since_power_on(fit, 0))
    fit.add("activity", timestamp=since_power_on(fit, 90), local_timestamp=after(90))
    run = workout(fit.content())
    assert run.start_time == START
    assert run.samples["time_s"].tolist() == [0, 90]
    assert run.utc_offset_s is None
    assert "local time" in run.notes[0]


def test_a_file_that_knows_no_date_is_refused():
    fit = FitWriter()
    fit.add("record", timestamp=since_power_on(fit, 0))
    with pytest.raises(InputError, match="no date"):
        read_fit(fit.content())


# Swimming


def swim(*, has_records: bool) -> bytes:
    fit = FitWriter()
    if has_records:
        for second in range(120):
            fit.add("record", timestamp=after(second), heart_rate=100)
    # Written out of order, with the useless time stamps some watches give.
    for index, kind in ((2, 1), (0, 1), (1, 0)):
        fit.add(
            "length",
            message_index=index,
            timestamp=None if index else START,
            start_time=after(30 * index),
            total_elapsed_time=29.6,
            total_strokes=12 if kind else None,
            avg_speed=0.8,
            swim_stroke=2 if kind else None,
            avg_swimming_cadence=24,
            length_type=kind,
        )
    session(fit, sport=5, sub_sport=17, pool_length=25)
    return fit.content()


def test_pool_lengths_are_in_order_and_end_by_their_duration():
    pool = workout(swim(has_records=True))
    assert pool.pool_length_m == 25
    assert [(n.start_s, n.elapsed_s, n.is_active) for n in pool.lengths] == [
        (0, 29.6, True),
        (30, 29.6, False),
        (60, 29.6, True),
    ]
    assert [(n.strokes, n.stroke) for n in pool.lengths] == [
        (12, "breaststroke"),
        (None, None),
        (12, "breaststroke"),
    ]
    assert pool.distance_m == 50


def test_lengths_entered_with_one_start_follow_one_another():
    fit = FitWriter()
    for index in range(2):
        fit.add("length", message_index=index, start_time=START, total_elapsed_time=50.5)
    session(fit, sport=5, pool_length=25)
    pool = workout(fit.content())
    assert [(n.start_s, n.elapsed_s) for n in pool.lengths] == [(0, 50.5), (50.5, 50.5)]


def test_records_that_know_no_distance_learn_it_from_the_lengths():
    samples = workout(swim(has_records=True)).samples
    assert len(samples) == 120
    known = samples.dropna(subset="distance_m")
    assert known[["time_s", "distance_m", "cadence"]].values.tolist() == [
        [30, 25, 24],
        [60, 25, 0],
        [90, 50, 24],
    ]
    assert (known["heartrate"] == 100).all()


def test_a_swim_without_records_has_a_sample_at_the_end_of_each_length():
    samples = workout(swim(has_records=False)).samples
    assert samples[["time_s", "distance_m"]].values.tolist() == [[30, 25], [60, 25], [90, 50]]


def strapped(fit: FitWriter, rates: list[int], every_s: float = 0.5, anchor: float = 100) -> None:
    """Heart rates the strap kept, one each ``every_s`` from the start on, eight a message."""
    fit.add(
        "hr",
        timestamp=START,
        fractional_timestamp=0,
        filtered_bpm=rates[0],
        event_timestamp=anchor,
    )
    ticks = [round((anchor + every_s * n) * 1024) & 0xFFF for n in range(1, len(rates))]
    for begin in range(0, len(ticks), 8):
        block = ticks[begin : begin + 8]
        pairs = zip(block[::2], block[1::2], strict=True)
        packed = b"".join(bytes((a & 255, a >> 8 | (b & 15) << 4, b >> 4)) for a, b in pairs)
        fit.add("hr", filtered_bpm=rates[1 + begin : 9 + begin], event_timestamp_12=packed)


def test_a_strap_s_heartbeats_go_before_the_wrist_s_own():
    fit = FitWriter()
    records(fit, 10, distance=0)
    fit.add("record", timestamp=after(10), heart_rate=77)
    fit.add("record", timestamp=after(14), heart_rate=77)
    session(fit)
    strapped(fit, [100 + n for n in range(17)])
    rates = column(fit.content(), "heartrate")
    # Two beats a second: the record of second n is nearest to beat 2 n. The last was at 8 s,
    # and 5 s later nothing is known of it any more.
    assert rates == [100, 102, 104, 106, 108, 110, 112, 114, 116, 116, 116, 77]


def test_a_strap_s_heartbeats_may_come_in_a_chained_file():
    fit, strap = FitWriter(), FitWriter()
    records(fit, 5)
    session(fit)
    strap.body = b""
    strap._known.clear()
    strapped(strap, [100 + n for n in range(9)])
    rates = column(fit.content() + strap.content(), "heartrate")
    assert rates == [100, 102, 104, 106, 108]


def test_heartbeats_become_samples_where_records_are_rare():
    fit = FitWriter()
    for second in (0, 30):
        fit.add("record", timestamp=after(second), distance=second)
    session(fit)
    strapped(fit, [120] * 57)
    samples = workout(fit.content()).samples
    assert samples["time_s"].tolist() == [*range(29), 30]
    assert samples["heartrate"].tolist() == [120] * 30
    assert samples["distance_m"].dropna().tolist() == [0, 30]


# What is no workout


def test_an_empty_file_is_refused():
    with pytest.raises(InputError, match="empty"):
        read_fit(b"")


@pytest.mark.parametrize(
    ("kind", "word"), [(5, "planned workout"), (6, "course"), (32, "monitoring"), (2, "settings")]
)
def test_other_fit_files_are_refused_by_what_they_are(kind, word):
    fit = FitWriter(type=kind)
    if kind == 6:
        records(fit, position_lat=50, position_long=14)
    with pytest.raises(InputError, match=word):
        read_fit(fit.content())


@pytest.mark.parametrize("content", [b"\x0e", b".FIT" * 9, b"\x0e\x20" * 40, bytes(1000)])
def test_bytes_without_any_message_are_refused(content):
    with pytest.raises(InputError, match="no workout"):
        read_fit(content)


def test_fit_is_known_by_its_content():
    head = fit_run(START, 5)[:64]
    assert is_fit(head)
    assert is_fit(head.replace(b".FIT", b"\0\0\0\0"))
    assert not is_fit(b"")
    assert not is_fit(b"\x1f\x8b\x08\0" + bytes(60))
    assert not is_fit(b'<?xml version="1.0"?><gpx version="1.1">')
    assert not is_fit(b'[{"ts": "2024-05-01T08:00:00Z"}]')


# Damage


def body_of(content: bytes) -> bytes:
    return content[14:-2]


def test_a_wrong_checksum_is_said_and_everything_kept():
    content = fit_run(START, 60)
    run = workout(content[:-1] + bytes((content[-1] ^ 1,)))
    assert len(run.samples) == 60
    assert run.elapsed_time_s == 60
    assert "checksum" in run.notes[0]


def test_a_file_cut_off_keeps_what_was_before_and_says_so():
    content = fit_run(START, 100, pauses=[(20, 30)])
    run = workout(content[: len(content) // 2])
    count = len(run.samples)
    assert 30 < count < 60
    assert run.notes == (f"The file is damaged after {count} records; what was before is kept.",)
    assert run.pauses == ((20, 30),)
    assert run.samples["heartrate"].tolist() == [
        120 + t % 40 for t in map(int, run.samples["time_s"])
    ]


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_file_without_its_last_bytes_loses_no_record(cut):
    assert len(workout(fit_run(START, 50)[:-cut]).samples) == 50


def test_a_lost_byte_costs_two_records_at_most():
    body = body_of(fit_run(START, 200))
    at = len(body) // 2
    run = workout(with_frame(body[:at] + body[at + 1 :]))
    assert len(run.samples) >= 198
    assert run.elapsed_time_s == 200
    assert run.samples["speed_mps"].dropna().eq(3).all()
    assert run.notes == (
        f"The file is damaged in 1 place; {len(run.samples)} records could be read.",
    )


def test_a_byte_lost_before_the_time_of_a_record_costs_that_record():
    fit = FitWriter()
    for second in range(100):
        fit.add("record", distance=second, heart_rate=100, timestamp=after(second))
    at = len(fit.body) // 2
    run = workout(with_frame(fit.body[:at] + fit.body[at + 1 :]))
    assert len(run.samples) == 99
    assert run.samples["distance_m"].tolist() == run.samples["time_s"].tolist()
    assert run.notes == ("The file is damaged in 1 place; 99 records could be read.",)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 77])
def test_a_header_with_a_wrong_size_loses_nothing(size):
    run = workout(with_frame(body_of(fit_run(START, 50)), size))
    assert (len(run.samples), run.utc_offset_s, run.notes) == (50, 7200, ())


def test_a_header_without_signature_loses_nothing():
    assert len(workout(fit_run(START, 50).replace(b".FIT", b"\0\0\0\0", 1)).samples) == 50


def test_times_years_away_are_left_out_and_counted():
    fit = FitWriter()
    records(fit, 5, heart_rate=100)
    fit.add("record", timestamp=datetime(2085, 12, 21, tzinfo=UTC), heart_rate=100)
    session(fit)
    run = workout(fit.content())
    assert run.samples["time_s"].tolist() == [0, 1, 2, 3, 4]
    assert run.notes == ("Left out because of impossible times: 1 sample.",)


def test_a_session_dated_years_away_starts_with_its_records():
    fit = FitWriter()
    records(fit, 5)
    session(fit, start_time=datetime(2001, 1, 1, tzinfo=UTC), total_elapsed_time=5)
    run = workout(fit.content())
    assert (run.start_time, run.elapsed_time_s) == (START, 5)


def test_samples_longer_than_the_session_says_are_kept():
    fit = FitWriter()
    for second in (0, 100, 5000):
        fit.add("record", timestamp=after(second))
    session(fit, total_elapsed_time=100)
    run = workout(fit.content())
    assert run.samples["time_s"].iloc[-1] == 5000
    assert run.elapsed_time_s == 100


@pytest.mark.parametrize("number", [1e300, -1e300, float("inf")])
def test_a_time_written_as_an_absurd_float_is_none(number):
    fit = FitWriter()
    records(fit)
    definition = bytes((0x4F, 0, 0, 18, 0, 1, 2, 8, 0x89))
    run = workout(with_frame(fit.body + definition + b"\x0f" + struct.pack("<d", number)))
    assert run.start_time == START


def test_an_unknown_base_type_harms_only_its_own_field():
    fit = FitWriter()
    records(fit, heart_rate=100, power=200)
    heart_rate = bytes((3, 1, 0x02))
    assert fit.body.count(heart_rate) == 1
    fit.body = fit.body.replace(heart_rate, bytes((3, 1, 0x1F)))
    assert column(fit.content(), "power_w") == [200] * 3


def test_millions_of_tiny_messages_are_refused():
    fit = FitWriter()
    records(fit, 1, heart_rate=100)
    empty_record = bytes((0x4F, 0, 0, 20, 0, 0))
    with pytest.raises(InputError, match="more messages"):
        read_fit(with_frame(fit.body + empty_record + b"\x0f" * 2_000_001))


def test_thousands_of_layouts_and_sessions_are_refused():
    layouts = b"".join(bytes((0x41, 0, 0, 20, 0, 1, n % 250, n // 250 + 1, 2)) for n in range(3000))
    with pytest.raises(InputError, match="more kinds"):
        read_fit(with_frame(FitWriter().body + layouts))
    fit = FitWriter()
    for second in range(200):
        session(fit, start_time=after(second))
    with pytest.raises(InputError, match="sessions"):
        read_fit(fit.content())


def test_junk_behind_a_run_is_searched_for_messages_in_little_time():
    run, junk = fit_run(START, 600), random.Random(3).randbytes(16 << 20)
    begun = time.process_time()
    found = workout(run[: len(run) // 2] + junk + run[len(run) // 2 :])
    assert time.process_time() - begun < 2
    assert len(found.samples) == pytest.approx(600, abs=5)


def test_what_looks_like_messages_for_ever_is_given_up():
    run = fit_run(START, 600)
    looks_alike = b"\xf0" + b"\x40\0\0\x14\0\1\xff\xff\x86" * 500_000
    begun = time.process_time()
    found = workout(run[: len(run) // 2] + looks_alike)
    assert time.process_time() - begun < 3
    assert len(found.samples) == pytest.approx(300, abs=5)


def test_chained_files_with_false_lengths_are_not_all_checked():
    size = 16 << 20
    lying = b"\x0e\x10\0\0" + (size - 6400).to_bytes(4, "little") + b".FIT\0\0" + bytes(50)
    begun = time.process_time()
    with pytest.raises(InputError, match="no workout"):
        read_fit(lying * 100 + bytes(size))
    assert time.process_time() - begun < 3


def test_random_damage_ends_in_samples_or_one_sentence():
    source = fit_run(START, 60, pauses=[(20, 25)]) + swim(has_records=False)
    chance = random.Random(7)
    outcomes = set()
    for _ in range(300):
        content = bytearray(source)
        for _ in range(chance.choice((1, 3, 30))):
            at = chance.randrange(len(content))
            content[at : at + chance.choice((1, 1, 2))] = chance.randbytes(chance.choice((0, 1, 2)))
        try:
            for run in read_fit(bytes(content)).workouts:
                assert run.samples["time_s"].is_monotonic_increasing
                outcomes.add("samples")
        except InputError as error:
            outcomes.add(str(error)[-1])
    assert "samples" in outcomes
    assert outcomes <= {"samples", "."}
