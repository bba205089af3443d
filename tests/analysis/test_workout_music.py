"""Plays on workouts against all others: whose they are, when, how fast, and which songs."""

from __future__ import annotations

from datetime import UTC, datetime
from math import exp, log, sqrt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from runsous.analysis import workout_music

NAN = float("nan")
RUN, RIDE, ELSEWHERE = 1.0, 2.0, NAN
BERLIN = ZoneInfo("Europe/Berlin")


def seconds(*moment: int) -> float:
    return datetime(*moment, tzinfo=UTC).timestamp()


def heard(*plays: dict) -> pd.DataFrame:
    """Plays as the store tells them; three minutes of a song one winter noon unless told."""
    usual = {
        "track_id": 1,
        "artist_id": 1,
        "activity_id": ELSEWHERE,
        "started_s": seconds(2024, 1, 15, 12),
        "heard_s": 180.0,
        "on_s": NAN,
        "tempo_bpm": 120.0,
        "tempo_confidence": 0.9,
        "energy": 0.5,
    }
    rows = pd.DataFrame([{**usual, **play} for play in plays], columns=list(usual))
    return rows.astype(dict.fromkeys(usual, "float64") | {"track_id": int, "artist_id": int})


def placed(*plays: dict, offsets_s=(3600.0, NAN), zone=BERLIN) -> pd.DataFrame:
    activities = pd.DataFrame(
        {"activity_id": [1, 2], "sport": ["run", "ride"], "utc_offset_s": offsets_s}
    )
    return workout_music.placed(heard(*plays), activities, zone)


def counts(*songs: tuple[int, int]) -> pd.DataFrame:
    """Songs 1, 2, 3… played so often on a run and so often elsewhere."""
    plays = []
    for track, (there, elsewhere) in enumerate(songs, start=1):
        plays += [{"track_id": track, "activity_id": RUN, "on_s": 180.0}] * there
        plays += [{"track_id": track}] * elsewhere
    return workout_music.counted(placed(*plays), "track_id").set_index("id")


def test_a_song_that_goes_on_after_the_workout_is_its_but_its_time_is_split():
    (row,) = placed({"activity_id": RUN, "on_s": 50.0}).to_dict("records")
    assert row["is_workout"]
    assert (row["on_s"], row["off_s"]) == (50, 130)
    workouts, rest = workout_music.both(placed({"activity_id": RUN, "on_s": 50.0}, {}))
    assert (workouts.n_plays, rest.n_plays) == (1, 1)
    assert (workouts.listened_s, rest.listened_s) == (50, 130 + 180)


def test_nobody_hears_longer_on_a_workout_than_the_song_sounded():
    # A run's songs can be shifted against their plays by hand.
    (row,) = placed({"activity_id": RUN, "on_s": 200.0}).to_dict("records")
    assert (row["on_s"], row["off_s"]) == (180, 0)


def test_hours_are_the_workouts_own_and_elsewhere_those_of_the_zone_with_its_summer_time():
    winter, summer = seconds(2024, 1, 15, 22, 30), seconds(2024, 7, 31, 22, 30)
    plays = placed(
        {"activity_id": RUN, "started_s": summer},
        {"activity_id": RIDE, "started_s": summer},
        {"started_s": winter},
        {"started_s": summer},
        offsets_s=(-5 * 3600.0, NAN),
    )
    assert plays["hour"].tolist() == [17, 0, 23, 0]
    assert plays["month"].tolist() == [7, 8, 1, 8]
    assert plays["sport"].tolist()[:2] == ["run", "ride"]
    assert plays["sport"].isna().tolist() == [False, False, True, True]


def test_a_tempo_is_folded_and_one_that_is_rather_wrong_counts_as_unknown():
    bpm = placed(
        {"tempo_bpm": 85.0},
        {"tempo_bpm": 200.0},
        {"tempo_bpm": 170.0, "tempo_confidence": NAN},
        {"tempo_bpm": 170.0, "tempo_confidence": 0.49},
        {"tempo_bpm": NAN},
    )["bpm"]
    assert bpm.tolist()[:3] == [170, 100, 170]
    assert bpm.isna().tolist() == [False, False, False, True, True]


@pytest.mark.parametrize(("n", "is_told"), [(49, False), (50, True)])
def test_fifty_plays_tell_a_median(n, is_told):
    fast = [{"activity_id": RUN, "tempo_bpm": 101.0 + i} for i in range(n)]
    unknown = [{"activity_id": RUN, "tempo_bpm": NAN}] * 30
    workouts, _ = workout_music.both(placed(*fast, *unknown))
    assert (workouts.tempo is not None) == is_told
    if workouts.tempo:
        # 101 to 150: the middle of the 25th and 26th; a quarter of 49 steps from either end.
        assert workouts.tempo.n == 50
        assert workouts.tempo.median == 125.5
        assert (workouts.tempo.low, workouts.tempo.high) == (113.25, 137.75)


def test_each_hour_tells_of_its_own_plays_alone():
    at = [seconds(2024, 1, 15, hour) for hour in (6, 6, 17)]
    plays = [
        *[{"activity_id": RUN, "started_s": at[0], "tempo_bpm": 160.0, "energy": 0.8}] * 10,
        *[{"started_s": at[1], "tempo_bpm": 110.0}] * 9,
        *[{"started_s": at[2], "tempo_bpm": 130.0}] * 12,
    ]
    hours = {part.name: part for part in workout_music.by_hour(placed(*plays))}
    assert list(hours) == [str(hour) for hour in range(24)]
    morning, evening = hours["7"], hours["18"]
    assert morning.workouts.tempo.median == 160
    assert morning.workouts.energy.median == 0.8
    assert (morning.rest.n_plays, morning.rest.tempo) == (9, None)
    assert morning.rest.listened_s == 19 * 180
    assert (evening.workouts.n_plays, evening.rest.tempo.median) == (0, 130)
    assert sum(part.rest.n_plays for part in hours.values()) == 21


@pytest.mark.parametrize(
    ("hemisphere", "found"),
    [
        ("north", {"winter": 2, "summer": 1}),
        ("south", {"summer": 2, "winter": 1}),
        (None, {"January": 1, "June": 1, "December": 1}),
    ],
)
def test_seasons_are_those_of_where_one_is(hemisphere, found):
    plays = placed(*({"started_s": seconds(2024, month, 10)} for month in (1, 6, 12)))
    parts = workout_music.by_season(plays, hemisphere)
    assert {part.name: part.rest.n_plays for part in parts if part.rest.n_plays} == found
    assert len(parts) == (12 if hemisphere is None else 4)


@pytest.mark.parametrize(
    ("latitudes", "found"),
    [
        ([50.1, 48.0, -33.9], "north"),
        ([-33.9, -34.0, 50.1], "south"),
        ([1.3, -6.2], None),
        ([NAN, NAN], None),
        ([NAN, -41.3], "south"),
        ([], None),
    ],
)
def test_the_hemisphere_is_that_of_most_activities_and_the_tropics_have_none(latitudes, found):
    assert workout_music.hemisphere(latitudes) == found


def test_sports_stand_by_how_much_was_heard_on_them_and_have_no_other_side():
    plays = placed(*[{"activity_id": RIDE}] * 11, *[{"activity_id": RUN}] * 12, {})
    parts = workout_music.by_sport(plays)
    assert [(part.name, part.workouts.n_plays, part.rest) for part in parts] == [
        ("run", 12, None),
        ("ride", 11, None),
    ]


def test_bands_are_shares_of_each_side():
    on = [{"activity_id": RUN, "tempo_bpm": bpm} for bpm in [170.0] * 40 + [179.9] * 5 + [60.0] * 5]
    off = [{"tempo_bpm": bpm} for bpm in [110.0] * 75 + [199.0] * 25]
    found = {band.since: band for band in workout_music.bands(placed(*on, *off))}
    assert list(found) == list(range(100, 200, 10))
    assert (found[170].workouts, found[120].workouts) == (0.9, 0.1)
    assert (found[110].rest, found[190].rest, found[170].rest) == (0.75, 0.25, 0)
    assert workout_music.bands(placed(*on[:49], *off)) == []


def test_how_typical_a_song_is_follows_the_formula_of_monroe_and_others():
    found = counts((8, 2), (12, 38), (1, 39))
    # 100 plays of three songs, 21 on runs: three plays of prior, shared out 0.1, 0.5 and 0.4.
    there, elsewhere = 8 + 0.3, 2 + 0.3
    delta = log(there / (21 + 3 - there)) - log(elsewhere / (79 + 3 - elsewhere))
    error = sqrt(1 / there + 1 / elsewhere)
    row = found.loc[1]
    assert row["ratio"] == pytest.approx(exp(delta))
    assert row["low"] == pytest.approx(exp(delta - 1.96 * error))
    assert row["high"] == pytest.approx(exp(delta + 1.96 * error))
    assert row["z"] == pytest.approx(delta / error)
    assert found.index.tolist() == [1, 2, 3]


def test_a_song_heard_often_is_surer_than_one_of_the_same_share_heard_seldom():
    found = counts((5, 1), (50, 10), (100, 400))
    assert found.index.tolist()[:2] == [2, 1]
    assert found.loc[1, "ratio"] < found.loc[2, "ratio"] * 1.01
    assert found.loc[1, "low"] < found.loc[2, "low"]


def test_songs_that_are_heard_alike_on_both_sides_are_typical_of_neither():
    found = counts((10, 50), (20, 100), (4, 20))
    np.testing.assert_allclose(found["ratio"], 1)
    assert workout_music.typical(found).empty


def test_a_song_counts_from_five_plays_on():
    found = counts((4, 0), (5, 0), (0, 7), (0, 4), (0, 9), (3, 60), (8, 0)).reset_index()
    assert set(found["id"]) == {2, 3, 5, 6, 7}
    assert workout_music.never_elsewhere(found)["id"].tolist() == [7, 2]
    assert workout_music.never_there(found)["id"].tolist() == [5, 3]


@pytest.mark.parametrize("songs", [[], [(6, 6)], [(6, 0), (7, 0)], [(0, 6), (0, 7)]])
def test_where_there_is_nothing_to_compare_no_song_is_typical(songs):
    found = counts(*songs)
    assert found.empty
    assert workout_music.typical(found).empty


def test_nothing_heard_is_nothing_on_either_side():
    workouts, rest = workout_music.both(placed())
    assert workouts == rest == workout_music.Side(0, 0.0, None, None)
