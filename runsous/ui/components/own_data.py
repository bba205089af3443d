"""The parts of the account page that are about one's own data: take it along, keep less, leave."""

from __future__ import annotations

from typing import Any

import streamlit as st

from runsous.accounts import farewell as leaving
from runsous.errors import InputError
from runsous.ui import own
from runsous.ui.components import cards
from runsous.ui.session import User, fragment, once

_KEPT: dict[int | None, str] = {
    None: "For ever",
    1825: "Five years",
    730: "Two years",
    365: "One year",
    90: "Three months",
}
_ASKED = {
    "password": "Your password",
    "email": "Your e-mail",
    "words": f"Write “{leaving.WORDS}”",
}
_MB = 1e6


def take_along(user: User) -> None:
    """An archive of everything, made in the background."""
    st.subheader("Take it along")
    st.caption(
        "One ZIP with your original files, and activities, samples, songs, listens and settings"
        " as CSV, JSON and Parquet. It is kept for a week."
    )
    under_way = any(export["status"] in ("queued", "running") for export in own.exports(user))
    fragment(_exports, run_every=1.0 if under_way else None)(user, under_way)


def _exports(user: User, was_under_way: bool) -> None:
    found = own.exports(user)
    under_way = [export for export in found if export["status"] in ("queued", "running")]
    if was_under_way and not under_way:
        st.rerun()
    if under_way:
        export = under_way[0]
        share = export["done"] / max(1, export["total"])
        st.progress(share, f"Packing: {export['done']} of {export['total']} parts")
    elif st.button("Download everything", icon=":material/archive:"):
        own.ask_for_export(user)
        st.rerun()
    for export in found:
        _finished(user, export)


def _finished(user: User, export: dict[str, Any]) -> None:
    made = f"{export['created_at'].astimezone(user.zone):%Y-%m-%d %H:%M}"
    if export["status"] == "done":
        size = max(0.1, export["size"] / _MB)
        cards.link(
            f"/api/v1/me/exports/{export['id']}/download", f"Your data of {made} ({size:.1f} MB)"
        )
    elif export["status"] == "failed":
        st.warning(f"The archive of {made} could not be made; ask for another.")


def retention(user: User) -> None:
    """How long raw samples are kept."""
    st.subheader("Keep samples")
    days = own.kept_days(user)
    choices = _KEPT if days in _KEPT else {**_KEPT, days: f"{days} days"}
    wanted = st.selectbox(
        "Keep every second of an activity",
        list(choices),
        index=list(choices).index(days),
        format_func=choices.__getitem__,
        help="Afterwards an activity keeps its totals, laps and the figures of each song; its"
        " route, charts and original file go for good.",
    )
    if wanted == days:
        return
    if wanted is not None and (days is None or wanted < days):
        st.warning("Older samples and original files are deleted, which cannot be undone.")
        if not st.button("Delete them", type="primary"):
            return
    own.keep_days(user, wanted)
    once("That is how it is kept from now on.")
    st.rerun()


def farewell(user: User) -> None:
    """Deletes the account, or in local mode everything there is."""
    what = "my account" if user.email else "everything"
    with st.expander(f"Delete {what}", icon=":material/delete_forever:"):
        st.markdown("Activities, listens, files and settings are gone for good. No way back.")
        with st.form("farewell", border=False):
            asked = own.proof(user)
            given = st.text_input(
                _ASKED[asked],
                type="password" if asked == "password" else "default",
                autocomplete="off",
            )
            if not st.form_submit_button(f"Delete {what}", type="primary"):
                return
        try:
            own.leave(user, given)
        except InputError as error:
            st.error(str(error))
            return
        once("Everything is deleted.")
        st.rerun()
