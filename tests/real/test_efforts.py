"""Songs of twelve workouts that a watch noted with every heartbeat, as statistics see them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runsous.analysis import effects
from runsous.analysis.correlation import repeated_measures
from runsous.store import efforts as store
from runsous.sync import efforts
from tests.sync import make

pytestmark = pytest.mark.real

ZONE = "America/New_York"
_TEMPO = effects.DOSES[0]
_, _HEARTRATE, _CADENCE = effects.OUTCOMES


_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"


def fill(engine, folder):
    """The workouts, what was heard, and the tempos of a list that somebody published."""
    fitlist = _FOLDER / "overlap_fitlist"
    tempos = _FOLDER / "tempo" / "exportify_liked_songs_kofort9.csv"
    workouts = sorted((fitlist / "derived_tcx").glob("*.tcx"))
    assert make.take(engine, *workouts, fitlist / "derived_listens.jsonl", tempos).failed == 0
    user = make.user(engine)
    assert efforts.refresh(engine, user) == 12
    assert efforts.refresh(engine, user) == 0


@pytest.fixture
def measured(shared_data, filled, engine):
    """Songs with when their activity began, and the activities."""
    user = make.user(engine)
    with engine.begin() as conn:
        rows, activities = store.frame(conn, user), store.activities(conn, user)
    return rows.merge(activities[["activity_id", "start_time"]], on="activity_id"), activities


def beats(shared_data):
    """Every heartbeat the watches noted, by the second."""
    tables = [pd.read_csv(path) for path in shared_data.glob("overlap_fitlist/raw/*/*_tracks.csv")]
    noted = pd.concat(tables)
    local = pd.to_datetime(noted["Date/Time"])
    at = local.dt.tz_localize(ZONE).dt.tz_convert("UTC")
    return at.to_numpy(), noted["Avg (count/min)"].to_numpy(dtype=float)


def test_heart_rates_are_the_means_of_the_beats_noted_once_a_song_had_set_in(measured, shared_data):
    rows, _ = measured
    at, noted = beats(shared_data)
    start = rows["start_time"]
    since, until = (
        start + pd.to_timedelta(rows[name], unit="s") for name in ("since_s", "until_s")
    )
    for nth in range(len(rows)):
        inside = (at >= since.iloc[nth]) & (at < until.iloc[nth])
        if inside.any():
            assert rows["heartrate"].iloc[nth] == pytest.approx(noted[inside].mean(), abs=1.0)
        else:
            assert np.isnan(rows["heartrate"].iloc[nth])
    assert len(rows) > 50
    assert (rows["until_s"] - rows["since_s"]).min() >= 40


def test_every_song_is_measured_or_left_out_for_a_reason(measured, engine):
    rows, activities = measured
    told = make.rows(engine, "SELECT count(*) AS n FROM segments WHERE track_id IS NOT NULL")
    left_out = activities[["n_short", "n_unsure", "n_still"]].to_numpy().sum()
    assert len(rows) + left_out == told[0]["n"]
    assert activities["n_short"].sum() > 10


def test_with_the_tempo_of_one_song_the_answer_is_what_is_missing(measured):
    rows, _ = measured
    # 21 Savage's "redrum", in one of the lists.
    assert rows["tempo_bpm"].notna().sum() <= 2
    for found in effects.effects(rows, _TEMPO):
        assert not found.has_enough
        assert found.estimate is None
        assert "At least 8 songs in 3 activities are needed" in found.missing
        assert "there are 0 in 0" in found.missing


@pytest.mark.parametrize("outcome", [_HEARTRATE, _CADENCE])
def test_where_in_the_workout_a_song_came_is_no_effect_of_the_song(measured, outcome):
    rows, _ = measured
    told = rows[rows[outcome.column].notna()]
    # Towards the end heart and legs slow down, and with levels alone that looks like much...
    columns = (told[name].to_numpy() for name in ("activity_id", "index", outcome.column))
    _, _, high = repeated_measures(*columns)
    assert high < 0
    # ...but is the course of the workout, of which next to nothing is left to compare.
    found = effects.effect(rows, effects.Measure("place", "index", "songs"), outcome)
    assert found.n_songs > 40
    assert found.low < 0 < found.high
