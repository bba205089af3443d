from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runsous.ui.colours import INK, PALETTE, PAPER, ROUTE, SILENCE, blend, rgb, song_colours, swatch

# Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
EYES = {
    "normal": np.eye(3),
    "protanope": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranope": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour: str) -> np.ndarray:
    share = np.array(rgb(colour)) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def seen(colour: str, eye: str) -> np.ndarray:
    """CIE L*a*b* of a colour as that eye sees it."""
    xyz = TO_XYZ @ np.clip(EYES[eye] @ linear(colour), 0, 1) / WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: str, other: str) -> float:
    return min(float(np.linalg.norm(seen(one, eye) - seen(other, eye))) for eye in EYES)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def tracks(*ids: int | None) -> pd.DataFrame:
    return pd.DataFrame({"track_id": pd.array(list(ids), dtype="Int64")})


def test_a_track_has_one_colour_however_often_it_plays():
    colours = song_colours(tracks(1, 2, 3, 1, 4, 1))
    assert colours[0] == colours[3] == colours[5]


def test_silence_is_grey_and_no_song_is():
    colours = song_colours(tracks(None, 1, None, 2, None))
    assert [colour == SILENCE for colour in colours] == [True, False, True, False, True]


def test_a_run_without_any_song_is_not_all_silence():
    assert song_colours(tracks(None)) == [ROUTE]


def test_songs_on_either_side_of_silence_differ():
    colours = song_colours(tracks(1, None, 2))
    assert difference(colours[0], colours[2]) >= 20


@pytest.mark.parametrize("seed", range(20))
def test_neighbours_differ_to_colour_blind_eyes_too(seed):
    playlist = np.random.default_rng(seed)
    songs = [*playlist.permutation(30), *playlist.permutation(12), *range(100, 130)]
    colours = song_colours(tracks(*(int(song) for song in songs)))
    pairs = [
        (a, b) for (i, a), (j, b) in itertools.pairwise(zip(songs, colours, strict=True)) if i != j
    ]
    assert min(difference(a, b) for a, b in pairs) >= 20


def test_a_colour_is_not_used_again_within_two_songs():
    colours = song_colours(tracks(*range(200)))
    assert all(len(set(colours[i : i + 3])) == 3 for i in range(198))


@given(st.lists(st.integers(0, 14), max_size=80))
def test_neighbours_never_share_a_colour(songs):
    colours = song_colours(tracks(*songs))
    pairs = itertools.pairwise(zip(songs, colours, strict=True))
    assert all(a != b for (one, a), (other, b) in pairs if one != other)


def test_colours_depend_on_the_order_of_songs_alone():
    assert song_colours(tracks(5, 9, 5, 7)) == song_colours(tracks(900, 4, 900, 31))


def test_every_colour_shows_on_day_and_night():
    assert min(contrast(colour, "#FFFFFF") for colour in (*PALETTE, SILENCE)) >= 1.95
    assert min(contrast(colour, "#14181C") for colour in (*PALETTE, SILENCE)) >= 2.8


def test_ink_reads_on_its_paper():
    assert min(contrast(INK[theme], PAPER[theme]) for theme in ("light", "dark")) >= 7


def test_a_blend_lies_between():
    assert blend("#000000", "#FFFFFF", 0.0) == "#000000"
    assert blend("#000000", "#FF8000", 0.5) == "#804000"


def test_a_swatch_is_a_picture_of_its_colour():
    assert swatch("#0072B2").startswith("data:image/svg+xml,")
    assert "fill='%230072B2'" in swatch("#0072B2")
