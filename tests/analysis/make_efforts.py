"""Small tables of songs on activities, in numbers only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from runsous.store.efforts import ROWS


def make_efforts(
    n_songs: list[int] | tuple[int, ...], seed: int = 1, **columns: Any
) -> pd.DataFrame:
    """Activities with so many songs each (``ROWS``): random tempos, grades and outcomes that have
    nothing to do with each other, songs of 100 to 300 s from start to end; ``columns`` replace.
    """
    rng = np.random.default_rng(seed)
    n = int(np.sum(n_songs))
    activity = np.repeat(np.arange(len(n_songs)) + 11, n_songs)
    length = pd.Series(rng.uniform(100, 300, n))
    until = length.groupby(activity).cumsum()
    total = length.groupby(activity).transform("sum")
    made = {
        "activity_id": activity,
        "index": pd.Series(activity).groupby(activity).cumcount(),
        "track_id": np.arange(n),
        "since_s": until - length,
        "until_s": until,
        "elapsed_share": (until - length / 2) / total,
        "warm_up": ((600 - until + length) / length).clip(0, 1),
        "grade": rng.normal(0, 0.02, n),
        "flat_mps": 3
        + 0.3 * rng.standard_normal(len(n_songs))[activity - 11]
        + 0.1 * rng.standard_normal(n),
        "heartrate": rng.normal(150, 5, n),
        "cadence": rng.normal(172, 3, n),
        "locked": rng.uniform(0, 1, n),
        "tempo_bpm": rng.uniform(105, 195, n),
        "tempo_confidence": 1.0,
        "energy": rng.uniform(0, 1, n),
        **columns,
    }
    return pd.DataFrame(made, index=range(n)).reindex(columns=list(ROWS)).astype(dict(ROWS))
