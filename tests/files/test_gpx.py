from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runsous.errors import InputError
from runsous.files.gpx import is_gpx, read_gpx
from runsous.model import Workout

BEGIN = datetime(2024, 5, 1, 6, 0, tzinfo=UTC)


def stamp(second: float) -> str:
    return f"{(BEGIN + timedelta(seconds=second)).isoformat().replace('+00:00', 'Z')}"


def point(time: str | float | None, extensions: str = "", lat: str = "48.1") -> str:
    text = stamp(time) if isinstance(time, int | float) else time
    clock = "" if text is None else f"<time>{text}</time>"
    return f'<trkpt lat="{lat}" lon="11.5"><ele>520</ele>{clock}{extensions}</trkpt>'


def segment(*times: str | float | None) -> str:
    return f"<trkseg>{''.join(map(point, times))}</trkseg>"


def track(*segments: str, head: str = "") -> str:
    return f"<trk>{head}{''.join(segments)}</trk>"


def gpx(*parts: str, attributes: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><gpx version="1.1" creator="Watch 3" '
        'xmlns="http://www.topografix.com/GPX/1/1" '
        'xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1" '
        'xmlns:v2="http://www.garmin.com/xmlschemas/TrackPointExtension/v2" '
        'xmlns:gpxdata="http://www.cluetrust.com/XML/GPXDATA/1/0" '
        f"{attributes}>{''.join(parts)}</gpx>"
    ).encode()


def only(content: bytes) -> Workout:
    (workout,) = read_gpx(content).workouts
    return workout


def one_point_with(extensions: str) -> Workout:
    inside = f"<extensions>{extensions}</extensions>"
    return only(gpx(track(f"<trkseg>{point(0, inside)}{point(1)}</trkseg>")))


# What is GPX


@pytest.mark.parametrize(
    "content",
    [
        b"<gpx/>",
        b"\xef\xbb\xbf<?xml version='1.0'?><gpx></gpx>",
        b"\r\n  <?xml version='1.0' encoding='utf-8'?>\n<!-- made by hand -->\n<gpx>",
        b"<g:gpx xmlns:g='http://www.topografix.com/GPX/1/1'>",
        "\ufeff<?xml version='1.0' encoding='UTF-16'?><gpx/>".encode("utf-16-le"),
        "\ufeff  <?xml version='1.0' encoding='UTF-16'?><gpx/>".encode("utf-16-be"),
        "<?xml version='1.0' encoding='UTF-16'?><gpx/>".encode("utf-16-le"),
        b"<?xml version='1.0' encoding='utf-16'?><gpx/>",
        b"<!DOCTYPE gpx SYSTEM 'gpx.dtd'><gpx/>",
    ],
)
def test_gpx_is_known_by_its_root_element(content: bytes) -> None:
    assert is_gpx(content)


@pytest.mark.parametrize(
    "content",
    [b"", b"<", b"<kml><gpx/></kml>", b"gpx", b"\0" * 64, b"{}", b"PK\x03\x04", b"<!-- <gpx> -->"],
)
def test_other_content_is_not_gpx(content: bytes) -> None:
    assert not is_gpx(content)


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("UTF-16", "utf-16"),
        ("UTF-16", "utf-16-le"),
        ("UTF-16", "utf-16-be"),
        ("UTF-16", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("ISO-8859-1", "latin-1"),
        ("UTF-8", "latin-1"),
        ("UTF-16", "cp1252"),
    ],
)
def test_points_are_read_in_every_usual_encoding(declared: str, encoding: str) -> None:
    text = gpx(track(segment(0, 1), head="<name>Föhn</name>")).decode()
    workout = only(text.replace("UTF-8", declared).encode(encoding))
    assert workout.name == "Föhn"
    assert len(workout.samples) == 2


def test_one_damaged_byte_does_not_cost_the_other_letters() -> None:
    content = gpx(track(segment(0, 1), head="<name>Föhn über Zürich!</name>"))
    assert only(content.replace(b"!", b"\xff")).name == "Föhn über Zürich\ufffd"


def test_a_western_file_without_a_declaration_keeps_its_letters() -> None:
    text = gpx(track(segment(0, 1), head="<name>Föhn – café</name>")).decode()
    assert only(text[text.index("<gpx") :].encode("cp1252")).name == "Föhn – café"


def test_blanks_before_the_declaration_do_no_harm() -> None:
    assert len(only(b"\n \t" + gpx(track(segment(0, 1)))).samples) == 2


# What a point says


def test_a_point_gives_place_height_and_seconds_after_the_start() -> None:
    workout = only(gpx(track(segment(0, 2.5))))
    assert workout.start_time == BEGIN
    assert workout.samples["time_s"].tolist() == [0.0, 2.5]
    assert workout.samples.loc[0, ["latitude", "longitude", "altitude_m"]].tolist() == [
        48.1,
        11.5,
        520.0,
    ]


@pytest.mark.parametrize(
    ("extensions", "channel", "value"),
    [
        ("<gpxtpx:T><gpxtpx:hr>151</gpxtpx:hr></gpxtpx:T>", "heartrate", 151),
        ("<gpxtpx:T><gpxtpx:cad>87</gpxtpx:cad></gpxtpx:T>", "cadence", 87),
        ("<gpxtpx:T><gpxtpx:atemp>21.5</gpxtpx:atemp></gpxtpx:T>", "temperature_c", 21.5),
        ("<v2:T><v2:speed>3.25</v2:speed></v2:T>", "speed_mps", 3.25),
        ("<x xmlns='urn:v3'><Temperature>-4</Temperature></x>", "temperature_c", -4),
        ("<gpxdata:hr>140</gpxdata:hr>", "heartrate", 140),
        ("<gpxdata:cadence>80</gpxdata:cadence>", "cadence", 80),
        ("<gpxdata:temp>18</gpxdata:temp>", "temperature_c", 18),
        ("<power>301</power>", "power_w", 301),
        ("<heartrate>99</heartrate>", "heartrate", 99),
        ("<made:up><undeclared:hr>77</undeclared:hr></made:up>", "heartrate", 77),
    ],
)
def test_extensions_are_read_whatever_their_prefix(
    extensions: str, channel: str, value: float
) -> None:
    assert one_point_with(extensions).samples.loc[0, channel] == value


def test_gpx_1_0_has_speed_in_the_point_itself() -> None:
    content = gpx(track(f"<trkseg>{point(0, '<speed>2.5</speed>')}{point(1)}</trkseg>"))
    assert only(content).samples["speed_mps"].tolist()[0] == 2.5


@pytest.mark.parametrize("text", ["0", "", "  ", "--", "nan", "inf", "1e999"])
def test_a_heart_rate_that_is_none_is_missing(text: str) -> None:
    assert np.isnan(one_point_with(f"<hr>{text}</hr>").samples.loc[0, "heartrate"])


def test_values_outside_of_points_are_not_samples() -> None:
    content = gpx(
        "<wpt lat='1' lon='2'><time>2020-01-01T00:00:00Z</time></wpt>", track(segment(0, 1))
    )
    assert only(content).start_time == BEGIN


def test_the_track_names_activity_sport_and_device() -> None:
    head = "<name>Morning\n  Run</name><desc>along the river</desc><type>trail_running</type>"
    workout = only(gpx(track(segment(0, 1), head=head)))
    assert (workout.name, workout.description) == ("Morning Run", "along the river")
    assert (workout.sport, workout.sub_sport) == ("run", "trail")
    assert workout.device == "Watch 3"


@pytest.mark.parametrize(
    ("word", "sport"),
    [
        ("9", "run"),
        ("1", "ride"),
        ("16", "swim"),
        ("10", "walk"),
        ("4", "hike"),
        ("Running", "run"),
        ("treadmill_running", "run"),
        ("VirtualRide", "ride"),
        ("cycling", "ride"),
        ("MotorCycling", "other"),
        ("open_water_swimming", "swim"),
        ("cross_country_skiing", "ski"),
        ("Grundkurs", "other"),
        ("...", "other"),
    ],
)
def test_types_are_strava_s_numbers_or_words(word: str, sport: str) -> None:
    assert only(gpx(track(segment(0, 1), head=f"<type>{word}</type>"))).sport == sport


def test_without_a_type_strava_s_own_names_tell_the_sport() -> None:
    assert only(gpx(track(segment(0, 1), head="<name>Lunch Run</name>"))).sport == "run"
    assert only(gpx(track(segment(0, 1), head="<name>Chicken Run</name>"))).sport == "other"


# Segments and tracks


def test_segments_leave_breaks_and_say_nothing_of_pauses() -> None:
    workout = only(gpx(track(segment(0, 5), segment(), segment(60, 65), segment(70))))
    assert workout.breaks_s == (5.0, 65.0)
    assert workout.pauses is None


def test_segments_that_overlap_leave_no_break_between_them() -> None:
    workout = only(gpx(track(segment(0, 20), segment(10, 30), segment(40, 50))))
    assert workout.breaks_s == (30.0,)


def test_tracks_soon_after_each_other_are_one_activity() -> None:
    workout = only(gpx(track(segment(0, 10)), track(segment(3600, 3700))))
    assert workout.samples["time_s"].tolist() == [0.0, 10.0, 3600.0, 3700.0]
    assert workout.breaks_s == (10.0,)


def test_tracks_more_than_an_hour_apart_are_activities_of_their_own_in_order() -> None:
    late, early = track(segment(3611, 3700), head="<name>b</name>"), track(segment(0, 10))
    workouts = read_gpx(gpx(late, early)).workouts
    assert [w.start_time for w in workouts] == [BEGIN, BEGIN + timedelta(seconds=3611)]
    assert [w.name for w in workouts] == [None, "b"]


def test_a_change_of_sport_begins_another_activity() -> None:
    parts = [
        track(segment(i * 100, i * 100 + 50), head=f"<type>{word}</type>")
        for i, word in enumerate(["swimming", "cycling", "running", "?", "running"])
    ]
    assert [w.sport for w in read_gpx(gpx(*parts)).workouts] == ["swim", "ride", "run"]


def test_tracks_beside_each_other_are_not_woven_into_one() -> None:
    workouts = read_gpx(gpx(track(segment(0, 10, 20)), track(segment(5, 15, 25)))).workouts
    assert [len(w.samples) for w in workouts] == [3, 3]


def test_a_track_of_one_point_is_left_out_and_counted() -> None:
    reading = read_gpx(gpx(track(segment(0, 10)), track(segment(9000))))
    assert len(reading.workouts) == 1
    assert any("1 points" in note for note in reading.notes)


# Times


def test_points_without_a_time_are_left_out_and_counted() -> None:
    reading = read_gpx(gpx(track(segment(0, None, 2, "yesterday"))))
    assert len(reading.workouts[0].samples) == 2
    assert any("2 of 4 points" in note for note in reading.notes)


def test_times_out_of_order_are_sorted_and_doubles_dropped() -> None:
    body = "".join(
        [point(2), point(0), point(1, lat="47.1"), point(1, lat="47.2"), point(2, lat="47.3")]
    )
    samples = only(gpx(track(f"<trkseg>{body}</trkseg>"))).samples
    assert samples["time_s"].tolist() == [0.0, 1.0, 2.0]
    assert samples["latitude"].tolist() == [48.1, 47.1, 48.1]


def test_times_with_an_offset_are_right_and_tell_it() -> None:
    workout = only(gpx(track(segment("2024-05-01T08:00:00+02:00", "2024-05-01T08:00:09+0200"))))
    assert workout.start_time == BEGIN
    assert workout.utc_offset_s == 7200
    west = only(gpx(track(segment("2024-05-01T01:30:00-04:30", "2024-05-01T01:31:00-04:30"))))
    assert (west.start_time, west.utc_offset_s) == (BEGIN, -16200)


def test_utc_says_nothing_of_the_place() -> None:
    assert only(gpx(track(segment(0, 1)))).utc_offset_s is None
    plus_zero = ("2024-05-01T06:00:00+00:00", "2024-05-01T06:00:01+00:00")
    assert only(gpx(track(segment(*plus_zero)))).utc_offset_s is None


def test_times_without_a_zone_are_utc_and_it_is_said() -> None:
    reading = read_gpx(gpx(track(segment("2024-05-01T06:00:00", "2024-05-01T06:00:01.5"))))
    assert reading.workouts[0].start_time == BEGIN
    assert reading.workouts[0].samples["time_s"].tolist() == [0.0, 1.5]
    assert any("no time zone" in note for note in reading.notes)
    assert read_gpx(gpx(track(segment(0, 1)))).notes == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (gpx(track(segment(None, None))), "has no times"),
        (gpx("<rte><rtept lat='1' lon='2'/></rte>"), "planned route"),
        (gpx("<wpt lat='1' lon='2'/>"), "planned route"),
        (gpx(), "no recorded track"),
        (gpx(track()), "no recorded track"),
        (gpx(track(segment("1901-12-13T20:45:52Z", "1901-12-13T20:45:50Z"))), "1901-12-13"),
        (gpx(track(segment("1970-01-01T00:00:00Z", "1970-01-01T00:00:09Z"))), "1970-01-01"),
        (gpx(track(segment(7, 7, 7))), "same time"),
        (gpx(track(segment(7))), "same time"),
        (b"", "not readable XML"),
        (b"no xml at all", "no recorded track"),
    ],
)
def test_a_file_without_usable_times_is_refused_with_the_reason(
    content: bytes, reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        read_gpx(content)


# Damage


@given(cut=st.integers(min_value=0, max_value=len(gpx(track(segment(*range(20)))))))
@settings(max_examples=60, deadline=None)
def test_a_cut_off_file_gives_every_whole_point_before_the_cut(cut: int) -> None:
    content = gpx(track(segment(*range(20))))[:cut]
    whole = content.count(b"</trkpt>")
    if whole < 2:
        return
    reading = read_gpx(content)
    # A point of which only the end tag is cut may be there as well.
    assert len(reading.workouts[0].samples) - whole in (0, 1)
    assert bool(reading.notes) == (not content.endswith(b"</gpx>"))


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_random_damage_gives_a_reading_or_an_input_error(data: st.DataObject) -> None:
    content = bytearray(gpx(track(segment(*range(8)), head="<name>a</name>")))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    try:
        reading = read_gpx(bytes(content))
    except InputError:
        return
    for workout in reading.workouts:
        assert workout.samples["time_s"].is_monotonic_increasing
        assert workout.samples["time_s"].iloc[0] == 0


@pytest.mark.parametrize(
    ("junk", "kept"), [("<trkpt lat='1'><ele>5", 5), ("\0\1\2", 5), ("</trkseg>", 5), ("<<>>", 2)]
)
def test_damage_in_the_middle_keeps_what_can_be_read_and_is_said(junk: str, kept: int) -> None:
    body = point(0) + point(1) + junk + point(2) + point(3) + point(4)
    reading = read_gpx(gpx(track(f"<trkseg>{body}</trkseg>")))
    assert len(reading.workouts[0].samples) == kept
    assert any("damaged" in note for note in reading.notes)


def test_a_bare_ampersand_or_a_foreign_letter_costs_no_point() -> None:
    content = gpx(track(segment(0, 1), head="<name>Tom & Jerry caf\u00e9</name>"))
    reading = read_gpx(content.replace("\u00e9".encode(), b"\xe9"))
    assert len(reading.workouts[0].samples) == 2
    assert reading.notes == ()


# Hostility


def laughs(levels: int = 12) -> bytes:
    entities = "".join(
        f"<!ENTITY l{i} '{f'&l{i - 1};' * 10 if i else 'ha'}'>" for i in range(levels)
    )
    text = gpx(track(segment(0, 1), head=f"<name>&l{levels - 1};</name>")).decode()
    return text.replace("<gpx", f"<!DOCTYPE gpx [{entities}]><gpx").encode()


@pytest.mark.parametrize(
    "content",
    [
        laughs(),
        laughs().decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        gpx(track(segment(0, 1))).replace(
            b"<gpx", b"<!DOCTYPE gpx SYSTEM 'file:///etc/passwd'><gpx"
        ),
        gpx(track(segment(0, 1))).replace(
            b"<gpx", b"<!DOCTYPE gpx [<!ENTITY % x SYSTEM 'http://127.0.0.1:9/x'>%x;]><gpx"
        ),
        b"<?xml version='1.0' encoding='UTF-7'?>+ADw-!DOCTYPE gpx SYSTEM 'x'><gpx/>",
    ],
)
def test_document_type_declarations_are_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="document type"):
        read_gpx(content)


def test_endless_nesting_is_refused() -> None:
    with pytest.raises(InputError, match="nested"):
        read_gpx(b"<gpx>" + b"<a>" * 100_000)


def test_an_endless_vocabulary_is_refused() -> None:
    with pytest.raises(InputError, match="kinds of elements"):
        read_gpx(b"<gpx>" + b"".join(b"<a%d/>" % i for i in range(10_000)))


def test_thousands_of_tracks_are_refused() -> None:
    with pytest.raises(InputError, match="tracks"):
        read_gpx(gpx(track() * 3_000))


def test_millions_of_points_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runsous.files.xml._MOST_POINTS", 100)
    with pytest.raises(InputError, match="more than 100 points"):
        read_gpx(gpx(track(segment(*range(101)))))


def test_a_very_long_name_is_shortened() -> None:
    workout = only(gpx(track(segment(0, 1), head=f"<name>{'a' * 100_000}</name>")))
    assert workout.name == "a" * 500


@pytest.mark.parametrize("empty", ["0001-01-01T00:00:00Z", "1601-01-01T00:00:00Z"])
def test_an_empty_date_on_one_point_costs_that_point_only(empty: str) -> None:
    points = "".join(
        f'<trkpt lat="50.0" lon="14.0"><time>{time}</time></trkpt>'
        for time in ("2024-05-01T07:00:00Z", empty, "2024-05-01T07:00:05Z")
    )
    content = (
        f'<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{points}</trkseg></trk></gpx>'
    )
    workout = read_gpx(content.encode()).workouts[0]
    assert workout.samples["time_s"].tolist() == [0.0, 5.0]
