"""In time with one's songs, on the page Insights."""

from __future__ import annotations

from html import escape

import streamlit as st

from runsous.ui import insight_charts as charts
from runsous.ui import insight_words, insights_data
from runsous.ui import lock_words as words
from runsous.ui.components import cards
from runsous.ui.insights_data import AsOf

_METHOD = (
    "In time is a cadence within ±2.5 % of the beat, of half or of twice it. Who keeps one cadence"
    " is in time with some songs whatever is heard, so each song is compared with itself begun"
    " elsewhere in the same activity, where the others were; the interval is over activities."
)


def show(at: AsOf) -> bool:
    """How much of the time, and how much by chance; whether there was enough to tell."""
    found = insights_data.in_step(at)
    told = words.in_step(found)
    if told is None or found.null is None or found.difference is None:
        cards.nothing("enough", "hourglass_empty", f"**Not enough data.** {found.missing}")
        return False
    mark = '<i class="ok">clear</i>' if told.is_clear else "<i>could be chance</i>"
    st.html(
        f'<div class="rs-effect"><b>{escape(told.sentence)}</b> {mark}'
        f"<div>{escape(told.interval)} · {escape(told.basis)}</div></div>"
    )
    st.markdown("**Is it more than chance?**")
    drawn = charts.shifts(found.null.slopes, found.difference, words.ENDS)
    st.vega_lite_chart(drawn, width="stretch", key="null")
    cards.quiet(f"Orange: yours. Grey: shifted playlists. {told.chance}")
    st.markdown("**What would make it surer**")
    cards.quiet(told.surer)
    cards.quiet(_METHOD)
    cards.quiet(insight_words.CAUSE)
    return True
