"""The parts of the page Insights: which activities, effects, songs, and how it is counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from runsous.analysis.effects import Effect
from runsous.reports.insights import Chosen
from runsous.ui import format as fmt
from runsous.ui import insight_charts as charts
from runsous.ui import insight_words as words
from runsous.ui import insights_data as data
from runsous.ui import lock_words, session
from runsous.ui.components import cards, insight_lock, insight_songs, picker
from runsous.ui.insight_words import Look, Told
from runsous.ui.insights_data import AsOf
from runsous.ui.session import User, fragment

_EVERY_S = 3.0
_KEPT: dict[str, Any] = {"persist_state": "session"}
# None among the options would be no choice at all once the page kept it.
_ALL_KINDS, _ALL_ROUTES = "", -1
_VIEWS = {
    "effects": "Faster with faster songs?",
    "songs": "Power songs",
    "hills": "Songs of a hill",
    "life": "Workouts and life",
}
_LOCK = "lock"
_COLOURS = {"date": "Coloured by day", "song": "Coloured by song"}
_LEGEND = {
    "date": "The older, the greyer.",
    "song": "The songs heard most have a colour each, all others are grey.",
}
_METHOD = (
    "A song on an activity counts once: from 20 s after its start to its end, if it lasted a minute"
    " and you moved for four fifths of that.",
    "Pace is what it would be on the flat. Each activity is compared with itself alone: its own"
    " level, and its own course (one that bends, the more often the more songs there are, and the"
    " levels of a playlist that clearly has three), are taken out of everything, and so are grade"
    " and the first ten minutes. So neither fast songs on race days nor playlists that speed up"
    " evenly as you do make an effect.",
    "Playlists that go in steps with the stages of a workout, run after run, are not told apart:"
    " what the stages did then looks as if the songs had.",
    "What is left is fitted by least squares; the interval allows for songs that come again and for"
    " activities that differ. To see what chance does, the songs of each activity are shifted in a"
    " circle, 999 times. Where several outcomes are tested, those count that hold with a false"
    " discovery rate below 5 %, and whose interval excludes zero.",
    "Tempos with a confidence of 0.5 or more count, folded into the octave from 100 to 200 BPM,"
    " whatever your cadence.",
    "To repeat it: activities have four songs or more that count; a course is Legendre polynomials"
    " over their time, three to seven of them, of n songs 1 + n / 3, rounded up. A playlist's"
    " levels last two songs or more and are clear from F = 9 on.",
)


def choose(user: User, options: data.Options) -> Chosen:
    """Which activities, as chosen above everything; on a phone folded away."""
    sport: Any
    kind: Any
    route: Any
    days: Any
    with st.container(key="filters"):
        if session.is_phone():
            sport = kind = route = days = st.expander("Sport, kind of workout, route, days")
        else:
            sport, kind, route, days = st.columns([2, 2, 3, 2], vertical_alignment="bottom")
    chosen = sport.selectbox(
        "Sport", options.sports, format_func=str.capitalize, key="insights sport", **_KEPT
    )
    of_kind = kind.selectbox(
        "Kind of workout",
        [_ALL_KINDS, *options.kinds],
        format_func=lambda k: words.KINDS.get(k, k) or "All kinds",
        key="insights kind",
        **_KEPT,
    )
    on_route = route.selectbox(
        "Route",
        [_ALL_ROUTES, *(n for n, row in options.routes.items() if row["sport"] == chosen)],
        format_func=lambda n: "All routes" if n == _ALL_ROUTES else _route(user, options.routes[n]),
        key="insights route",
        **_KEPT,
    )
    picked = picker.days(days, "insights days")
    since, until = (picked[0], picked[-1]) if picked else (None, None)
    return Chosen(
        chosen,
        since,
        until,
        None if of_kind == _ALL_KINDS else of_kind,
        None if on_route == _ALL_ROUTES else on_route,
    )


def _route(user: User, row: Mapping[str, Any]) -> str:
    """A route by what its last run is called: "Isar half marathon, 21.1 km, 3 times"."""
    far = fmt.distance(row["distance_m"], user.units)
    return f"{cards.name_of(row)}, {far}, {row['n_activities']} times"


def view() -> str:
    """Which question is asked."""
    return _one_of("Question", list(_VIEWS), _VIEWS.__getitem__, "insights view")


def _one_of(label: str, choices: list[str], name: Callable[[str], str], key: str) -> str:
    chosen = st.segmented_control(
        label,
        choices,
        default=choices[0],
        format_func=name,
        key=key,
        label_visibility="collapsed",
        required=True,
    )
    return chosen or choices[0]


def waiting(user: User) -> bool:
    """Whether anything is still to be measured, and how much; the page is drawn anew when it is
    done.
    """
    is_waiting = data.waiting(user) > 0
    if is_waiting:
        fragment(_waiting, run_every=_EVERY_S)(user)
    return is_waiting


def _waiting(user: User) -> None:
    left = data.waiting(user)
    if not left:
        st.rerun()
    many = "One activity is" if left == 1 else f"{left:,} activities are"
    st.html(
        f'<div class="rs-going"><i></i><div class="rs-quiet">{many} still to be measured; what is'
        " shown is without them.</div></div>"
    )


def effects(user: User, at: AsOf) -> None:
    """What goes with faster or more energetic songs: all outcomes in a glance, one in full."""
    look = Look(at[2].sport or "run", user.units)
    doses = list(words.DOSES)
    with st.container(horizontal=True):
        dose = _one_of("What of a song", doses, words.DOSES.__getitem__, "insights dose")
        found = data.effects(at, dose)
        outcome = _one_of(
            "And what of you",
            # Energy has no beat to be in time with.
            [*found, *([_LOCK] if dose == "tempo" else [])],
            lambda name: lock_words.NAME if name == _LOCK else _name(found[name], look),
            "insights outcome",
        )
    if outcome == _LOCK:
        if not insight_lock.show(at):
            _missing(at)
        return
    each = found[outcome]
    told = words.effect(each, look)
    if told is None:
        cards.nothing("enough", "hourglass_empty", f"**Not enough data.** {each.missing}")
        _missing(at)
        return
    _headline(told)
    _pictures(at, each, look)
    _bands(at, each, look)
    _glance(found, look)
    cards.quiet(words.CAUSE)


def _name(each: Effect, look: Look) -> str:
    is_speed = each.outcome.name == "speed" and not words.axis(each, look)[1]
    return "Speed" if is_speed else words.OUTCOMES[each.outcome.name]


def _headline(told: Told) -> None:
    mark = '<i class="ok">clear</i>' if told.is_clear else "<i>could be chance</i>"
    st.html(
        f'<div class="rs-effect"><b>{escape(told.sentence)}</b> {mark}'
        f"<div>{escape(told.interval)} · {escape(told.basis)}</div></div>"
    )


def _pictures(at: AsOf, each: Effect, look: Look) -> None:
    main, side = st.columns([3, 2], gap="medium")
    with main:
        key = "insights colour"
        colour = st.session_state.get(key) or "date"
        points, n_points = data.points(at, each.dose.name, each.outcome.name, colour)
        st.vega_lite_chart(charts.scatter(points, each, look), width="stretch", key="scatter")
        _one_of("Colours", list(_COLOURS), _COLOURS.__getitem__, key)
        cards.quiet(
            f"{_drawn(len(points), n_points)} Points are brought to the level of all activities but"
            " keep the course of their own; the line, the trend with its interval, is without it."
            f" {_LEGEND[colour]}"
        )
    with side:
        told = words.effect(each, look)
        st.markdown("**Is it more than chance?**")
        st.vega_lite_chart(charts.null(each), width="stretch", key="null")
        if told is not None:
            cards.quiet(f"Orange: yours. Grey: shifted playlists. {told.chance}")
            st.markdown("**What would make it surer**")
            cards.quiet(told.surer)


def _drawn(n: int, of: int) -> str:
    if n == of:
        return "One point per song and activity."
    return (
        f"One point per song and activity; of {of:,} there are, {n:,} are drawn, picked at random."
    )


def _bands(at: AsOf, each: Effect, look: Look) -> None:
    found = data.bands(at, each.dose.name, each.outcome.name)
    if len(found) > 1:
        of = "tempo" if each.dose.name == "tempo" else "energy"
        st.markdown(f"**By {of}**")
        cards.quiet(f"{words.away(each, look)}, with 95 % intervals.")
        st.vega_lite_chart(charts.bands(found, each, look), width="stretch", key="bands")


def _glance(found: dict[str, Effect], look: Look) -> None:
    """All outcomes, a line each."""
    rows = []
    for each in found.values():
        told = words.effect(each, look)
        name = f"<span>{escape(_name(each, look))}</span>"
        if told is None:
            rows.append(f"{name}<div>not enough data</div>")
            continue
        mark = " · clear" if told.is_clear else " · could be chance"
        rows.append(
            f"{name}<div>{escape(told.sentence)} <small>{escape(told.interval)}{mark}</small></div>"
        )
    st.markdown("**All outcomes**")
    st.html(f'<div class="rs-strips">{"".join(rows)}</div>')


def method(at: AsOf, *, of_songs: bool) -> None:
    """How effects, or those ``of_songs``, are counted, what is left out, and the table to check it
    by.
    """
    with st.expander("How this is counted, and the numbers to check it", icon=":material/rule:"):
        told = (_METHOD[0], *insight_songs.METHOD) if of_songs else _METHOD
        lines = "".join(f"<li>{escape(line)}</li>" for line in told)
        st.html(f'<ul class="rs-quiet">{lines}</ul>')
        _missing(at, of_songs=of_songs)
        chosen = {name: value for name, value in vars(at[2]).items() if value is not None}
        with st.container(horizontal=True):
            for form in ("csv", "parquet"):
                query = urlencode({**chosen, "format": form})
                cards.link(
                    f"/api/v1/insights/segments?{query}",
                    f"All songs ({form.upper() if form == 'csv' else 'Parquet'})",
                    f"songs on activities.{form}",
                )


def _missing(at: AsOf, *, of_songs: bool = False) -> None:
    n_songs, n_activities, left_out = data.counts(at)
    if of_songs:
        # A power song is one whatever its tempo.
        left_out = replace(left_out, without_tempo=0, unsure_tempo=0)
    songs = words.count(n_songs, "song", "songs")
    activities = words.count(n_activities, "activity", "activities")
    cards.quiet(
        f"{songs} on {activities} {'was' if n_songs == 1 else 'were'} measured.",
        *(f"Left out: {line}." for line in words.left_out(left_out)),
    )
