from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsous.analysis import lock
from tests.analysis.make import make_samples


def make_tiles(*bounds_and_tempos: tuple[float, float, float | None]) -> pd.DataFrame:
    tiles = pd.DataFrame(bounds_and_tempos, columns=["start_s", "end_s", "tempo_bpm"])
    return tiles.astype("float64").assign(index=np.arange(len(tiles)))


def running(seconds: int, cadence):
    return make_samples(np.arange(seconds + 1), cadence=cadence)


@pytest.mark.parametrize(
    ("cadence", "relation"),
    [(170, "1:1"), (174.25, "1:1"), (165.75, "1:1"), (340, "2:1"), (348.5, "2:1"), (85, "1:2")],
)
def test_within_two_and_a_half_percent_a_second_is_locked(cadence, relation):
    shares = lock.locked(np.array([float(cadence)]), 170.0)
    assert shares == {name: float(name == relation) for name in ("1:1", "2:1", "1:2")}


@pytest.mark.parametrize("cadence", [174.3, 165.7, 255, 113.3, 128, 348.6])
def test_beyond_that_and_at_other_ratios_it_is_not(cadence):
    assert set(lock.locked(np.array([float(cadence)]), 170.0).values()) == {0.0}


def test_seconds_without_a_cadence_count_neither_way():
    cadence = np.array([170.0, 0.0, np.nan, 120.0])
    assert lock.locked(cadence, 170.0)["1:1"] == 0.5
    assert all(np.isnan(share) for share in lock.locked(cadence[1:3], 170.0).values())


@pytest.mark.parametrize("bpm", [np.nan, 0.0])
def test_without_a_tempo_there_is_no_share(bpm):
    assert all(np.isnan(share) for share in lock.locked(np.array([170.0]), bpm).values())


def test_each_song_has_its_own_share():
    cadence = np.where(np.arange(301) < 150, 160.0, 174.0)
    tiles = make_tiles((0, 100, 160), (100, 200, 87), (200, 300, 128))
    found = lock.per_tile(running(300, cadence), tiles)
    assert found["locked"].tolist() == [1.0, 0.5, 0.0]
    assert found["relation"].fillna("").tolist() == ["1:1", "2:1", ""]
    assert found["seconds"].tolist() == [100, 100, 100]
    assert found["locked_s"].tolist() == [100, 50, 0]


def test_silence_and_songs_without_a_tempo_have_seconds_but_no_share():
    found = lock.per_tile(running(100, 170.0), make_tiles((0, 60, None), (60, 100, 170)))
    assert found["seconds"].tolist() == [60, 40]
    assert np.isnan(found["locked"][0])
    assert found["locked"][1] == 1.0


def test_pauses_and_standing_do_not_count():
    cadence = np.where(np.arange(101) < 20, 0.0, 170.0)
    found = lock.per_tile(running(100, cadence), make_tiles((0, 100, 170)), pauses=((50, 80),))
    assert found["seconds"].tolist() == [50]
    assert found["locked"].tolist() == [1.0]


def test_a_sample_holds_until_the_next_but_no_longer_than_ten_seconds():
    sparse = make_samples([0, 4, 8, 60, 64], cadence=[170, 100, 170, 170, 170])
    found = lock.per_tile(sparse, make_tiles((0, 66, 170)))
    assert found["seconds"].tolist() == [4 + 4 + 10 + 4 + 2]
    assert found["locked_s"].tolist() == [4 + 10 + 4 + 2]


def test_a_boundary_between_two_samples_divides_their_time():
    found = lock.per_tile(
        make_samples([0, 4, 8], cadence=170.0), make_tiles((0, 5.5, 170), (5.5, 8, 120))
    )
    assert found["seconds"].tolist() == [5.5, 2.5]


def test_of_relations_locked_equally_long_one_to_one_ranks_first():
    cadence = np.where(np.arange(101) < 50, 85.0, 170.0)
    assert lock.per_tile(running(100, cadence), make_tiles((0, 100, 85)))["relation"][0] == "1:1"
    assert lock.per_tile(running(100, cadence), make_tiles((0, 100, 170)))["relation"][0] == "1:1"


def test_the_tiles_labels_and_numbers_are_kept():
    tiles = make_tiles((0, 50, 170), (50, 100, 100)).set_axis([7, 3])
    found = lock.per_tile(running(100, 170.0), tiles)
    assert found.index.tolist() == [7, 3]
    assert found["index"].tolist() == [0, 1]


@pytest.mark.parametrize("samples", [make_samples([]), make_samples(np.arange(50))])
def test_without_cadence_there_are_no_seconds(samples):
    found = lock.per_tile(samples, make_tiles((0, 50, 170)))
    assert found["seconds"].tolist() == [0]
    assert found["locked"].isna().all()


def test_without_tiles_there_is_nothing():
    assert lock.per_tile(running(10, 170.0), make_tiles()).empty
    assert lock.bands(make_tiles(), np.array([170.0])).empty


@given(st.lists(st.floats(0, 250), min_size=2, max_size=40), st.floats(40, 250))
def test_one_value_a_second_gives_what_the_rule_gives(cadence, bpm):
    whole = lock.per_tile(running(len(cadence) - 1, cadence), make_tiles((0, len(cadence), bpm)))
    # The last sample holds for the second that is left of the tile.
    by_second = lock.locked(np.array(cadence), bpm)
    assert whole["locked"][0] == pytest.approx(sum(by_second.values()), nan_ok=True)


def test_bands_are_those_the_cadence_comes_near():
    tiles = make_tiles((0, 100, 170), (100, 200, 84), (200, 300, 130), (300, 400, None))
    found = lock.bands(tiles, np.array([160.0, 170.0, 180.0, 0.0, np.nan]))
    assert found["index"].tolist() == [0, 1]
    assert found["relation"].tolist() == ["1:1", "2:1"]
    assert found["low"].tolist() == pytest.approx([165.75, 163.8])
    assert found["high"].tolist() == pytest.approx([174.25, 172.2])
    assert found["end_s"].tolist() == [100, 200]


def test_without_cadence_there_are_no_bands():
    assert lock.bands(make_tiles((0, 100, 170)), np.array([0.0, np.nan])).empty


def test_a_song_may_have_two_bands_where_the_cadence_is_that_wide():
    found = lock.bands(make_tiles((0, 100, 90)), np.array([90.0] * 50 + [180.0] * 50))
    assert found["relation"].tolist() == ["1:1", "2:1"]


def test_ten_hours_take_no_time():
    samples = running(36_000, 170.0)
    tiles = make_tiles(*[(200.0 * n, 200.0 * (n + 1), 100.0 + n) for n in range(180)])
    began = time.process_time()
    found = lock.per_tile(
        samples, tiles, pauses=tuple((1000.0 * n, 1000.0 * n + 60) for n in range(30))
    )
    assert time.process_time() - began < 0.5
    assert found["seconds"].sum() == 36_000 - 30 * 60


def test_against_its_own_song_each_stretch_has_the_share_of_its_tile():
    rng = np.random.default_rng(4)
    samples = running(400, rng.uniform(150, 190, 401).round())
    tiles = make_tiles((0, 90, 160), (110, 200, 87), (200, 390, 171))
    shares = lock.to_each(samples, tiles, ((20, 40), (195, 230)))
    own = lock.per_tile(samples, tiles, ((20, 40), (195, 230)))["locked"]
    assert np.diag(shares) == pytest.approx(own.to_numpy())
    other = lock.per_tile(samples, tiles.assign(tempo_bpm=87.0), ((20, 40), (195, 230)))["locked"]
    assert shares[:, 1] == pytest.approx(other.to_numpy())
