"""Power songs and calming songs on the page Insights."""

from __future__ import annotations

import streamlit as st

from runsous.analysis.power_songs import FEWEST_PLAYS, NONE_STANDS_OUT, Ranking
from runsous.ui import insight_words as words
from runsous.ui import insights_data as data
from runsous.ui.components import cards
from runsous.ui.insight_words import Look
from runsous.ui.insights_data import AsOf
from runsous.ui.session import User

_MOST_SONGS = 15
METHOD = (
    "Pace is what it would be on the flat. Each activity is compared with itself alone: its own"
    " level, its own course (one that bends, the more often the more songs there are), grade and"
    " the first ten minutes are taken out of everything; and so is heart rate out of pace, and pace"
    " out of heart rate, where half of the songs or more tell both.",
    "What is left of a song's plays is its effect, drawn towards none by how much single plays"
    " differ beside songs themselves; the interval is of that. The tempo of a song does not matter"
    " here: those of which it is not known count too.",
)


def show(user: User, at: AsOf) -> None:
    """Power songs and calming songs."""
    look = Look(at[2].sport or "run", user.units)
    power, calming = data.rankings(at)
    mean = data.mean_speed(at)
    st.subheader("Power songs")
    cards.quiet(_given("Faster than you usually are", power, "at the same heart rate"))
    _ranking(power, mean, look, is_speed=True)
    st.subheader("Calming songs")
    cards.quiet(_given("A lower heart rate than usual", calming, "at the same speed"))
    _ranking(calming, mean, look, is_speed=False)
    n_short = data.counts(at)[2].short
    if n_short:
        which = (
            "1 play that ended within a minute is"
            if n_short == 1
            else (f"{n_short:,} plays that ended within a minute are")
        )
        cards.quiet(f"{which} left out: an effect, if there is one, would not have shown.")


def _given(told: str, ranking: Ranking, given: str) -> str:
    if not ranking.at_equal:
        given = "whatever the effort, of which too little is known"
    return (
        f"{told} in that place of that activity, {given}. What was heard seldom is drawn towards"
        f" none; songs heard at least {FEWEST_PLAYS} times."
    )


def _ranking(ranking: Ranking, mean: float, look: Look, *, is_speed: bool) -> None:
    rows = ranking.songs
    is_good = rows["estimate"] > 0 if is_speed else rows["estimate"] < 0
    rows = rows[is_good].head(_MOST_SONGS)
    key = f"ranking {is_speed}"
    if ranking.missing not in (None, NONE_STANDS_OUT):
        cards.nothing(key, "hourglass_empty", f"**Not enough data.** {ranking.missing}")
        return
    if rows.empty:
        cards.nothing(key, "drag_handle", NONE_STANDS_OUT)
        return
    cards.table(
        ("Song", "Artist", "Effect", "95 % interval", "Heard"),
        [
            (
                (row["title"], f"/track?id={row['track_id']}"),
                (row["artist"], None),
                (words.ranked(row["estimate"], mean, look, is_speed=is_speed), None),
                (
                    words.ranked_between(row["low"], row["high"], mean, look, is_speed=is_speed),
                    None,
                ),
                (f"{row['n']} ×", None),
            )
            for row in rows.to_dict("records")
        ],
    )
