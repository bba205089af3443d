"""What one hears on workouts and what in the rest of life."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from runsous.analysis.workout_music import Side
from runsous.reports.workout_music import Heard, Names, WorkoutMusic
from runsous.ui import format as fmt
from runsous.ui import workout_music_charts as charts
from runsous.ui import workout_music_data as data
from runsous.ui.components import cards
from runsous.ui.session import User, fragment

_SHOWN = 10
_SONGS, _ARTISTS = "Songs", "Artists"
_TYPICAL, _ONLY, _NEVER = "Typical of workouts", "Only there", "Never there"
_HOUR, _SEASON, _SPORT = "Hour", "Season", "Sport"
_WHAT = (
    "A play is a workout’s where any of it sounded on one; skips do not count. Tempos are shown"
    " between 100 and 200 BPM. That you choose such songs for workouts says nothing yet of what"
    " they do."
)


def show(user: User) -> None:
    """The section: figures, sentences, two charts and a table."""
    found = data.workout_music(user)
    st.subheader("On workouts and in the rest of life")
    if found.message is not None:
        cards.quiet(found.message)
        return
    cards.figures(_figures(found))
    st.html("".join(f"<p>{line}</p>" for line in sentences(found)))
    if found.tempo_message is None:
        left, right = st.columns(2, gap="large")
        with left:
            with st.container(height=40, border=False, vertical_alignment="center"):
                cards.quiet("How fast it is")
            st.vega_lite_chart(spec=charts.tempos(found.bands), width="stretch")
        with right:
            fragment(_parts)(user)
    fragment(_names)(user)
    cards.quiet(_WHAT)


def sentences(found: WorkoutMusic) -> list[str]:
    """What both sides come to, in plain sentences."""
    said = []
    if found.share is not None:
        said.append(
            f"Of the time you listen, {_percent(found.share)} is on workouts: "
            f"{_hours(found.workouts)} there, {_hours(found.rest)} elsewhere."
        )
    on, off = found.workouts.tempo, found.rest.tempo
    if found.tempo_message is not None:
        said.append(found.tempo_message)
    elif on is not None and off is not None:
        said.append(
            f"Music on workouts is {_compared(on.median - off.median)}: {on.median:.0f} BPM in the"
            f" middle, {off.median:.0f} elsewhere. Half of the plays are between {on.low:.0f} and"
            f" {on.high:.0f} there, between {off.low:.0f} and {off.high:.0f} elsewhere."
        )
    energy, calm = found.workouts.energy, found.rest.energy
    if energy is not None and calm is not None:
        said.append(
            f"Its energy is {_percent(energy.median)} in the middle,"
            f" {_percent(calm.median)} elsewhere."
        )
    return said


def _figures(found: WorkoutMusic) -> list[tuple[str, str]]:
    pairs = [
        ("plays on workouts", f"{found.workouts.n_plays:,}"),
        ("plays elsewhere", f"{found.rest.n_plays:,}"),
    ]
    for name, side in (("BPM on workouts", found.workouts), ("BPM elsewhere", found.rest)):
        if side.tempo is not None:
            pairs.append((name, fmt.whole(side.tempo.median)))
    return pairs


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _hours(side: Side) -> str:
    hours = side.listened_s / 3600
    return f"{hours:,.0f} hours" if hours >= 9.5 else f"{hours:.1f} hours"


def _compared(bpm: float) -> str:
    if abs(bpm) < 1:
        return "about as fast as the rest"
    return f"{abs(bpm):.0f} BPM {'faster' if bpm > 0 else 'slower'} than the rest"


def _parts(user: User) -> None:
    found = data.workout_music(user)
    season = _SEASON if found.hemisphere else "Month"
    by = {_HOUR: found.by_hour, season: found.by_season, _SPORT: found.by_sport}
    chosen = st.segmented_control(
        "Tempo by", list(by), default=_HOUR, label_visibility="collapsed", key="workout music by"
    )
    name = chosen or _HOUR
    st.vega_lite_chart(spec=charts.by_part(by[name], name.lower()), width="stretch")


def _names(user: User) -> None:
    found = data.workout_music(user)
    with st.container(horizontal=True):
        kind = st.segmented_control(
            "Of", [_SONGS, _ARTISTS], default=_SONGS, label_visibility="collapsed"
        )
        which = st.segmented_control(
            "Which", [_TYPICAL, _ONLY, _NEVER], default=_TYPICAL, label_visibility="collapsed"
        )
    of_artists = kind == _ARTISTS
    names = found.artists if of_artists else found.songs
    rows, said = _listed(names, which or _TYPICAL, "artists" if of_artists else "songs")
    cards.quiet(said)
    if rows:
        _table(rows, of_artists=of_artists, with_ratio=(which or _TYPICAL) == _TYPICAL)


def _listed(names: Names, which: str, kind: str) -> tuple[Sequence[Heard], str]:
    heard = f"{kind} you heard five times or more"
    if which == _ONLY:
        none = f"No {heard} sounded there alone."
        some = f"Of the {heard}, {names.n_only:,} sounded nowhere else."
        return names.only[:_SHOWN], some if names.n_only else none
    if which == _NEVER:
        none = f"All {heard} sounded there too."
        some = f"Of the {heard}, {names.n_never:,} never sounded there."
        return names.never[:_SHOWN], some if names.n_never else none
    if not names.typical:
        return [], f"No {kind} are heard more on workouts than chance would have it."
    said = (
        "How many times as often as elsewhere, with what that is at least and at most (95 %),"
        " the surest first; the less was heard, the nearer to once."
    )
    return names.typical[:_SHOWN], said


def _table(rows: Sequence[Heard], *, of_artists: bool, with_ratio: bool) -> None:
    heads = ["Artist"] if of_artists else ["Song", "Artist"]
    heads += ["On workouts", "Elsewhere"] + (["Times as often"] if with_ratio else [])
    cells: list[list[cards.Cell]] = []
    for row in rows:
        path = None if of_artists else f"/track?id={row.id}"
        line: list[cards.Cell] = [(row.name, path)]
        if not of_artists:
            line.append((row.artist or "", None))
        line += [(f"{row.n_workouts:,}", None), (f"{row.n_rest:,}", None)]
        if with_ratio:
            line.append((f"{row.ratio:.1f} ({row.low:.1f} to {row.high:.1f})", None))
        cells.append(line)
    cards.table(heads, cells)
