"""The real files through the whole way in, against MANIFEST.md and independent readings."""

from __future__ import annotations

import gzip
import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean
from xml.etree import ElementTree

import fitdecode
import numpy as np
import pandas as pd
import pytest

from runsous import settings
from runsous.settings import Settings
from runsous.store import database, streams
from tests.conftest import _in, _tell
from tests.sync import make

pytestmark = pytest.mark.real

FOLDERS = ("fit", "gpx", "tcx", "overlap_fitlist", "overlap_life", "overlap_spotifygpx")
_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"
_ENTRY = re.compile(r"^- \*\*(?P<path>\S+)\*\*.*?^  - measured: (?P<words>.*?)$", re.M | re.S)

REFUSED = {
    "fit/bad_empty_0B.fit": "empty",
    "fit/notactivity_monitoring.fit": "daily monitoring",
    "fit/notactivity_workout.fit": "planned workout",
    "gpx/no_time_9722pts.gpx": "has no times",
    "gpx/route_only.gpx": "planned route",
    "gpx/utf8_bom.gpx": "planned route",
    "gpx/year_1901_times.gpx": "1901",
}
TOGETHER = {
    "fit/bad_crc.fit",
    "fit/bad_truncated_768B.fit",
    "fit/chained_two_activities_bad_crc.fit",
}
"""Copies of one recording of fourteen seconds, damaged in different ways."""

ODD = {
    *TOGETHER,
    "fit/multisport_triathlon_5sessions.fit",
    "fit/bad_strava_android_undefined_local_message.fit",
    # No absolute time in its records; five records without any value; no session's end.
    "fit/run_hronly_fr70_no_gps_compressed.fit",
    "fit/stress_99998_records.fit",
}


def _measured() -> dict[str, str]:
    manifest = _FOLDER / "MANIFEST.md"
    if not manifest.exists():
        return {}
    entries = _ENTRY.finditer(manifest.read_text(encoding="utf-8"))
    return {entry["path"]: entry["words"] for entry in entries}


MEASURED = _measured()


def of_kind(kind: str) -> list[str]:
    wanted = re.compile(rf"({'|'.join(FOLDERS)})/.*\.({kind})(\.gz)?$")
    return [p for p in MEASURED if wanted.match(p) and p not in REFUSED and p not in ODD]


FIT, XML = of_kind("fit"), of_kind("gpx|tcx")


def number(pattern: str, words: str) -> float:
    found = re.search(pattern, words)
    assert found, (pattern, words)
    return float(found[1])


@pytest.fixture(scope="module")
def library(shared_data, _server, _template, tmp_path_factory):
    """All real workouts and the histories that go with them, imported at once."""
    name = f"{_template}_real"
    _tell(_server, f'CREATE DATABASE "{name}" TEMPLATE "{_template}" STRATEGY FILE_COPY')
    ours = Settings(home=tmp_path_factory.mktemp("real"), database_url=_in(_server, name))
    settings.use(ours)
    engine = database.open(ours)
    report = make.take(engine, *(shared_data / folder for folder in FOLDERS))
    yield engine, {f.path.removeprefix(f"{shared_data}/"): f for f in report.files}
    database.close(engine)
    _tell(_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def activity(library, shared_data):
    """The stored activity of a file, with its samples and pauses."""
    engine, _ = library

    def one(path: str) -> dict:
        (row,) = make.rows(
            engine,
            "SELECT a.* FROM activities a JOIN activity_files f ON f.activity_id = a.id"
            " WHERE f.path = :path",
            path=str(shared_data / path),
        )
        with engine.begin() as conn:
            samples = streams.frame(conn, row["user_id"], row["id"])
        pauses = make.rows(
            engine, "SELECT * FROM pauses WHERE activity_id = :id ORDER BY start_s", id=row["id"]
        )
        return {**row, "samples": samples, "pauses": pauses}

    return one


def test_every_file_is_spoken_of_and_only_the_useless_are_refused(library, shared_data):
    _, files = library
    failed = {path: file.message for path, file in files.items() if file.status == "failed"}
    assert set(failed) == set(REFUSED)
    for path, why in REFUSED.items():
        assert failed[path].startswith(Path(path).name)
        assert why in failed[path]
    assert {f.status for f in files.values() if f.status != "failed"} == {"imported"}
    there = {
        path.relative_to(shared_data).as_posix()
        for folder in FOLDERS
        for path in (shared_data / folder).rglob("*")
        if re.search(r"\.(fit|gpx|tcx)(\.gz)?$", path.name)
    }
    assert there == {path for path in files if re.search(r"\.(fit|gpx|tcx)(\.gz)?$", path)}


def test_every_workout_is_one_activity_but_copies_and_triathlons(library):
    engine, _ = library
    legs_more = 5 - 1
    copies_less = len(TOGETHER) - 1
    (count,) = make.rows(engine, "SELECT count(*) AS n FROM activities")
    files = len(FIT) + len(XML) + len(ODD)
    assert count["n"] == files + legs_more - copies_less
    (kept,) = make.rows(
        engine, "SELECT DISTINCT activity_id FROM activity_files WHERE path LIKE '%/bad_crc.fit'"
    )
    joined = make.rows(
        engine, "SELECT path, part FROM activity_files WHERE activity_id = :activity_id", **kept
    )
    assert {Path(row["path"]).name for row in joined} == {Path(p).name for p in TOGETHER}
    assert len(joined) == 4


@pytest.mark.parametrize("path", FIT)
def test_a_fit_file_is_stored_as_measured(activity, path):
    words, stored = MEASURED[path], activity(path)
    first = stored["start_time"] + timedelta(seconds=stored["samples"]["time_s"].iloc[0])
    measured = datetime.fromisoformat(re.search(r"start (\S+ \S+)Z", words)[1] + "+00:00")
    assert abs((first - measured).total_seconds()) < 1
    elapsed = number(r"elapsed (\d+) s", words)
    # Samples may lie a second beyond the rounded total, on one watch the last length three.
    late = 3.5 if "garminswim" in path else 1.1
    assert stored["elapsed_time_s"] == pytest.approx(elapsed, abs=late)
    assert stored["moving_time_s"] == pytest.approx(number(r"timer (\d+) s", words), abs=1)
    assert stored["distance_m"] == pytest.approx(number(r"dist (\d+) m", words), abs=0.6)
    stops = number(r"timer start \d+ / stop (\d+)", words)
    assert stops - 2 <= len(stored["pauses"]) <= stops - 1
    records = number(r"(\d+) records", words)
    # Strap beats may bring samples of their own; records without any value are none.
    assert records * 0.9 <= stored["n_points"] <= records
    assert len(stored["samples"]) == stored["n_points"]
    assert stored["has_gps"] == ("gps" in re.search(r"channels \[(.*?)\]", words)[1])
    if "swim_pool" in path:
        # In the pool the timer counts by other rules: rests at the wall, lengths undone.
        return
    paused = sum(pause["end_s"] - pause["start_s"] for pause in stored["pauses"])
    assert paused == pytest.approx(stored["elapsed_time_s"] - stored["moving_time_s"], abs=3.5)


@pytest.mark.parametrize("path", FIT)
def test_heart_rates_of_a_fit_file_are_those_an_independent_decoder_finds(
    activity, shared_data, path
):
    beats, strapped = [], False
    with fitdecode.FitReader(shared_data / path) as reader:
        for frame in reader:
            strapped |= frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "hr"
            if frame.frame_type == fitdecode.FIT_FRAME_DATA and frame.name == "record":
                beat = frame.get_value("heart_rate", fallback=None)
                if beat:  # Lifting weights, one sensor told 240: that stands, with a note.
                    beats.append(beat)
    stored = activity(path)
    found = stored["samples"]["heartrate"].dropna()
    if strapped:
        # A strap's own beats, in messages of their own, go before the wrist's in the records.
        assert not found.empty
        assert found.tolist() != beats
        return
    assert found.tolist() == beats
    if beats:
        assert stored["average_heartrate"] == pytest.approx(fmean(beats))
        assert stored["max_heartrate"] == max(beats)


def plain_points(path: Path) -> list[tuple[float, float | None]]:
    """The instant and heart rate of each timed point, as the standard library reads it."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    root = ElementTree.fromstring(content.decode("utf-8-sig").lstrip())
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    points = []
    for point in [*root.iter("trkpt"), *root.iter("Trackpoint")]:
        time = point.findtext("time") or point.findtext("Time")
        beat = next(
            (
                t
                for n in (".//hr", ".//heartrate", "HeartRateBpm/Value")
                if (t := point.findtext(n))
            ),
            None,
        )
        if time:
            at = datetime.fromisoformat(time.strip()).timestamp()
            points.append((at, float(beat) if beat else None))
    return points


@pytest.mark.parametrize("path", XML)
def test_a_gpx_or_tcx_file_is_stored_as_measured(activity, shared_data, path):
    words, stored = MEASURED[path], activity(path)
    points = plain_points(shared_data / path)
    instants = stored["start_time"].timestamp() + stored["samples"]["time_s"].to_numpy()
    assert instants == pytest.approx(sorted({at for at, _ in points}), abs=1e-3)
    start = datetime.fromisoformat(re.search(r"start (\S+ [^,]+),", words)[1])
    assert instants[0] == pytest.approx(start.timestamp(), abs=1e-3)
    duration = number(r"duration (\d+) s", words)
    assert stored["elapsed_time_s"] == pytest.approx(duration, abs=1)
    laps = number(r"laps (\d+)", words)
    timed = number(r"\((\d+) with time\)", words)
    assert timed - max(1, laps) <= stored["n_points"] <= timed
    beats = {}
    for at, beat in points:
        beats.setdefault(at, beat)
    known = [beat for _, beat in sorted(beats.items()) if beat is not None]
    found = stored["samples"]["heartrate"].dropna().tolist()
    assert found == known
    if known:
        assert stored["average_heartrate"] == pytest.approx(fmean(known))
        assert stored["max_heartrate"] == max(known)


@pytest.mark.parametrize(
    ("path", "longest"),
    [("gpx/ride_strava_11277pts.gpx.gz", 402), ("tcx/run_garmin_1s_hr_cad.tcx", 399)],
)
def test_a_long_gap_is_stored_as_a_pause(activity, path, longest):
    pauses = [p["end_s"] - p["start_s"] for p in activity(path)["pauses"]]
    assert max(pauses) == pytest.approx(longest, abs=1)


def test_the_triathlon_is_five_activities_one_after_the_other(library):
    engine, _ = library
    legs = make.rows(
        engine,
        "SELECT a.* FROM activities a JOIN activity_files f ON f.activity_id = a.id"
        " WHERE f.path LIKE '%multisport%' ORDER BY a.start_time",
    )
    assert [leg["sport"] for leg in legs] == ["swim", "transition", "ride", "transition", "run"]
    assert [leg["distance_m"] for leg in legs] == pytest.approx([513, 132, 13518, 72, 4492], abs=1)
    assert [leg["elapsed_time_s"] for leg in legs] == pytest.approx(
        [676, 157, 1567, 70, 1574], abs=1
    )
    assert sum(leg["n_points"] for leg in legs) == 4043


def test_a_hundred_thousand_samples_are_stored(activity):
    stored = activity("fit/stress_99998_records.fit")
    assert stored["n_points"] == len(stored["samples"]) == 99_998
    last = stored["start_time"] + timedelta(seconds=stored["samples"]["time_s"].iloc[-1])
    assert last == datetime.fromisoformat("2023-09-05 16:41:57+00:00")


def test_segments_of_every_activity_tile_it_and_add_up(library):
    engine, _ = library
    found = make.rows(
        engine,
        "SELECT a.id, a.elapsed_time_s, a.n_songs, s.index, s.start_s, s.end_s, s.track_id,"
        " s.elapsed_s, a.moving_time_s, s.moving_s, a.distance_m AS whole_m, s.distance_m,"
        " a.elevation_gain_m AS climbed_m, s.elevation_gain_m, a.channels"
        " FROM activities a JOIN segments s ON s.activity_id = a.id ORDER BY 1, 4",
    )
    tiles = pd.DataFrame(found)
    (every,) = make.rows(engine, "SELECT count(*) AS n FROM activities")
    assert tiles["id"].nunique() == every["n"]
    for _, each in tiles.groupby("id"):
        assert each["start_s"].iloc[0] == 0
        assert each["end_s"].iloc[-1] == each["elapsed_time_s"].iloc[0]
        assert each["start_s"].tolist()[1:] == each["end_s"].tolist()[:-1]
        assert each["track_id"].notna().sum() == each["n_songs"].iloc[0]
        whole = each.iloc[0]
        assert each["elapsed_s"].sum() == pytest.approx(whole["elapsed_time_s"])
        assert each["moving_s"].sum() == pytest.approx(whole["moving_time_s"])
        if "distance_m" in whole["channels"]:
            assert each["distance_m"].sum() == pytest.approx(whole["whole_m"])
        if "altitude_m" in whole["channels"]:
            assert each["elevation_gain_m"].sum() == pytest.approx(whole["climbed_m"])


def test_samples_of_the_fitlist_carry_the_song_that_the_watch_noted(library, shared_data):
    """From the derived TCX and listens alone, through the database."""
    engine, _ = library
    segments = pd.DataFrame(
        make.rows(
            engine,
            "SELECT f.path, a.start_time, s.start_s, r.name || ' - ' || t.title AS song"
            " FROM segments s JOIN activities a ON a.id = s.activity_id"
            " JOIN activity_files f ON f.activity_id = a.id"
            " LEFT JOIN tracks t ON t.id = s.track_id LEFT JOIN artists r ON r.id = t.artist_id"
            " WHERE f.path LIKE '%derived_tcx%' ORDER BY f.path, s.index",
        )
    )
    right = counted = 0
    for path in sorted((shared_data / "overlap_fitlist" / "raw").glob("*/*_tracks.csv")):
        noted = pd.read_csv(path)
        at = pd.to_datetime(noted["Date/Time"]).dt.tz_localize("America/New_York")
        # What the recording program wrote where it knew of no track.
        song = noted["Track Description"].replace("NaT", None)
        mine = segments[segments["path"].str.endswith(f"{path.parent.name}.tcx")]
        seconds = (at - mine["start_time"].iloc[0]).dt.total_seconds().to_numpy()
        changes = seconds[song.ne(song.shift()).to_numpy()]
        edges = np.concatenate((changes, mine["start_s"], [seconds[-1]]))
        far = np.abs(seconds[:, None] - edges).min(axis=1) > 5
        told = far & song.notna().to_numpy()
        nth = np.searchsorted(mine["start_s"].to_numpy(), seconds, side="right") - 1
        carried = mine["song"].to_numpy()[nth]
        pairs = zip(carried[told], song[told], strict=True)
        right += sum(a is not None and alike(a, b) for a, b in pairs)
        counted += int(told.sum())
    assert counted > 2000
    assert right / counted >= 0.99


def alike(a: str, b: str) -> bool:
    return re.sub(r"\W", "", a).casefold() == re.sub(r"\W", "", b).casefold()


def test_two_tellings_of_a_history_are_one_timeline_of_12667_plays(library):
    engine, files = library
    zipped = [f for p, f in files.items() if "listenbrainz_export.zip!" in p]
    assert len(zipped) == 25
    assert sum(f.listens for f in zipped) == 12_667
    span = "started_at BETWEEN '2019-12-02' AND '2021-12-31'"
    (plays,) = make.rows(engine, f"SELECT count(*) AS n FROM plays WHERE {span}")
    assert plays["n"] == 12_667
    (both,) = make.rows(
        engine,
        f"SELECT count(*) AS n FROM plays WHERE {span}"
        " AND sources = ARRAY['lastfm', 'listenbrainz']",
    )
    # Two rows of the coarse file are alike when a song was told twice within one minute.
    assert both["n"] >= 12_667 - 30


def test_the_drive_has_the_songs_that_another_program_placed_on_it(library, shared_data):
    engine, _ = library
    pairs = pd.read_csv(shared_data / "overlap_spotifygpx" / "expected_pairs_20230709.csv")
    found = make.rows(
        engine,
        "SELECT a.start_time, s.start_s, t.title FROM segments s"
        " JOIN activities a ON a.id = s.activity_id"
        " JOIN activity_files f ON f.activity_id = a.id JOIN tracks t ON t.id = s.track_id"
        " WHERE f.path LIKE '%track_20230709.gpx' ORDER BY s.index",
    )
    # The other program pairs songs that begin on the way; this one began before it.
    assert found[0]["title"] == "Apples"
    assert found[0]["start_s"] == 0
    assert [row["title"] for row in found[1:]] == pairs["Title"].tolist()
    for row, theirs in zip(found[1:], pd.to_datetime(pairs["Song Time"]), strict=True):
        apart = row["start_time"] + timedelta(seconds=row["start_s"]) - theirs
        assert 0 <= apart.total_seconds() < 1


def test_in_the_other_order_everything_is_the_same(shared_data, engine, tmp_path):
    chosen = [
        *(shared_data / path for path in sorted(TOGETHER)),
        shared_data / "overlap_spotifygpx" / "track_20230709.gpx",
        shared_data / "overlap_spotifygpx" / "spotify_20230709.json",
        shared_data / "overlap_fitlist" / "derived_listens.jsonl",
        *sorted((shared_data / "overlap_fitlist" / "derived_tcx").iterdir()),
        shared_data / "overlap_life" / "lastfm_api_tracks.json",
        *_newest_months(shared_data, tmp_path),
    ]
    make.take(engine, *chosen)
    forwards = make.library(engine)
    for table in ("activities", "activity_streams", "listens", "plays", "tracks", "imports"):
        with engine.begin() as conn:
            conn.exec_driver_sql(f"DELETE FROM {table}")
    for path in reversed(chosen):
        make.take(engine, path)
    backwards = make.library(engine)
    for part in forwards:
        assert backwards[part] == forwards[part], part


def _newest_months(shared_data: Path, folder: Path) -> list[Path]:
    """The months of the history that the API's answer covers too, as files of their own."""
    import zipfile

    paths = []
    with zipfile.ZipFile(shared_data / "overlap_life" / "listenbrainz_export.zip") as archive:
        for month in (9, 10, 11, 12):
            content = archive.read(f"listens/2021/{month}.jsonl")
            assert json.loads(content.splitlines()[0])
            paths.append(make.written(folder, f"{month}.jsonl", content))
    return paths
