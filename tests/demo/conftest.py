"""One season, made once; nobody changes it."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from runsous.demo import music, season
from runsous.model import Workout

SEED = 20
TODAY = date(2026, 5, 11)
"""A Monday: the season ends with the race the day before and spans the clock change in March."""


@pytest.fixture(scope="session")
def workouts() -> list[Workout]:
    return list(season.workouts(SEED, TODAY))


@pytest.fixture(scope="session")
def listens() -> pd.DataFrame:
    return music.listening(SEED, TODAY)
