"""Runs of the sync: the one under way, and those that were."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from runsous.errors import RunsousError
from runsous.ui import connections_data as data
from runsous.ui import format as fmt
from runsous.ui import sync_words as words
from runsous.ui.components import cards
from runsous.ui.connections_data import State
from runsous.ui.session import User, is_phone, no_longer_say, once

_COUNTS = {
    "Activities": "activities_new",
    "Changed": "activities_changed",
    "Removed": "activities_removed",
    "Plays": "listens_new",
    "Plays removed": "listens_removed",
    "Calls": "calls",
}
_WIDE = {name: st.column_config.NumberColumn(format="localized") for name in _COUNTS}
_MARKS = {"done": ("imported", "✓"), "failed": ("failed", "✗")}


def at_rest(user: User, state: State) -> None:
    """What the last run brought, when the next comes, and the way to have one now."""
    assert state.connection is not None  # noqa: S101 - what is not connected has no runs
    now = datetime.now(UTC)
    lines = []
    if state.last is not None:
        when = words.when(state.last["finished_at"], user.zone, now)
        lines.append(f"Last sync {when}: {words.outcome(state.last)}")
        if state.last["status"] == "done" and state.last["message"]:
            lines.append(state.last["message"])
    said = words.next_run(state, user.zone, now)
    lines += [words.newest(state, user.zone, now) or "", said[:1].upper() + said[1:]]
    cards.quiet(*filter(None, lines))
    if state.missing:
        return
    label = "Try again" if words.problem(state) else "Sync now"
    if st.button(label, key=f"sync {state.service}", icon=":material/sync:"):
        _do(lambda: data.sync_now(user, state.service))


def under_way(user: User, state: State) -> None:
    """How far the run is, what it has brought, what the service allows still; and a way out."""
    run = state.run
    assert run is not None  # noqa: S101
    share, said = words.progress(state, user.zone)
    if share is None:
        st.html(f'<div class="rs-going">{escape(said)}<i></i></div>')
    else:
        st.progress(share, text=cards.plain(said))
    calls = words.left(state.budget)
    cards.quiet(*filter(None, (words.brought(run), calls and f"Calls left: {calls}")))
    with st.container(horizontal=True, vertical_alignment="center"):
        is_unwanted = st.button(
            "Cancel",
            key=f"cancel {state.service}",
            icon=":material/close:",
            disabled=run["is_cancelled"],
        )
        if run["activities_new"]:
            st.page_link("activities.py", label="See activities", icon=":material/route:")
        elif run["listens_new"]:
            st.page_link("listening.py", label="See plays", icon=":material/graphic_eq:")
    if is_unwanted:
        _do(lambda: data.cancel(user, state.service))


def _do(what: Callable[[], None]) -> None:
    try:
        what()
    except RunsousError as error:
        st.error(str(error))
        return
    no_longer_say()
    st.rerun()


def history(user: User) -> None:
    """Runs of all services, the newest first."""
    if not data.history(user, 1):
        return
    shown = st.expander(
        "Past syncs", icon=":material/history:", key="past syncs", on_change="rerun"
    )
    # Only what is open is read and sent.
    if not shown.open:
        return
    with shown:
        runs = data.history(user)
        if is_phone():
            _list(user, runs)
            return
        rows = table(user, runs)
        height = 38 + 35 * min(len(rows), 15)
        st.dataframe(rows, hide_index=True, height=height, column_config=_WIDE)


def _list(user: User, runs: Sequence[Mapping[str, Any]]) -> None:
    """The runs where there is no room for a table."""
    now, lines = datetime.now(UTC), []
    for run in runs:
        kind, mark = _MARKS.get(run["status"], ("", "–"))
        said = filter(None, (words.brought(run), run["message"]))
        idle = "nothing new" if run["status"] == "done" else ""
        lines.append(
            f'<div class="rs-file {kind}"><span>{mark}</span>'
            f"<span>{escape(data.TITLES[run['service']])}</span>"
            f"<small>{escape(words.when(run['created_at'], user.zone, now))} ·"
            f" {words.STATUSES[run['status']].lower()}</small>"
            f"<div>{escape(' · '.join(said) or idle)}</div></div>"
        )
    st.html(f'<div class="rs-files">{"".join(lines)}</div>')


def table(user: User, runs: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per run; columns of which none has anything are left out."""
    now = datetime.now(UTC)
    rows = pd.DataFrame(
        {
            "When": [words.when(run["created_at"], user.zone, now) for run in runs],
            "Service": [data.TITLES[run["service"]] for run in runs],
            "Why": [words.REASONS[run["reason"]] for run in runs],
            "Status": [words.STATUSES[run["status"]] for run in runs],
            **{name: [run[count] for run in runs] for name, count in _COUNTS.items()},
            "Calls left": [words.left(run["budget"]) for run in runs],
            "Took": [_took(run) for run in runs],
            "What happened": [run["message"] or "" for run in runs],
        }
    )
    idle = [name for name in rows if rows[name].isin([0, ""]).all()]
    return rows.drop(columns=idle)


def _took(run: Mapping[str, Any]) -> str:
    if run["started_at"] is None or run["finished_at"] is None:
        return fmt.MISSING
    return fmt.minutes((run["finished_at"] - run["started_at"]).total_seconds())


def finished(state: State) -> None:
    """Says, after the next rerun, what came of the run that has just ended."""
    if state.last is not None:
        is_good = state.last["status"] != "failed"
        if is_good:
            once(f"{state.title}: {words.outcome(state.last)}.")
        else:
            once(f"Syncing {state.title} {words.outcome(state.last)}.", ":material/error:")
