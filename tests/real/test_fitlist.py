"""Twelve workouts of a watch that noted with every heartbeat which track was playing."""

import csv
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from runsous import frames
from runsous.analysis import names
from runsous.analysis import plays as merging
from runsous.analysis.attribution import attribute
from runsous.analysis.segments import measure
from runsous.files.listenbrainz_export import read_listenbrainz
from tests.analysis.make import make_samples

pytestmark = pytest.mark.real

ZONE = "America/New_York"
BLANK = "?"
NEAR_S = 5.0
"""The watch noted a heartbeat about every five seconds: a change is known no better."""


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "overlap_fitlist"


@pytest.fixture(scope="module")
def tracks(folder):
    """Per workout the noted moments with "artist - title", missing where nothing played.

    "NaT" is what the recording program wrote for tracks it knew nothing of.
    """
    found = {}
    for path in sorted(folder.glob("raw/*/*_tracks.csv")):
        rows = pd.read_csv(path, keep_default_na=False)
        local = pd.to_datetime(rows["Date/Time"])
        at = local.dt.tz_localize(ZONE).dt.tz_convert("UTC")
        is_other = rows["Track Description"] == "NaT"
        track = rows["Track Description"].mask((rows["Track Description"] == "") | is_other)
        found[path.parent.name] = pd.DataFrame({"at": at, "track": track, "is_other": is_other})
    assert len(found) == 12
    return found


@pytest.fixture(scope="module")
def plays(folder):
    """The timeline of the listens, and the label of each play."""
    listens = read_listenbrainz((folder / "derived_listens.jsonl").read_bytes()).listens
    assert len(listens) == 132
    return timeline(listens)


@pytest.fixture(scope="module")
def all_plays(folder, tracks):
    """The same where a source also tells when the music stopped, as the watch noted it."""
    listens = read_listenbrainz((folder / "derived_listens.jsonl").read_bytes()).listens
    stops = [
        noted["at"][noted["track"].isna() & noted["track"].shift().notna()]
        for noted in tracks.values()
    ]
    at = pd.concat(stops)
    assert len(at) > 20
    silent = frames.listens(
        source=["listenbrainz"] * len(at),
        stamp=at.to_numpy(),
        stamp_kind=["start"] * len(at),
        precision_s=[2.0] * len(at),
    )
    return timeline(pd.concat([listens, silent], ignore_index=True))


def timeline(listens):
    """The plays, and the label of each by its id."""
    keys = [names.artist_key(listens["artist"]), names.title_key(listens["title"])]
    listens = listens.assign(
        listen_id=np.arange(len(listens)),
        track_id=listens.groupby(keys).ngroup().where(listens["title"].notna(), frames.NO_TRACK),
        track_duration_s=np.nan,
    )
    labels = listens["artist"] + " - " + listens["title"]
    return merging.merge(merging.place(listens, {})), dict(enumerate(labels))


def points(folder, workout):
    """Seconds after the first trackpoint, and the channels, of one TCX file."""
    root = ElementTree.parse(folder / f"derived_tcx/{workout}.tcx").getroot()
    space = {"t": root.tag[1:].split("}")[0]}
    rows = []
    for point in root.iterfind(".//t:Trackpoint", space):
        told = (point.findtext(f"t:{name}", None, space) for name in ("Time", "DistanceMeters"))
        rows.append([*told, point.findtext("t:HeartRateBpm/t:Value", None, space)])
    at = pd.to_datetime([row[0] for row in rows], utc=True)
    time = (at - at[0]).total_seconds()
    distance, beats = (np.array([row[i] for row in rows], dtype=float) for i in (1, 2))
    return at[0], make_samples(time, distance_m=distance, heartrate=beats)


def drawn(folder, plays, workout, **choices):
    start, samples = points(folder, workout)
    elapsed = float(samples["time_s"].iloc[-1])
    return start, samples, attribute(plays[0], start, elapsed, **choices)


@pytest.mark.parametrize("draw_skips", [False, True])
def test_moments_away_from_a_change_of_songs_carry_the_right_song(
    folder, tracks, plays, draw_skips
):
    found = pd.concat(carried(folder, tracks, plays, draw_skips=draw_skips))
    # Of moments left blank the listens tell nothing; of "NaT" that it was something else.
    found = found[found["noted"] != BLANK]
    assert (found["noted"] == "").sum() > 20
    assert len(found) > 2000
    assert (found["noted"] == found["carried"]).mean() >= 0.99


def test_all_moments_carry_the_right_song_or_none_where_the_listens_tell_both(
    folder, tracks, all_plays
):
    found = pd.concat(carried(folder, tracks, all_plays)).replace(BLANK, "")
    assert (found["noted"] == "").sum() > 300
    assert (found["noted"] == found["carried"]).mean() >= 0.99


def carried(folder, tracks, plays, **choices):
    """Per workout what was noted and what is drawn, "" for nothing, away from any change."""
    for workout, noted in tracks.items():
        start, _, tiles = drawn(folder, plays, workout, **choices)
        at = (noted["at"] - start).dt.total_seconds().to_numpy()
        label = noted["track"].fillna(BLANK).mask(noted["is_other"], "")
        change = label.ne(label.shift()).to_numpy()
        edges = np.concatenate((at[change], tiles["start_s"], [at[-1]]))
        far = np.abs(at[:, np.newaxis] - edges).min(axis=1) > NEAR_S
        nth = np.searchsorted(tiles["start_s"].to_numpy(), at, side="right") - 1
        drawn_labels = tiles["play_id"].map(plays[1]).fillna("").to_numpy()[nth]
        yield pd.DataFrame({"noted": label, "carried": drawn_labels})[far]


def test_songs_add_up_to_the_workout(folder, tracks, plays):
    for workout in tracks:
        _, samples, tiles = drawn(folder, plays, workout)
        found = measure(tiles, samples, (), "elliptical")
        assert found["elapsed_s"].sum() == pytest.approx(samples["time_s"].iloc[-1])
        assert found["distance_m"].sum() == pytest.approx(samples["distance_m"].iloc[-1])
        assert found["max_heartrate"].max() == samples["heartrate"].max()


def test_the_heart_rate_of_a_song_is_the_mean_of_the_beats_noted_with_it(folder, tracks, plays):
    path = folder / "raw/Elliptical_2024-02-29_19-15-04/Elliptical_2024-02-29_19-15-04_tracks.csv"
    label = "The Dillinger Escape Plan - 43% Burnt"
    with path.open(encoding="utf-8") as lines:
        noted = [float(r["Avg (count/min)"]) for r in csv.DictReader(lines) if label in r.values()]
    _, samples, tiles = drawn(folder, plays, path.parent.name)
    found = measure(tiles, samples, (), "elliptical")
    its = tiles["play_id"].map(plays[1]) == label
    assert its.sum() == 1
    assert found.loc[its, "average_heartrate"].iloc[0] == pytest.approx(np.mean(noted))
