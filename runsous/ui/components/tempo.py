"""The parts of the page Tempo: how far the look-up is, and what sources disagree on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

import streamlit as st

from runsous.reports.disputes import Dispute
from runsous.reports.lookups import Progress
from runsous.ui import format as fmt
from runsous.ui import tempo_data as data
from runsous.ui import tempo_words as words
from runsous.ui.components import cards, own_tempo, picker
from runsous.ui.session import User, fragment, once

_EVERY_S = 4.0
_PAGE = 10
_TELLS = (
    "Deezer, MusicBrainz, ReccoBeats and AcousticBrainz are asked, and Spotify where it is"
    " connected. They get to know names and numbers of songs, nothing of you, your runs or when"
    " you listened."
)


def look_up(user: User) -> None:
    """The switch, and how far it is; goes on by itself while there is something to do, and then
    the page shows what sources have come to disagree on.
    """
    own_tempo.close()
    found = data.progress(user)
    if not found.total:
        cards.nothing(
            "yet",
            "speed",
            "There are no songs of your own yet.",
            ("add_data.py", "Add music or workouts"),
        )
        return
    is_on = st.toggle("Look up my songs", value=found.is_on)
    if is_on != found.is_on:
        data.look_up(user, is_on=is_on)
        st.rerun()
    going = _is_going(found)
    drawn = (going, len(data.disputes(user)))
    fragment(_progress, run_every=_EVERY_S if going else None)(user, drawn)
    cards.quiet(_TELLS)


def _is_going(found: Progress) -> bool:
    return found.is_on and found.waiting > 0


def _progress(user: User, drawn: tuple[bool, int]) -> None:
    found = data.progress(user)
    # Drawing the page anew takes away what lies over it.
    if (_is_going(found), data.count_disputes(user)) != drawn and not own_tempo.is_open():
        st.rerun()
    known = f"{found.with_tempo:,} of {found.total:,}"
    cards.figures([("songs with a tempo", known)])
    if not found.is_on:
        cards.quiet(f"{words.progress(found)}.")
        return
    if found.done < found.total:
        st.progress(found.done / found.total, words.progress(found))
    else:
        cards.quiet(f"{words.progress(found)}. New ones follow by themselves.")
    lines = "".join(
        f"<span>{escape(words.SOURCES.get(each.name, each.name))}</span>"
        f"<div>{escape(words.source(each, user.zone))}</div>"
        for each in found.sources
    )
    st.html(f'<div class="rs-strips">{lines}</div>')


def disputes(user: User) -> None:
    """Songs on whose tempo sources disagree, each settled by a click, by ear or by a number."""
    found = data.disputes(user)
    st.subheader("Where sources disagree")
    if not found:
        cards.quiet("There is no song on whose tempo they do.")
        return
    cards.quiet("Which is it? Your word counts more than theirs, and can be taken back.")
    page = picker.page_number("disputes", user.id)
    # Settling the last ones of a page leaves it empty.
    page = min(page, (len(found) - 1) // _PAGE)
    for dispute in found[page * _PAGE : (page + 1) * _PAGE]:
        _dispute(user, dispute)
    picker.pager("disputes", page, len(found), _PAGE)
    if (most := data.MOST_DISPUTES) <= len(found):
        cards.quiet(f"These are the {most} you ran to most; more follow once they are settled.")


def _dispute(user: User, dispute: Dispute) -> None:
    facts = dispute.facts
    number, n_runs = facts["id"], facts["n_runs"]
    with st.container(border=True, key=f"dispute-{number}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                "track.py",
                label=f"**{cards.plain(facts['title'])}** {cards.plain(facts['artist'])}",
                query_params={"id": str(number)},
            )
            if n_runs:
                runs = "one activity" if n_runs == 1 else f"{n_runs:,} activities"
                st.html(f'<div class="rs-quiet">played on {runs}</div>', width="content")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            for choice in dispute.choices:
                label = f"**{words.bpm(choice.bpm)}** · {words.said(choice)}"
                if st.button(label, key=f"{number} is {choice.bpm}"):
                    own_tempo.keep(user, facts, choice.bpm)
            if st.button(
                "By ear", key=f"{number} by ear", icon=":material/touch_app:", type="tertiary"
            ):
                own_tempo.ask_over_page(user, facts)


def lists(user: User) -> None:
    """The lists of tempos the user brought, each with the way to take it back, and how to bring
    one.
    """
    st.subheader("Do you have them in a list?")
    for brought in data.lists(user):
        _list(user, brought)
    cards.quiet(
        "A CSV with columns for title, artist and BPM, such as Exportify’s of a Spotify playlist,"
        " is taken over like any other file."
    )
    st.page_link("add_data.py", label="Add data", icon=":material/arrow_forward:")


def _list(user: User, brought: Mapping[str, Any]) -> None:
    name = brought["list_name"]
    n_songs, n_heard = brought["n_songs"], brought["n_heard"]
    title = name or "Earlier lists"
    told = f"{n_songs:,} {'song' if n_songs == 1 else 'songs'}, {n_heard:,} of them heard"
    when = fmt.day(brought["told_at"], user.zone, datetime.now(UTC))
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        st.html(
            f'<b>{escape(title)}</b><div class="rs-quiet">{escape(f"{told} · {when}")}</div>',
            width="stretch",
        )
        if st.button(
            "Forget",
            key=f"forget {title}",
            icon=":material/undo:",
            help="Its tempos no longer count; import the file again to have them back.",
        ):
            data.forget_list(user, name)
            once(f"{cards.plain(title)} is forgotten.", ":material/undo:")
            st.rerun()
