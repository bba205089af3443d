"""``/insights``: what music does to one's activities, with the numbers the page shows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, BeforeValidator

from runsous.analysis import effects as measuring
from runsous.analysis.effects import Effect, Measure
from runsous.analysis.power_songs import Ranking
from runsous.reports import insights as report
from runsous.reports.insights import Chosen, Songs
from runsous.web.api.context import Conn, User, Words

router = APIRouter(tags=["insights"])

_TEMPO, _ENERGY = measuring.DOSES
Outcome = Literal["speed", "heartrate", "cadence", "lock"]
_DAY = len("2024-06-01")
Format = Literal["csv", "parquet"]


def _day_or_moment(value: object) -> object:
    if not isinstance(value, str) or "-" not in value[1:]:
        raise ValueError("is no day or moment, such as 2024-06-01 or 2024-06-01T06:30:00Z")
    if len(value) == _DAY:
        return date.fromisoformat(value)
    moment = datetime.fromisoformat(value)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError("is beyond all calendars") from None


DayOrMoment = Annotated[date | datetime, BeforeValidator(_day_or_moment)]


def chosen(
    sport: Words | None = None,
    since: DayOrMoment | None = None,
    until: DayOrMoment | None = None,
    kind: Words | None = None,
    route: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
) -> Chosen:
    """Which activities are asked about: from one day to another by their own clocks, both included,
    or from one moment to before another.
    """
    return Chosen(sport, since, until, kind, route)


Which = Annotated[Chosen, Depends(chosen)]


class Interval(BaseModel):
    """An estimate with its 95 % interval."""

    estimate: float
    low: float
    high: float


class BandOfDose(Interval):
    """Songs from ``since`` to below ``until``: how far the outcome was from the course of each
    activity.
    """

    since: float
    until: float
    n_segments: int


class WhatGoesWithIt(BaseModel):
    """What goes with more of something, within each activity.

    ``p_shift`` is the share of shifted playlists that do as well, ``q`` the false discovery rate
    among all outcomes, ``correlation`` the repeated-measures correlation; null where
    ``enough_data`` is false, and then ``message`` says what is missing. Association is not cause.
    """

    outcome: str
    enough_data: bool
    message: str
    n_segments: int
    n_activities: int
    p_shift: float | None
    q: float | None
    correlation: Interval | None
    unit: str
    bands: list[BandOfDose]


class EffectOfTempo(WhatGoesWithIt):
    """See there; the slope is for 10 BPM more."""

    slope_per_10bpm: Interval | None


class EffectOfEnergy(WhatGoesWithIt):
    """See there; the slope is for 0.1 more energy (0 to 1)."""

    slope_per_tenth: Interval | None


class SongEffect(Interval):
    """A song's effect, shrunken towards none by how little it was heard; ``plain`` is not."""

    track_id: int
    title: str
    artist: str
    n: int
    plain: float


class Ranked(BaseModel):
    """Songs by their effect: ``at_equal`` says what was held equal, if anything could be; where
    ``enough_data`` is false, ``message`` says what is missing.
    """

    enough_data: bool
    message: str | None
    unit: str
    at_equal: str | None
    n_segments: int
    songs: list[SongEffect]


class SongEffects(BaseModel):
    """Power songs (speed at equal heart rate) and calming songs (heart rate at equal speed)."""

    power: Ranked
    calming: Ranked


@router.get("/insights/tempo")
def get_effect_of_tempo(
    conn: Conn, user: User, which: Which, outcome: Outcome = "speed"
) -> EffectOfTempo:
    """What goes with 10 BPM more: for each outcome the slope within activities."""
    found = report.choose(report.songs(conn, user), which)
    facts, slope = _told(found, _TEMPO, outcome)
    return EffectOfTempo.model_validate({**facts, "slope_per_10bpm": slope})


@router.get("/insights/energy")
def get_effect_of_energy(
    conn: Conn, user: User, which: Which, outcome: Outcome = "speed"
) -> EffectOfEnergy:
    """What goes with more energetic songs, as far as sources tell their energy."""
    found = report.choose(report.songs(conn, user), which)
    facts, slope = _told(found, _ENERGY, outcome)
    return EffectOfEnergy.model_validate({**facts, "slope_per_tenth": slope})


@router.get("/insights/songs")
def get_song_effects(
    conn: Conn, user: User, which: Which, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> SongEffects:
    """Songs by what went with them, the strongest first."""
    found = report.choose(report.songs(conn, user), which)
    power, calming = (rank(conn, user, found) for rank in (report.power, report.calming))
    return SongEffects(
        power=_ranked(power, "m/s", "heart rate", limit),
        calming=_ranked(calming, "bpm", "speed", limit),
    )


@router.get(
    "/insights/segments",
    response_class=Response,
    responses={
        200: {
            "content": {
                "text/csv": {},
                "application/vnd.apache.parquet": {
                    "schema": {"type": "string", "format": "binary"}
                },
            }
        }
    },
)
def get_segments(
    conn: Conn, user: User, which: Which, form: Annotated[Format, Query(alias="format")] = "csv"
) -> Response:
    """The table all these numbers come from: one row per song and activity."""
    rows = report.table(conn, user, report.choose(report.songs(conn, user), which))
    headers = {"Content-Disposition": f'attachment; filename="songs-on-activities.{form}"'}
    if form == "csv":
        return Response(report.as_csv(rows), media_type="text/csv", headers=headers)
    return Response(
        report.as_parquet(rows), media_type="application/vnd.apache.parquet", headers=headers
    )


def _told(
    found: Songs, dose: Measure, outcome: str
) -> tuple[dict[str, object], dict[str, float] | None]:
    each = {one.outcome.name: one for one in report.effects(found, dose)}[outcome]
    facts = {
        "outcome": outcome,
        "enough_data": each.has_enough,
        "message": report.sentence(each),
        "n_segments": each.n_songs,
        "n_activities": each.n_activities,
        "p_shift": each.null.p if each.null else None,
        "q": each.q,
        "correlation": _interval(*each.correlation) if each.correlation else None,
        "unit": each.outcome.unit,
        "bands": [
            {**vars(band), "n_segments": band.n_songs}
            for band in report.bands(found, dose, each.outcome)
        ],
    }
    return facts, _slope(each)


def _slope(each: Effect) -> dict[str, float] | None:
    if each.estimate is None or each.low is None or each.high is None:
        return None
    return _interval(each.estimate, each.low, each.high)


def _interval(estimate: float, low: float, high: float) -> dict[str, float]:
    return {"estimate": estimate, "low": low, "high": high}


def _ranked(ranking: Ranking, unit: str, given: str, limit: int) -> Ranked:
    rows = ranking.songs.head(limit).to_dict("records")
    return Ranked(
        enough_data=ranking.missing is None,
        message=ranking.missing,
        unit=unit,
        at_equal=given if ranking.at_equal else None,
        n_segments=ranking.n_plays,
        songs=[SongEffect.model_validate(row) for row in rows],
    )
