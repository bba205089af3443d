"""The songs of a hill, over the API."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from runsous.sync import import_files
from tests.reports.test_hills import fill, ids
from tests.sync import make
from tests.web.test_api_reading import Z, ask, described, found, keys, problem

__all__ = ["ask", "described", "fill", "ids"]

PASS = (
    "activity_id started_at since_s until_s moving_s pace_s_per_km average_heartrate difference_s"
    " difference_bpm music songs"
)
SONG = "track_id name artist tempo_bpm share"
MEDIANS = "n_passes moving_s pace_s_per_km average_heartrate"


@pytest.fixture
def hill(ask, ids):
    def get(name="a", from_m=600, to_m=1200):
        return ask("/insights/hill", activity_id=ids[name], from_m=from_m, to_m=to_m)

    return get


def test_a_hill_tells_its_passes_and_songs(hill, ids):
    told = found(hill())
    assert (told["activity_id"], told["from_m"], told["to_m"]) == (ids["a"], 600, 1200)
    assert (told["enough_data"], told["message"], told["n_waiting"]) == (True, None, 0)
    assert set(told["median"]) == set(told["without_music"]) == keys(MEDIANS)
    assert told["median"]["moving_s"] == pytest.approx(200, abs=0.5)
    assert told["without_music"]["n_passes"] == 1
    last = told["passes"][-1]
    assert set(last) == keys(PASS)
    assert Z.fullmatch(last["started_at"])
    assert last["average_heartrate"] == pytest.approx(145)
    assert [(song["name"], round(song["share"], 2)) for song in last["songs"]] == [
        ("Fast", 0.25),
        ("Slow", 0.75),
    ]
    assert set(last["songs"][0]) == keys(SONG)
    first, second = told["songs"]
    assert set(first) == keys(f"{SONG} {MEDIANS} difference_s difference_bpm")
    assert (first["name"], first["artist"], first["n_passes"]) == ("Fast", "Ana", 3)
    assert second["difference_s"] == pytest.approx(20, abs=0.5)


def test_without_enough_it_says_what_is_missing(hill):
    told = found(hill("back"))
    assert told["enough_data"] is False
    assert told["message"].startswith("You passed here once")
    assert len(told["passes"]) == 1


def test_a_hill_tells_how_many_activities_are_still_to_be_measured(hill, engine, ids):
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE activities SET revision = revision + 1 WHERE id = ANY(:ids)"),
            {"ids": [ids["a"], ids["b"]]},
        )
    assert found(hill())["n_waiting"] == 2


def test_what_is_no_stretch_of_ones_own_is_refused(ask, hill, engine, ids, tmp_path):
    problem(hill(from_m=900, to_m=300), 400)
    problem(hill(from_m="nan"), 422)
    with engine.begin() as conn:
        conn.execute(
            text("UPDATE measured_activities SET way = NULL WHERE activity_id = :id"),
            {"id": ids["e"]},
        )
        other = conn.scalar(text("INSERT INTO users (name) VALUES ('b') RETURNING id"))
    problem(hill("e"), 400)
    import_files.import_paths(engine, other, [make.written(tmp_path, "run.gpx", make.gpx())])
    (theirs,) = make.rows(engine, "SELECT id FROM activities WHERE user_id = :user", user=other)
    problem(ask("/insights/hill", activity_id=theirs["id"], from_m=0, to_m=500), 404)
