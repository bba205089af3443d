"""The real FIT files against what independent readers and MANIFEST.md say of them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import fitdecode
import fitfast
import numpy as np
import pandas as pd
import pytest

from runsous.errors import InputError
from runsous.files.fit import is_fit, messages, read_fit, structure
from runsous.model import Workout

pytestmark = pytest.mark.real


@pytest.fixture
def fit(shared_data: Path) -> Path:
    return shared_data / "fit"


def only(path: Path) -> Workout:
    (workout,) = read_fit(path.read_bytes()).workouts
    return workout


def healthy(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*.fit")):
        content = path.read_bytes()
        try:
            fitfast.count(content)
        except fitfast.FitDecodeError:
            continue
        yield content


def ours(content: bytes) -> list[dict[str, messages.Table]]:
    return [messages.tables(part) for part in structure.parts(content)]


KINDS = ("record", "session", "lap", "length", "event", "activity", "hr")


def test_every_number_of_every_healthy_file_is_what_fitfast_reads(shared_data: Path):
    compared = 0
    for content in healthy(shared_data):
        tables = ours(content)
        for kind in KINDS:
            theirs = fitfast.records(content, kind, degrees=False)
            for name in {name for table in tables for name in table[kind].columns}:
                if name in theirs:
                    mine = np.concatenate([table[kind][name] for table in tables])
                    np.testing.assert_allclose(mine, theirs[name], err_msg=f"{kind}.{name}")
                    compared += len(mine)
    assert compared > 1_000_000


@pytest.mark.parametrize(
    "name",
    [
        "run_smart_recording_vivoactive.fit",
        "run_trail_suunto_3pauses_bloemendaal.fit",
        "ride_virtual_zwift.fit",
        "swim_pool_garminswim_17pauses.fit",
        "strength_hr_only.fit",
    ],
)
def test_records_are_what_fitdecode_reads(fit: Path, name: str):
    (tables,) = ours((fit / name).read_bytes())
    rows = []
    with fitdecode.FitReader(fit / name) as reader:
        for frame in reader:
            if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "record":
                rows.append({f.name: f.value for f in frame.fields if not f.is_expanded})
    theirs = pd.DataFrame(rows)
    theirs["timestamp"] = [stamp.timestamp() for stamp in theirs["timestamp"]]
    for column in set(tables["record"].columns) & set(theirs):
        np.testing.assert_allclose(tables["record"][column], theirs[column].astype(float))


# name, start, sport, sub-sport, samples, elapsed, timer, distance, pauses, laps, offset, device
FACTS: list[tuple[Any, ...]] = [
    ("run_outdoor_14pauses_stryd_portland", "2018-02-18 17:29:41", "run", None, 6180, 6791, 6166, 16076, 13, 17, -8, "garmin fr935"),  # noqa: E501
    ("run_outdoor_coros_trosku", "2020-03-14 13:52:29", "run", None, 2921, 2922, 2922, 10744, 0, 1, None, "COROS APEX Pro"),  # noqa: E501
    ("run_outdoor_fenix2", "2015-08-15 14:45:08", "run", None, 2809, 2832, 2832, 9008, 0, 4, 2, "garmin fenix2"),  # noqa: E501
    ("run_outdoor_fr965_2026_stamina_power", "2026-05-14 04:05:59", "run", None, 4488, 4488, 4488, 11233, 0, 12, 8, "garmin fr965"),  # noqa: E501
    ("run_trail_24pauses_loupblanc", "2021-09-01 13:34:23", "run", "trail", 7509, 18790, 16923, 36975, 23, 37, 2, "garmin fenix6S"),  # noqa: E501
    ("run_trail_suunto_3pauses_bloemendaal", "2020-03-04 16:14:31", "run", "trail", 2197, 2196, 2161, 6458, 2, 7, None, "Suunto 9 Baro"),  # noqa: E501
    ("run_treadmill_4pauses_stryd", "2020-02-02 11:19:33", "run", "treadmill", 3101, 3764, 3098, 10630, 3, 1, -5, "garmin fr945"),  # noqa: E501
    ("run_devfields_stryd_native", "2017-01-17 17:06:47", "run", None, 3424, 3424, 3424, 6754, 0, 1, None, "stryd"),  # noqa: E501
    ("run_smart_recording_vivoactive", "2023-01-12 09:32:32", "run", None, 366, 1869, 1869, 4841, 0, 5, 1, "garmin vivo active hr"),  # noqa: E501
    ("ride_power_7pauses", "2021-09-05 10:47:21", "ride", "road", 10063, 10453, 10056, 70560, 6, 1, 2, "garmin edge1000"),  # noqa: E501
    ("ride_virtual_zwift", "2017-10-05 00:04:07", "ride", "virtual_activity", 1808, 1807, 1808, 13400, 0, 1, None, "zwift"),  # noqa: E501
    ("strength_hr_only", "2020-09-19 08:24:49", "strength", "strength_training", 2209, 2208, 2208, 0, 0, 16, 3, "garmin fenix3 hr"),  # noqa: E501
    ("swim_openwater_fr945", "2021-08-17 13:45:26", "swim", "open_water", 2915, 2915, 2915, 1956, 0, 4, 1, "garmin fr945"),  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize("facts", FACTS, ids=[facts[0] for facts in FACTS])
def test_a_file_says_what_the_manifest_says(fit: Path, facts: tuple[Any, ...]):
    name, start, sport, sub_sport, count, elapsed, timer, distance, *rest = facts
    workout = only(fit / f"{name}.fit")
    samples = workout.samples
    first = workout.start_time + pd.Timedelta(seconds=samples["time_s"].iloc[0])
    assert first == pd.Timestamp(start, tz="UTC")
    assert abs((workout.start_time - first).total_seconds()) <= 1
    assert (workout.sport, workout.sub_sport, len(samples)) == (sport, sub_sport, count)
    told = (workout.elapsed_time_s, workout.timer_time_s, workout.distance_m)
    assert told == pytest.approx((elapsed, timer, distance), abs=0.5)
    pauses, laps, offset, device = rest
    assert workout.pauses is not None
    assert (len(workout.pauses), len(workout.laps)) == (pauses, laps)
    assert workout.utc_offset_s == (None if offset is None else offset * 3600)
    assert workout.device == device
    assert workout.notes == ()


@pytest.mark.parametrize(
    "name",
    [
        "run_outdoor_14pauses_stryd_portland",
        "run_trail_24pauses_loupblanc",
        "run_trail_suunto_3pauses_bloemendaal",
        "run_treadmill_4pauses_stryd",
        "ride_power_7pauses",
        "ride_indoor_trainer",
        "run_hronly_fr70_no_gps_compressed",
    ],
)
def test_pauses_are_what_the_timer_lacks_of_the_elapsed_time(fit: Path, name: str):
    workout = only(fit / f"{name}.fit")
    assert workout.pauses
    paused = sum(until - since for since, until in workout.pauses)
    assert workout.elapsed_time_s is not None
    assert workout.timer_time_s is not None
    assert paused == pytest.approx(workout.elapsed_time_s - workout.timer_time_s, abs=1)


def test_stryd_s_power_is_there_from_outside_and_from_within(fit: Path):
    for name in ("run_outdoor_14pauses_stryd_portland", "run_treadmill_4pauses_stryd"):
        content = (fit / f"{name}.fit").read_bytes()
        theirs = fitfast.records(content)["Power"]
        np.testing.assert_array_equal(only(fit / f"{name}.fit").samples["power_w"], theirs)
    assert only(fit / "run_devfields_stryd_native.fit").samples["power_w"].notna().all()


def test_the_triathlon_is_five_workouts(fit: Path):
    workouts = read_fit((fit / "multisport_triathlon_5sessions.fit").read_bytes()).workouts
    assert [w.sport for w in workouts] == ["swim", "transition", "ride", "transition", "run"]
    assert [w.distance_m for w in workouts] == pytest.approx([513, 132, 13518, 72, 4492], abs=0.6)
    assert [w.elapsed_time_s for w in workouts] == pytest.approx([676, 157, 1567, 70, 1574], abs=1)
    assert sum(len(w.samples) for w in workouts) == 4043
    for workout in workouts:
        assert workout.samples["distance_m"].iloc[0] < 5
        assert workout.samples["distance_m"].max() == pytest.approx(workout.distance_m, abs=1)
        assert workout.utc_offset_s == -5 * 3600


def test_the_fr70_is_read_as_its_golden_csv_says(shared_data: Path):
    workout = only(shared_data / "fit" / "run_hronly_fr70_no_gps_compressed.fit")
    golden = pd.read_csv(
        shared_data / "fit_golden" / "fr70_compressed_records.csv",
        names=["time", "heartrate", "speed_mps", "distance_m", "cadence"],
        skiprows=1,
        na_values="null",
    )
    # The first record holds nothing but its time, which the CSV leaves out.
    samples = workout.samples.iloc[1:].reset_index(drop=True)
    assert len(samples) == len(golden) == 754
    np.testing.assert_array_equal(samples["time_s"].diff()[1:], golden["time"].diff()[1:])
    for column in ("heartrate", "speed_mps", "distance_m", "cadence"):
        np.testing.assert_allclose(samples[column], golden[column])
    # Local time of the activity message: 2012-02-13 12:21:03, 3887 s after the session began.
    assert workout.start_time == pd.Timestamp("2012-02-13 11:16:16", tz="UTC")
    assert workout.utc_offset_s is None
    assert "local time" in workout.notes[0]


def test_the_fenix5_is_read_as_its_golden_csv_says(shared_data: Path):
    workout = only(shared_data / "fit_golden" / "fenix5_run.fit")
    golden = pd.read_csv(shared_data / "fit_golden" / "fenix5_run_records.csv")
    samples = workout.samples
    assert len(samples) == len(golden) == 21
    clock = [text.split()[3] for text in golden["timestamp"]]
    local = [workout.start_time + pd.Timedelta(seconds=t) for t in samples["time_s"]]
    hours = pd.Timedelta(seconds=workout.utc_offset_s)
    assert [(t + hours).strftime("%H:%M:%S") for t in local] == clock
    for column, name in (("heartrate", "heart_rate"), ("speed_mps", "speed")):
        np.testing.assert_allclose(samples[column], golden[name])
    np.testing.assert_allclose(samples["distance_m"], golden["distance"])
    np.testing.assert_allclose(samples["altitude_m"], golden["altitude"])
    np.testing.assert_allclose(samples["temperature_c"], golden["temperature"])
    np.testing.assert_allclose(samples["latitude"], golden["position_lat"] * 180 / 2**31)
    np.testing.assert_allclose(samples["longitude"], golden["position_long"] * 180 / 2**31)
    # The CSV leaves the fractions of the cadence out.
    np.testing.assert_array_equal(np.floor(samples["cadence"]), golden["cadence"])


def test_the_sdk_s_pool_swim_is_read_as_its_golden_csv_says(shared_data: Path):
    workout = only(shared_data / "fit_golden" / "sdk_poolswim.fit")
    path = shared_data / "fit_golden" / "sdk_poolswim_FitCSVTool.csv"
    with path.open(encoding="utf-8-sig", newline="") as text:
        rows = [row for row in csv.reader(text) if row[0] == "Data" and row[2] == "length"]
    told = [dict(zip(row[3::3], row[4::3], strict=False)) for row in rows]
    assert len(workout.lengths) == len(told) == 24
    assert [n.elapsed_s for n in workout.lengths] == [float(t["total_elapsed_time"]) for t in told]
    assert [n.is_active for n in workout.lengths] == [t["length_type"] == "1" for t in told]
    # Lengths of drill have no strokes.
    strokes = [t.get("total_strokes") if t["length_type"] == "1" else None for t in told]
    assert [n.strokes for n in workout.lengths] == [s and int(s) for s in strokes]
    active = sum(n.is_active for n in workout.lengths)
    assert workout.distance_m == pytest.approx(active * workout.pool_length_m)


@pytest.mark.parametrize(
    ("name", "lengths", "active", "pool_m", "distance"),
    [
        ("swim_pool_with_hr_fenix3", 87, 68, 25, 1700),
        ("swim_pool_small_fenix3", 39, 39, 20, 780),
        ("swim_pool_garminswim_17pauses", 105, 88, 25, 2200),
        ("swim_pool_strap_hr_in_hr_messages", 27, 24, 50, 1200),
    ],
)
def test_pool_swims_have_all_their_lengths(fit: Path, name, lengths, active, pool_m, distance):
    workout = only(fit / f"{name}.fit")
    assert len(workout.lengths) == lengths
    assert sum(n.is_active for n in workout.lengths) == active
    assert (workout.pool_length_m, workout.distance_m) == (pool_m, distance)
    assert workout.samples["distance_m"].max() == distance
    assert all(a.start_s < b.start_s for a, b in pairwise(workout.lengths))


def test_the_strap_s_heartbeats_are_where_an_independent_decoder_puts_them(fit: Path):
    path = fit / "swim_pool_with_hr_fenix3.fit"
    workout = only(path)
    times, rates = _heartbeats_of_fitdecode(path)
    samples = workout.samples
    assert samples["heartrate"].notna().all()
    instants = workout.start_time.timestamp() + samples["time_s"].to_numpy()
    after = np.searchsorted(times, instants).clip(1, len(times) - 1)
    pair = np.stack((rates[after - 1], rates[after]))
    mine = samples["heartrate"].to_numpy()
    assert ((mine >= pair.min(axis=0)) & (mine <= pair.max(axis=0))).mean() > 0.99


@pytest.mark.parametrize(
    ("name", "average", "highest"),
    # As the devices' own session messages have them.
    [("swim_pool_strap_hr_in_hr_messages.fit", 133, 150), ("swim_openwater_fr945.fit", 120, 140)],
)
def test_a_swim_s_heart_rate_is_the_strap_s(fit: Path, name, average, highest):
    rates = only(fit / name).samples["heartrate"]
    assert rates.mean() == pytest.approx(average, abs=1.5)
    assert rates.max() == highest


def _heartbeats_of_fitdecode(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """fitdecode counts events from the strap's own zero; each anchor ties them to the day."""
    times: list[float] = []
    rates: list[float] = []
    shift = 0.0
    with fitdecode.FitReader(path) as reader:
        for frame in reader:
            if frame.frame_type != fitdecode.FIT_FRAME_DATA or frame.name != "hr":
                continue
            bpm = frame.get_value("filtered_bpm")
            if frame.has_field("timestamp"):
                event = frame.get_value("event_timestamp")
                stamp = frame.get_value("timestamp").timestamp()
                shift = stamp + frame.get_value("fractional_timestamp") - event
                ticks = round(event * 1024)
                times.append(shift + event)
                rates.append(bpm)
                continue
            packed = int.from_bytes(bytes(frame.get_raw_value("event_timestamp_12")), "little")
            for n, rate in enumerate(bpm):
                low = packed >> 12 * n & 0xFFF
                ticks = (ticks & ~0xFFF) + low + (0x1000 if low < ticks & 0xFFF else 0)
                times.append(shift + ticks / 1024)
                rates.append(rate)
    return np.array(times), np.array(rates, float)


def test_100_000_records_are_kept_beyond_the_session_s_own_time(fit: Path):
    workout = only(fit / "stress_99998_records.fit")
    assert len(workout.samples) == 99_998
    assert workout.elapsed_time_s == 30_877
    assert workout.timer_time_s is None
    assert workout.pauses is None
    last = workout.start_time + pd.Timedelta(seconds=workout.samples["time_s"].iloc[-1])
    assert last == pd.Timestamp("2023-09-05 16:41:57", tz="UTC")


def test_damaged_files_give_what_is_left_of_them(fit: Path):
    for name in ("bad_crc.fit", "bad_truncated_768B.fit"):
        workout = only(fit / name)
        assert (len(workout.samples), workout.distance_m) == (14, 5.73)
        assert len(workout.notes) == 1
    chained = read_fit((fit / "chained_two_activities_bad_crc.fit").read_bytes()).workouts
    assert [(len(w.samples), len(w.notes)) for w in chained] == [(14, 0), (14, 1)]


def test_the_file_with_lost_bytes_is_read_to_its_end(fit: Path):
    """Bytes are missing in some twenty of its records; strict readers stop at the first."""
    workout = only(fit / "bad_strava_android_undefined_local_message.fit")
    samples = workout.samples
    content = (fit / "bad_strava_android_undefined_local_message.fit").read_bytes()
    # Every place is written as local message 1 with a latitude of Portland, Oregon.
    written = content.count(b"\x01\x1f\x51") + content.count(b"\x01\x1f\x52")
    assert samples["latitude"].notna().sum() >= written - 25
    assert samples["time_s"].between(0, 3558).all()
    assert samples["distance_m"].max() == pytest.approx(11_274, abs=1)
    assert samples["distance_m"].dropna().is_monotonic_increasing
    assert samples["latitude"].dropna().between(44, 45).all()
    assert workout.notes[0].startswith("The file is damaged in ")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("bad_empty_0B.fit", "empty"),
        ("notactivity_workout.fit", "planned workout"),
        ("notactivity_monitoring.fit", "daily monitoring"),
    ],
)
def test_files_that_are_no_workout_are_refused_by_what_they_are(fit: Path, name: str, word: str):
    with pytest.raises(InputError, match=word):
        read_fit((fit / name).read_bytes())


def test_all_fit_files_are_known_by_content_and_no_other(shared_data: Path):
    for path in shared_data.rglob("*"):
        if path.is_file() and path.stat().st_size:
            with path.open("rb") as file:
                assert is_fit(file.read(65_536)) == (path.suffix.casefold() == ".fit"), path
