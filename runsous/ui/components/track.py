"""The parts of a song's own page: its tempo, who says so, and every run it was played on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import streamlit as st

from runsous.errors import NotFound
from runsous.model import ON_FOOT
from runsous.reports.track import Track
from runsous.ui import format as fmt
from runsous.ui import tempo_data as data
from runsous.ui import tempo_words as words
from runsous.ui.components import cards, own_tempo, picker
from runsous.ui.session import User, asked_id

_PAGE = 30
_LINKS = {"spotify": "Spotify", "deezer": "Deezer", "mbid": "MusicBrainz"}
_TRAITS = ("energy", "danceability", "valence")
_TRAIT_NAMES = {"valence": "cheerfulness"}


def chosen(user: User) -> Track | None:
    """The song the address names (``?id=``), or ``None`` if it names none of the user's."""
    wanted = asked_id()
    if wanted is None:
        return None
    try:
        return data.track(user, wanted)
    except NotFound:
        return None


def header(user: User, shown: Track) -> None:
    """Which song, how often it was heard, and where else it is to be found."""
    facts = shown.facts
    st.title(cards.plain(facts["title"]))
    said = [facts["artist"], facts["album"] or ""]
    if facts["duration_s"]:
        said.append(fmt.duration(facts["duration_s"]))
    if shown.n_plays:
        times = "once" if shown.n_plays == 1 else f"{shown.n_plays:,} times"
        since = fmt.day(shown.first_at, user.zone, datetime.now(UTC))
        said.append(f"heard {times} since {since}" if shown.n_plays > 1 else f"heard {times}")
    cards.quiet(" · ".join(filter(None, said)))
    found = {i.kind: i.url for i in reversed(shown.ids) if i.url is not None}
    links = "".join(
        f'<a href="{escape(found[kind])}" target="_blank" rel="noopener">{name}</a>'
        for kind, name in _LINKS.items()
        if kind in found
    )
    if links:
        st.html(f'<div class="rs-links">{links}</div>')


def tempo(user: User, shown: Track) -> None:
    """How fast it is, how sure that is and why; beside it the user's own word."""
    left, right = st.columns([3, 4], gap="large")
    with left:
        st.subheader("Tempo")
        _decided(shown.facts)
        _character(shown.facts)
    with right:
        st.subheader("By your own ear")
        own_tempo.ask(user, shown.facts)


def _decided(facts: dict[str, Any]) -> None:
    if facts["tempo_bpm"] is None:
        cards.quiet(
            "Nobody has told its tempo yet. Sources are asked by and by; tapping is faster."
        )
        st.page_link("tempo.py", label="How far that is", icon=":material/arrow_forward:")
        return
    sure = words.sureness(facts)
    kind = "needs" if facts["is_tempo_disputed"] else "ok" if sure != "not sure" else "absent"
    st.html(
        f'<div class="rs-tempo"><b>{fmt.whole(facts["tempo_bpm"])}</b><span>BPM</span>'
        f'<i class="rs-standing {kind}">{escape(sure)}</i></div>'
    )
    cards.quiet(facts["tempo_note"] or "")


def _character(facts: dict[str, Any]) -> None:
    pairs = [
        (_TRAIT_NAMES.get(name, name), f"{facts[name] * 100:.0f} %")
        for name in _TRAITS
        if facts[name] is not None
    ]
    if facts["key"] is not None:
        pairs.append(("key", words.key(facts["key"], facts["mode"])))
    if pairs:
        cards.figures(pairs)


def evidence(user: User, shown: Track) -> None:
    """Who says what of its tempo."""
    rows = [row for row in shown.evidence if row["bpm"] is not None]
    if not rows:
        return
    st.subheader("Who says so")
    now, bpm = datetime.now(UTC), shown.facts["tempo_bpm"]
    heads = ["Source", "Says", "Beat", "Told"]
    # One's own words and files need not be found.
    if any(row["identifier"] is not None for row in rows):
        heads.append("Match")
    cells = [
        (
            words.SOURCES.get(row["source"], row["source"]),
            f"{words.bpm(row['bpm'])} BPM",
            words.relation(row["bpm"], bpm),
            fmt.day(row["at"], user.zone, now),
            words.match(row),
        )
        for row in rows
    ]
    cards.table(heads, [[(cell, None) for cell in row[: len(heads)]] for row in cells])


def runs(user: User, shown: Track) -> None:
    """Every time it was played on an activity, the newest first."""
    st.subheader("Played on")
    total = len(shown.stretches)
    if not total:
        cards.quiet("It was not played on any activity yet.")
        return
    page = picker.page_number("runs", shown.facts["id"])
    first = page * _PAGE
    rows = shown.stretches[first : first + _PAGE]
    shares = data.in_time(user, shown, first, _PAGE)
    has_pace = any(row["sport"] in (*ON_FOOT, "swim") for row in rows)
    moved = "Pace" if has_pace else "Speed"
    heads = ["Activity", "Day", "At", moved, "Heart rate", "Cadence"]
    if shares:
        heads.append("In time")
    now = datetime.now(UTC)
    cards.table(heads, [_run(user, row, shares, now)[: len(heads)] for row in rows])
    if shares:
        cards.quiet(words.LOCKED)
    picker.pager("runs", page, total, _PAGE)


def _run(user: User, row: dict[str, Any], shares: Any, now: datetime) -> Sequence[cards.Cell]:
    zone = fmt.zone(row["time_zone"], row["utc_offset_s"])
    pace = row["pace_s_per_km"]
    cells = (
        fmt.day(row["start_time"], zone, now),
        fmt.duration(row["start_s"]),
        fmt.movement(1000 / pace if pace else None, row["sport"], user.units),
        fmt.whole(row["average_heartrate"], "bpm"),
        fmt.whole(row["average_cadence"], row["cadence_unit"] or ""),
        words.locked(*shares.get((row["activity_id"], row["start_s"]), (None, None))),
    )
    return (
        (cards.name_of(row), f"/activity?id={row['activity_id']}"),
        *(("" if cell == fmt.MISSING else cell, None) for cell in cells),
    )
