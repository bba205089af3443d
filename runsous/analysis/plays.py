"""From what sources report to one timeline of plays.

Inside a feed (one source in one form, see :mod:`runsous.analysis.feeds`) reports never merge,
so that a song on loop stays as many plays as were reported; between feeds the same song at
the same time is one play.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from runsous import frames
from runsous.analysis import feeds, pairing
from runsous.analysis.geo import Floats


@dataclass(frozen=True)
class Rules:
    """What counts as one play, as a skip, and as long as a play of unknown length can be."""

    same_play_s: float = 60.0
    skip_s: float = 10.0
    unknown_duration_s: float = 600.0


RULES = Rules()

EXACT_S, ESTIMATED_S = 2.0, 60.0
"""Certainty in words: ``exact`` and ``estimated`` up to these, ``uncertain`` beyond."""

_WHOLE_S = 30.0
"""± of a start counted back from the end by the track's length: it may have been cut short."""


def place(
    listens: pd.DataFrame, source_offsets: Mapping[str, float], rules: Rules = RULES
) -> pd.DataFrame:
    """The reports with where each lies in time, whatever its neighbours say.

    ``listens`` has the source, stamp and durations of :data:`frames.LISTENS`, ``listen_id``,
    ``track_id`` and ``track_duration_s``. Added are ``started_at``, ``reported_end_at`` (NaT
    when the source does not tell), ``plus_minus_s`` of the start, and ``latest_end_at``, past which
    the play cannot sound. ``source_offsets`` are seconds added to a source's stamps.

    A stamp of unknown kind is taken for the end, ± the length. An end without played time
    begins the track's length earlier, or else somewhere in the 10 minutes before. What the
    source knows to have been idle time before the stamp is not counted as playing.
    """
    offset = listens["source"].map(dict(source_offsets)).astype("float64").fillna(0.0)
    idle = listens["idle_s"].fillna(0.0).to_numpy()
    at = feeds.seconds(listens["stamp"]) + offset.to_numpy() - idle
    kind = listens["stamp_kind"].to_numpy()
    is_start, is_unknown = kind == "start", kind == "unknown"
    played, length = feeds.within_a_day(listens["played_s"], 0.0), feeds.length_s(listens)
    heard = np.where(np.isnan(played), length, played)
    half = rules.unknown_duration_s / 2
    before = np.where(np.isnan(heard), half, heard)
    cases = [is_start, is_unknown, np.isnan(heard), np.isnan(played)]
    plus_minus = np.select(cases, [0.0, before, half, _WHOLE_S], 0.0)
    start = np.where(is_start, at, at - before)
    longest = np.fmax(played, length)
    longest = np.where(np.isnan(longest), rules.unknown_duration_s, longest)
    latest = np.fmax(np.where(is_unknown, at, start) + longest, at)
    return listens.assign(
        started_at=_column(start, listens),
        reported_end_at=_column(np.where(is_start, at + played, at), listens),
        plus_minus_s=np.maximum(feeds.precision_s(listens), plus_minus),
        latest_end_at=_column(latest, listens),
    )


def merge(placed: pd.DataFrame, rules: Rules = RULES) -> pd.DataFrame:
    """One timeline (:data:`frames.PLAYS`) from placed reports.

    A play has the smallest ``listen_id`` of its reports. Nothing else depends on ids or on
    the order of rows. The most precise report gives the start; end, time played and length
    come from the most precise one that knows them.

    A play ends at the earliest of its known end, its start plus the track's length and the
    next play's start; with neither, 10 minutes after its start. One whose
    time is uncertain gives way to those that are known better. A skip was played for less
    than 10 s, or its precisely known times leave no more. Where something other than a song
    began (:data:`frames.NO_TRACK`), the song before ends and nothing is known to sound.
    """
    if placed.empty:
        return frames.of(frames.PLAYS)
    reports = feeds.reports(placed, rules.unknown_duration_s)
    reports["play"] = pairing.plays_of(reports, rules.same_play_s)
    plays = _after_better_known(_without_doubtful_breaks(_joined(reports, rules), rules))
    # Of two that start together the better known, or the longer, is not cut to nothing.
    keys = ["start", "plus_minus", "end", "source", "track_id", "played"]
    plays = plays.sort_values(keys, ascending=[True, False, True, True, True, True])
    following = np.append(plays["start"].to_numpy()[1:], np.inf)
    plays["end"] = np.minimum(plays["end"], following)
    return _finished(plays[plays["track_id"] != frames.NO_TRACK], rules)


def _joined(reports: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """One row per play: what its reports say together, the most precise first."""
    ranked = reports.sort_values(["plus_minus", "is_end", "feed"], kind="stable")
    plays = ranked.groupby("play").agg(
        play_id=("listen_id", "min"),
        track_id=("track_id", "first"),
        start=("start", "first"),
        plus_minus=("plus_minus", "first"),
        source=("source", "first"),
        played=("played", "first"),
        own_length=("own_length", "first"),
        length=("length", "first"),
    )
    plays["length"] = plays["own_length"].fillna(plays["length"])
    known, whole = _known_end(reports, plays), plays["start"] + plays["length"]
    plays["known_end"] = known
    end = pd.concat([known, whole], axis=1).min(axis=1)
    plays["is_assumed"] = end.isna()
    plays["end"] = end.fillna(plays["start"] + rules.unknown_duration_s)
    plays["sources"] = pd.Series(_sources(reports, len(plays)), index=plays.index)
    return plays


def _known_end(reports: pd.DataFrame, plays: pd.DataFrame) -> pd.Series:
    """When each play ended by the best report that says so, NaN without any.

    An end much less precise than the start gives way to start plus time played. What may
    as well be the start is an end only for a play that nothing better tells of.
    """
    best = reports["play"].map(plays["plus_minus"])
    told = reports["end"].notna() & (~reports["is_unknown"] | (reports["plus_minus"] == best))
    ends = reports[told].sort_values(
        ["end_plus_minus", "is_end", "feed"], ascending=[True, False, True], kind="stable"
    )
    first = ends.groupby("play")[["end", "end_plus_minus"]].first().reindex(plays.index)
    end = first["end"].where(first["end"] >= plays["start"])
    is_sharp = first["end_plus_minus"] <= plays["plus_minus"].clip(lower=feeds.FINE_S)
    return end.where(is_sharp).fillna(plays["start"] + plays["played"]).fillna(end)


def _sources(reports: pd.DataFrame, n: int) -> list[tuple[str, ...]]:
    told = reports[["play", "source"]].drop_duplicates().sort_values("source")
    sources: list[tuple[str, ...]] = [()] * n
    for play, source in zip(told["play"].tolist(), told["source"].tolist(), strict=True):
        sources[play] += (source,)
    return sources


def _without_doubtful_breaks(plays: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """The same without what is no song to one source where another one names the song.

    It does when its song is known to sound at that moment or began so shortly before that
    both may speak of the same.
    """
    is_break = plays["track_id"] == frames.NO_TRACK
    if not is_break.any():
        return plays
    songs = plays[~is_break].sort_values("start")
    start = songs["start"].to_numpy()
    until = np.fmax(start + rules.same_play_s, songs["known_end"].to_numpy())
    doubtful: list[int] = []
    for reporters, breaks in plays[is_break].groupby(plays["sources"].map(frozenset)):
        is_other = np.array([not reporters.issuperset(told) for told in songs["sources"]], bool)
        reach = np.append(-np.inf, np.maximum.accumulate(until[is_other]))
        began = breaks["start"].to_numpy()
        nth = np.searchsorted(start[is_other], began, side="right")
        doubtful += breaks.index[reach[nth] > began].tolist()
    return plays.drop(index=doubtful)


def _after_better_known(plays: pd.DataFrame) -> pd.DataFrame:
    """The same with starts of uncertain plays moved behind those that are known better.

    Known are both when and for how long they sounded; an assumed length moves nobody.
    Their ends stay, so that no play reaches further than its reports do. One that lies
    wholly within better known ones is left without a time of its own, behind them.
    """
    loose = (plays["plus_minus"] > ESTIMATED_S).to_numpy()
    known = ~loose & ~plays["is_assumed"].to_numpy()
    if not loose.any() or not known.any():
        return plays
    start, end = plays["start"].to_numpy(), plays["end"].to_numpy()
    first, last = _stretches(start[known], end[known])
    nth = np.searchsorted(first, start, side="right") - 1
    until = np.where(loose & (nth >= 0), last[nth], -np.inf)
    start = np.maximum(start, until)
    return plays.assign(start=start, end=np.maximum(start, end))


def _stretches(start: Floats, end: Floats) -> tuple[Floats, Floats]:
    """From when to when plays follow each other without a break."""
    order = np.argsort(start)
    start, end = start[order], end[order]
    # A play ends where the next begins at the latest.
    end = np.minimum(end, np.append(start[1:], np.inf))
    breaks = np.flatnonzero(end[:-1] < start[1:])
    return start[np.append(0, breaks + 1)], end[np.append(breaks, -1)]


def _finished(plays: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    plus_minus = plays["plus_minus"]
    # Within its minute a stamp tells no length; within a burst it does: if these songs were
    # skipped, they were heard so briefly, and if they were saved up, nobody knows where they lie.
    is_told = (plus_minus <= rules.skip_s) | (plus_minus >= feeds.BURST_S)
    is_brief = (plays["end"] - plays["start"] < rules.skip_s) & is_told
    return frames.of(
        frames.PLAYS,
        play_id=plays["play_id"],
        track_id=plays["track_id"],
        started_at=feeds.stamps(plays["start"].to_numpy()),
        ended_at=feeds.stamps(plays["end"].to_numpy()),
        played_s=plays["played"],
        duration_s=plays["length"],
        plus_minus_s=plus_minus,
        certainty=np.select(
            [plus_minus <= EXACT_S, plus_minus <= ESTIMATED_S], ["exact", "estimated"], "uncertain"
        ),
        source=plays["source"],
        sources=plays["sources"],
        is_skip=is_brief | (plays["played"] < rules.skip_s),
    )


def _column(seconds: Floats, listens: pd.DataFrame) -> pd.Series:
    return feeds.stamps(seconds).set_axis(listens.index)
