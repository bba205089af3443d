"""What music does to a user's activities, over all of them or a chosen set."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
from pyarrow import Table, parquet
from sqlalchemy import Connection

from runsous.analysis import effects as measuring
from runsous.analysis import in_step as stepping
from runsous.analysis import power_songs
from runsous.analysis.effects import Band, Effect, Measure
from runsous.analysis.in_step import InStep
from runsous.analysis.power_songs import Ranking
from runsous.reports import export
from runsous.store import efforts

_ISO = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True)
class Chosen:
    """Which activities: of a sport, from day to day (by their own clock, both included) or from
    one moment to before another (aware), of a kind of workout
    (:data:`runsous.analysis.kinds.KINDS`), on a route; ``None`` is all of them.
    """

    sport: str | None = None
    since: date | None = None
    until: date | None = None
    kind: str | None = None
    route: int | None = None


@dataclass(frozen=True)
class Songs:
    """``efforts`` (:data:`store.efforts.ROWS`) on ``activities`` (``store.efforts.activities``)."""

    efforts: pd.DataFrame
    activities: pd.DataFrame


@dataclass(frozen=True)
class LeftOut:
    """Songs on these activities that do not count, by reason: too short, not sure to have sounded
    there, stood still; and of those that would, without a tempo or with one that is a guess.
    """

    short: int
    unsure: int
    still: int
    without_tempo: int
    unsure_tempo: int


def songs(conn: Connection, user_id: int) -> Songs:
    """All measured songs of a user; those of the sample runner only where nothing else is."""
    activities = efforts.activities(conn, user_id)
    found = Songs(efforts.frame(conn, user_id), activities)
    is_own = ~activities["is_sample"].astype(bool)
    return _of(found, activities[is_own]) if is_own.any() else found


def choose(found: Songs, chosen: Chosen) -> Songs:
    """Those on the chosen activities."""
    rows = found.activities
    for name in ("sport", "kind", "route"):
        if (value := getattr(chosen, name)) is not None:
            rows = rows[rows[name] == value]
    if chosen.since is not None:
        rows = rows[_starts(rows, chosen.since) >= chosen.since]
    if isinstance(chosen.until, datetime):
        rows = rows[rows["start_time"] < chosen.until]
    elif chosen.until is not None:
        rows = rows[_starts(rows, chosen.until) <= chosen.until]
    return found if len(rows) == len(found.activities) else _of(found, rows)


def main_sport(found: Songs) -> str | None:
    """The sport with most measured songs; none where there are no songs."""
    return None if found.efforts.empty else sports(found)[0]


def sports(found: Songs) -> list[str]:
    """The sports of these activities, that with most measured songs first; of several the first by
    name.
    """
    of = found.activities.set_index("activity_id")["sport"]
    counts = found.efforts["activity_id"].map(of).value_counts()
    return sorted(of.unique().tolist(), key=lambda sport: (-counts.get(sport, 0), sport))


def _starts(rows: pd.DataFrame, like: date) -> Any:
    """When activities began: the moment where ``like`` is one, else the day by their own clock."""
    if isinstance(like, datetime):
        return rows["start_time"]
    offset = pd.to_timedelta(rows["utc_offset_s"].fillna(0).astype("float64"), unit="s")
    return (rows["start_time"] + offset).dt.date


def effects(
    found: Songs, dose: Measure, outcomes: Sequence[Measure] = measuring.OUTCOMES
) -> list[Effect]:
    """What goes with more of the dose, by outcome; see :func:`runsous.analysis.effects.effects`."""
    return measuring.effects(found.efforts, dose, outcomes)


def sentence(each: Effect, found: Songs) -> str:
    """An effect in words, in the units of the API; or what is missing."""
    if each.missing is not None:
        return each.missing + (without_tempo(found) if each.dose.name == "tempo" else "")
    step = f"{each.dose.step:g} {'BPM' if each.dose.name == 'tempo' else each.dose.name}"
    tested = (
        f" Of playlists shifted in time, {100 * each.null.p:.1f} % go with as much."
        if each.null
        else ""
    )
    return (
        f"+{step} goes with {each.estimate:+.3g} {each.outcome.unit}"
        f" ({each.outcome.name}), 95 % interval {each.low:+.3g} to {each.high:+.3g},"
        f" {each.n_songs} songs in {each.n_activities} activities.{tested}"
        " What goes together need not cause each other."
    )


def bands(found: Songs, dose: Measure, outcome: Measure) -> list[Band]:
    """The outcome by bands of the dose; see :func:`runsous.analysis.effects.bands`."""
    return measuring.bands(found.efforts, dose, outcome)


def in_step(conn: Connection, user_id: int, found: Songs) -> InStep:
    """How much one moves in time with songs; see :func:`runsous.analysis.in_step.compare`."""
    known = efforts.lock_shifts(conn, user_id)
    chosen = found.activities["activity_id"].tolist()
    return stepping.compare([np.array(known[each]) for each in chosen if each in known])


def power(conn: Connection, user_id: int, found: Songs) -> Ranking:
    """Power songs with ``title`` and ``artist``, the strongest first."""
    return _named(conn, user_id, power_songs.power_songs(found.efforts))


def calming(conn: Connection, user_id: int, found: Songs) -> Ranking:
    """Calming songs with ``title`` and ``artist``, the strongest first."""
    return _named(conn, user_id, power_songs.calming_songs(found.efforts))


def left_out(found: Songs) -> LeftOut:
    """How many songs on these activities do not count, and why."""
    sums = found.activities[["n_short", "n_unsure", "n_still"]].sum().astype("int64")
    bpm = measuring.folded(found.efforts["tempo_bpm"].to_numpy())
    is_guess = found.efforts["tempo_confidence"].fillna(1).to_numpy() < measuring.SURE
    is_told = ~np.isnan(bpm)
    return LeftOut(
        short=int(sums["n_short"]),
        unsure=int(sums["n_unsure"]),
        still=int(sums["n_still"]),
        without_tempo=int((~is_told).sum()),
        unsure_tempo=int((is_told & is_guess).sum()),
    )


def without_tempo(found: Songs) -> str:
    """Behind a sentence on what is missing: how many songs have no tempo to go by, if some do."""
    out, n_songs = left_out(found), len(found.efforts)
    n = out.without_tempo + out.unsure_tempo
    if n in (0, n_songs):
        return ""
    return (
        f" Of {n_songs:,} songs, {n:,} {'has' if n == 1 else 'have'} no known tempo, or one that is"
        " a guess."
    )


def table(conn: Connection, user_id: int, found: Songs) -> pd.DataFrame:
    """All there is to check the figures by: one row per song and activity, with names, times,
    covariates, doses and outcomes.
    """
    facts = found.activities[["activity_id", "start_time", "sport", "kind"]]
    names = efforts.songs(conn, user_id, found.efforts["track_id"].unique().tolist())
    rows = found.efforts.merge(facts, on="activity_id").merge(names, on="track_id", how="left")
    first = ["activity_id", "start_time", "sport", "kind", "index", "track_id", "title", "artist"]
    rest = [name for name in found.efforts if name not in (*first, "locked_bpm")]
    return rows[[*first, *rest]]


def as_csv(rows: pd.DataFrame) -> str:
    """The table as CSV, for spreadsheets too."""
    return export.csv(rows.assign(start_time=rows["start_time"].dt.strftime(_ISO)))


def as_parquet(rows: pd.DataFrame) -> bytes:
    """The table as Parquet."""
    out = io.BytesIO()
    parquet.write_table(Table.from_pandas(rows, preserve_index=False), out)
    return out.getvalue()


def _of(found: Songs, activities: pd.DataFrame) -> Songs:
    mine = found.efforts["activity_id"].isin(activities["activity_id"])
    return Songs(
        found.efforts[mine].reset_index(drop=True),
        activities.reset_index(drop=True),
    )


def _named(conn: Connection, user_id: int, ranking: Ranking) -> Ranking:
    names = efforts.songs(conn, user_id, ranking.songs["track_id"].tolist())
    return replace(ranking, songs=ranking.songs.merge(names, on="track_id"))
