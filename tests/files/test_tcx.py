from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runsous.errors import InputError
from runsous.files.tcx import is_tcx, read_tcx
from runsous.model import Lap, Workout

BEGIN = datetime(2024, 5, 1, 6, 0, tzinfo=UTC)


def stamp(second: float) -> str:
    return f"{(BEGIN + timedelta(seconds=second)).isoformat().replace('+00:00', 'Z')}"


def point(second: float | None, inside: str = "") -> str:
    time = "" if second is None else f"<Time>{stamp(second)}</Time>"
    return f"<Trackpoint>{time}{inside}</Trackpoint>"


def track(*seconds: float) -> str:
    return f"<Track>{''.join(map(point, seconds))}</Track>"


def lap(start: float | None, total: float | None, *tracks: str, head: str = "") -> str:
    at = "" if start is None else f' StartTime="{stamp(start)}"'
    timer = "" if total is None else f"<TotalTimeSeconds>{total}</TotalTimeSeconds>"
    return f"<Lap{at}>{timer}{head}<Calories>9</Calories>{''.join(tracks)}</Lap>"


def activity(*laps: str, sport: str = "Running", begin: float | str = 0, tail: str = "") -> str:
    told = stamp(begin) if isinstance(begin, int | float) else begin
    return f'<Activity Sport="{sport}"><Id>{told}</Id>{"".join(laps)}{tail}</Activity>'


def tcx(*activities: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><TrainingCenterDatabase '
        'xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2" '
        'xmlns:ns3="http://www.garmin.com/xmlschemas/ActivityExtension/v2">'
        f"<Activities>{''.join(activities)}</Activities></TrainingCenterDatabase>"
    ).encode()


def only(content: bytes) -> Workout:
    (workout,) = read_tcx(content).workouts
    return workout


def one_point_with(inside: str) -> Workout:
    body = f"<Track>{point(0, inside)}{point(1)}</Track>"
    return only(tcx(activity(lap(0, 1, body))))


@pytest.mark.parametrize(
    "content",
    [
        tcx(),
        b"\n  \t" + tcx(),
        b"\xef\xbb\xbf" + tcx(),
        tcx().decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        b"<n:TrainingCenterDatabase xmlns:n='urn:x'>",
    ],
)
def test_tcx_is_known_by_its_root_element(content: bytes) -> None:
    assert is_tcx(content)


def test_gpx_and_rubbish_are_not_tcx() -> None:
    assert not any(map(is_tcx, [b"", b"<gpx/>", b"TrainingCenterDatabase", b"\0\0\0"]))


# What a point says


@pytest.mark.parametrize(
    ("inside", "channel", "value"),
    [
        ("<Position><LatitudeDegrees>48.5</LatitudeDegrees></Position>", "latitude", 48.5),
        ("<Position><LongitudeDegrees>-1.5</LongitudeDegrees></Position>", "longitude", -1.5),
        ("<AltitudeMeters>-3.5</AltitudeMeters>", "altitude_m", -3.5),
        ("<DistanceMeters>12.5</DistanceMeters>", "distance_m", 12.5),
        ("<HeartRateBpm><Value>151</Value></HeartRateBpm>", "heartrate", 151),
        ("<Cadence>86</Cadence>", "cadence", 86),
        (
            "<Extensions><ns3:TPX><ns3:Speed>3.5</ns3:Speed></ns3:TPX></Extensions>",
            "speed_mps",
            3.5,
        ),
        (
            "<Extensions><TPX xmlns='u'><RunCadence>88</RunCadence></TPX></Extensions>",
            "cadence",
            88,
        ),
        ("<Extensions><ns3:TPX><ns3:Watts>250</ns3:Watts></ns3:TPX></Extensions>", "power_w", 250),
        ("<Extensions><Speed>2.75</Speed></Extensions>", "speed_mps", 2.75),
    ],
)
def test_every_channel_is_read_where_devices_write_it(
    inside: str, channel: str, value: float
) -> None:
    assert one_point_with(inside).samples.loc[0, channel] == value


def test_a_heart_rate_of_zero_is_missing() -> None:
    samples = one_point_with("<HeartRateBpm><Value>0</Value></HeartRateBpm>").samples
    assert np.isnan(samples.loc[0, "heartrate"])


def test_points_without_a_position_are_kept() -> None:
    workout = only(tcx(activity(lap(0, 3, track(0, 1, 2, 3)))))
    assert workout.samples["time_s"].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert workout.samples["latitude"].isna().all()


def test_what_laps_say_of_heart_and_speed_is_not_a_sample() -> None:
    head = (
        "<MaximumSpeed>16200</MaximumSpeed><Cadence>3</Cadence>"
        "<AverageHeartRateBpm><Value>1</Value></AverageHeartRateBpm>"
    )
    tail = "<Extensions><ns3:LX><ns3:AvgSpeed>9</ns3:AvgSpeed></ns3:LX></Extensions>"
    workout = only(tcx(activity(lap(0, 1, track(0, 1), tail, head=head))))
    for channel in ("speed_mps", "cadence", "heartrate"):
        assert workout.samples[channel].isna().all()
    assert workout.max_heartrate is None


def test_an_activity_names_sport_device_and_notes() -> None:
    tail = (
        "<Notes>windy</Notes><Training><Plan><Name>not me</Name></Plan></Training>"
        "<Creator><Name>Forerunner 310XT</Name></Creator>"
    )
    workout = only(tcx(activity(lap(0, 1, track(0, 1)), tail=tail)))
    assert (workout.sport, workout.device) == ("run", "Forerunner 310XT")
    assert workout.description == "windy"


@pytest.mark.parametrize(
    ("word", "sport"),
    [
        ("Running", "run"),
        ("Biking", "ride"),
        ("Other", "other"),
        ("Swimming", "swim"),
        ("", "other"),
    ],
)
def test_the_sport_is_what_the_attribute_says(word: str, sport: str) -> None:
    assert only(tcx(activity(lap(0, 1, track(0, 1)), sport=word))).sport == sport


# Times and laps


def test_totals_are_the_sums_over_the_laps() -> None:
    laps = [
        lap(0, 60.5, track(0, 60), head="<DistanceMeters>200</DistanceMeters>"),
        lap(61, 30, track(61, 90), head="<DistanceMeters>100.5</DistanceMeters>"),
    ]
    workout = only(tcx(activity(*laps)))
    assert workout.timer_time_s == 90.5
    assert workout.distance_m == 300.5
    assert workout.elapsed_time_s == 90.0
    assert workout.laps == (Lap(0.0, 60.5, 60.5, 200.0), Lap(61.0, 30.0, 30.0, 100.5))


def test_a_distance_of_zero_is_no_distance() -> None:
    head = "<DistanceMeters>0</DistanceMeters>"
    assert only(tcx(activity(lap(0, 60, track(0, 60), head=head)))).distance_m is None


def test_totals_with_a_lap_missing_are_unknown() -> None:
    workout = only(tcx(activity(lap(0, 60, track(0, 60)), lap(60, None, track(60, 99)))))
    assert workout.timer_time_s is None
    assert workout.pauses is None


def test_the_start_is_the_earlier_of_lap_and_point() -> None:
    lap_first = only(tcx(activity(lap(1, 9, track(2, 10)))))
    assert lap_first.start_time == BEGIN + timedelta(seconds=1)
    assert lap_first.samples["time_s"].tolist() == [1.0, 9.0]
    point_first = only(tcx(activity(lap(5, 9, track(2, 10)))))
    assert point_first.start_time == BEGIN + timedelta(seconds=2)


@pytest.mark.parametrize("begin", ["Morning run", "1970-01-01T00:00:00Z", -7200, -1, 7200])
def test_an_id_does_not_tell_the_start(begin: float | str) -> None:
    assert only(tcx(activity(lap(0, 9, track(0, 9)), begin=begin))).start_time == BEGIN


def test_laps_in_another_zone_than_their_points_follow_the_points() -> None:
    workout = only(tcx(activity(lap(7200, 9, track(0, 9)), begin=7200)))
    assert (workout.start_time, workout.elapsed_time_s) == (BEGIN, 9.0)
    assert workout.laps[0].start_s == 0.0


def test_an_activity_of_laps_alone_keeps_its_times() -> None:
    workout = only(tcx(activity(lap(0, 1800), lap(1800, 600))))
    assert workout.samples.empty
    assert (workout.start_time, workout.elapsed_time_s) == (BEGIN, 2400.0)
    assert workout.pauses == ()


def test_the_time_a_lap_goes_on_after_the_last_point_counts() -> None:
    assert only(tcx(activity(lap(0, 130.4, track(0, 95))))).elapsed_time_s == 130.4
    senseless = only(tcx(activity(lap(0, 95_000, track(0, 95)))))
    assert senseless.elapsed_time_s == 95.0


def test_a_lap_a_few_seconds_longer_than_its_points_ends_with_them() -> None:
    assert only(tcx(activity(lap(0, 100.4, track(0, 95))))).elapsed_time_s == 95.0


def test_times_with_an_offset_or_without_a_zone() -> None:
    content = tcx(activity(lap(0, 9, track(0, 9))))
    shifted = (
        content.replace(b"T06:", b"T08:").replace(b"Z<", b"+02:00<").replace(b'Z"', b'+02:00"')
    )
    assert only(shifted).start_time == BEGIN
    assert only(shifted).utc_offset_s == 7200
    naive = read_tcx(content.replace(b"Z<", b"<").replace(b'Z"', b'"'))
    assert naive.workouts[0].start_time == BEGIN
    assert any("no time zone" in note for note in naive.notes)


# Pauses


def test_tracks_within_a_lap_leave_a_break() -> None:
    workout = only(tcx(activity(lap(0, 20, track(0, 10), track(), track(50, 60)))))
    assert workout.breaks_s == (10.0,)
    assert workout.pauses is None


def test_laps_break_only_at_a_gap() -> None:
    laps = [lap(0, 10, track(0, 10)), lap(11, 9, track(11, 20)), lap(80, 10, track(80, 90))]
    assert only(tcx(activity(*laps))).breaks_s == (20.0,)


@pytest.mark.parametrize(
    ("total", "pauses"), [(1000, ()), (990, ()), (988, ()), (987, None), (500, None)]
)
def test_laps_that_fill_the_activity_say_there_was_no_pause(
    total: float, pauses: tuple[()] | None
) -> None:
    assert only(tcx(activity(lap(0, total, track(0, 1000))))).pauses == pauses


def test_a_short_stop_at_a_break_is_not_denied_by_the_sum() -> None:
    stopped = lap(0, 3570, track(0, 1000), track(1030, 3600))
    assert only(tcx(activity(stopped))).pauses is None
    split = lap(0, 3600, track(0, 1000), track(1001, 3600))
    assert only(tcx(activity(split))).pauses == ()


# Several activities


def test_every_activity_is_a_workout_of_its_own() -> None:
    first = activity(lap(0, 10, track(0, 10)))
    second = activity(lap(9000, 10, track(9000, 9010)), sport="Biking", begin=9000)
    workouts = read_tcx(tcx(first, second)).workouts
    assert [(w.sport, len(w.samples), len(w.laps)) for w in workouts] == [
        ("run", 2, 1),
        ("ride", 2, 1),
    ]


def test_a_multisport_session_keeps_its_transition() -> None:
    session = (
        f"<MultiSportSession><Id>{stamp(0)}</Id>"
        f"<FirstSport>{activity(lap(0, 10, track(0, 10)), sport='Other')}</FirstSport>"
        f'<NextSport><Transition StartTime="{stamp(10)}"><TotalTimeSeconds>5</TotalTimeSeconds>'
        f"{track(10, 15)}</Transition>"
        f"{activity(lap(15, 10, track(15, 25)), sport='Biking', begin=15)}</NextSport>"
        "</MultiSportSession>"
    )
    workouts = read_tcx(tcx(session)).workouts
    assert [w.sport for w in workouts] == ["other", "transition", "ride"]
    assert [w.elapsed_time_s for w in workouts] == [10.0, 5.0, 10.0]


def test_a_planned_course_beside_an_activity_adds_no_points() -> None:
    course = f"<Courses><Course><Lap/>{track(500, 900)}</Course></Courses>"
    workout = only(tcx(activity(lap(0, 9, track(0, 9))), course))
    assert workout.samples["time_s"].tolist() == [0.0, 9.0]


def test_an_activity_without_times_is_left_out_and_counted() -> None:
    reading = read_tcx(tcx(activity(lap(0, 9, track(0, 9))), activity(begin="x")))
    assert len(reading.workouts) == 1
    assert any("1 activities" in note for note in reading.notes)


def test_points_without_a_time_are_left_out_and_counted() -> None:
    body = f"<Track>{point(0)}{point(None)}{point(2)}</Track>"
    reading = read_tcx(tcx(activity(lap(0, 2, body))))
    assert len(reading.workouts[0].samples) == 2
    assert any("1 of 3 points" in note for note in reading.notes)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (tcx(), "no activity"),
        (tcx(activity(lap(None, None), begin="x")), "no usable times"),
        (tcx(f"<Courses><Course><Lap/>{track(0, 1)}</Course></Courses>"), "planned course"),
        (b"", "not readable XML"),
        (b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'>" + tcx(), "document type"),
        (b"<TrainingCenterDatabase>" + b"<a>" * 1000, "nested"),
        (tcx(activity(*["<Lap/>"] * 20_001)), "laps"),
        (tcx("<Activity/>" * 1_001), "activities"),
    ],
)
def test_a_file_without_a_usable_activity_is_refused_with_the_reason(
    content: bytes, reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        read_tcx(content)


# Damage


def test_a_cut_off_file_gives_the_points_before_the_cut() -> None:
    content = tcx(activity(lap(0, 9, track(*range(10)))))
    reading = read_tcx(content[: content.index(stamp(7).encode())])
    assert reading.workouts[0].samples["time_s"].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert any("cut off" in note for note in reading.notes)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_random_damage_gives_a_reading_or_an_input_error(data: st.DataObject) -> None:
    content = bytearray(tcx(activity(lap(0, 9, track(0, 1), track(5)), lap(6, 3, track(6, 9)))))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    try:
        reading = read_tcx(bytes(content))
    except InputError:
        return
    for workout in reading.workouts:
        assert workout.elapsed_time_s is not None
        assert workout.samples["time_s"].between(0, workout.elapsed_time_s).all()
        assert all(lap.start_s >= 0 and lap.elapsed_s >= 0 for lap in workout.laps)
