"""Measured songs in the database: what is missing stays missing, what is new takes its place."""

from __future__ import annotations

import numpy as np
import pytest

from runsous import frames
from runsous.store import efforts
from tests.sync import make

HEARD = [(0, "Ana – One", 200.0), (250, "Cy – Three", 250.0)]
FACTS = {"revision": 0, "kind": "steady", "n_short": 1, "n_unsure": 2, "n_still": 3}


def fill(engine, folder):
    told = {"run.fit": make.fit(), "songs.jsonl": make.listenbrainz(*HEARD)}
    make.take(engine, *(make.written(folder, name, content) for name, content in told.items()))


@pytest.fixture
def user(engine, filled):
    return make.user(engine)


def the(engine, table):
    return [row["id"] for row in make.rows(engine, f"SELECT id FROM {table} ORDER BY id")]


def measured(tracks, **columns):
    n = len(tracks)
    numbers = {name: np.arange(n) + 0.5 for name in frames.EFFORTS if name.endswith("_s")}
    always = {"elapsed_share": 0.5, "warm_up": 0.0}
    told = {"index": range(n), "track_id": tracks, **numbers, **always, **columns}
    return frames.of(
        frames.EFFORTS, **{k: np.broadcast_to(np.asarray(v), (n,)) for k, v in told.items()}
    )


def test_numbers_come_back_as_they_were_and_missing_ones_missing(engine, user):
    (activity,), tracks = the(engine, "activities"), the(engine, "tracks")
    told = measured(tracks, heartrate=[151.25, np.nan], flat_mps=[np.nan, 10 / 3])
    with engine.begin() as conn:
        efforts.save(conn, user, activity, FACTS, told)
        found = efforts.frame(conn, user)
    assert {name: str(kind) for name, kind in found.dtypes.items()} == dict(efforts.ROWS)
    assert found[list(frames.EFFORTS)].equals(told)
    assert make.rows(engine, "SELECT count(*) AS n FROM song_efforts WHERE heartrate IS NULL") == [
        {"n": 1}
    ]


def test_what_is_measured_anew_takes_the_place_of_what_was(engine, user):
    (activity,), tracks = the(engine, "activities"), the(engine, "tracks")
    with engine.begin() as conn:
        efforts.save(conn, user, activity, FACTS, measured(tracks))
        efforts.save(conn, user, activity, {**FACTS, "kind": None}, measured(tracks[1:]))
        assert efforts.frame(conn, user)["track_id"].tolist() == tracks[1:]
        assert efforts.activities(conn, user)["kind"].isna().tolist() == [True]
        efforts.save(conn, user, activity, FACTS, measured([]))
        assert len(efforts.frame(conn, user)) == 0
        told = efforts.activities(conn, user)
    assert told[["n_short", "n_unsure", "n_still"]].to_numpy().tolist() == [[1, 2, 3]]


def test_what_is_known_of_a_song_is_what_is_known_now(engine, user):
    (activity,), tracks = the(engine, "activities"), the(engine, "tracks")
    with engine.begin() as conn:
        efforts.save(conn, user, activity, FACTS, measured(tracks, locked_bpm=[170.0, np.nan]))
    make.rows(
        engine,
        "UPDATE tracks SET tempo_bpm = 120, tempo_confidence = 0.8, energy = 0.25 WHERE id = :id"
        " RETURNING id",
        id=tracks[0],
    )
    with engine.begin() as conn:
        found = efforts.frame(conn, user)
        assert efforts.stale(conn, user) == [activity]
        songs = efforts.songs(conn, user, tracks)
    assert found["tempo_bpm"].fillna(0).tolist() == [120, 0]
    assert found["tempo_confidence"].fillna(0).tolist() == pytest.approx([0.8, 0])
    assert found["energy"].fillna(0).tolist() == [0.25, 0]
    assert found["locked_bpm"].fillna(0).tolist() == [170, 0]
    assert songs["track_id"].tolist() == tracks
    assert sorted(zip(songs["title"], songs["artist"], strict=True)) == [
        ("One", "Ana"),
        ("Three", "Cy"),
    ]


def test_without_anything_measured_there_are_frames_without_rows(engine, user):
    with engine.begin() as conn:
        assert list(efforts.frame(conn, user).columns) == list(efforts.ROWS)
        assert len(efforts.activities(conn, user)) == 0
        assert len(efforts.songs(conn, user, [])) == 0
