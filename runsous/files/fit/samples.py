"""Samples from FIT records, the heartbeats a strap kept to itself, and pool lengths."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from runsous import frames
from runsous.files.fit.messages import Numbers, Table

_DEGREES: Final = 180 / 2**31
_NEAREST_BEAT_S: Final = 5.0
_SPARSE_S: Final = 5.0


def channels(records: Table) -> dict[str, Numbers]:
    """The channels of :data:`frames.SAMPLES` record by record; ``time_s`` is since 1970.

    A developer field speaks only where the device measures nothing of its own; it is never
    mixed with that, as two sensors count two distances.
    """
    speed, distance = _packed_speed_and_distance(records)
    heartrate = records["heart_rate"]
    return {
        "time_s": records["timestamp"],
        "latitude": records["position_lat"] * _DEGREES,
        "longitude": records["position_long"] * _DEGREES,
        "altitude_m": _either(records["enhanced_altitude"], records["altitude"]),
        "distance_m": _whole(_either(records["distance"], distance), records, "distance"),
        "speed_mps": _whole(
            _either(records["enhanced_speed"], _either(records["speed"], speed)), records, "speed"
        ),
        # Zero is how some devices write that there was no heart rate.
        "heartrate": _whole(np.where(heartrate > 0, heartrate, np.nan), records, "heart_rate"),
        "cadence": _whole(
            _either(
                records["cadence"] + np.nan_to_num(records["fractional_cadence"]),
                records["cadence256"],
            ),
            records,
            "cadence",
        ),
        "power_w": _whole(records["power"], records, "power"),
        "temperature_c": records["temperature"],
    }


def _either(first: Numbers, second: Numbers) -> Numbers:
    return np.where(np.isnan(first), second, first)


def _whole(native: Numbers, records: Table, name: str) -> Numbers:
    return native if np.isfinite(native).any() else records[f"developer {name}"]


def _packed_speed_and_distance(records: Table) -> tuple[Numbers, Numbers]:
    """Speed (12 bits, 1/100 m/s) and distance (12 bits, 1/16 m, rolling over) of old devices."""
    packed = records.rows("compressed_speed_distance")
    if packed.shape[1] < 3:
        return np.full(len(records), np.nan), np.full(len(records), np.nan)
    low, middle, high = packed[:, :3].T
    speed = (low + (middle % 16) * 256) / 100
    sixteenths = middle // 16 + high * 16
    known = np.isfinite(sixteenths)
    distance = np.full(len(records), np.nan)
    steps = np.diff(sixteenths[known], prepend=0) % 4096
    distance[known] = np.cumsum(steps) / 16
    return speed, distance


def heartbeats(hr: Table) -> tuple[Numbers, Numbers]:
    """Times (s since 1970) and heart rates of ``hr`` messages, in order of time.

    An ``event_timestamp`` counts 1/1024 s; ``event_timestamp_12`` packs the last twelve
    bits of the following ones, two in three bytes. A message with both ``timestamp`` and
    ``event_timestamp`` ties that clock to the day.
    """
    rates = hr.rows("filtered_bpm")
    whole = hr.rows("event_timestamp") * 1024
    packed = hr.rows("event_timestamp_12")
    stamps = hr["timestamp"] + np.nan_to_num(hr["fractional_timestamp"])
    times, bpm = [], []
    ticks, shift = 0, np.nan
    for row in range(len(hr)):
        events = [int(event) for event in whole[row] if np.isfinite(event)]
        if events:
            ticks = events[-1]
            if np.isfinite(stamps[row]):
                shift = stamps[row] - events[0] / 1024
        elif np.isfinite(packed[row]).all() and packed.shape[1] >= 3:
            for low in _unpacked(packed[row]):
                ticks += (low - ticks) % 4096
                events.append(ticks)
        times += [shift + event / 1024 for event in events]
        bpm += [*rates[row], *[np.nan] * len(events)][: len(events)]
    beats = pd.DataFrame({"time": times, "bpm": bpm}, dtype="float64").dropna()
    beats = beats[beats["bpm"] > 0].drop_duplicates("time").sort_values("time")
    return beats["time"].to_numpy(), beats["bpm"].to_numpy()


def _unpacked(packed: Numbers) -> list[int]:
    bytes_ = packed[: len(packed) // 3 * 3].astype(int).reshape(-1, 3)
    low, middle, high = bytes_.T
    return np.column_stack((low | (middle & 15) << 8, middle >> 4 | high << 4)).ravel().tolist()


def with_heartbeats(
    samples: dict[str, Numbers], beats: tuple[Numbers, Numbers]
) -> dict[str, Numbers]:
    """Samples whose heart rates are those of the nearest beat within 5 s, where there is one.

    A strap that stores its beats is worn where the wrist's own sensor fails: in the water.

    Where records are rarer than that (one per pool length), each second with a beat
    becomes a sample of its own.
    """
    at, bpm = beats
    time = samples["time_s"]
    if not len(at) or not len(time):
        return samples
    inside = (at >= time.min()) & (at <= time.max())
    rate = _nearest(time, at, bpm)
    filled = samples | {"heartrate": _either(rate, samples["heartrate"])}
    seconds, first = np.unique(np.floor(at[inside]), return_index=True)
    if (time.max() - time.min()) / len(time) <= _SPARSE_S or not len(seconds):
        return filled
    extra = {name: np.full(len(seconds), np.nan) for name in samples}
    extra |= {"time_s": seconds, "heartrate": bpm[inside][first]}
    return {name: np.concatenate((filled[name], extra[name])) for name in samples}


def _nearest(time: Numbers, at: Numbers, bpm: Numbers) -> Numbers:
    after = np.searchsorted(at, time).clip(1, max(len(at) - 1, 1))
    after = np.minimum(after, len(at) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(time - at[before] <= at[after] - time, before, after)
    return np.where(np.abs(at[nearest] - time) <= _NEAREST_BEAT_S, bpm[nearest], np.nan)


def with_lengths(
    samples: dict[str, Numbers], lengths: Table, length_m: float | None
) -> dict[str, Numbers]:
    """Samples that know the distance at the end of each pool length, if none knew any."""
    if not len(lengths) or np.isfinite(samples["distance_m"]).any():
        return samples
    is_active = lengths["length_type"] != 0
    ends = dict.fromkeys(samples, np.full(len(lengths), np.nan)) | {
        # Whole seconds meet the records, where there are some.
        "time_s": np.round(lengths["start_time"] + lengths["total_elapsed_time"]),
        "distance_m": np.cumsum(is_active) * (length_m or np.nan),
        "speed_mps": np.where(is_active, lengths["avg_speed"], 0.0),
        "cadence": np.where(is_active, lengths["avg_swimming_cadence"], 0.0),
    }
    return {name: np.concatenate((samples[name], ends[name])) for name in samples}


def from_zero(samples: dict[str, Numbers], before: Numbers) -> dict[str, Numbers]:
    """Samples whose distance begins with their own session.

    ``before`` are the distances of the sessions before, over which some devices count on.
    """
    known, own = before[np.isfinite(before)], samples["distance_m"]
    if not len(known) or not np.nanmin(own, initial=np.inf) >= known.max():
        return samples
    return samples | {"distance_m": own - known.max()}


def frame(samples: dict[str, Numbers], start: float) -> pd.DataFrame:
    """Samples as :data:`frames.SAMPLES`, in seconds after ``start`` (s since 1970).

    What several records say of the same second is one sample; the last word counts, as when
    a swimmer adds some lengths of drill at once.
    """
    columns = samples | {"time_s": samples["time_s"] - start}
    time = columns["time_s"]
    if len(np.unique(time)) < len(time):
        merged = pd.DataFrame(columns).groupby("time_s", as_index=False).last()
        columns = {str(name): merged[name].to_numpy() for name in merged}
    return frames.samples(**columns)
