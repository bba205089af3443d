"""One history told by two services, by the minute and by the second, is one timeline."""

import csv
import io
import json
import zipfile
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from runsous import frames
from runsous.analysis import names
from runsous.analysis import plays as merging

pytestmark = pytest.mark.real

PLAYS = 12_667
"""As MANIFEST.md counts them in both files."""


def by_the_minute(folder):
    text = (folder / "overlap_life/lastfm_benjaminbenben.csv").read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    artists, _, titles, stamps = zip(*rows, strict=True)
    at = pd.to_datetime(pd.Series(stamps), format="%d %b %Y %H:%M", utc=True)
    return listens("lastfm", artists, titles, at, 60.0)


def by_the_second(folder):
    rows = []
    with zipfile.ZipFile(folder / "overlap_life/listenbrainz_export.zip") as archive:
        for name in archive.namelist():
            if name.startswith("listens/"):
                rows += [json.loads(line) for line in archive.read(name).splitlines()]
    tracks = [row["track_metadata"] for row in rows]
    artists = [track["artist_name"] for track in tracks]
    titles = [track["track_name"] for track in tracks]
    at = pd.to_datetime(pd.Series([row["listened_at"] for row in rows]), unit="s", utc=True)
    return listens("listenbrainz", artists, titles, at, 2.0)


def listens(source, artists, titles, at, precision):
    return frames.listens(
        source=[source] * len(at),
        stamp=at,
        stamp_kind=["start"] * len(at),
        precision_s=[precision] * len(at),
        artist=artists,
        title=titles,
    )


def merged(*sources):
    every = pd.concat(sources, ignore_index=True)
    keys = [names.artist_key(every["artist"]), names.title_key(every["title"])]
    every = every.assign(
        listen_id=np.arange(len(every)),
        track_id=every.groupby(keys).ngroup(),
        track_duration_s=np.nan,
    )
    return merging.merge(merging.place(every, {}))


@pytest.fixture(scope="module")
def sources(shared_data):
    return by_the_minute(shared_data), by_the_second(shared_data)


@pytest.fixture(scope="module")
def timeline(sources):
    return merged(*sources)


def test_both_files_tell_every_play(sources):
    assert [len(source) for source in sources] == [PLAYS, PLAYS]


def test_two_tellings_of_every_play_make_one_timeline_of_them(timeline):
    assert len(timeline) == PLAYS


@pytest.fixture(scope="module")
def hasty(sources):
    """Stamps of plays told in threes within less than half a minute each: a saved-up burst."""
    at = sources[1]["stamp"].sort_values(ignore_index=True)
    quick = at.diff() < pd.Timedelta(seconds=30)
    last = np.flatnonzero(quick & quick.shift(fill_value=False))
    return set(at[np.unique([last, last - 1, last - 2])])


def test_every_play_but_hasty_ones_has_the_second_of_the_finer_source(timeline, sources, hasty):
    fine = timeline[timeline["source"] == "listenbrainz"]
    told, found = Counter(sources[1]["stamp"]), Counter(fine["started_at"])
    assert set(told - found) <= hasty
    assert not found - told
    certain = ~fine["started_at"].isin(hasty)
    assert (fine.loc[certain, "plus_minus_s"] == 2.0).all()


def test_all_but_the_doubles_within_one_minute_are_known_from_both(timeline, sources):
    # The coarse file tells a song twice in the same minute by the very same line.
    doubles = int(sources[0].duplicated(["artist", "title", "stamp"]).sum())
    alone = timeline["sources"].map(len) == 1
    assert int(alone.sum()) == doubles


def test_only_hasty_plays_are_uncertain(timeline, hasty):
    uncertain = timeline[timeline["certainty"] == "uncertain"]
    assert 0 < len(uncertain) <= len(hasty)


def test_the_coarser_source_moves_nothing_but_hasty_plays(timeline, sources, hasty):
    alone = merged(sources[1])
    told, found = (Counter(plays["started_at"]) for plays in (alone, timeline))
    assert set(told - found) <= hasty
    assert (found - told).total() <= len(hasty)
