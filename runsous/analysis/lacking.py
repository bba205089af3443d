"""What is missing where there is too little to tell an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from runsous.analysis.within import FEWEST

if TYPE_CHECKING:
    from runsous.analysis.effects import Measure

FEWEST_SONGS: Final = 8
FEWEST_ACTIVITIES: Final = 3
FEWEST_DF: Final = 3
_CALLED = {"heartrate": "heart rate"}


def too_few(
    efforts: pd.DataFrame,
    dosed: pd.DataFrame,
    rows: pd.DataFrame,
    compared: tuple[int, int],
    asked: tuple[Measure, Measure],
) -> str:
    """In words, how many songs in how many activities are needed and can be ``compared``, and why
    others cannot. Of ``efforts`` those ``dosed`` tell the dose, and ``rows`` the outcome, too: both
    are ``asked`` for.
    """
    dose, outcome = (_CALLED.get(each.name, each.name) for each in asked)
    told = (
        f"At least {FEWEST_SONGS} songs in {FEWEST_ACTIVITIES} activities are needed,"
        f" {FEWEST} or more in each, with a known {dose} and a known {outcome}; there are"
        f" {compared[0]} in {compared[1]}."
    )
    if alone := len(rows) - compared[0]:
        n_activities = rows["activity_id"].nunique() - compared[1]
        songs = "song is" if alone == 1 else "songs are"
        activities = "an activity" if n_activities == 1 else f"{n_activities:,} activities"
        return f"{told} {alone:,} more {songs} on {activities} with fewer than {FEWEST}."
    if efforts.empty or len(rows):
        return told
    songs = f"any of the {len(efforts):,} songs" if len(efforts) > 1 else "the one song"
    if efforts[asked[0].column].isna().all():
        return f"{told} No {dose} is known of {songs}."
    if dosed.empty:
        return f"{told} All tempos that are known are guesses."
    if efforts[asked[1].column].isna().all():
        return f"{told} No {outcome} was measured during {songs}."
    return told


def too_short(n_songs: int, n_activities: int, df: int) -> str:
    """In words, that so many songs do not suffice where level and course of each activity take so
    much that only ``df`` degrees of freedom are left.
    """
    more = FEWEST_DF - df
    return (
        f"{n_songs:,} songs in {n_activities:,} activities are too few once the level and course of"
        f" each activity, grade and warm-up are taken out: about {more} more"
        f" {'song' if more == 1 else 'songs'} on these activities would do."
    )
