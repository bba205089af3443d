"""Real GPX and TCX files against MANIFEST.md and a plain ElementTree reading."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from runsous.errors import InputError
from runsous.files.container import Limits, head, read_whole
from runsous.files.gpx import is_gpx, read_gpx
from runsous.files.tcx import is_tcx, read_tcx
from runsous.model import Reading, Workout

pytestmark = pytest.mark.real

_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"
_MEASURED = re.compile(
    r"^- \*\*(?P<path>\S+\.(?:gpx|tcx)(?:\.gz)?)\*\*.*?measured: start (?P<start>.+?),"
    r"(?: duration (?P<duration>\d+) s,)? (?P<points>\d+) points \((?P<timed>\d+) with time\)"
    r".*?laps (?P<laps>\d+), gps (?P<gps>\d+), hr (?P<hr>\d+), cad (?P<cad>\d+), "
    r"power (?P<power>\d+), ele (?P<ele>\d+), temp (?P<temp>\d+)",
    re.MULTILINE | re.DOTALL,
)

UNUSABLE = {
    "gpx/no_time_9722pts.gpx": "has no times",
    "gpx/route_only.gpx": "planned route",
    "gpx/utf8_bom.gpx": "planned route",
    "gpx/year_1901_times.gpx": "1901-12-13",
}


@dataclass(frozen=True)
class Facts:
    path: str
    values: dict[str, str]

    def __getitem__(self, name: str) -> int:
        return int(self.values[name])


def facts() -> list[Facts]:
    manifest = _FOLDER / "MANIFEST.md"
    if not manifest.exists():
        return []
    found = [m.groupdict() for m in _MEASURED.finditer(manifest.read_text(encoding="utf-8"))]
    return [Facts(m["path"], m) for m in found if (_FOLDER / m["path"]).exists()]


USABLE = [fact for fact in facts() if fact.path not in UNUSABLE]
EVERY = pytest.mark.parametrize("fact", USABLE, ids=lambda fact: fact.path)


def content_of(shared_data: Path, path: str) -> bytes:
    content, notes = read_whole(shared_data / path, Limits())
    assert notes == ()
    return content


@cache
def reading_of(shared_data: Path, path: str) -> Reading:
    read: Callable[[bytes], Reading] = read_gpx if ".gpx" in path else read_tcx
    return read(content_of(shared_data, path))


def workout_of(shared_data: Path, path: str) -> Workout:
    (workout,) = reading_of(shared_data, path).workouts
    return workout


def seconds(text: str | None) -> float:
    return datetime.fromisoformat((text or "").strip()).timestamp()


@dataclass(frozen=True)
class Plain:
    """A document as the standard library reads it, prefixes and all left aside."""

    root: ElementTree.Element

    @classmethod
    def of(cls, content: bytes) -> Plain:
        root = ElementTree.fromstring(content.decode("utf-8-sig").lstrip())
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        return cls(root)

    def points(self) -> Iterator[ElementTree.Element]:
        for name in ("trkpt", "Trackpoint"):
            yield from self.root.iter(name)

    def column(self, *names: str) -> dict[float, float]:
        """The first value at each time; the paths are tried in order."""
        values: dict[float, float] = {}
        for point in self.points():
            time = point.findtext("time") or point.findtext("Time")
            text = next((t for n in names if (t := point.get(n) or point.findtext(n))), None)
            if time:
                values.setdefault(seconds(time), float(text) if text else np.nan)
        return values


COLUMNS = {
    "altitude_m": ("ele", "AltitudeMeters"),
    "latitude": ("lat", "Position/LatitudeDegrees"),
    "longitude": ("lon", "Position/LongitudeDegrees"),
    "distance_m": ("DistanceMeters",),
    "speed_mps": ("speed", "Extensions/TPX/Speed"),
    "heartrate": (".//hr", ".//heartrate", "HeartRateBpm/Value"),
    "cadence": (".//cad", "Cadence", "Extensions/TPX/RunCadence"),
    "power_w": (".//power", "Extensions/TPX/Watts"),
    "temperature_c": (".//atemp",),
}


def test_the_manifest_tells_of_every_file(shared_data: Path) -> None:
    folders = ("gpx", "tcx", "overlap_fitlist/derived_tcx", "overlap_spotifygpx")
    there = {
        path.relative_to(shared_data).as_posix()
        for folder in folders
        for path in (shared_data / folder).iterdir()
        if re.search(r"\.(gpx|tcx)(\.gz)?$", path.name)
    }
    told = {fact.path for fact in facts()}
    assert there <= told
    assert len(USABLE) >= 30


@EVERY
def test_the_kind_is_known_by_the_beginning(shared_data: Path, fact: Facts) -> None:
    begin = head(shared_data / fact.path)
    assert is_gpx(begin) == (".gpx" in fact.path)
    assert is_tcx(begin) == (".tcx" in fact.path)


@EVERY
def test_start_duration_and_points_are_those_measured(shared_data: Path, fact: Facts) -> None:
    reading = reading_of(shared_data, fact.path)
    (workout,) = reading.workouts
    times = workout.samples["time_s"]
    first = workout.start_time.timestamp() + times.iloc[0]
    assert first == pytest.approx(
        datetime.fromisoformat(fact.values["start"]).timestamp(), abs=1e-3
    )
    assert times.iloc[-1] - times.iloc[0] == pytest.approx(fact["duration"], abs=1)
    plain = Plain.of(content_of(shared_data, fact.path))
    assert sum(1 for _ in plain.points()) == fact["points"]
    # Laps repeat their last point; a time stands in the samples once.
    assert len(times) == len(plain.column("ele"))
    assert fact["timed"] - len(times) <= max(1, fact["laps"])
    untimed = fact["points"] - fact["timed"]
    assert any(f"{untimed} of {fact['points']} points" in n for n in reading.notes) == (untimed > 0)
    assert len(workout.laps) == fact["laps"]


@EVERY
def test_channels_are_those_measured(shared_data: Path, fact: Facts) -> None:
    samples = workout_of(shared_data, fact.path).samples
    untimed = fact["points"] - fact["timed"]
    for name, channel in [
        ("gps", "latitude"),
        ("hr", "heartrate"),
        ("cad", "cadence"),
        ("power", "power_w"),
        ("ele", "altitude_m"),
        ("temp", "temperature_c"),
    ]:
        lost = fact[name] - int(samples[channel].notna().sum())
        assert 0 <= lost <= (untimed + max(1, fact["laps"]) if fact[name] else 0), channel


@EVERY
def test_every_value_is_what_a_plain_reading_gives(shared_data: Path, fact: Facts) -> None:
    plain = Plain.of(content_of(shared_data, fact.path))
    workout = workout_of(shared_data, fact.path)
    instants = workout.start_time.timestamp() + workout.samples["time_s"].to_numpy()
    for channel, names in COLUMNS.items():
        expected = plain.column(*names)
        order = np.array(sorted(expected))
        assert np.allclose(instants, order, atol=1e-3)
        values = np.array([expected[instant] for instant in order])
        assert np.allclose(workout.samples[channel], values, equal_nan=True), channel


@pytest.mark.parametrize("path", [fact.path for fact in USABLE if ".tcx" in fact.path])
def test_totals_are_the_sums_of_the_laps(shared_data: Path, path: str) -> None:
    plain = Plain.of(content_of(shared_data, path))
    laps = list(plain.root.iter("Lap"))
    workout = workout_of(shared_data, path)
    timers = [float(lap.findtext("TotalTimeSeconds") or "nan") for lap in laps]
    lengths = [float(lap.findtext("DistanceMeters") or "nan") for lap in laps]
    assert workout.timer_time_s == pytest.approx(sum(timers))
    assert workout.distance_m == pytest.approx(sum(lengths))
    starts = [seconds(lap.get("StartTime")) - workout.start_time.timestamp() for lap in laps]
    assert [lap.start_s for lap in workout.laps] == pytest.approx(starts)
    assert min(starts) == pytest.approx(0, abs=1e-3)
    assert workout.elapsed_time_s == workout.samples["time_s"].iloc[-1]


@pytest.mark.parametrize(("path", "reason"), UNUSABLE.items())
def test_files_without_usable_times_say_why(shared_data: Path, path: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        reading_of(shared_data, path)


def test_segments_end_where_the_file_ends_them(shared_data: Path) -> None:
    content = content_of(shared_data, "gpx/multiseg_8segments.gpx")
    ends = [
        seconds(list(segment.iter("time"))[-1].text)
        for segment in Plain.of(content).root.iter("trkseg")
        if len(segment)
    ]
    workout = workout_of(shared_data, "gpx/multiseg_8segments.gpx")
    start = workout.start_time.timestamp()
    assert list(workout.breaks_s) == [end - start for end in ends[:-1]]
    assert workout_of(shared_data, "gpx/empty_segment.gpx").breaks_s == ()


def test_the_long_pause_of_a_run_is_a_break(shared_data: Path) -> None:
    workout = workout_of(shared_data, "tcx/run_garmin_1s_hr_cad.tcx")
    times = workout.samples["time_s"].to_numpy()
    at = int(np.diff(times).argmax())
    assert np.diff(times)[at] == pytest.approx(399, abs=1)
    assert times[at] in workout.breaks_s
    assert workout.pauses is None


def test_the_zone_of_a_gpx_is_told(shared_data: Path) -> None:
    workout = workout_of(shared_data, "overlap_spotifygpx/track_20230709.gpx")
    assert workout.start_time == datetime(2023, 7, 9, 15, 41, 9, 999000, tzinfo=UTC)
    assert workout.utc_offset_s == 7200


@pytest.mark.parametrize(
    ("path", "sport"),
    [
        ("gpx/run_trail_strava_hr_cad_3h.gpx", "run"),
        ("gpx/run_amazfit_hr.gpx", "run"),
        ("gpx/run_garmin_hr_cad.gpx", "run"),
        ("gpx/run_strava_nohr_cad.gpx.gz", "run"),
        ("gpx/ride_strava_11277pts.gpx.gz", "ride"),
        ("gpx/swim_openwater_strava_hr.gpx", "swim"),
        ("tcx/run_2013-06-01.tcx.gz", "run"),
        ("tcx/ride_edge_2009.tcx", "ride"),
        ("tcx/ski_hr_cad.tcx", "other"),
    ],
)
def test_sports_are_what_the_files_say(shared_data: Path, path: str, sport: str) -> None:
    assert workout_of(shared_data, path).sport == sport
