"""The head of the activity page: which one, when, its figures, and what it lacks."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from runsous.errors import NotFound
from runsous.reports.activity import View
from runsous.ui import connections_data, data, tempo_data, tempo_words
from runsous.ui import format as fmt
from runsous.ui.components import brands, cards
from runsous.ui.session import User, asked_id


def chosen(user: User) -> dict[str, Any] | None:
    """The activity the address names (``?id=``), or ``None`` if it names none of the user's."""
    wanted = asked_id()
    if wanted is None:
        return None
    try:
        return data.activity_facts(user, wanted)
    except NotFound:
        return None


def header(user: User, activity: dict[str, Any]) -> None:
    """Name, day and time, device; a mark on the sample."""
    with st.container(key="back"):
        st.page_link("activities.py", label="Activities", icon=":material/arrow_back:")
    st.title(cards.plain(cards.name_of(activity)))
    sport, finer = activity["sport"], (activity["sub_sport"] or "").replace("_", " ")
    # "strength training" says "strength" already, and "other" says nothing.
    kinds = [sport if sport != "other" and sport not in finer else "", finer]
    said = [cards.when(activity), *filter(None, kinds)]
    if activity["device"]:
        said.append(activity["device"])
    if activity["is_sample"]:
        said.append("made-up sample")
    cards.quiet(" · ".join(said))


def other_names(user: User, activity: dict[str, Any]) -> None:
    """What a service calls it, where it was given another name here."""
    for service, name in data.service_names(user, activity["id"]).items():
        if name == activity["name"]:
            continue
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            said = f"{connections_data.TITLES[service]} calls it “{name}”."
            st.html(f'<div class="rs-quiet">{escape(said)}</div>', width="content")
            is_wanted = st.button(
                "Use that name", key=f"name of {service}", type="tertiary", icon=":material/check:"
            )
            if is_wanted:
                data.rename_activity(user, activity["id"], name)
                st.rerun()


def figures(user: User, activity: dict[str, Any], view: View) -> None:
    """The key figures there are."""
    share = _in_time(user, view)
    pairs = [
        ("distance", fmt.distance(activity["distance_m"], user.units)),
        ("moving time", fmt.duration(activity["moving_time_s"])),
        ("elapsed", fmt.duration(activity["elapsed_time_s"])),
        ("average", fmt.movement(activity["average_speed_mps"], activity["sport"], user.units)),
        ("climb", fmt.elevation(activity["elevation_gain_m"], user.units)),
        ("heart rate", fmt.whole(activity["average_heartrate"], "bpm")),
        ("highest", fmt.whole(activity["max_heartrate"], "bpm")),
        ("cadence", fmt.whole(activity["average_cadence"], activity["cadence_unit"] or "")),
        ("songs", str(activity["n_songs"] or fmt.MISSING)),
        ("in time with the beat", share),
    ]
    # Lifting weights covers no distance: that is not worth a figure.
    idle = () if activity["distance_m"] else ("distance", "average", "climb")
    shown = [pair for pair in pairs if pair[0] not in idle and pair[1] != fmt.MISSING]
    cards.figures(shown)
    if share != fmt.MISSING:
        cards.quiet(tempo_words.LOCKED)


def _in_time(user: User, view: View) -> str:
    """Which share of the time with music of known tempo one moved in time with it."""
    beat = tempo_data.of_activity(user, view)
    told = beat[beat["locked"].notna()]
    share = told["locked_s"].sum() / told["seconds"].sum() if len(told) else None
    return tempo_words.locked(share, None) or fmt.MISSING


def beatless(view: View) -> None:
    """Why nothing is told of moving in time with the songs, and what would help."""
    facts = view.facts
    if not facts["n_songs"] or facts["n_points"] < 2:
        return
    if "cadence" not in facts["channels"]:
        said = "Without cadence nobody can tell how much of it was in time with the songs."
        page, label = "add_data.py", "Add a recording that has it"
    elif view.segments["tempo_bpm"].isna().all():
        said = "No song on it has a known tempo yet, so nothing tells what was in time with them."
        page, label = "tempo.py", "How tempos are found"
    else:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<div class="rs-quiet">{said}</div>', width="content")
        st.page_link(page, label=label, icon=":material/arrow_forward:")


def credit(view: View) -> None:
    """Strava's name, and the way to the activity there, where Strava itself told of it."""
    number = brands.told_by_strava(view.files)
    if number is not None:
        brands.powered_by_strava(number)


def missing(user: User, view: View) -> None:
    """What this activity has not got, and why, in a line each; only what matters."""
    facts = view.facts
    if facts["is_summary"]:
        # Its note says why; no file and no history would bring anything of it back.
        cards.quiet(*facts["notes"])
        return
    lacking = []
    if facts["is_start_hidden"]:
        lacking.append(
            "Strava hides this activity's start time, so songs cannot be placed on it."
            " Import its original file to see them."
        )
    elif not facts["n_songs"]:
        lacking.append(
            "No plays are known for this time, so there are no songs on it."
            " Add a listening history that covers it."
        )
    if not facts["n_points"]:
        lacking.append("Only its totals are known; there are no samples to draw.")
    elif facts["n_points"] == 1:
        lacking.append("It holds a single sample: there is no line to draw.")
    else:
        if not facts["has_gps"]:
            lacking.append("It was recorded without GPS: there is no map, songs run along time.")
        if "heartrate" not in facts["channels"]:
            lacking.append("It has no heart rate.")
    cards.quiet(*lacking, *facts["notes"])
