"""One colour per song: neighbours distinct, also to colour-blind eyes, by day and by night."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

import pandas as pd

Theme = Literal["light", "dark"]

PALETTE = (
    "#0072B2",  # blue
    "#E69F00",  # orange
    "#AA3377",  # wine
    "#56B4E9",  # sky
    "#D55E00",  # vermilion
    "#009E73",  # green
    "#7B61C9",  # violet
    "#CCBB44",  # olive
    "#CC79A7",  # mauve
    "#117733",  # forest
    "#EE99AA",  # rose
)
"""Okabe and Ito's colours and Paul Tol's, without those that vanish on white or on black."""

SILENCE = "#9AA1A6"
START = ROUTE = "#1B9E6B"

INK: Mapping[Theme, str] = {"light": "#20262B", "dark": "#E9E6E0"}
PAPER: Mapping[Theme, str] = {"light": "#FFFFFF", "dark": "#0C1013"}
"""What is written and drawn on maps, and what lies under it, by day and by night."""

# Pairs that differ by less than 20 (CIE 1976) to a normal, protanope or deuteranope eye:
# good enough on one page, never for two songs that touch.
_ALIKE = frozenset(
    {
        frozenset(pair)
        for pair in (
            ("#0072B2", "#7B61C9"),
            ("#E69F00", "#D55E00"),
            ("#E69F00", "#CCBB44"),
            ("#AA3377", "#009E73"),
            ("#AA3377", "#CC79A7"),
            ("#D55E00", "#CCBB44"),
            ("#D55E00", "#117733"),
            ("#009E73", "#CC79A7"),
            ("#009E73", "#EE99AA"),
            ("#CC79A7", "#EE99AA"),
        )
    }
)


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue (0 to 255) of a hex colour."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def blend(colour: str, other: str, share: float) -> str:
    """``colour`` with ``share`` (0 to 1) of it replaced by ``other``."""
    mixed = (round(a + (b - a) * share) for a, b in zip(rgb(colour), rgb(other), strict=True))
    return "#" + "".join(f"{part:02X}" for part in mixed)


def swatch(colour: str, room: int = 16) -> str:
    """A round dot of the colour as an SVG data URI, for the image column of a table.

    An image is as high as the row: more ``room`` around it keeps the dot small in a high one.
    """
    middle = f"cx='{room / 2:g}' cy='{room / 2:g}'"
    return (
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'"
        f" viewBox='0 0 {room} {room}'%3E"
        f"%3Ccircle {middle} r='4.5' fill='%23{colour[1:]}'/%3E%3C/svg%3E"
    )


_RESERVE = {blend(colour, "#000000", 0.4): colour for colour in PALETTE}


def song_colours(segments: pd.DataFrame) -> list[str]:
    """A hex colour for each row of ``segments`` (:data:`runsous.frames.SEGMENTS`), in order.

    The same track has the same colour throughout, silence is :data:`SILENCE`, and two songs
    that follow each other (or have one song between them) never share one. Depends on
    nothing but the order of the tracks. Darker shades are drawn on only when a track has
    more neighbours than the palette has colours. Where there is no song at all, nothing is
    to be told from silence: everything is :data:`ROUTE`.
    """
    tracks = [None if pd.isna(track) else int(track) for track in segments["track_id"]]
    songs = [track for track in tracks if track is not None]
    if not songs:
        return [ROUTE] * len(tracks)
    beside, near = _pairs(songs, 1), _pairs(songs, 2)
    chosen: dict[int, str] = {}
    # The song with most neighbours first: two of them never leave a song without a colour.
    for track in sorted(dict.fromkeys(songs), key=lambda song: -len(beside[song])):
        touching = {chosen[other] for other in beside[track] if other in chosen}
        close = {chosen[other] for other in near[track] if other in chosen}
        chosen[track] = _best(touching, close, Counter(chosen.values()))
    return [SILENCE if track is None else chosen[track] for track in tracks]


def _pairs(songs: list[int], steps: int) -> defaultdict[int, set[int]]:
    pairs: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in zip(songs, songs[steps:], strict=False):
        if one != other:
            pairs[one].add(other)
            pairs[other].add(one)
    return pairs


def _best(touching: set[str], close: set[str], uses: Counter[str]) -> str:
    def cost(candidate: tuple[int, str]) -> tuple[bool, bool, bool, bool, int, int]:
        place, colour = candidate
        return (
            colour in touching,
            _is_like_any(colour, touching),
            colour in close,
            colour in _RESERVE,
            uses[colour],
            place,
        )

    return min(enumerate((*PALETTE, *_RESERVE)), key=cost)[1]


def _is_like_any(colour: str, others: Iterable[str]) -> bool:
    base = _RESERVE.get(colour, colour)
    bases = (_RESERVE.get(other, other) for other in others)
    return any(base == other or frozenset((base, other)) in _ALIKE for other in bases)
