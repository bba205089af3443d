"""A drive with music, and which point another program found for the start of each song."""

import csv
import json
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from runsous import frames
from runsous.analysis import plays as merging
from runsous.analysis.attribution import attribute
from runsous.analysis.geo import haversine_m
from runsous.analysis.segments import locate
from tests.analysis.make import make_samples

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "overlap_spotifygpx"


@pytest.fixture(scope="module")
def drive(folder):
    """The moment of the first point, and all points in seconds after it."""
    root = ElementTree.parse(folder / "track_20230709.gpx").getroot()
    space = {"g": root.tag[1:].split("}")[0]}
    points = root.findall(".//g:trkpt", space)
    at = pd.to_datetime([point.findtext("g:time", None, space) for point in points], utc=True)
    samples = make_samples(
        (at - at[0]).total_seconds(),
        latitude=np.array([float(point.get("lat")) for point in points]),
        longitude=np.array([float(point.get("lon")) for point in points]),
    )
    return at[0], samples


@pytest.fixture(scope="module")
def timeline(folder):
    told = json.loads((folder / "spotify_20230709.json").read_text(encoding="utf-8"))
    listens = frames.listens(
        source=["spotify"] * len(told),
        stamp=pd.to_datetime([row["ts"] for row in told]),
        stamp_kind=["end"] * len(told),
        precision_s=[2.0] * len(told),
        played_s=[row["ms_played"] / 1000 for row in told],
        title=[row["master_metadata_track_name"] for row in told],
    ).assign(listen_id=range(len(told)), track_id=range(len(told)), track_duration_s=np.nan)
    plays = merging.merge(merging.place(listens, {}))
    return plays.assign(title=listens["title"].to_numpy()[plays["track_id"]])


@pytest.fixture(scope="module")
def pairs(folder):
    with (folder / "expected_pairs_20230709.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 6
    return rows


def test_every_song_starts_when_the_other_program_says(timeline, pairs):
    started = timeline.set_index("title")["started_at"]
    for pair in pairs:
        # It leaves out what is less than a second.
        apart = started[pair["Title"]] - pd.Timestamp(pair["Song Time"])
        assert 0 <= apart.total_seconds() < 1


def test_the_point_next_to_every_start_is_the_one_the_other_program_chose(drive, timeline, pairs):
    start, samples = drive
    started = timeline.set_index("title")["started_at"]
    for pair in pairs:
        at = (started[pair["Title"]] - start).total_seconds()
        nearest = samples.iloc[(samples["time_s"] - at).abs().argmin()]
        assert nearest["latitude"] == pytest.approx(float(pair["Latitude"]), abs=1e-9)
        assert nearest["longitude"] == pytest.approx(float(pair["Longitude"]), abs=1e-9)
        # Ours lies between the points, so within the way of a few seconds of theirs.
        here = locate(samples, [at])
        apart = haversine_m(*here[["latitude", "longitude"]].to_numpy().T, *nearest.iloc[1:3])
        assert apart[0] < 30 * abs(nearest["time_s"] - at) + 1


def test_the_drive_has_those_songs_and_the_one_already_playing_at_its_start(drive, timeline, pairs):
    start, samples = drive
    tiles = attribute(timeline, start, float(samples["time_s"].iloc[-1]))
    songs = timeline.set_index("track_id")["title"]
    found = tiles["track_id"].dropna().map(songs).tolist()
    # The other program pairs songs that begin on the way; this one began 6 s before it.
    assert found == ["Apples", *(pair["Title"] for pair in pairs)]


def test_songs_that_follow_each_other_leave_no_silence_between(drive, timeline):
    start, samples = drive
    tiles = attribute(timeline, start, float(samples["time_s"].iloc[-1]))
    assert tiles["track_id"].iloc[:7].notna().all()
    assert set(timeline["certainty"]) == {"exact"}
