"""Reports as numbers, feed by feed, and what neighbours in a feed tell of each other.

A *feed* is what one source reports in one way: its name, what its stamps mean, and whether
they are whole minutes. Times are seconds since 1970, which hold microseconds until the year 2242.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from runsous.analysis.geo import Bools, Floats

FINE_S = 5.0
"""Stamps up to this ± tell seconds apart."""

_MINUTE_S = 60.0
"""The ± of stamps in whole minutes, and of those that tell none. One source may report by the
minute and by the second (two exports of it), while the ± of single reports by the second
differs for other reasons."""

_DAY_S = 86_400.0
_CROSSFADE_S = 12.0
"""As long as players let two songs overlap."""
BURST_S = 3600.0
"""± of plays that a watch saved up and reported all at once."""
_QUICK_S, _LONG_S = 30.0, 480.0


def reports(placed: pd.DataFrame, unknown_duration_s: float) -> pd.DataFrame:
    """What merging needs to know of each report, the finest feed first, each in time order.

    The order depends on neither ids nor rows. ``at`` is the stamp; ``start``, ``end`` and
    ``until`` are where the play was, the last one assumed if need be (as far as the feed's
    next report, at most ``unknown_duration_s``). ``is_vague``: the start is only a guess.
    ``twin`` is the position of the first report that says the very same. ``own_length`` is
    the report's word on the track's length, ``length`` the best there is.
    """
    numbers = _numbers(placed)
    numbers["feed"] = numbers.groupby(["is_unknown", "is_minute", "is_end", "source"]).ngroup()
    keys = ["feed", "at", "track_id", "precision", "played", "own_length"]
    ascending = [True, True, True, True, False, True]
    ordered = numbers.sort_values(keys, ascending=ascending, ignore_index=True)
    ordered["twin"] = _twins(ordered)
    own = ordered[ordered["twin"] == ordered.index]
    corrected = _corrected(own, unknown_duration_s).loc[ordered["twin"]]
    ordered[list(corrected.columns)] = corrected.to_numpy()
    return ordered


def _numbers(placed: pd.DataFrame) -> pd.DataFrame:
    kind = placed["stamp_kind"].to_numpy()
    start, end = seconds(placed["started_at"]), seconds(placed["reported_end_at"])
    plus_minus = placed["plus_minus_s"].to_numpy()
    played, length = within_a_day(placed["played_s"], 0.0), length_s(placed)
    precision = precision_s(placed)
    is_start, is_unknown = kind == "start", kind == "unknown"
    at = np.where(is_start, start, end)
    return pd.DataFrame(
        {
            "listen_id": placed["listen_id"].to_numpy(),
            "track_id": placed["track_id"].to_numpy(),
            "source": placed["source"].to_numpy(),
            "is_unknown": is_unknown,
            "is_vague": is_unknown | (~is_start & np.isnan(played) & np.isnan(length)),
            "is_minute": precision == _MINUTE_S,
            "is_end": kind == "end",
            "at": at,
            "start": start,
            "end": end,
            "until": np.select([is_unknown, np.isnan(end)], [2 * at - start, start + length], end),
            "plus_minus": plus_minus,
            "end_plus_minus": np.where(is_unknown, plus_minus, precision),
            "precision": precision,
            "played": played,
            "own_length": within_a_day(placed["duration_s"]),
            "length": length,
        }
    )


def _twins(reports: pd.DataFrame) -> pd.Series:
    """The index of the first report of the same feed, track and stamp.

    Stamps in whole minutes must agree on the time played as well.
    """
    told = reports["played"].where(reports["is_minute"]).fillna(-1.0)
    keys = [reports["feed"], reports["track_id"], reports["at"], told]
    return reports.index.to_series().groupby(keys).transform("min")


def _corrected(own: pd.DataFrame, unknown_duration_s: float) -> pd.DataFrame:
    """``start``, ``until`` and ``plus_minus`` by what the feed says right before and after."""
    feed, at, start = (own[name].to_numpy() for name in ("feed", "at", "start"))
    goes_on = feed[1:] == feed[:-1]
    before = np.append(-np.inf, np.where(goes_on, at[:-1], -np.inf))
    after = np.append(np.where(goes_on, at[1:], np.inf), np.inf)
    # Who began amid the song before was paused later on, or was not heard from its start.
    overlap = before - start
    counts_back = (own["is_end"] | own["is_unknown"]).to_numpy()
    hit = counts_back & (overlap > _CROSSFADE_S + own["precision"].to_numpy())
    is_measured = own["is_end"].to_numpy() & own["played"].notna().to_numpy()
    plus_minus = own["plus_minus"].to_numpy()
    plus_minus = np.where(hit & is_measured, np.maximum(plus_minus, overlap), plus_minus)
    plus_minus = np.where(_in_burst(own), np.maximum(plus_minus, BURST_S), plus_minus)
    start = np.where(hit, before, start)
    assumed = np.minimum(after, start + unknown_duration_s)
    until = own["until"].fillna(pd.Series(assumed, own.index))
    return pd.DataFrame({"start": start, "until": until, "plus_minus": plus_minus}, own.index)


def _in_burst(own: pd.DataFrame) -> Bools:
    """Which reports come in threes too quick to have been heard.

    That is: without a time played, each less than 30 s or a third of its length (up to
    8 minutes of it) before the next. Scrobblers report what was heard by half or for 4 minutes.
    """
    third = np.minimum(own["length"].to_numpy(), _LONG_S) / 3
    limit = np.fmax(third, _QUICK_S)[:-1]
    untold = own["played"].isna().to_numpy()
    same_feed = np.diff(own["feed"].to_numpy()) == 0
    quick = (np.diff(own["at"].to_numpy()) < limit) & same_feed & untold[:-1] & untold[1:]
    first = np.flatnonzero(quick[:-1] & quick[1:])
    burst: Bools = np.zeros(len(own), dtype=bool)
    for nth in range(3):
        burst[first + nth] = True
    return burst


def length_s(listens: pd.DataFrame) -> Floats:
    """The track's length by the report itself, else as known from elsewhere, else NaN."""
    own = within_a_day(listens["duration_s"])
    return np.where(np.isnan(own), within_a_day(listens["track_duration_s"]), own)


def within_a_day(durations: pd.Series, least: float = 1e-3) -> Floats:
    """Durations that can be true, else NaN; 0 means unknown unless ``least`` is 0."""
    values = durations.to_numpy("float64")
    return np.where((values >= least) & (values <= _DAY_S), values, np.nan)


def precision_s(listens: pd.DataFrame) -> Floats:
    """± of each stamp; a minute where the source is silent."""
    return listens["precision_s"].fillna(_MINUTE_S).to_numpy("float64")


def seconds(stamps: pd.Series) -> Floats:
    """UTC stamps as seconds since 1970, NaN for NaT."""
    micros = stamps.to_numpy("datetime64[us]").view("int64")
    return np.where(stamps.notna(), micros / 1e6, np.nan)


def stamps(seconds: Floats) -> pd.Series:
    """The inverse of :func:`seconds`, rounded to microseconds."""
    known = np.isfinite(seconds)
    micros = np.round(np.where(known, seconds, 0) * 1e6).astype("int64").view("datetime64[us]")
    return pd.Series(micros).where(known).dt.tz_localize("UTC")
