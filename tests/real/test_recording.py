"""Completing what real devices recorded, read here by plain parsers and not by our readers."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import fitdecode
import numpy as np
import pytest
from lxml import etree

from runsous import frames
from runsous.analysis.recording import complete
from runsous.model import Workout

pytestmark = pytest.mark.real

FIELDS = {
    "latitude": ("position_lat",),
    "longitude": ("position_long",),
    "altitude_m": ("enhanced_altitude", "altitude"),
    "distance_m": ("distance",),
    "speed_mps": ("enhanced_speed", "speed"),
    "heartrate": ("heart_rate",),
    "cadence": ("cadence",),
}


def run_from_fit(path: Path) -> tuple[Workout, dict]:
    """A running file and the summary its device wrote."""
    rows, events, session = [], [], {}
    with fitdecode.FitReader(path) as reader:
        for frame in reader:
            if frame.frame_type != fitdecode.FIT_FRAME_DATA:
                continue
            told = {field.name: field.value for field in frame.fields}
            if frame.name == "record":
                rows.append(told)
            elif frame.name == "event" and told.get("event") == "timer":
                events.append((told["timestamp"], told["event_type"]))
            elif frame.name == "session":
                session = told
    start = session["start_time"]
    columns = {
        name: [next((row[f] for f in fields if row.get(f) is not None), np.nan) for row in rows]
        for name, fields in FIELDS.items()
    }
    for name in ("latitude", "longitude"):
        columns[name] = np.array(columns[name], dtype=float) * 180 / 2**31
    times = [(row["timestamp"] - start).total_seconds() for row in rows]
    run = Workout(
        kind="fit",
        start_time=start,
        sport="run",
        samples=frames.samples(time_s=times, **columns),
        elapsed_time_s=session["total_elapsed_time"],
        timer_time_s=session["total_timer_time"],
        distance_m=session["total_distance"],
        pauses=pauses_between(events, start),
    )
    return run, session


def pauses_between(events, start):
    found, stopped = [], None
    for at, what in events:
        seconds = (at - start).total_seconds()
        if what.startswith("stop"):
            stopped = seconds
        elif stopped is not None:
            found.append((stopped, seconds))
            stopped = None
    return tuple(found)


def from_xml(content: bytes, group: str, point: str) -> Workout:
    """The timed points of a GPX or TCX file; ``group`` is what a pause separates."""
    times, lat, lon, ends = [], [], [], []
    for part in etree.fromstring(content).iter(f"{{*}}{group}"):
        for each in part.iter(f"{{*}}{point}"):
            times.append(datetime.fromisoformat(next(each.iter("{*}time", "{*}Time")).text))
            degrees = [each.get("lat"), each.get("lon")]
            if degrees[0] is None:
                found = each.iter("{*}LatitudeDegrees", "{*}LongitudeDegrees")
                degrees = [number.text for number in found] or ["nan", "nan"]
            lat.append(float(degrees[0]))
            lon.append(float(degrees[1]))
        ends.append((times[-1] - times[0]).total_seconds())
    seconds = [(time - times[0]).total_seconds() for time in times]
    samples = frames.samples(time_s=seconds, latitude=lat, longitude=lon)
    return Workout(
        kind="gpx",
        start_time=times[0],
        sport="run",
        samples=samples,
        breaks_s=tuple(ends[:-1]),
    )


def test_a_run_in_bohemia_whose_file_claims_utc(shared_data):
    run, session = run_from_fit(shared_data / "fit" / "run_outdoor_coros_trosku.fit")
    activity = complete(replace(run, utc_offset_s=0), home_zone="America/New_York")
    assert (activity.time_zone, activity.utc_offset_s) == ("Europe/Prague", 3600)
    assert (activity.elapsed_time_s, activity.moving_time_s) == (2922, 2922)
    assert activity.average_cadence == pytest.approx(2 * session["avg_running_cadence"], abs=2)
    assert activity.average_heartrate == pytest.approx(session["avg_heart_rate"], abs=0.5)
    assert activity.elevation_gain_m == pytest.approx(session["total_ascent"], rel=0.1)


def test_a_run_with_pauses_and_hills(shared_data):
    path = shared_data / "fit" / "run_outdoor_14pauses_stryd_portland.fit"
    run, session = run_from_fit(path)
    activity = complete(run, home_zone=None)
    assert len(activity.pauses) == 13  # 14 stops; the last one is the end
    paused = sum(end - start for start, end in activity.pauses)
    assert paused == pytest.approx(6791 - 6166, abs=2)
    assert activity.moving_time_s == pytest.approx(6166, abs=1)
    assert activity.distance_m == pytest.approx(16_076, abs=1)
    assert activity.elevation_gain_m == pytest.approx(session["total_ascent"], rel=0.1)


@pytest.mark.parametrize(
    ("name", "metres"),
    [("run_outdoor_coros_trosku", 10_744), ("run_outdoor_fenix2", 9_008)],
)
def test_positions_alone_tell_the_distance_the_device_counted(shared_data, name, metres):
    run, _ = run_from_fit(shared_data / "fit" / f"{name}.fit")
    silent = run.samples.assign(distance_m=np.nan, speed_mps=np.nan)
    activity = complete(replace(run, samples=silent, distance_m=None), home_zone=None)
    assert activity.distance_m == pytest.approx(metres, rel=0.01)
    # Means: devices smooth their speed more than ours, which shifts the median by 4 %.
    ours = activity.samples["speed_mps"].mean()
    assert ours == pytest.approx(run.samples["speed_mps"].mean(), rel=0.01)


def test_smart_recording_has_no_pauses(shared_data):
    run, _ = run_from_fit(shared_data / "fit" / "run_smart_recording_vivoactive.fit")
    activity = complete(replace(run, pauses=None, timer_time_s=None), home_zone=None)
    assert activity.pauses == ()


def test_the_gap_of_a_ride_is_its_pause(shared_data):
    content = gzip.decompress((shared_data / "gpx" / "ride_strava_11277pts.gpx.gz").read_bytes())
    ride = complete(from_xml(content, "trkseg", "trkpt"), home_zone=None)
    assert len(ride.samples) == 11_277
    assert max(end - start for start, end in ride.pauses) == 402
    assert ride.time_zone == "Europe/London"


def test_the_gap_between_tracks_is_the_pause_the_timer_leaves_out(shared_data):
    content = (shared_data / "tcx" / "run_garmin_1s_hr_cad.tcx").read_bytes()
    run = complete(from_xml(content, "Track", "Trackpoint"), home_zone=None)
    lap_seconds = [
        float(number.text) for number in etree.fromstring(content).iter("{*}TotalTimeSeconds")
    ]
    assert max(end - start for start, end in run.pauses) == pytest.approx(399, abs=1)
    assert run.moving_time_s == pytest.approx(sum(lap_seconds), rel=0.01)
