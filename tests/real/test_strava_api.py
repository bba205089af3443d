"""Strava's answers as they were recorded, and what it would answer of real FIT files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from runsous.analysis.recording import complete
from runsous.files.fit import read_fit
from runsous.model import Activity, Workout
from runsous.services.strava import parse

pytestmark = pytest.mark.real

LISTS = ["activities_list_2017_2023.json", "activities_pages_elevate.json"]
DETAILS = [
    "activity_detail_run.json",
    "activity_detail_ride.json",
    "activity_detail_elevate.json",
    "activity_stravalib_2014.json",
    "activity_manual_stravalib.json",
]


def load(shared_data: Path, name: str) -> Any:
    return json.loads((shared_data / "strava_api" / name).read_text("utf-8"))


def completed(summary: dict, streams: Any = None, detail: dict | None = None) -> Activity:
    document = {"summary": parse.summary(summary), "streams": streams, "detail": detail}
    return complete(parse.workout(document), home_zone=None)


@pytest.mark.parametrize("name", LISTS)
def test_every_summary_becomes_an_activity_with_its_own_totals(shared_data, name):
    told = load(shared_data, name)
    pages = told if isinstance(told[0], list) else [told]
    for each in (each for page in pages for each in page):
        assert parse.is_summary(each)
        run = completed(each)
        assert run.start_time == datetime.fromisoformat(each["start_date"])
        assert (run.elapsed_time_s, run.external_id) == (each["elapsed_time"], str(each["id"]))
        assert run.distance_m == each["distance"]
        assert abs(run.moving_time_s - each["moving_time"]) <= 1
        assert run.average_heartrate == each.get("average_heartrate")
        local = datetime.fromisoformat(each["start_date_local"])
        assert run.start_time.timestamp() + run.utc_offset_s == local.timestamp()
        assert run.time_zone == each["timezone"].split(") ")[1]
        assert not run.is_start_hidden
        if each["sport_type" if "sport_type" in each else "type"] == "Run" and run.cadence_unit:
            assert run.average_cadence == pytest.approx(2 * each["average_cadence"])


@pytest.mark.parametrize("name", DETAILS)
def test_every_detail_becomes_an_activity(shared_data, name):
    told = load(shared_data, name)
    run = completed(told, detail=parse.detail(told))
    assert run.name == " ".join(told["name"].split())
    assert run.device == told.get("device_name")
    assert len(run.laps) == len(told.get("laps", []))
    assert all(lap.start_s + lap.elapsed_s <= run.elapsed_time_s for lap in run.laps)


def test_a_marathon_keeps_its_lap_and_its_words(shared_data):
    told = load(shared_data, "activity_detail_run.json")
    run = completed(told, detail=parse.detail(told))
    assert (run.laps[0].start_s, run.laps[0].elapsed_s, run.laps[0].timer_s) == (0, 13306, 13299)
    assert run.description.startswith("Official time 3:42:02.")
    assert run.description.count("\n") == 2


def test_recorded_streams_in_a_list_are_read(shared_data):
    found = parse.streams(load(shared_data, "streams_list_form_elevate.json"))
    assert {len(values) for values in found.values()} == {78}
    assert found["latlng"][0] == [45.210371, 5.783086]
    assert found["watts"][:8] == [0, 0, 0, 0, 0, 0, 43, 90]


def test_streams_without_a_time_are_of_no_use(shared_data):
    with pytest.raises(ValueError, match="time"):
        parse.streams(load(shared_data, "streams_key_by_type_distance_only.json"))


def test_a_run_from_the_api_agrees_with_its_fit_file(shared_data):
    told = load(shared_data, "streams_coros_run_3183465494.json")
    path = shared_data / "fit" / "run_outdoor_coros_trosku.fit"
    file = complete(read_fit(path.read_bytes()).workouts[0], home_zone=None)
    totals = {
        "id": 3183465494,
        "sport_type": "Run",
        "start_date": file.start_time.isoformat(),
        "elapsed_time": 2922,
        "moving_time": 2922,
        "distance": told["distance"][-1],
    }
    run = completed(totals, told)
    assert run.distance_m == pytest.approx(file.distance_m, rel=1e-3)
    assert (run.elapsed_time_s, run.moving_time_s) == (file.elapsed_time_s, file.moving_time_s)
    assert run.average_cadence == pytest.approx(file.average_cadence, abs=0.1)
    assert run.cadence_unit == file.cadence_unit == "spm"
    assert run.average_heartrate == pytest.approx(file.average_heartrate, abs=0.1)
    assert run.pauses == file.pauses
    assert run.samples["power_w"].isna().sum() == told["watts"].count(None) > 0
    same = run.samples["time_s"].isin(file.samples["time_s"])
    assert same.mean() > 0.99


@pytest.mark.parametrize(
    "name",
    [
        "run_outdoor_14pauses_stryd_portland.fit",
        "run_trail_24pauses_loupblanc.fit",
        "run_trail_suunto_3pauses_bloemendaal.fit",
        "run_treadmill_4pauses_stryd.fit",
        "run_smart_recording_vivoactive.fit",
        "run_hronly_fr70_no_gps_compressed.fit",
        "ride_power_7pauses.fit",
        "swim_openwater_fr945.fit",
    ],
)
def test_what_strava_would_tell_of_a_file_agrees_with_the_file(shared_data, name):
    read = read_fit((shared_data / "fit" / name).read_bytes()).workouts[0]
    file = complete(read, home_zone=None)
    run = complete(parse.workout(as_strava_tells(read, file)), home_zone=None)
    assert run.sport == file.sport
    assert run.distance_m == pytest.approx(file.distance_m, abs=0.1)
    assert run.elapsed_time_s == pytest.approx(file.elapsed_time_s, abs=1)
    assert run.moving_time_s == pytest.approx(file.moving_time_s, abs=1)
    assert run.average_cadence == pytest.approx(file.average_cadence, abs=0.1)
    assert run.cadence_unit == file.cadence_unit
    # Short ones are among the steps of a watch that saves memory.
    paused_s = sum(end - start for start, end in file.pauses)
    assert sum(end - start for start, end in run.pauses) == pytest.approx(paused_s, abs=10)
    for start, end in run.pauses:
        assert any(abs(start - a) + abs(end - b) <= 8 for a, b in file.pauses)


def as_strava_tells(read: Workout, file: Activity) -> dict[str, Any]:
    """The file's samples as streams, whole seconds, holes as null."""
    samples = read.samples

    def values(column: str) -> list[float | None]:
        return [None if np.isnan(value) else value for value in samples[column]]

    places = zip(values("latitude"), values("longitude"), strict=True)
    return {
        "summary": {
            "id": 1,
            "start_date": read.start_time.astimezone(UTC).isoformat(),
            "sport_type": {"run": "Run", "ride": "Ride", "swim": "Swim"}[read.sport],
            "elapsed_time": round(file.elapsed_time_s),
            "moving_time": round(file.moving_time_s),
            "distance": file.distance_m,
        },
        "streams": {
            "time": samples["time_s"].round().astype(int).tolist(),
            "latlng": [[] if None in place else list(place) for place in places],
            **{name: values(column) for name, column in parse.STREAMS.items()},
        },
        "detail": None,
    }
